"""The one way out: every request Holdfast sends goes through a session made here.

A session may speak to the origins it was made for and to nobody else; follows no redirect (a header of ours would
travel with it); reads no proxy, certificate or password from the environment; gives up after a total time, whatever
drips in; reads so many bytes and no more. What goes wrong is one of a few errors whose text names the host and the
trouble, never a query, a header or a body. They are `requests` errors, so ccxt and authlib take them for what they
are.

There are two ways through it. `requests`' own, which libraries take; and `Session.ask`, for who signs and reads by
himself: what requests prepares and wraps costs several times what a small answer does (`manage.py bench sync`).
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import socket
import ssl
import threading
import time
import weakref
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import certifi
import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.wait import wait_for_read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from urllib.parse import SplitResult


class OutgoingError(requests.RequestException):
    """What a caller may catch for everything below. Carries no request and no answer: their headers hold secrets."""


class NotAllowedError(OutgoingError):
    """Not an origin this session was made for, or an attempt to weaken it."""


class RedirectedError(OutgoingError, requests.TooManyRedirects):
    """The answer was a redirect. Nobody we speak to has a reason for one."""


class TooSlowError(OutgoingError, requests.Timeout):
    """No connection, no answer or no end of it in time."""


class TooLargeError(OutgoingError):
    """More bytes than the caller said it could want."""


class UntrustedError(OutgoingError, requests.exceptions.SSLError):
    """The certificate is not one we trust for that host."""


class UnreachableError(OutgoingError, requests.ConnectionError):
    """No such host, refused, or cut off in the middle."""


@dataclass(frozen=True)
class Patience:
    """Seconds to connect, seconds of silence, and seconds in all."""

    connect: float = 5
    read: float = 20
    total: float = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` brings."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


DEFAULT_PATIENCE = Patience()
LONGEST_ASKED = timedelta(days=7)  # the longest ban that is known lasts three days (Binance, D); beyond is a mistake
MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024


def session(
    *, origins: Collection[str], patience: Patience = DEFAULT_PATIENCE, largest: int = 10 * MEGABYTE, ca: str = ""
) -> Session:
    """A session for these origins: a bare host means https on its usual port; else `http://127.0.0.1:8801`.

    `ca` is a file of certificates to trust instead of the usual ones.
    """
    return Session(frozenset(origin_of(entry) for entry in origins), patience, largest, ca)


def asked_to_wait(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After: so many seconds, or a moment by the clock of whoever answered, which its Date tells. A moment that
    is over asks for nothing.
    """
    told = {name.lower(): value.strip() for name, value in headers.items() if name.lower() in {"retry-after", "date"}}
    value = told.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_ASKED)
    until = moment_of(value)
    wait = until - (moment_of(told.get("date", "")) or datetime.now(UTC)) if until else timedelta(0)
    return min(wait, LONGEST_ASKED) if wait > timedelta(0) else None


def moment_of(value: str) -> datetime | None:
    """As headers write it. None: it is none."""
    try:
        told = parsedate_to_datetime(value)
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)  # -0000: no zone is meant


def origin_of(address: str) -> str:
    """`scheme://host:port`, as requests are compared; a bare host is https."""
    parts = urlsplit(address if "://" in address else f"https://{address}")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}:{port}"


class Session(requests.Session):
    def __init__(self, origins: frozenset[str], patience: Patience, largest: int, ca: str) -> None:
        super().__init__()
        self.origins, self.patience, self.largest = origins, patience, largest
        self.trust_env = False
        self.max_redirects = 0
        self.verify = ca or True
        self._ca = ca
        self.headers["User-Agent"] = "Holdfast"
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(max_retries=0))
        self._lines: dict[str, list[socket.socket]] = {}  # open, and nobody's just now
        weakref.finalize(self, _hang_up, self._lines)

    # --- the short way ------------------------------------------------------------------------------------------

    def ask(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """A connection is used again and again; nothing is sent twice."""
        parts = urlsplit(url)
        where = f"{method} {parts.hostname}"
        if origin_of(url) not in self.origins or "@" in parts.netloc:
            raise NotAllowedError(f"{where}: not a host this part of Holdfast speaks to.")
        answer, trouble = self._try(method, parts, headers, body)
        if isinstance(trouble, OutgoingError):
            raise type(trouble)(f"{where}: {trouble}")
        if trouble is not None:
            raise _translated(trouble, where, cut=False)
        return cast("Answer", answer)

    def _try(
        self, method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes
    ) -> tuple[Answer | None, Exception | None]:
        """Errors are handed out of their handler, for the text of some holds the URL or a header."""
        line, until = None, time.monotonic() + self.patience.total
        try:
            asked = _written(method, parts, headers, body)
            line = self._line(parts)
            line.settimeout(self.patience.read)
            line.sendall(asked)
            with _TimedResponse(line, method=method, silence=self.patience.read, until=until) as response:
                response.begin()
                told = cast("Mapping[str, str]", response.headers)
                answer = Answer(response.status, told, self._whole(response))
        except (OSError, ValueError, http.client.HTTPException, zlib.error) as error:
            if line is not None:
                line.close()
            return None, error
        if response.will_close:
            line.close()
        else:
            self._lines.setdefault(_line_of(parts), []).append(line)
        return answer, None

    def _line(self, parts: SplitResult) -> socket.socket:
        """One that was kept, if the other side has kept it too."""
        kept = self._lines.get(_line_of(parts), [])
        while kept:
            line = kept.pop()
            if not wait_for_read(line, 0):
                return line
            line.close()
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        line = socket.create_connection((host, port), self.patience.connect)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _trust(self._ca).wrap_socket(line, server_hostname=host) if parts.scheme == "https" else line

    def _whole(self, response: http.client.HTTPResponse) -> bytes:
        if response.status in requests.models.REDIRECT_STATI:
            raise RedirectedError("answered with a redirect.")
        zipped = (response.headers.get("Content-Encoding") or "").lower() == "gzip"
        opened = zlib.decompressobj(16 + zlib.MAX_WBITS) if zipped else None
        body = bytearray()
        while chunk := response.read1(CHUNK):
            body += opened.decompress(chunk, self.largest + 1) if opened else chunk
            if len(body) > self.largest:
                raise TooLargeError(f"answered more than {self.largest} bytes.")
        if response.length or (opened and not opened.eof):
            raise UnreachableError("broke off.")
        return bytes(body)

    # --- the way of requests ------------------------------------------------------------------------------------

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Where every way of asking comes together. Options that callers set for themselves are not believed."""
        url = request.url or ""
        if origin_of(url) not in self.origins:
            raise NotAllowedError(f"{_where(request)}: not a host this part of Holdfast speaks to.")
        if options.get("verify", True) is False:
            raise NotAllowedError(f"{_where(request)}: certificates are always checked.")
        options |= {
            "allow_redirects": False,
            "stream": True,
            "proxies": {},
            "verify": self._ca or True,
            "cert": None,
            "timeout": (self.patience.connect, self.patience.read),
        }
        response, trouble = self._attempt(request, options)
        if trouble is not None:
            raise trouble  # outside the handler, so that the original, whose text holds the URL, is not chained to it
        return cast("requests.Response", response)

    def _attempt(
        self, request: requests.PreparedRequest, options: dict[str, Any]
    ) -> tuple[requests.Response | None, OutgoingError | None]:
        scissors = _Scissors()
        try:
            with scissors.after(self.patience.total):
                response = super().send(request, **options)
                response._content = self._read(response)  # noqa: SLF001  # requests has no other door for a body read with a limit
        except OutgoingError as error:
            return None, type(error)(f"{_where(request)}: {error}")
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            return None, _translated(error, _where(request), cut=scissors.cut)
        response.url = _without_query(request.url or "")  # raise_for_status() writes it into its text
        return response, None

    def _read(self, response: requests.Response) -> bytes:
        with contextlib.closing(response):
            if response.is_redirect or response.is_permanent_redirect:
                raise RedirectedError("answered with a redirect.")
            body = bytearray()
            while chunk := response.raw.read1(CHUNK, decode_content=True):
                body += chunk
                if len(body) > self.largest:
                    raise TooLargeError(f"answered more than {self.largest} bytes.")
            return bytes(body)


# --- the short way --------------------------------------------------------------------------------------------------

PORTS = {"http": 80, "https": 443}
UNSENDABLE = re.compile(r"[^\x20-\x7e]")  # a line break would begin another header


def _line_of(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"


def _written(method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    """Head and body in one: two packets take longer. What was signed is sent as it is."""
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    sent = {"User-Agent": "Holdfast", "Accept": "*/*", **headers, "Accept-Encoding": "gzip", "Host": parts.netloc}
    if body or method != "GET":
        sent["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items())]
    if " " in target or any(UNSENDABLE.search(line) for line in lines):
        raise NotAllowedError("there are signs in it that cannot be sent.")
    return "\r\n".join([*lines, "", ""]).encode() + body


class _TimedResponse(http.client.HTTPResponse):
    """Head and body, read while there is time: time-outs of sockets only measure silence."""

    def __init__(self, sock: socket.socket, *, method: str, silence: float, until: float) -> None:
        super().__init__(sock, method=method)
        self.fp = io.BufferedReader(_TimedReads(self.fp.detach(), sock, silence, until))


class _TimedReads(io.RawIOBase):
    def __init__(self, raw: Any, sock: socket.socket, silence: float, until: float) -> None:
        self.raw, self.sock, self.silence, self.until = raw, sock, silence, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self.until - time.monotonic()
        if left <= 0:
            raise TooSlowError("took longer than it may.")
        self.sock.settimeout(min(left, self.silence))
        return cast("int | None", self.raw.readinto(buffer))

    def close(self) -> None:
        self.raw.close()
        super().close()


@cache
def _trust(ca: str) -> ssl.SSLContext:
    """One for all sessions: each would hold all of the world's authorities."""
    return ssl.create_default_context(cafile=ca or certifi.where())


def _hang_up(lines: Mapping[str, list[socket.socket]]) -> None:
    for line in [line for kept in lines.values() for line in kept]:
        line.close()


# --- the way of requests ----------------------------------------------------------------------------------------------


@dataclass
class _Scissors:
    """Cuts the connection in use when the total time is over: time-outs of sockets only measure silence."""

    cut: bool = False
    sock: socket.socket | None = None

    @contextlib.contextmanager
    def after(self, seconds: float) -> Iterator[None]:
        timer = threading.Timer(seconds, self._snip)
        timer.daemon = True
        timer.start()
        _CURRENT.scissors = self
        try:
            yield
            if self.cut:
                raise TooSlowError("took longer than it may.")
        finally:
            _CURRENT.scissors = None
            timer.cancel()

    def _snip(self) -> None:
        self.cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


_CURRENT = threading.local()


def _give_to_scissors(connection: HTTPConnection) -> None:
    scissors: _Scissors | None = getattr(_CURRENT, "scissors", None)
    if scissors is not None:
        scissors.sock = connection.sock
        if scissors.cut:
            raise TooSlowError("took longer than it may.")


class _PlainConnection(HTTPConnection):
    def getresponse(self) -> Any:
        _give_to_scissors(self)
        return super().getresponse()


class _TlsConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        _give_to_scissors(self)
        return super().getresponse()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


def _translated(error: Exception, where: str, *, cut: bool) -> OutgoingError:
    slow = (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)
    if cut or isinstance(error, slow) or "timed out" in str(error):
        return TooSlowError(f"{where}: took longer than it may.")
    if isinstance(error, requests.TooManyRedirects):
        return RedirectedError(f"{where}: answered with a redirect.")
    if isinstance(error, (requests.exceptions.SSLError, urllib3.exceptions.SSLError, ssl.SSLError)):
        return UntrustedError(f"{where}: its certificate is not trusted.")
    return UnreachableError(f"{where}: could not be reached, or broke off ({type(error).__name__}).")


def _where(request: requests.PreparedRequest) -> str:
    return f"{request.method} {urlsplit(request.url or '').hostname}"


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

"""The one way out: every request Holdfast sends goes through a session made here.

A session may speak to the origins it was made for and to nobody else; follows no redirect (a header of ours would
travel with it); reads no proxy, certificate or password from the environment; gives up after a total time, whatever
drips in; reads so many bytes and no more. What goes wrong is one of a few errors whose text names the host and the
trouble, never a query, a header or a body. They are `requests` errors, so ccxt and authlib take them for what they
are.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


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


DEFAULT_PATIENCE = Patience()
MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024


def session(
    *, origins: Collection[str], patience: Patience = DEFAULT_PATIENCE, largest: int = 10 * MEGABYTE, ca: str = ""
) -> Session:
    """A session for these origins: a bare host means https on its usual port; else `http://127.0.0.1:8801`.

    `ca` is a file of certificates to trust instead of the usual ones.
    """
    return Session(frozenset(origin_of(entry) for entry in origins), patience, largest, ca)


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
    if isinstance(error, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)):
        return UntrustedError(f"{where}: its certificate is not trusted.")
    return UnreachableError(f"{where}: could not be reached, or broke off ({type(error).__name__}).")


def _where(request: requests.PreparedRequest) -> str:
    return f"{request.method} {urlsplit(request.url or '').hostname}"


def _without_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}{parts.path}"

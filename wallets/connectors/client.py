"""ccxt made safe. ccxt knows paths and signatures of each exchange, and is asked for nothing else.

What it would do itself, and why it is not let: it follows redirects with our headers on them, takes HTML and broken
JSON with status 200 for "no trades", makes floats of amounts, writes signed addresses into exception texts and headers
into its log, and sorts errors into classes that mislead (exchanges.md 4). So it signs, Holdfast sends, the reply is
read exactly, and the exchange's own file says what a failure means.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import ccxt
import requests

from config import http
from config.texts import keepable
from wallets.records import Cause, ConnectorError, Whose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from wallets.connectors.base import Pace

Shape = TypeVar("Shape")
FIELDS = {"key": "apiKey", "secret": "secret", "passphrase": "password", "token": "token"}


class NotJson:
    """What `data` is when the reply is a page, is empty, or breaks off: never mistaken for an empty answer."""


NOT_JSON = NotJson()


@dataclass(frozen=True)
class Reply:
    """An answer as it came. Bare numbers with a point stay text, so that no digit is lost."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def data(self) -> Any:
        """Read once: whoever judges an answer and whoever takes rows from it look at the same. An exchange passes on
        whatever somebody typed into a note; `body` has it as it came.
        """
        if "read" not in self.__dict__:
            self.__dict__["read"] = self._read()
        return self.__dict__["read"]

    def _read(self) -> Any:
        try:
            told = json.loads(self.body, parse_float=str)
            return keepable(told) if self.may_be_odd else told
        except (ValueError, RecursionError):
            return NOT_JSON

    @property
    def may_be_odd(self) -> bool:
        """Only where signs are spelt out, or begin as half a pair would."""
        return b"\\u" in self.body or b"\xed" in self.body

    def shaped(self, shape: type[Shape]) -> Shape:
        """The answer, where it has to be a list or an object; anything else is no answer."""
        data = self.data
        if not isinstance(data, shape):
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
        return data

    def header(self, name: str) -> str:
        """In whatever letters it came."""
        return next((value for given, value in self.headers.items() if given.lower() == name), "")

    @property
    def told_at(self) -> datetime:
        """The exchange's clock by the Date header, for those that have no call for it. Whole seconds."""
        if told := http.moment_of(self.header("date")):
            return told
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no date")

    @property
    def is_page(self) -> bool:
        return self.body.lstrip()[:1] == b"<"

    @property
    def wait(self) -> timedelta | None:
        """Retry-After, where there is one."""
        return http.asked_to_wait(self.headers)


class Client:
    """Signed calls with one credential. `blame` is the exchange's own reading of a failure, asked first."""

    def __init__(
        self,
        exchange: str,
        credentials: Mapping[str, str],
        *,
        pace: Pace,
        blame: Callable[[Reply], ConnectorError | None],
        origin: str = "",
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.pace, self.blame = pace, blame
        self.ccxt = signer(exchange, credentials, options or {})
        self.ccxt.urls["api"] = _named(self.ccxt.urls["api"], self.ccxt.hostname or "")
        if origin:
            move(self.ccxt.urls, origin)
        self.session = http.session(origins=origins_of(self.ccxt.urls["api"]))
        self.ccxt.fetch = self._send

    def call(self, method: str, params: Mapping[str, object] | None = None, *, cost: float = 1) -> Reply:
        """One request by ccxt's name for it (`privatePostLedgers`), in its turn; a failure is a ConnectorError."""
        self.pace.before(cost)
        reply = sent(lambda: self._answer(method, dict(params or {})))
        return accepted(reply, self.blame(reply), self.pace)

    def _answer(self, method: str, params: dict[str, object]) -> Reply:
        """What cannot be signed with is never sent."""
        try:
            return getattr(self.ccxt, method)(params)  # type: ignore[no-any-return]
        except requests.RequestException:  # some of these are ValueErrors as well
            raise
        except (ccxt.BaseError, ValueError, TypeError, IndexError):
            # Nothing has been sent: a secret that is not base64, a key file that does not load (exchanges.md 0.4).
            failure = ConnectorError(Cause.SIGNATURE_WRONG, code="format")
        raise failure

    def _send(self, url: str, method: str = "GET", headers: Any = None, body: str | None = None) -> Reply:
        """Stands in for ccxt's `fetch`."""
        given = self.ccxt.prepare_request_headers(headers)
        answer = self.session.ask(method, url, headers=given, body=(body or "").encode())
        return Reply(answer.status, answer.headers, answer.body)


def sent(send: Callable[[], Reply]) -> Reply:
    """Failures are raised outside the handler: what is chained to an exception is written into logs with it."""
    try:
        return send()
    except requests.Timeout:
        failure = ConnectorError(Cause.NETWORK, code="timeout")
    except http.RedirectedError:
        failure = ConnectorError(Cause.UNEXPECTED_REPLY, code="redirect")
    except requests.RequestException:
        failure = ConnectorError(Cause.NETWORK)
    raise failure


def accepted(reply: Reply, known: ConnectorError | None, pace: Pace) -> Reply:
    """The reply, unless the exchange's own reading of it or its status says that it is none."""
    failure = known or blame_by_status(reply)
    if failure is None:
        return reply
    if failure.cause is Cause.RATE_LIMITED:
        pace.slow_down(failure.wait, failure.whose)
    raise failure


def signer(exchange: str, credentials: Mapping[str, str], options: Mapping[str, object]) -> Any:
    """A ccxt exchange that has been told nothing it does not need."""
    given = {FIELDS[name]: value for name, value in credentials.items() if name in FIELDS}
    made = getattr(ccxt, exchange)({**given, "enableRateLimit": False, "options": dict(options)})
    made.session.close()  # ccxt's own, which is never used
    return made


def move(urls: dict[str, Any], origin: str) -> None:
    """Everything of this exchange at another address (the sandbox); paths stay as they are."""
    urls["api"] = _moved(urls["api"], origin.rstrip("/"))


def _moved(urls: Any, origin: str) -> Any:
    if isinstance(urls, str):
        return origin + urlsplit(urls).path
    return {name: _moved(each, origin) for name, each in urls.items()}


def _named(urls: Any, hostname: str) -> Any:
    """Some leave the host open, for their regions: `https://api.{hostname}`."""
    if isinstance(urls, str):
        return urls.replace("{hostname}", hostname)
    return {name: _named(each, hostname) for name, each in urls.items()}


def origins_of(urls: Any) -> frozenset[str]:
    if isinstance(urls, str):
        parts = urlsplit(urls)
        return frozenset({f"{parts.scheme}://{parts.netloc}"})
    return frozenset().union(*(origins_of(each) for each in urls.values()))


OK = 200
BANNED = 418  # an address that went on asking after it was told to slow down (Binance, D)
SLOW_DOWN = {BANNED, 429}
SERVER_TROUBLE = 500


def blame_by_status(reply: Reply) -> ConnectorError | None:
    """What can be said when the exchange's own file has nothing to say: only what the status alone supports. A page
    comes from what stands before the exchange, which knows addresses alone.
    """
    code = f"http {reply.status}"
    if reply.status in SLOW_DOWN:
        whose = Whose.ADDRESS if reply.status == BANNED or reply.is_page else Whose.EITHER
        return ConnectorError(Cause.RATE_LIMITED, code=code, wait=reply.wait, whose=whose)
    if reply.status == 451 or (reply.status == 403 and reply.is_page):  # noqa: PLR2004 - a firewall's page for a region
        return ConnectorError(Cause.REGION_BLOCKED, code=code)
    if reply.status >= SERVER_TROUBLE:
        return ConnectorError(Cause.MAINTENANCE, code=code, wait=reply.wait)
    if reply.status >= 300 or reply.data is NOT_JSON:  # noqa: PLR2004 - everything that is no answer
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=code)
    return None

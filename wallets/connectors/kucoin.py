"""KuCoin, classic account. One ledger for the main and trade wallets, with trades and movements beside it, and one for
the Pro wallet ("high-frequency", `trade_hf`), where there is one: it trades apart, and is told for three days only.

Sources are named as in exchanges.md: D documents, F recorded replies, S ccxt's source, R other people's working code,
M memory (wants a live check).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.attempts import OF_ONE_PRODUCT, attempt
from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import OK, Client, Reply
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import LATE, Settling, said
from wallets.connectors.walks import milliseconds, moment
from wallets.connectors.windows import Window
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping

FINE = "200000"
CAUSES = {
    "400001": Cause.KEY_UNKNOWN,
    "400002": Cause.CLOCK_SKEW,
    "400003": Cause.KEY_UNKNOWN,
    "400004": Cause.PASSPHRASE_WRONG,
    "400005": Cause.SIGNATURE_WRONG,
    "400006": Cause.IP_REFUSED,
    "400007": Cause.RIGHT_MISSING,
    "400302": Cause.REGION_BLOCKED,
    "400303": Cause.ACCOUNT_FROZEN,  # S: until KuCoin knows who it is
    "411100": Cause.ACCOUNT_FROZEN,
    "429000": Cause.RATE_LIMITED,
    "200002": Cause.RATE_LIMITED,
    "500000": Cause.MAINTENANCE,
}
GENERAL = "General"
# As the API names them, where the box is labelled differently (M).
BOXES = {"Spot": "Spot Trading", "Margin": "Margin Trading", "Futures": "Futures Trading"}

OPENED = datetime(2019, 2, 18, tzinfo=UTC)  # S: what was before is in lists of their own, which are not read
A_DAY, A_WEEK, A_YEAR = timedelta(days=1), timedelta(days=7), timedelta(days=365)
THREE_DAYS = timedelta(days=3, minutes=-5)  # a little short: what is asked for beyond is cut off
SETTLING = Settling(timedelta(days=30), said("status", "SUCCESS", "FAILURE"))


@dataclass(frozen=True, slots=True)
class Source:
    """One list of KuCoin's, and how it is asked."""

    method: str
    id: str  # none: made of the row's own values
    span: timedelta
    cost: float
    reaches_back: timedelta | None = None
    settling: Settling | None = None
    asked_beyond: bool = False  # older rows may come all the same
    size: int = 500


SOURCES = {
    "ledger": Source("privateGetAccountsLedgers", "id", A_DAY, 2, reaches_back=A_YEAR),  # M: a day, a year
    # KuCoin's own people have said "a year at most", and six months (R).
    "trades": Source("privateGetFills", "tradeId", A_WEEK, 10, reaches_back=A_YEAR, asked_beyond=True),
    "deposits": Source("privateGetDeposits", "", A_WEEK, 5, settling=SETTLING),
    "withdrawals": Source("privateGetWithdrawals", "id", A_WEEK, 20, settling=SETTLING),
}
STREAMS = {
    name: Stream(name, name, reaches_back=source.reaches_back, certain=source.reaches_back is None)
    for name, source in SOURCES.items()
}
PRO = Stream("pro ledger", "pro ledger", reaches_back=THREE_DAYS)
PRO_PAGE = 200
AREAS = tuple(Area(name, GENERAL) for name in ("balances", *SOURCES))


def blame(reply: Reply) -> ConnectorError | None:
    data = reply.data
    code = str(data.get("code")) if isinstance(data, dict) and "code" in data else ""
    if code == FINE and reply.status == OK:
        return None
    if code not in CAUSES:
        known = code.isdigit() and reply.status < 500  # noqa: PLR2004 - the rest is said by the status
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=code) if known else None
    cause = CAUSES[code]
    return ConnectorError(cause, code=code, wait=waited(reply), right=GENERAL if cause is Cause.RIGHT_MISSING else "")


def waited(reply: Reply) -> timedelta | None:
    """KuCoin says in milliseconds when its count begins anew (D)."""
    named = {name.lower(): value for name, value in reply.headers.items()}
    value = named.get("gw-ratelimit-reset", "")
    return timedelta(milliseconds=min(int(value), 3_600_000)) if value.isdigit() else reply.wait


class Kucoin:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client("kucoin", credentials, pace=pace, blame=blame, origin=origin)
        self.told_at: datetime | None = None

    def clock(self) -> datetime:
        self.told_at = moment(int(self._data("publicGetTimestamp", int)))
        return self.told_at

    def rights(self) -> Rights:
        return read_rights(self._key())

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        if area.name == "balances":
            self.balances()
            return
        source = SOURCES[area.name]
        now = self.told_at or self.clock()
        self._list(source, Window.of(None, beginning=now - A_DAY, span=A_DAY), size=10)

    def identities(self) -> tuple[Identity, ...]:
        """The number of the account; a sub-account has one of its own (F)."""
        key = self._key()
        kind = IdentityKind.USER if key.get("isMaster", True) else IdentityKind.SUB_ACCOUNT
        return (Identity(kind, str(key["uid"])),) if key.get("uid") else ()

    def balances(self) -> tuple[Balance, ...]:
        held = self._data("privateGetAccounts", list, cost=5)
        return tuple(Balance(row["currency"], Decimal(str(row["balance"])), str(row["type"])) for row in held)

    def streams(self) -> tuple[Stream, ...]:
        """Where it is not told whether there is an account for high frequencies, its list says so, or fails alone."""
        has_pro, failure = attempt(lambda: self._data("privateGetHfAccountsOpened", bool, cost=2))
        if failure and failure.cause not in OF_ONE_PRODUCT:
            raise failure
        return (*STREAMS.values(), *((PRO,) if has_pro or failure else ()))

    def page(self, stream: Stream, cursor: str | None) -> Page:
        if stream.name == PRO.name:
            return self._pro(NewestFirst.of(cursor))
        source = SOURCES[stream.name]
        window = Window.of(cursor or self.stretch(stream, OPENED, OPENED), beginning=OPENED, span=source.span)
        reply = self._list(source, window, size=source.size)
        records = [
            Record(stream.family, id_of(row, source), moment(int(row["createdAt"])), row) for row in items_in(reply)
        ]
        return window.page_by_page(records, reply, span=source.span, overlap=LATE, settling=source.settling)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # the page says
        if stream.name == PRO.name:
            return NewestFirst.stretch(since)
        source = SOURCES[stream.name]
        limited = source.reaches_back and not source.asked_beyond
        oldest = self.clock() - source.reaches_back if source.reaches_back and limited else OPENED
        return Window.starting(max(since, oldest), span=source.span)

    def _pro(self, walk: NewestFirst) -> Page:
        """Newest first; `lastId` is for rows below it (D). Nothing is told from before three days ago."""
        now = self.clock()
        begins = max(now - THREE_DAYS, datetime.fromtimestamp(walk.since, UTC))
        asked = {"startAt": milliseconds(begins), "endAt": milliseconds(now), "limit": PRO_PAGE}
        asked |= {"lastId": int(walk.after)} if walk.after else {}
        reply = self.client.call("privateGetHfAccountsLedgers", asked, cost=2)
        rows = data_in(reply, list)
        records = [Record(PRO.family, str(row["id"]), moment(int(row["createdAt"])), row) for row in rows]
        return walk.page(records, after=str(rows[-1]["id"]) if rows else "", overlap=LATE, body=reply.body)

    def _list(self, source: Source, window: Window, *, size: int) -> Reply:
        asked = {
            "startAt": window.since,
            "endAt": window.until,
            "currentPage": window.pages + 1,
            "pageSize": size,
        }
        reply = self.client.call(source.method, asked, cost=source.cost)
        items_in(reply)
        return reply

    def _key(self) -> dict[str, Any]:
        key: dict[str, Any] = self._data("privateGetUserApiKey", dict, cost=20)
        return key

    def _data(self, method: str, shape: type[Any], *, cost: float = 3) -> Any:
        return data_in(self.client.call(method, cost=cost), shape)


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(key: Mapping[str, Any]) -> Rights:
    """General reads. Any other name acts, also one that KuCoin may invent tomorrow."""
    if not isinstance(key.get("permission"), str):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no rights")
    held = [name.strip() for name in key["permission"].split(",") if name.strip()]
    addresses = tuple(each.strip() for each in str(key.get("ipWhitelist") or "").split(",") if each.strip())
    return Rights(
        can_tell=True,
        read=(GENERAL,) if GENERAL in held else (),
        beyond=tuple(BOXES.get(name, name) for name in held if name != GENERAL),
        missing=() if GENERAL in held else (GENERAL,),
        ips=addresses,
        created_at=moment(int(key["createdAt"])) if key.get("createdAt") else None,
        expires_at=moment(int(key["expiredAt"])) if key.get("expiredAt") else None,
    )


def data_in(reply: Reply, shape: type[Any]) -> Any:
    data = reply.shaped(dict).get("data")
    if not isinstance(data, shape):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return data


def items_in(reply: Reply) -> list[Any]:
    """The rows of an answer, or no answer: an object without its list is never an empty account."""
    items = data_in(reply, dict).get("items")
    if not isinstance(items, list):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return items


def id_of(row: Mapping[str, Any], source: Source) -> str:
    """Deposits have no id. What never changes about one makes it; a transaction may carry @ and a suffix (R)."""
    if source.id:
        return str(row[source.id])
    parts = [str(row.get(name, "")) for name in ("currency", "createdAt", "amount")]
    transaction = str(row.get("walletTxId") or "inner").partition("@")[0]
    return hashlib.sha256("\n".join([transaction, *parts]).encode()).hexdigest()[:40]

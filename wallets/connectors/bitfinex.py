"""Bitfinex, all wallets of one account. The ledger holds everything; trades and movements add what it lacks.

Sources are named as in exchanges.md: D documents, S ccxt's source, R other people's working code, M memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import Client, Reply
from wallets.connectors.walks import Downward, moment
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights, Whose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

CAUSES = {
    10001: Cause.RIGHT_MISSING,
    10100: Cause.KEY_UNKNOWN,
    10114: Cause.NONCE_CLASH,
    11010: Cause.RATE_LIMITED,
    20060: Cause.MAINTENANCE,
}
WORDS = {"ERR_RATE_LIMIT": Cause.RATE_LIMITED, "temporarily_unavailable": Cause.MAINTENANCE}
BLOCKED_FOR = timedelta(minutes=1)  # D: an address that asks too often is shut out for 60 seconds
# "apikey: digest invalid" is said to a wrong secret and to a wrong key alike; "apikey: invalid" to an unknown key, and
# (M) it is not known what a foreign address or a key without confirmation hears.
SAME_DIGEST = (Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG)
SAME_KEY = (Cause.KEY_UNKNOWN, Cause.KEY_INACTIVE, Cause.IP_REFUSED)

# As the API names them, and as the boxes are labelled (M for the labels).
BOXES = {
    "account": "Account Info",
    "history": "Account History",
    "orders": "Orders",
    "positions": "Margin Trading",
    "funding": "Margin Funding",
    "settings": "Settings",
    "wallets": "Wallets",
    "withdraw": "Withdrawals",
    "ui_withdraw": "Withdrawals on the website",
    "bfxpay": "Bitfinex Pay",
}
NEEDED = ("history", "wallets")
AREAS = (
    Area("balances", BOXES["wallets"]),
    Area("ledger", BOXES["history"]),
    Area("trades", BOXES["history"]),
    Area("movements", BOXES["history"]),
)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Table:
    """A stream, and which of its columns is what. Bitfinex sends lists; columns without a name keep their number."""

    stream: Stream
    method: str
    page: int
    columns: tuple[str, ...]
    at: str
    key: tuple[str, ...]
    overlap: timedelta
    cut_at: str = "mts"  # what `start` and `end` are about

    def cut(self, record: Record) -> int:
        return int(record.raw.get(self.cut_at) or record.raw[self.at])

    def record(self, row: Sequence[Any]) -> Record:
        raw = {self.name_of(place): value for place, value in enumerate(row)}
        return Record(self.stream.family, ":".join(str(raw[name]) for name in self.key), moment(raw[self.at]), raw)

    def name_of(self, place: int) -> str:
        return (self.columns[place] if place < len(self.columns) else "") or str(place)


LEDGER = Table(
    Stream("ledger", "ledger"),
    "privatePostAuthRLedgersHist",
    2500,
    ("id", "currency", "wallet", "mts", "", "amount", "balance", "", "description"),
    at="mts",
    key=("id",),
    overlap=DAY,
)
TRADES = Table(
    Stream("trades", "trades"),
    "privatePostAuthRTradesHist",
    2500,
    (
        "id",
        "symbol",
        "mts",
        "order_id",
        "amount",
        "price",
        "order_type",
        "order_price",
        "maker",
        "fee",
        "fee_currency",
        "cid",
    ),
    at="mts",
    key=("id", "symbol"),
    overlap=DAY,
)
MOVEMENTS = Table(
    Stream("movements", "movements"),
    "privatePostAuthRMovementsHist",
    1000,
    (
        *("id", "currency", "currency_name", "", "", "mts_started", "mts_updated", "", "", "status", "", ""),
        *("amount", "fees", "", "", "destination_address", "", "", "", "transaction_id", "note"),
    ),
    at="mts_started",
    key=("id",),
    overlap=14 * DAY,  # a movement changes its status while it is on its way
    cut_at="mts_updated",  # D, and R against it, which has the other: with this one none is left out either way
)
TABLES = {table.stream.name: table for table in (LEDGER, TRADES, MOVEMENTS)}


def blame(reply: Reply) -> ConnectorError | None:
    """Errors are lists with status 500, sometimes objects."""
    data = reply.data
    if isinstance(data, dict) and ("error" in data or "message" in data):
        cause = WORDS.get(str(data.get("error")))
        code, wait = f"http {reply.status}", wait_of(reply, cause)
        return ConnectorError(cause, code=code, wait=wait, whose=Whose.ADDRESS) if cause else None
    if not isinstance(data, list) or data[:1] != ["error"]:
        return None
    code, text = (*data[1:3], "", "")[:2]
    cause = CAUSES.get(code, Cause.UNEXPECTED_REPLY)
    among = () if code != 10100 else SAME_KEY if text == "apikey: invalid" else SAME_DIGEST  # noqa: PLR2004 - as above
    return ConnectorError(cause, code=str(code), wait=wait_of(reply, cause), whose=Whose.ADDRESS, among=among)


def wait_of(reply: Reply, cause: Cause | None) -> timedelta | None:
    return (reply.wait or BLOCKED_FOR) if cause is Cause.RATE_LIMITED else None


class Bitfinex:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client("bitfinex", credentials, pace=pace, blame=blame, origin=origin)

    def clock(self) -> datetime:
        return self.client.call("publicGetPlatformStatus").told_at

    def rights(self) -> Rights:
        return read_rights(self._list("privatePostAuthRPermissions"))

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        refused = None
        try:
            self._read(area)
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING:
                raise
            refused = ConnectorError(Cause.RIGHT_MISSING, code=failure.code, right=area.right)
        if refused:
            raise refused

    def _read(self, area: Area) -> None:
        if area.name == "balances":
            self.balances()
        else:
            self._list(TABLES[area.name].method, {"limit": 1})

    def identities(self) -> tuple[Identity, ...]:
        """The user's number, where the key may read it. That box is not needed, so its lack is no failure."""
        try:
            row = self._list("privatePostAuthRInfoUser")
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING:
                raise
            return ()
        return (Identity(IdentityKind.USER, str(row[0])),) if row and row[0] else ()

    def balances(self) -> tuple[Balance, ...]:
        rows = self._list("privatePostAuthRWallets")
        return tuple(Balance(currency, Decimal(str(held)), place) for place, currency, held, *_ in rows)

    def streams(self) -> tuple[Stream, ...]:
        return tuple(table.stream for table in TABLES.values())

    def page(self, stream: Stream, cursor: str | None) -> Page:
        table, walk = TABLES[stream.name], Downward.of(cursor)
        bounds = {"start": walk.since, "end": walk.until}
        asked = {"limit": table.page, **{name: bound for name, bound in bounds.items() if bound}}
        reply = self.client.call(table.method, asked)
        records = [table.record(row) for row in reply.shaped(list)]
        cut_at = [table.cut(record) for record in records]
        return walk.page(records, full=table.page, overlap=table.overlap, body=reply.body, cut_at=cut_at)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:
        """A movement of that time may have changed later, and stand higher up."""
        late = MOVEMENTS.overlap if stream.name == MOVEMENTS.stream.name else timedelta(0)
        return Downward.stretch(since, until + late)

    def _list(self, method: str, params: Mapping[str, object] | None = None) -> list[Any]:
        return self.client.call(method, params).shaped(list)


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(rows: Sequence[Any]) -> Rights:
    """One row for each scope: name, read, write. Whatever may be written counts, also what Bitfinex may invent."""
    if not all(isinstance(row, list) and len(row) > 2 for row in rows):  # noqa: PLR2004 - those three
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no permissions")
    reads = [str(scope) for scope, read, *_ in rows if read]
    writes = [str(scope) for scope, _, write, *_ in rows if write]
    return Rights(
        can_tell=True,
        read=tuple(BOXES.get(scope, scope) for scope in reads),
        beyond=tuple(f"{BOXES.get(scope, scope)}: write" for scope in writes),
        missing=tuple(BOXES[scope] for scope in NEEDED if scope not in reads),
    )

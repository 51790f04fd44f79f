"""Bitstamp, spot. One list holds everything, read upwards by id; crypto movements add addresses and transaction ids.

Bitstamp tells nothing of what a key may do. One call that can change nothing shows whether it may trade: cancelling
order 1, which closed in 2011. Whether it may withdraw cannot be found out (exchanges.md 2).

Sources are named as in exchanges.md: D documents, S ccxt's source, R other people's working code, M memory.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import Client, Reply
from wallets.records import Balance, Cause, ConnectorError, Identity, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CAUSES = {
    "API0000": Cause.KEY_UNKNOWN,
    "API0001": Cause.KEY_UNKNOWN,
    "API0002": Cause.IP_REFUSED,
    "API0003": Cause.RIGHT_MISSING,
    "API0004": Cause.NONCE_CLASH,
    "API0005": Cause.SIGNATURE_WRONG,
    "API0006": Cause.ACCOUNT_FROZEN,
    "API0007": Cause.ACCOUNT_FROZEN,  # the profile lacks something; nothing is answered until it is there
    "API0008": Cause.KEY_UNKNOWN,
    "API0011": Cause.KEY_UNKNOWN,
    "API0017": Cause.CLOCK_SKEW,
    "400.002": Cause.RATE_LIMITED,
}
# A key that waits for its activation is most likely answered like one that does not exist (M).
AMONG = {"API0001": (Cause.KEY_UNKNOWN, Cause.KEY_INACTIVE)}
WORDS = {
    "No permission found": Cause.RIGHT_MISSING,
    "Trading is currently unavailable for your account.": Cause.ACCOUNT_FROZEN,
    "Bitstamp.net is under scheduled maintenance. We'll be back soon.": Cause.MAINTENANCE,
}
NO_SUCH_ORDER = "order not found"
LONG_CLOSED_ORDER = "1"

BALANCES, TRANSACTIONS = "Account balance", "User transactions"
ORDERS = "Orders"  # what a key may do that can cancel (M for the label)
AREAS = (Area("balances", BALANCES), Area("transactions", TRANSACTIONS), Area("crypto movements", TRANSACTIONS))
EVERYTHING = Stream("transactions", "transactions")
CRYPTO = Stream("crypto", "crypto", certain=False)  # R; that `offset` counts each list by itself is M
PAGE = 1000
LONGEST = 200  # signs of a row's name that are kept
OVERLAP = timedelta(days=7)  # movements that were still on their way


def blame(reply: Reply) -> ConnectorError | None:
    data = reply.data
    if not isinstance(data, dict):
        return None
    code = str(data.get("code") or data.get("response_code") or "")
    if code in CAUSES:
        return ConnectorError(CAUSES[code], code=code, wait=reply.wait, among=AMONG.get(code, ()))
    said = str(data.get("error") or data.get("reason") or "")
    if not said and data.get("status") != "error":
        return None
    if said.lower().rstrip(".") == NO_SUCH_ORDER:
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=NO_SUCH_ORDER)
    return ConnectorError(WORDS[said], code=f"http {reply.status}") if said in WORDS else without_words(reply)


def without_words(reply: Reply) -> ConnectorError | None:
    """A refusal we have no name for. With a status of its own, that decides."""
    return ConnectorError(Cause.UNEXPECTED_REPLY, code="refusal") if reply.status < 400 else None  # noqa: PLR2004


class Bitstamp:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client("bitstamp", credentials, pace=pace, blame=blame, origin=origin)

    def clock(self) -> datetime:
        return self.client.call("publicGetEurUsd").told_at

    def rights(self) -> Rights:
        return Rights(can_tell=False)

    def probe_rights(self) -> Rights:
        """A key without the right is refused before the order is looked for; one with it hears that there is none."""
        try:
            self.client.call("privatePostCancelOrder", {"id": LONG_CLOSED_ORDER})
        except ConnectorError as failure:
            if failure.cause is Cause.RIGHT_MISSING:
                return Rights(can_tell=False)
            if failure.code != NO_SUCH_ORDER:
                raise
        return Rights(can_tell=False, beyond=(ORDERS,))

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
        match area.name:
            case "balances":
                self.balances()
            case "transactions":
                self.client.call("privatePostUserTransactions", {"limit": 1}).shaped(list)
            case _:
                self.client.call("privatePostCryptoTransactions", {"limit": 1}).shaped(dict)

    def identities(self) -> tuple[Identity, ...]:
        """Bitstamp tells a key nothing about whose it is: records are compared instead."""
        return ()

    def balances(self) -> tuple[Balance, ...]:
        rows = self.client.call("privatePostAccountBalances").shaped(list)
        return tuple(Balance(row["currency"], Decimal(str(row["total"]))) for row in rows)

    def streams(self) -> tuple[Stream, ...]:
        return (EVERYTHING, CRYPTO)

    def page(self, stream: Stream, cursor: str | None) -> Page:
        return self._everything(cursor) if stream.name == EVERYTHING.name else self._crypto(cursor)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # none asks it
        """Which number the first row of a day has, nobody tells."""
        return None if stream.name == EVERYTHING.name else json.dumps(asdict(Offsets(since=seconds(since))))

    def _everything(self, cursor: str | None) -> Page:
        """Upwards by id, which rises with every row that is booked: nothing can slip in below. `since_id` includes."""
        at = json.loads(cursor) if cursor else {"since_id": 1, "newest": ""}
        asked = {"since_id": at["since_id"], "sort": "asc", "limit": PAGE}
        reply = self.client.call("privatePostUserTransactions", asked)
        rows = reply.shaped(list)
        records = tuple(Record(EVERYTHING.family, str(row["id"]), moment(row["datetime"]), row) for row in rows)
        if rows:
            at = {"since_id": max(int(row["id"]) for row in rows) + 1, "newest": str(rows[-1]["datetime"])}
        return Page(
            records=records,
            cursor=json.dumps(at),
            more=bool(rows),
            reached=max((record.occurred_at for record in records), default=None),
            complete_to=moment(str(at["newest"])) if at["newest"] and not rows else None,
            passed=max((record.occurred_at - OVERLAP for record in records), default=None),
            body=reply.body,
        )

    def _crypto(self, cursor: str | None) -> Page:
        walk = Offsets(**json.loads(cursor)) if cursor else Offsets()
        reply = self.client.call("privatePostCryptoTransactions", {"limit": PAGE, "offset": walk.offset})
        lists = reply.shaped(dict)
        records = [crypto_record(kind, row) for kind in ("deposits", "withdrawals") for row in lists[kind]]
        step = max(len(lists["deposits"]), len(lists["withdrawals"]))
        following, more = walk.after([seconds(record.occurred_at) for record in records], step)
        return Page(
            records=tuple(records),
            cursor=json.dumps(asdict(following)),
            more=more,
            reached=min((record.occurred_at for record in records), default=None),
            complete_to=datetime.fromtimestamp(walk.top, UTC) if walk.top and not more else None,
            body=reply.body,
        )


@dataclass(frozen=True, slots=True)
class Offsets:
    """Newest first by place. What comes in meanwhile pushes rows down: some come twice, none is missed."""

    offset: int = 0
    since: int = 0  # seconds: below, an earlier walk was complete
    top: int = 0

    def after(self, moments: Sequence[int], step: int) -> tuple[Offsets, bool]:
        top = self.top or max(moments, default=0)
        if moments and min(moments) >= self.since:
            return Offsets(self.offset + step, self.since, top), True
        return Offsets(0, max(self.since, top - int(OVERLAP.total_seconds()))), False


# --- reading replies ----------------------------------------------------------------------------------------------


def crypto_record(kind: str, row: Mapping[str, Any]) -> Record:
    """A transaction id alone may stand for several payments. Some coins have addresses of a hundred signs and more."""
    parts = (kind, row["txid"], row["currency"], row["destinationAddress"], row["amount"])
    name = ":".join(map(str, parts))
    at = datetime.fromtimestamp(int(row["datetime"]), UTC)
    kept = name if len(name) <= LONGEST else hashlib.sha256(name.encode()).hexdigest()[:40]
    return Record(CRYPTO.family, kept, at, {**row, "kind": kind})


def moment(text: str) -> datetime:
    """UTC, without saying so; with microseconds or without."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(at: datetime) -> int:
    return int(at.timestamp())

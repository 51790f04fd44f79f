"""Kraken, spot. One ledger holds everything; trades and movements add what it lacks.

Sources are named as in exchanges.md: D documents, F recorded replies, S ccxt's source, R other people's
working code, M memory (wants a live check).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import OK, Client, Reply
from wallets.connectors.settling import BEGINNING, LATE
from wallets.records import Balance, Cause, ConnectorError, Identity, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = 50  # rows; Kraken's own, not ours to choose

# Exact errors first, then how they begin. Kraken answers 200 to everything. Its help says that a key with two-factor
# sign-in of its own hears "Invalid signature" too, and that "Invalid key" may be about what was signed (D); whether a
# foreign address or an expired key hears it as well wants a live check (M).
CAUSES = {
    "EAPI:Invalid key": Cause.KEY_UNKNOWN,
    "EAPI:Invalid signature": Cause.SIGNATURE_WRONG,
    "EAPI:Invalid nonce": Cause.NONCE_CLASH,
    "EGeneral:Permission denied": Cause.RIGHT_MISSING,
    "EAPI:Rate limit exceeded": Cause.RATE_LIMITED,
    "EAuth:Rate limit exceeded": Cause.RATE_LIMITED,
    "EAuth:Too many requests": Cause.RATE_LIMITED,
    "EGeneral:Too many requests": Cause.RATE_LIMITED,  # M: to what is asked without a key, as the clock is
    "EGeneral:Temporary lockout": Cause.RATE_LIMITED,  # D: about 15 minutes, after repeated failures
    "EAuth:Account temporarily disabled": Cause.ACCOUNT_FROZEN,  # M
    "EAuth:Account unconfirmed": Cause.KEY_INACTIVE,
    "ETrade:User Locked": Cause.ACCOUNT_FROZEN,
    "EAPI:Feature disabled": Cause.MAINTENANCE,  # M
    "EGeneral:Internal error": Cause.MAINTENANCE,
}
BEGINNINGS = (("EService:Throttled", Cause.RATE_LIMITED), ("EService:", Cause.MAINTENANCE))
LOCKOUT = timedelta(minutes=15)

# As the API names them, and as the boxes are labelled.
READ_RIGHTS = {
    "query-funds": "Query funds",
    "query-open-trades": "Query open orders & trades",
    "query-closed-trades": "Query closed orders & trades",
    "query-ledger": "Query ledger entries",
}
NEEDED_RIGHTS = ("query-funds", "query-closed-trades", "query-ledger")
# Harmless beside reading: reports (M), and subscribing to one's own events.
HARMLESS_RIGHTS = {"export-data": "Export data", "create-ws-token": "Access WebSockets API"}
ACTING_RIGHTS = {
    "add-funds": "Deposit funds",
    "withdraw-funds": "Withdraw funds",
    "earn-funds": "Earn",
    "modify-trades": "Create & modify orders",
    "close-trades": "Cancel & close orders",
    "add-withdraw-address": "Add withdrawal addresses",
    "update-withdraw-address": "Update withdrawal addresses",
}
BOXES = READ_RIGHTS | HARMLESS_RIGHTS | ACTING_RIGHTS

AREAS = (
    Area("balances", "Query funds"),
    Area("trades", "Query closed orders & trades"),
    Area("ledger", "Query ledger entries"),
)
LEDGER = Stream("ledger", "ledger")
TRADES = Stream("trades", "trades")


def blame(reply: Reply) -> ConnectorError | None:
    data = reply.data
    if reply.status != OK or not isinstance(data, dict):
        return None
    errors = [str(error) for error in data.get("error") or [] if str(error).startswith("E")]
    if not errors:
        return None if "result" in data else ConnectorError(Cause.UNEXPECTED_REPLY, code="no result")
    cause = cause_of(errors[0])
    wait = LOCKOUT if errors[0] == "EGeneral:Temporary lockout" else throttled_for(errors[0])
    return ConnectorError(cause, code=errors[0].split(":")[0], wait=wait)


def cause_of(error: str) -> Cause:
    begun = (cause for beginning, cause in BEGINNINGS if error.startswith(beginning))
    return CAUSES.get(error) or next(begun, Cause.UNEXPECTED_REPLY)


def throttled_for(error: str) -> timedelta | None:
    """`EService:Throttled: <second>` names the second from which it answers again (M); we only learn that it waits."""
    return timedelta(minutes=1) if error.startswith("EService:Throttled") else None


class Kraken:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client("kraken", credentials, pace=pace, blame=blame, origin=origin)

    def clock(self) -> datetime:
        return moment(self._result("publicGetTime")["unixtime"])

    def rights(self) -> Rights:
        return read_rights(self._result("privatePostGetApiKeyInfo"))

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        method = {
            "balances": "privatePostBalance",
            "trades": "privatePostTradesHistory",
            "ledger": "privatePostLedgers",
        }
        try:
            self._result(method[area.name], cost=1 if area.name == "balances" else 2)
        except ConnectorError as failure:
            if failure.cause is not Cause.RIGHT_MISSING:
                raise
            refused = ConnectorError(Cause.RIGHT_MISSING, code=failure.code, right=area.right)
        else:
            return
        raise refused

    def identities(self) -> tuple[Identity, ...]:
        """Kraken tells a key nothing about whose it is: records are compared instead."""
        return ()

    def balances(self) -> tuple[Balance, ...]:
        return read_balances(self._result("privatePostBalanceEx"))

    def streams(self) -> tuple[Stream, ...]:
        return (LEDGER, TRADES)

    def page(self, stream: Stream, cursor: str | None) -> Page:
        """Of the ledger, those of currencies are told where no class is asked for (D); tokens of shares are among them,
        whose trades stand in the ledger alone (R, July 2026). Wants a live check (M): that the ledger names trades as
        they are told without `consolidate_taker`, which puts fills of one taker together. Were it not so, these would
        count twice.
        """
        told = {LEDGER.name: ("privatePostLedgers", "ledger"), TRADES.name: ("privatePostTradesHistory", "trades")}
        method, rows = told[stream.name]
        walk = Walk.of(cursor)
        return read_page(self.client.call(method, walk.asked(), cost=2), family=stream.family, rows=rows, walk=walk)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # both alike
        """Whole seconds; `start` excludes, and `end` takes a moment as well as a row (D)."""
        return str(Walk(since=int(since.timestamp()) - 1, top_id=str(int(until.timestamp()) + 1)))

    def _result(self, method: str, params: Mapping[str, object] | None = None, *, cost: float = 1) -> Any:
        return self.client.call(method, params, cost=cost).data["result"]


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(result: Mapping[str, Any]) -> Rights:
    """Whatever is not known to be reading counts as more than reading, also what Kraken may invent tomorrow."""
    held = [str(right) for right in result["permissions"]]
    listed = told(result, "ip_allowlist")
    addresses = tuple(map(str, listed)) if isinstance(listed, list) else None
    return Rights(
        can_tell=True,
        read=tuple(BOXES[right] for right in held if right in READ_RIGHTS),
        beyond=tuple(BOXES.get(right, right) for right in held if right not in READ_RIGHTS | HARMLESS_RIGHTS),
        missing=tuple(BOXES[right] for right in NEEDED_RIGHTS if right not in held),
        ips=addresses,
        created_at=moment_or_none(told(result, "created_time")),
        expires_at=moment_or_none(told(result, "valid_until")),
        history_from=moment_or_none(told(result, "query_from")),
        history_until=moment_or_none(told(result, "query_to")),
    )


def told(result: Mapping[str, Any], name: str) -> Any:
    """`query_from` (F) or `queryFrom` (D, in May 2026). Which of the two Kraken sends wants a live check, and much
    hangs on it: rows that a key hides would be taken for rows that are gone.
    """
    first, *rest = name.split("_")
    return result.get(name, result.get(first + "".join(part.capitalize() for part in rest)))


def read_balances(result: Mapping[str, Mapping[str, str]]) -> tuple[Balance, ...]:
    return tuple(Balance(asset, Decimal(str(each["balance"]))) for asset, each in result.items())


def moment(seconds: object) -> datetime:
    """Seconds with up to four decimals, as text or number; never through a float."""
    whole, _, part = str(seconds).partition(".")
    return BEGINNING + timedelta(0, int(whole), int(part[:6].ljust(6, "0")))


def moment_or_none(seconds: object) -> datetime | None:
    """Kraken writes 0 for never."""
    return moment(seconds) if seconds and str(seconds) != "0" else None


@dataclass(frozen=True, slots=True)
class Walk:
    """Kraken hands out the newest rows first. A walk is nailed to the newest row it saw at its beginning, so that rows
    that come in meanwhile shift nothing; it goes down to the time up to which an earlier walk was complete.
    """

    since: int = 0  # seconds; exclusive
    top_id: str = ""
    top_at: str = ""
    offset: int = 0

    @classmethod
    def of(cls, cursor: str | None) -> Walk:
        return cls(**json.loads(cursor)) if cursor else cls()

    def asked(self) -> dict[str, object]:
        asked = {"start": self.since, "end": self.top_id, "ofs": self.offset}
        return {name: value for name, value in asked.items() if value}

    def after(self, rows: Mapping[str, Mapping[str, Any]]) -> Walk:
        if not rows:
            return self.over()
        if self.top_id:
            return replace(self, offset=self.offset + len(rows))
        top_id = max(rows, key=lambda each: moment(rows[each]["time"]))
        top_at = str(rows[top_id]["time"])
        # Both sides of a trade have one time, and what is nailed to the lower of them begins below the other. To count
        # one less makes a row come twice at worst, which is dropped.
        beside = sum(str(row["time"]) == top_at for row in rows.values()) - 1
        return replace(self, top_id=top_id, top_at=top_at, offset=len(rows) - beside)

    def over(self) -> Walk:
        """The next walk goes down to a little before where this one began."""
        if not self.top_at:
            return Walk(since=self.since)
        return Walk(since=max(self.since, int((moment(self.top_at) - LATE).timestamp())))

    def __str__(self) -> str:
        return json.dumps(asdict(self))


def read_page(reply: Reply, *, family: str, rows: str, walk: Walk) -> Page:
    """Stop on an empty page, not on a short one."""
    found = reply.data["result"][rows] or {}
    records = tuple(Record(family, key, moment(row["time"]), row) for key, row in found.items())
    return Page(
        records=records,
        cursor=str(walk.after(found)),
        more=bool(found),
        reached=min((record.occurred_at for record in records), default=None),
        complete_to=moment(walk.top_at) if walk.top_at and not found else None,
        body=reply.body,
    )

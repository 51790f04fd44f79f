"""Gemini, spot. Trades symbol by symbol, movements of the whole account, and staking; no single ledger is certain.

Sources are named as in exchanges.md: D documents (Gemini's own OpenAPI text), S ccxt's source, R other people's working
code, M memory (wants a live check).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.attempts import held_apart
from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import Client, Reply
from wallets.connectors.settling import LATE, Settling, said
from wallets.connectors.walks import Downward, Upward, milliseconds, moment
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUSES = {
    "InvalidApiKey": Cause.KEY_UNKNOWN,
    "MissingApikeyHeader": Cause.KEY_UNKNOWN,
    "InvalidSignature": Cause.SIGNATURE_WRONG,
    "MissingRole": Cause.RIGHT_MISSING,
    "ApiKeyIpFilteringFailure": Cause.IP_REFUSED,
    "RateLimit": Cause.RATE_LIMITED,
    "Too Many Requests": Cause.RATE_LIMITED,
    "Maintenance": Cause.MAINTENANCE,
    "System": Cause.MAINTENANCE,
    "Internal Server Error": Cause.MAINTENANCE,
}

AUDITOR = "Auditor"
ROLES = {"isTrader": "Trader", "isFundManager": "Fund Manager", "isAccountAdmin": "Administrator"}
# Transfers last: whoever asks for them waits before asking on.
AREAS = (
    Area("balances", AUDITOR),
    Area("trades", AUDITOR),
    Area("staking", AUDITOR, optional=True),
    Area("transfers", AUDITOR),
)

OPENED = milliseconds(datetime(2014, 1, 1, tzinfo=UTC))  # before Gemini had customers
MOVES = Stream("transfers", "transfers")
STAKING = Stream("staking", "staking", certain=False)  # D for the call, but no reply was ever recorded
TRADES = "trades:"  # and the symbol: ids of trades are certain to be unique within one only
TRADES_PAGE, MOVES_PAGE, STAKING_PAGE = 500, 50, 500
MOVES_COST = 26  # D: transfers may be asked for once in five seconds, and five other calls go in one
SETTLING = Settling(timedelta(days=14), said("status", "Complete"))


def blame(reply: Reply) -> ConnectorError | None:
    data = reply.data
    if not isinstance(data, dict) or data.get("result") != "error":
        return None
    reason = str(data.get("reason"))
    if reason == "InvalidNonce":
        far_off = "seconds of server time" in str(data.get("message"))
        return ConnectorError(Cause.CLOCK_SKEW if far_off else Cause.NONCE_CLASH, code=reason)
    cause = CAUSES.get(reason, Cause.UNEXPECTED_REPLY)
    code = reason if reason.isalpha() else f"http {reply.status}"
    return ConnectorError(cause, code=code, wait=reply.wait, right=AUDITOR if cause is Cause.RIGHT_MISSING else "")


class Gemini:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client("gemini", credentials, pace=pace, blame=blame, origin=origin)

    def clock(self) -> datetime:
        return self.client.call("publicGetV1Symbols").told_at

    def rights(self) -> Rights:
        return read_rights(self.client.call("privatePostV1Roles").shaped(dict))

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return AREAS

    def read(self, area: Area) -> None:
        match area.name:
            case "balances":
                self.balances()
            case "trades":
                self._list("privatePostV1Mytrades", {"symbol": "btcusd", "limit_trades": 1})
            case "transfers":
                self._list("privatePostV1Transfers", {"limit_transfers": 1}, cost=MOVES_COST)
            case _:
                self._staked()
                self._list("privatePostV1StakingHistory", {"limit": 1})

    def identities(self) -> tuple[Identity, ...]:
        """The memo that wires to this account carry (D that it is told, M that no two accounts share one)."""
        memo = self.client.call("privatePostV1Account").shaped(dict).get("memo_reference_code")
        return (Identity(IdentityKind.SUB_ACCOUNT, str(memo)),) if memo else ()

    def balances(self) -> tuple[Balance, ...]:
        """Staked coins are told apart, and are not in the first list (M)."""
        held = self._list("privatePostV1Balances")
        return (
            *(Balance(row["currency"], Decimal(str(row["amount"])), "exchange") for row in held),
            *held_apart("staking", self._staked),
        )

    def _staked(self) -> tuple[Balance, ...]:
        told = self._list("privatePostV1BalancesStaking")
        return tuple(Balance(row["currency"], Decimal(str(row["balance"])), "staking") for row in told)

    def streams(self) -> tuple[Stream, ...]:
        symbols = self._list("publicGetV1Symbols")
        return (MOVES, STAKING, *(Stream(f"{TRADES}{symbol}", f"{TRADES}{symbol}") for symbol in sorted(symbols)))

    def page(self, stream: Stream, cursor: str | None) -> Page:
        if stream.name == MOVES.name:
            return self._moves(cursor)
        return self._staking(cursor) if stream.name == STAKING.name else self._trades(stream, cursor)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:
        return Downward.stretch(since, until) if stream.name == STAKING.name else Upward.stretch(since)

    def _trades(self, stream: Stream, cursor: str | None) -> Page:
        """From `timestamp` on, and of these the oldest, but newest first within a page (D)."""
        walk = Upward.of(cursor, beginning=OPENED)
        asked = {
            "symbol": stream.name.removeprefix(TRADES),
            "timestamp": walk.since,
            "limit_trades": TRADES_PAGE,
        }
        reply = self.client.call("privatePostV1Mytrades", asked)
        records = [
            Record(stream.family, str(row["tid"]), moment(row["timestampms"]), row) for row in reply.shaped(list)
        ]
        return walk.page(records, full=TRADES_PAGE, overlap=LATE, body=reply.body)

    def _moves(self, cursor: str | None) -> Page:
        """M that these come as trades do. What was returned, and advances that were cancelled, are not told (D)."""
        walk = Upward.of(cursor, beginning=OPENED)
        asked = {"timestamp": walk.since, "limit_transfers": MOVES_PAGE}
        reply = self.client.call("privatePostV1Transfers", asked, cost=MOVES_COST)
        records = [Record(MOVES.family, str(row["eid"]), moment(row["timestampms"]), row) for row in reply.shaped(list)]
        return walk.page(records, full=MOVES_PAGE, overlap=LATE, settling=SETTLING, body=reply.body)

    def _staking(self, cursor: str | None) -> Page:
        walk = Downward.of(cursor)
        asked: dict[str, object] = {"limit": STAKING_PAGE, "sortAsc": False}
        bounds = {"since": walk.since, "until": walk.until}
        asked |= {name: iso(bound) for name, bound in bounds.items() if bound}
        reply = self.client.call("privatePostV1StakingHistory", asked)
        rows = [
            {**row, "providerId": group["providerId"]} for group in reply.shaped(list) for row in group["transactions"]
        ]
        records = [Record(STAKING.family, str(row["transactionId"]), moment(row["dateTime"]), row) for row in rows]
        return walk.page(records, full=STAKING_PAGE, overlap=LATE, body=reply.body)

    def _list(self, method: str, params: Mapping[str, object] | None = None, *, cost: float = 1) -> list[Any]:
        return self.client.call(method, params, cost=cost).shaped(list)


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(roles: Mapping[str, Any]) -> Rights:
    """Auditor reads everything and cannot be combined with another role (D). Any other that is held acts, whatever
    Gemini may call it; a text in the reply is no role.
    """
    if "isAuditor" not in roles:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no roles")
    reads = roles["isAuditor"] is True
    held = [name for name, value in roles.items() if value is True and name != "isAuditor"]
    return Rights(
        can_tell=True,
        read=(AUDITOR,) if reads else (),
        beyond=tuple(ROLES.get(name, name) for name in held),
        missing=() if reads else (AUDITOR,),
    )


def iso(at: int) -> str:
    return moment(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"

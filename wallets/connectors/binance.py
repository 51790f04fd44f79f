"""Binance, spot. No ledger: trades market by market, and one list each for whatever else moves coins.

Sources are named as in exchanges.md: D documents, S ccxt's source, R other people's working code, M memory (wants a
live check).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from wallets.connectors.attempts import AWAY, held_apart
from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import BANNED, Client, Reply
from wallets.connectors.settling import LATE
from wallets.connectors.walks import moment
from wallets.connectors.windows import Window
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights, Whose

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Trouble of its own, for which its documents name no status. -1000 is not among these: it may last, at one call.
PASSING = (-1001, -1006, -1007, -1008)
CAUSES = {
    **dict.fromkeys(PASSING, Cause.MAINTENANCE),
    -1002: Cause.RIGHT_MISSING,
    -1003: Cause.RATE_LIMITED,
    -1021: Cause.CLOCK_SKEW,
    -1022: Cause.SIGNATURE_WRONG,
    -2008: Cause.KEY_UNKNOWN,
    -2014: Cause.KEY_UNKNOWN,
    -2015: Cause.KEY_UNKNOWN,
}
NO_SUCH_MARKET = "-1121"
BROKEN_OFF = "BREAK"  # R: what it calls a market that was closed. One that is halted for an hour may be called so, too
LUMPED = -2015  # "Invalid API-key, IP, or permissions for action."
AMONG = (Cause.KEY_UNKNOWN, Cause.IP_REFUSED, Cause.RIGHT_MISSING)

READING = "Enable Reading"
# As the API names them, and as the boxes are labelled (labels: M).
ACTING_RIGHTS = {
    "enableSpotAndMarginTrading": "Enable Spot & Margin Trading",
    "enableMargin": "Enable Margin Loan, Repay & Transfer",
    "enableFutures": "Enable Futures",
    "enableVanillaOptions": "Enable European Options",
    "enablePortfolioMarginTrading": "Enable Portfolio Margin Trading",
    "enableFixApiTrade": "Enable FIX API trading",
    "enableWithdrawals": "Enable Withdrawals",
    "enableInternalTransfer": "Enable Internal Transfer",
    "permitsUniversalTransfer": "Permits Universal Transfer",
}
# No rights that act: the rest of what apiRestrictions tells.
HARMLESS = {"enableReading", "enableFixReadOnly", "ipRestrict", "createTime", "tradingAuthorityExpirationTime"}

OPENED = datetime(2017, 7, 1, tzinfo=UTC)
SETTLING = timedelta(days=14)  # a movement changes its status while it is on its way
TRADES = "trades:"  # and the symbol: ids of trades are unique within one only
TRADES_PAGE = 1000
EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Source:
    """One list of Binance's, and how it is asked."""

    method: str
    rows: Callable[[Any], Any]
    id: str
    at: Callable[[Mapping[str, Any]], datetime]
    span: timedelta
    limit: int
    cost: float
    asked: Mapping[str, object] = field(default_factory=dict)
    times: tuple[str, str] = ("startTime", "endTime")
    paged: str = ""  # offset, page, or empty: everything in one answer
    limited: str = "limit"  # empty: the size of a page cannot be chosen
    flagged: bool = False  # the answer says itself whether it is one
    made_of: tuple[str, ...] = ()  # what an id is made of, where a row has none
    overlap: timedelta = LATE
    begins: datetime = OPENED

    def asked_for(self, rows: int) -> dict[str, object]:
        return {**self.asked, **({self.limited: rows} if self.limited else {})}

    def id_of(self, row: Mapping[str, Any]) -> str:
        if not self.made_of or row.get(self.id):
            return str(row[self.id])
        return hashlib.sha256("\n".join(str(row.get(name, "")) for name in self.made_of).encode()).hexdigest()[:40]


def of_milliseconds(name: str) -> Callable[[Mapping[str, Any]], datetime]:
    return lambda row: moment(int(row[name]))


def applied_at(row: Mapping[str, Any]) -> datetime:
    return datetime.strptime(str(row["applyTime"]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def fiat(method: str, transaction: int, *, cost: float) -> Source:
    return Source(
        method,
        lambda data: data.get("data") or [],  # R: the key may be missing when there is nothing
        "orderNo",
        of_milliseconds("createTime"),
        timedelta(days=90),
        500,
        cost,
        asked={"transactionType": transaction},
        times=("beginTime", "endTime"),
        paged="page",
        limited="rows",
        flagged=True,
        overlap=SETTLING,
    )


def moved(method: str, at: Callable[[Mapping[str, Any]], datetime], *, cost: float) -> Source:
    return Source(
        method,
        lambda data: data,
        "id",
        at,
        timedelta(days=90) - timedelta(milliseconds=1),  # D: less than 90 days apart
        1000,
        cost,
        paged="offset",
        overlap=SETTLING,
    )


# Costs are weights: 6000 a minute, and lists with limits of their own as the time they take of it (S).
SOURCES = {
    "deposits": moved("sapiGetCapitalDepositHisrec", of_milliseconds("insertTime"), cost=5),
    "withdrawals": moved("sapiGetCapitalWithdrawHistory", applied_at, cost=10),
    "fiat deposits": fiat("sapiGetFiatOrders", 0, cost=3000),
    "fiat withdrawals": fiat("sapiGetFiatOrders", 1, cost=3000),
    "card buys": fiat("sapiGetFiatPayments", 0, cost=5),
    "card sells": fiat("sapiGetFiatPayments", 1, cost=5),
    "conversions": Source(
        "sapiGetConvertTradeFlow",
        lambda data: data["list"],
        "orderId",
        of_milliseconds("createTime"),
        timedelta(days=30),
        1000,
        100,
        overlap=SETTLING,
        begins=datetime(2020, 1, 1, tzinfo=UTC),  # M
    ),
    # A clean-up is one row, with all coins that it turned into one (M, as is all of this list).
    "dust": Source(
        "sapiGetAssetDribblet",
        lambda data: data["userAssetDribblets"],
        "transId",
        of_milliseconds("operateTime"),
        timedelta(days=90),
        100,
        1,
        limited="",
        begins=datetime(2020, 12, 1, tzinfo=UTC),  # older ones are not told
    ),
    "distributions": Source(
        "sapiGetAssetAssetDividend",
        lambda data: data["rows"],
        "id",
        of_milliseconds("divTime"),
        timedelta(days=180),  # D
        500,
        10,
    ),
    # What is paid out by the second. Bonus rewards of the same list stand among the distributions, these do not (R).
    "flexible rewards": Source(
        "sapiGetSimpleEarnFlexibleHistoryRewardsRecord",
        lambda data: data["rows"],
        "",
        of_milliseconds("time"),
        timedelta(days=30) - timedelta(milliseconds=1),
        100,
        150,
        asked={"type": "REALTIME"},
        paged="current",
        limited="size",
        made_of=("asset", "time", "rewards", "projectId"),
        overlap=timedelta(days=2),  # they are told by day, with the day's first moment (R)
        begins=datetime(2021, 1, 1, tzinfo=UTC),  # M
    ),
}
UNCERTAIN = {"conversions", "distributions", "dust", "card buys", "card sells", "flexible rewards"}
STREAMS = {name: Stream(name, name, certain=name not in UNCERTAIN) for name in SOURCES}
PRODUCTS = {"fiat deposits", "conversions", "distributions"}  # not in every country (M), nor of every account
AREAS = ("balances", "trades", "deposits", "withdrawals", "fiat deposits", "conversions", "distributions")


def blame(reply: Reply) -> ConnectorError | None:
    """Some calls are counted by address and some by account (D), and -1003 does not say which it was."""
    data = reply.data
    code = data.get("code") if isinstance(data, dict) else None
    cause = CAUSES.get(code) if isinstance(code, int) else None
    if cause:
        among = AMONG if code == LUMPED else ()
        right = READING if cause is Cause.RIGHT_MISSING else ""
        whose = Whose.ADDRESS if reply.status == BANNED else Whose.EITHER
        return ConnectorError(cause, code=str(code), among=among, right=right, wait=reply.wait, whose=whose)
    if isinstance(code, int) and code < 0 and reply.status < 500:  # noqa: PLR2004 - the rest is said by the status
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=str(code))
    return None


class Binance:
    """What differs at Binance.US stands above the methods, and in `binanceus.py`."""

    signer = "binance"
    sources: Mapping[str, Source] = SOURCES
    stream_of: Mapping[str, Stream] = STREAMS
    needed: tuple[str, ...] = AREAS
    heavy = 20  # what the account, its trades and the list of markets cost

    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "") -> None:
        self.client = Client(self.signer, credentials, pace=pace, blame=blame, origin=origin)
        self.told_at: datetime | None = None
        self._account_told: dict[str, Any] | None = None

    def clock(self) -> datetime:
        self.told_at = moment(int(self.client.call("publicGetTime").shaped(dict)["serverTime"]))
        return self.told_at

    def rights(self) -> Rights:
        return read_rights(self.client.call("sapiGetAccountApiRestrictions").shaped(dict))

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        return tuple(Area(name, READING, optional=name in PRODUCTS) for name in self.needed)

    def read(self, area: Area) -> None:
        """-2015 means three things; where the key's own rights can be asked, key and address are not to blame."""
        try:
            self._read(area)
        except ConnectorError as failure:
            if Cause.RIGHT_MISSING not in {failure.cause, *failure.among}:
                raise
            refused = ConnectorError(Cause.RIGHT_MISSING, code=failure.code, right=area.right)
        else:
            return
        self._prove_key()
        raise refused

    def _prove_key(self) -> None:
        self.rights()

    def _read(self, area: Area) -> None:
        match area.name:
            case "balances":
                self._spot()
            case "trades":
                self.client.call("privateGetMyTrades", {"symbol": "BTCUSDT", "limit": 1}, cost=self.heavy)
            case name:
                source = self.sources[name]
                self.client.call(source.method, latest(source, self.told_at or self.clock()), cost=source.cost)

    def identities(self) -> tuple[Identity, ...]:
        """The account's number (M that it never changes)."""
        uid = self._account.get("uid")
        return (Identity(IdentityKind.USER, str(uid)),) if uid else ()

    def balances(self) -> tuple[Balance, ...]:
        """Coins in Simple Earn stand in the spot list with LD before their name."""
        return (*self._spot(), *held_apart("funding", self._funding, suffers=AWAY))

    def _funding(self) -> tuple[Balance, ...]:
        told = self.client.call("sapiPostAssetGetFundingAsset", cost=5).shaped(list)
        return tuple(
            Balance(row["asset"], total(row, "free", "locked", "freeze", "withdrawing"), "funding") for row in told
        )

    def _spot(self) -> tuple[Balance, ...]:
        return tuple(Balance(row["asset"], total(row, "free", "locked"), "spot") for row in self._account["balances"])

    @property
    def _account(self) -> dict[str, Any]:
        """Whose it is and what it holds come in one answer, which is dear, and a sync asks for both."""
        if self._account_told is None:
            self._account_told = self._ask_account()
        return self._account_told

    def _ask_account(self) -> dict[str, Any]:
        return self.client.call("privateGetAccount", {"omitZeroBalances": "true"}, cost=self.heavy).shaped(dict)

    def streams(self) -> tuple[Stream, ...]:
        """Every market that is listed, also where trading has ended and those of leveraged tokens: no call tells in
        which of them an account has ever traded.
        """
        markets = self.client.call("publicGetExchangeInfo", cost=self.heavy).shaped(dict)["symbols"]
        return (*self.stream_of.values(), *sorted(map(market_of, markets), key=lambda stream: stream.name))

    def page(self, stream: Stream, cursor: str | None) -> Page:
        if stream.name in self.sources:
            return self._window(stream, self.sources[stream.name], cursor)
        return self._trades(stream, cursor)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # the page says
        """Trades are walked by number: which one was the first of a day, nobody tells."""
        source = self.sources.get(stream.name)
        return Window.starting(max(since, source.begins), span=source.span) if source else None

    def _window(self, stream: Stream, source: Source, cursor: str | None) -> Page:
        window = Window.of(cursor, beginning=source.begins, span=source.span)
        asked = {
            **source.asked_for(source.limit),
            source.times[0]: window.since,
            source.times[1]: window.until,
        }
        if source.paged:
            asked[source.paged] = window.read if source.paged == "offset" else window.pages + 1
        reply = self.client.call(source.method, asked, cost=source.cost)
        records = [Record(stream.family, source.id_of(row), source.at(row), row) for row in rows_in(reply, source)]
        if source.paged:
            return window.page_by_page(records, reply, span=source.span, overlap=source.overlap)
        return window.at_once(records, reply, full=source.limit, span=source.span, overlap=source.overlap)

    def _trades(self, stream: Stream, cursor: str | None) -> Page:
        """By number, from the first on; the number asked for is included (D)."""
        first = json.loads(cursor)["from"] if cursor else 0
        asked = {"symbol": stream.name.removeprefix(TRADES), "fromId": first, "limit": TRADES_PAGE}
        reply = self._ask_market(asked)
        rows = reply.shaped(list) if reply else []
        records = tuple(Record(stream.family, str(row["id"]), moment(int(row["time"])), row) for row in rows)
        return Page(
            records=records,
            cursor=json.dumps({"from": max((int(row["id"]) + 1 for row in rows), default=first)}),
            more=bool(records),
            reached=max((record.occurred_at for record in records), default=None),
            complete_to=reply.told_at if reply and not records else None,
            passed=max((record.occurred_at for record in records), default=None),
            body=reply.body if reply else b"",
        )

    def _ask_market(self, asked: Mapping[str, object]) -> Reply | None:
        """None: Binance knows this market no longer, though it may have been listed a moment ago (M whether it answers
        for all that it lists). What was read of it stays, and nothing more can be known.
        """
        try:
            return self.client.call("privateGetMyTrades", asked, cost=self.heavy)
        except ConnectorError as failure:
            if failure.code != NO_SUCH_MARKET:
                raise
        return None


# --- reading replies ----------------------------------------------------------------------------------------------


def market_of(told: Mapping[str, Any]) -> Stream:
    name = f"{TRADES}{told['symbol']}"
    sides = str(told["baseAsset"]), str(told["quoteAsset"])
    return Stream(name, name, sides=sides, ended=told.get("status") == BROKEN_OFF)


def read_rights(told: Mapping[str, Any]) -> Rights:
    """Whatever is switched on and not known to be harmless acts, also what Binance may invent tomorrow."""
    if "enableReading" not in told or "ipRestrict" not in told:
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no rights")
    reads = told["enableReading"] is True
    held = [name for name, value in told.items() if value and name not in HARMLESS]
    return Rights(
        can_tell=True,
        read=(READING,) if reads else (),
        beyond=tuple(ACTING_RIGHTS.get(name, name) for name in held),
        missing=() if reads else (READING,),
        ips=None if told["ipRestrict"] else (),  # which addresses is not told
        created_at=moment(int(told["createTime"])) if told.get("createTime") else None,
    )


def rows_in(reply: Reply, source: Source) -> list[Any]:
    """The rows of an answer, or no answer: an object without its list is never an empty account."""
    try:
        rows = source.rows(reply.data)
    except (AttributeError, KeyError, TypeError):
        rows = None
    if not isinstance(rows, list) or (source.flagged and reply.data.get("success") is not True):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return rows


def latest(source: Source, now: datetime) -> dict[str, object]:
    """The least there is: one row of the last day."""
    window = Window.of(None, beginning=now - timedelta(days=1), span=timedelta(days=1))
    return {**source.asked_for(1), source.times[0]: window.since, source.times[1]: window.until}


def total(row: Mapping[str, Any], *names: str) -> Decimal:
    """Python's own sum keeps 28 digits."""
    return reduce(EXACT.add, (Decimal(str(row.get(name, 0))) for name in names), Decimal(0))

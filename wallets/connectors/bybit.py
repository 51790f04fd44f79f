"""Bybit: one ledger of the unified account, one of the funding account, and lists that say more about their rows.

Sources are named as in exchanges.md: D documents, S ccxt's source, M memory (wants a live check). Yields are read by
day: the hourly ones are parts of these and would count twice. What brokers alone may ask for (money exchanged through
them) is not read; it stands in the ledger of the funding account.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.attempts import AWAY, held_apart
from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import OK, SERVER_TROUBLE, Client, Reply
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import LATE, Settling, begin_again, oldest_of, said
from wallets.connectors.walks import MILLISECOND, milliseconds, moment
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights, Whose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FINE = 0
FORBIDDEN = 403
ADDRESS_LIMIT = 10018  # 10006 is about one account alone (D)
COMPLIANCE = "10024"  # M that it is also said of one product alone
TOO_OLD = "10001"  # said to every parameter that is wrong
CAUSES = {
    10002: Cause.CLOCK_SKEW,
    10003: Cause.KEY_UNKNOWN,
    10004: Cause.SIGNATURE_WRONG,
    10005: Cause.RIGHT_MISSING,
    10006: Cause.RATE_LIMITED,
    10007: Cause.KEY_UNKNOWN,
    10008: Cause.ACCOUNT_FROZEN,
    10009: Cause.REGION_BLOCKED,
    10010: Cause.IP_REFUSED,
    10016: Cause.MAINTENANCE,
    ADDRESS_LIMIT: Cause.RATE_LIMITED,
    10024: Cause.REGION_BLOCKED,
    10028: Cause.ACCOUNT_KIND,  # S: an account that was never changed into a unified one, which alone is answered
    33004: Cause.KEY_EXPIRED,
}
# A key of another regional site is unknown at this one (S), and said to be no more than that. To tell them apart it
# would have to be shown to a site it was not made for, so it is not done: the words name both.
AMONG = {10003: (Cause.KEY_UNKNOWN, Cause.WRONG_HOST)}
BANNED_FOR = timedelta(minutes=10)  # D, for "403, access too frequent"

GLOBAL, EU, INDONESIA = "global", "eu", "id"
SIGNERS = {GLOBAL: "bybit", EU: "bybiteu", INDONESIA: "bybitid"}
SPOT = "spot"
CONTRACTS = ("linear", "inverse", "option")
# What ccxt would otherwise ask about the account before some of its calls (stack.md 3): every account is unified.
KNOWN = {"enableUnifiedMargin": False, "enableUnifiedAccount": True, "unifiedMarginStatus": 6}

READ_ONLY, READ_WRITE = "Read-Only", "Read-Write"
# As the API names them (D), and as the boxes are labelled (labels: M).
BOXES = {
    "ContractTrade.Order": "Contract: Orders",
    "ContractTrade.Position": "Contract: Positions",
    "Spot.SpotTrade": "SPOT: Trade",
    "Options.OptionsTrade": "USDC Contracts: Trade",
    "Derivatives.DerivativesTrade": "Derivatives: Trade",
    "Wallet.AccountTransfer": "Account Transfer",
    "Wallet.SubMemberTransfer": "Subaccount Transfer",
    "Wallet.SubMemberTransferList": "Subaccount Transfer Records",
    "Wallet.Withdraw": "Withdrawal",
    "Exchange.ExchangeHistory": "Exchange History",
    "Earn.Earn": "Earn",
    "CopyTrading.CopyTrading": "Copy Trading",
    "BlockTrade.BlockTrade": "Block Trade",
    "FiatP2P.FiatP2POrder": "P2P: Orders",
    "FiatP2P.Advertising": "P2P: Advertisements",
    "FiatBybitPay.FaitPayOrder": "Bybit Pay",  # sic
    "FiatConvertBroker.FiatConvertBrokerOrder": "Fiat Convert",
    "Affiliate.Affiliate": "Affiliate",
}
READING_WORDS = {"Wallet.SubMemberTransferList", "Exchange.ExchangeHistory"}  # lists by their names, and nothing else
TRANSFER, SUB_TRANSFER = BOXES["Wallet.AccountTransfer"], BOXES["Wallet.SubMemberTransfer"]
EXCHANGED, EARN = BOXES["Exchange.ExchangeHistory"], BOXES["Earn.Earn"]
OF_PRODUCTS = {EXCHANGED, EARN}
SPOT_TRADE, ORDERS, USDC = BOXES["Spot.SpotTrade"], BOXES["ContractTrade.Order"], BOXES["Options.OptionsTrade"]
# Lists that are documented to ask for a right. Of the others only a try tells.
NEEDED = {"Wallet.AccountTransfer": TRANSFER, "Exchange.ExchangeHistory": EXCHANGED, "Earn.Earn": EARN}

OPENED = datetime(2018, 3, 1, tzinfo=UTC)
A_DAY, A_WEEK, A_MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
# An hour short of what is told: a stretch that begins a moment too early would be refused.
TWO_YEARS, THREE_MONTHS = timedelta(days=730, hours=-1), timedelta(days=90, hours=-1)
SETTLING = timedelta(days=14)  # a movement changes its status while it is on its way
AT_ONCE = Settling(SETTLING, said("status", "SUCCESS", "FAILED"))  # D: transfers are over at once, as a rule
MILLISECONDS_BEGIN = 10**11  # in seconds, the year 5138


@dataclass(frozen=True, slots=True)
class Source:
    """One list of Bybit's, and how it is asked."""

    method: str
    id: tuple[str, ...]
    at: str
    right: str
    limit: int
    cost: float
    span: timedelta | None = A_WEEK  # none: no times can be asked for, and the newest rows come first
    asked: Mapping[str, object] = field(default_factory=dict)
    under: tuple[str, ...] = ("list",)  # the name of the rows; several where documents contradict themselves
    times: tuple[str, str] = ("startTime", "endTime")
    unit: int = 1  # milliseconds of the times that are asked for
    overlap: timedelta = LATE
    settling: Settling | None = None
    reaches_back: timedelta | None = None
    certain: bool = True
    hashed: bool = False  # it has no id: what never changes about a row makes one
    page: str = "cursor"
    numbered: bool = False  # pages have numbers instead of marks
    limited: str = "limit"
    master_only: bool = False  # D: a sub-account's key cannot ask

    @property
    def category(self) -> str:
        return str(self.asked.get("category", ""))

    def asked_between(self, since: int, until: int) -> dict[str, object]:
        return {**self.asked, self.times[0]: since // self.unit, self.times[1]: until // self.unit}


def executions(category: str, right: str) -> Source:
    return Source(
        "privateGetV5ExecutionList",
        ("execId", "orderId"),
        "execTime",
        right,  # M that each kind has a box of its own
        100,
        5,
        asked={"category": category},
        reaches_back=TWO_YEARS,
    )


def moved(method: str, id_name: str, at: str, *, cost: float, **more: Any) -> Source:
    return Source(method, (id_name,), at, TRANSFER, 50, cost, overlap=SETTLING, **{"certain": False, **more})


def within(method: str, *, cost: float) -> Source:
    """A stretch is a week here, so that one week would not do for all that may be on its way."""
    return replace(moved(method, "transferId", "timestamp", cost=cost), overlap=LATE, settling=AT_ONCE)


def earned(method: str, id_name: str, category: str, **more: Any) -> Source:
    return Source(method, (id_name,), "createdAt", EARN, 100, 5, asked={"category": category}, **more)


def exchanged(method: str, at: str, under: str, limit: int, cost: float, **more: Any) -> Source:
    return Source(method, ("exchangeTxId",), at, EXCHANGED, limit, cost, None, under=(under,), overlap=SETTLING, **more)


# D; those left out when no type is named are unknown, so all are named.
CONVERSIONS = "eb_convert_funding,eb_convert_uta,funding,funding_fiat,funding_fbtc_convert,funding_block_trade"
EARNINGS = ("FlexibleSaving", "OnChain")
ORDERED = "earn orders"
# Families of what is no part of every site (M), nor of every account.
PRODUCTS = {"conversions", "exchanges", "small balances", ORDERED, "yields"}
# Costs are ccxt's: 50 of them are a second of a list's own allowance (S). A name before the colon is the family.
SOURCES = {
    "ledger": Source(
        "privateGetV5AccountTransactionLog",
        ("id",),
        "transactionTime",
        SPOT_TRADE,  # M
        50,
        1.66,
        asked={"accountType": "UNIFIED"},
        reaches_back=TWO_YEARS,
    ),
    "funding": Source(
        "privateGetV5AssetFundinghistory",
        ("createTime", "currency", "ioDirection", "txnAmt", "afterAmt"),
        "createTime",
        TRANSFER,  # M
        100,
        5,
        times=("createTimeFrom", "createTimeTo"),
        unit=1000,
        certain=False,
        hashed=True,
    ),
    f"trades:{SPOT}": executions(SPOT, SPOT_TRADE),
    "trades:linear": executions("linear", ORDERS),
    "trades:inverse": executions("inverse", ORDERS),
    "trades:option": executions("option", USDC),
    "deposits": moved("privateGetV5AssetDepositQueryRecord", "id", "successAt", cost=10, span=A_MONTH, under=("rows",)),
    "internal deposits": moved(
        "privateGetV5AssetDepositQueryInternalRecord", "id", "createdTime", cost=5, span=A_MONTH, under=("rows",)
    ),
    "withdrawals": moved(
        "privateGetV5AssetWithdrawQueryRecord",
        "withdrawId",
        "createTime",
        cost=10,
        span=A_MONTH,
        under=("rows",),
        asked={"withdrawType": 2},  # by themselves, those within Bybit are left out
        master_only=True,
    ),
    "transfers": within("privateGetV5AssetTransferQueryInterTransferList", cost=50),
    "sub-account transfers": replace(
        within("privateGetV5AssetTransferQueryUniversalTransferList", cost=25), right=SUB_TRANSFER
    ),
    "conversions": exchanged(
        "privateGetV5AssetExchangeQueryConvertHistory",
        "createdAt",
        "list",
        100,
        1,
        asked={"accountType": CONVERSIONS},
        page="index",
        numbered=True,
    ),
    "exchanges": exchanged("privateGetV5AssetExchangeOrderRecord", "createdTime", "orderBody", 50, 5),
    # One record for all the coins that were turned into another at once.
    "small balances": exchanged(
        "privateGetV5AssetCovertSmallBalanceHistory",  # sic
        "createdAt",
        "records",
        100,
        5,
        numbered=True,
        limited="size",
        certain=False,
    ),
    # M: how far back these reach. Orders of on-chain products are told by their number alone (D) and count for nothing;
    # by time they would be refused, and with that the test of every key failed.
    f"{ORDERED}:FlexibleSaving": earned("privateGetV5EarnOrder", "orderId", "FlexibleSaving", certain=False),
    **{
        f"yields:{kind}": earned(
            "privateGetV5EarnYield", "id", kind, under=("list", "yield"), reaches_back=THREE_MONTHS
        )
        for kind in EARNINGS
    },
}


def family_of(name: str) -> str:
    return name.partition(":")[0]


STREAMS = {
    name: Stream(name, family_of(name), reaches_back=source.reaches_back, certain=source.certain)
    for name, source in SOURCES.items()
}


def blame(reply: Reply) -> ConnectorError | None:
    """By the code alone, which comes with status 200."""
    data = reply.data
    code = data.get("retCode") if isinstance(data, dict) else None
    if not isinstance(code, int):
        return blame_a_page(reply) if reply.status == FORBIDDEN else None
    if code == FINE and reply.status == OK:
        return None
    if code not in CAUSES:
        known = code != FINE and reply.status < SERVER_TROUBLE  # the rest is said by the status
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=str(code)) if known else None
    whose = Whose.ADDRESS if code == ADDRESS_LIMIT else Whose.KEY
    return ConnectorError(CAUSES[code], code=str(code), wait=waited(reply), whose=whose, among=AMONG.get(code, ()))


def blame_a_page(reply: Reply) -> ConnectorError:
    """What stands before Bybit refuses countries, and addresses that asked too often, with the same status."""
    said = reply.body.lower()
    code = f"http {FORBIDDEN}"
    if b"too frequent" in said:
        return ConnectorError(Cause.RATE_LIMITED, code=code, wait=BANNED_FOR, whose=Whose.ADDRESS)
    either = () if b"country" in said else (Cause.REGION_BLOCKED, Cause.RATE_LIMITED)
    return ConnectorError(Cause.REGION_BLOCKED, code=code, among=either)


def waited(reply: Reply) -> timedelta | None:
    """Bybit names the moment when its count begins anew, by its own clock, which every answer tells as well (D)."""
    named = {name.lower(): value for name, value in reply.headers.items()}
    reset, now = named.get("x-bapi-limit-reset-timestamp", ""), reply.data.get("time")
    if not reset.isdigit() or not isinstance(now, int):
        return reply.wait
    return timedelta(milliseconds=min(max(int(reset) - now, 0), 3_600_000))


class Bybit:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "", region: str = "") -> None:
        self.region = region or GLOBAL
        self.is_master = True  # until the key says something else
        self.told_at: datetime | None = None
        # Regions are hosts. One origin in place of all of them has room for the others below it.
        below = f"{origin.rstrip('/')}/{region}" if origin and self.region != GLOBAL else origin
        self.client = Client(SIGNERS[self.region], credentials, pace=pace, blame=blame, origin=below, options=KNOWN)

    def clock(self) -> datetime:
        self.told_at = moment(int(self._result("publicGetV5MarketTime", cost=5)["timeNano"]) // 1_000_000)
        return self.told_at

    def rights(self) -> Rights:
        key, reply = self._key()
        return read_rights(key, now=reply.told_at)

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        """Whether it is a sub-account's key is known once its rights were asked."""
        families = dict.fromkeys(map(family_of, self._lists()))
        return (
            Area("balances", TRANSFER),
            *(Area(name, self._sources(name)[0].right, optional=name in PRODUCTS) for name in families),
        )

    def read(self, area: Area) -> None:
        if area.name == "balances":
            self.balances()
            return
        if area.name == ORDERED:
            self._earning()
        now = milliseconds(self.told_at or self.clock())
        for source in self._sources(area.name):
            times = source.asked_between(now - A_DAY // MILLISECOND, now) if source.span else source.asked
            self._ask(source, {**times, source.limited: 1})

    def identities(self) -> tuple[Identity, ...]:
        """The number of the account; a sub-account has one of its own, and its owner's beside it, which is not it.

        Whether regional sites count from one series is unknown: numbers of theirs are kept apart.
        """
        key, _ = self._key()
        kind = IdentityKind.USER if self.is_master else IdentityKind.SUB_ACCOUNT
        at = "" if self.region == GLOBAL else f"{self.region}:"
        return (Identity(kind, f"{at}{key['userID']}"),)

    def balances(self) -> tuple[Balance, ...]:
        """What the account owes for borrowed coins is not taken off (M)."""
        unified = self._result("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"}, cost=1)
        return (
            *(
                held(row, "walletBalance", "unified")
                for each in list_in(unified, "list")
                for row in list_in(each, "coin")
            ),
            *held_apart("funding", self._funding, suffers=AWAY),
            *held_apart("earn", self._earning),
        )

    def _funding(self) -> tuple[Balance, ...]:
        asked = {"accountType": "FUND"}
        told = self._result("privateGetV5AssetTransferQueryAccountCoinsBalance", asked, cost=25, right=TRANSFER)
        return tuple(held(row, "walletBalance", "funding") for row in list_in(told, "balance"))

    def _earning(self) -> tuple[Balance, ...]:
        told = [self._result("privateGetV5EarnPosition", {"category": kind}, cost=5, right=EARN) for kind in EARNINGS]
        return tuple(held(row, "amount", "earn") for one in told for row in list_in(one, "list"))

    def streams(self) -> tuple[Stream, ...]:
        self._key()
        return tuple(STREAMS[name] for name in self._lists())

    def page(self, stream: Stream, cursor: str | None) -> Page:
        source = SOURCES[stream.name]
        return self._stretch(stream, source, cursor) if source.span else self._downward(stream, source, cursor)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # the page says
        source = SOURCES[stream.name]
        if not source.span:
            return NewestFirst.stretch(since)
        return json.dumps(asdict(Step(milliseconds(max(since, self._beginning(source))))))

    def _lists(self) -> tuple[str, ...]:
        """Of this region's site, and of this kind of account. In Europe there is no trade in contracts (S)."""
        return tuple(
            name
            for name, source in SOURCES.items()
            if not (self.region == EU and source.category in CONTRACTS)
            and not (source.master_only and not self.is_master)
        )

    def _sources(self, family: str) -> list[Source]:
        return [SOURCES[name] for name in self._lists() if family_of(name) == family]

    def _stretch(self, stream: Stream, source: Source, cursor: str | None) -> Page:
        step = Step.of(cursor) if cursor else Step(milliseconds(self._beginning(source)))
        try:
            reply = self._ask_stretch(source, step)
        except ConnectorError as failure:
            if failure.code != TOO_OLD or not source.reaches_back or step.mark:
                raise
            reply, step = None, Step(milliseconds(self._beginning(source)))
        # Who was away for longer than a list reaches back would be refused for ever: it goes on where the list begins.
        reply = reply or self._ask_stretch(source, step)
        records = records_in(reply, source, stream)
        return step.page(records, mark_in(reply), reply, source)

    def _ask_stretch(self, source: Source, step: Step) -> Reply:
        asked = source.asked_between(step.since, step.since + (source.span or A_WEEK) // MILLISECOND)
        return self._ask(source, {**asked, source.limited: source.limit, **marked(step.mark)})

    def _beginning(self, source: Source) -> datetime:
        return self.clock() - source.reaches_back if source.reaches_back else OPENED

    def _downward(self, stream: Stream, source: Source, cursor: str | None) -> Page:
        walk = NewestFirst.of(cursor)
        number = int(walk.after or 1) if source.numbered else 0
        where = {source.page: number} if source.numbered else marked(walk.after)
        reply = self._ask(source, {**source.asked, source.limited: source.limit, **where})
        records = records_in(reply, source, stream)
        after = str(number + 1) if source.numbered else mark_in(reply)
        return walk.page(records, after=after, overlap=source.overlap, body=reply.body)

    def _ask(self, source: Source, asked: Mapping[str, object]) -> Reply:
        return self._call(source.method, asked, cost=source.cost, right=source.right)

    def _call(self, method: str, asked: Mapping[str, object] | None, *, cost: float, right: str = "") -> Reply:
        """Bybit never names the right that is missing; each list is known to ask for one. Nor does it say of what it
        keeps an account away: that one product is not for a country is no word about the account.
        """
        try:
            reply = self.client.call(method, asked, cost=cost)
        except ConnectorError as failure:
            if failure.code == COMPLIANCE and right in OF_PRODUCTS:
                failure.cause = Cause.UNEXPECTED_REPLY
            if failure.cause is Cause.RIGHT_MISSING:
                failure.right = right
            raise
        result_in(reply)
        return reply

    def _result(
        self, method: str, asked: Mapping[str, object] | None = None, *, cost: float, right: str = ""
    ) -> dict[str, Any]:
        return result_in(self._call(method, asked, cost=cost, right=right))

    def _key(self) -> tuple[dict[str, Any], Reply]:
        reply = self._call("privateGetV5UserQueryApi", None, cost=5)
        key = result_in(reply)
        self.is_master = key["isMaster"] is True if "isMaster" in key else key.get("parentUid", "0") in {"", "0"}
        return key, reply


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of time, and Bybit's mark of the next page of it. No mark: its first.

    Its rows come newest first, and below a mark nothing new comes in. So the last stretch is complete up to when its
    first page was read, however long the others took.
    """

    since: int
    mark: str = ""
    began: int = 0
    opened: int = 0  # the oldest row of this walk that may still change

    @classmethod
    def of(cls, cursor: str) -> Step:
        return cls(**json.loads(cursor))

    def page(self, records: Sequence[Record], mark: str, reply: Reply, source: Source) -> Page:
        """A page may be short of rows and not be the last: only an empty one is."""
        began, until = self.began or milliseconds(reply.told_at), self.since + (source.span or A_WEEK) // MILLISECOND
        opened = oldest_of(source.settling, self.opened, records, unit=MILLISECOND)
        if records and mark:
            self._refuse_standing_still(mark)
            return self._shown(Step(self.since, mark, began, opened), records, reply)
        if until < began:
            return self._shown(Step(until, opened=opened), records, reply)
        again = begin_again(began, opened, overlap=source.overlap, settling=source.settling, unit=MILLISECOND)
        return self._shown(Step(again), records, reply, complete_to=moment(began))

    def _refuse_standing_still(self, mark: str) -> None:
        if mark == self.mark:
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="same cursor")

    def _shown(
        self, following: Step, records: Sequence[Record], reply: Reply, complete_to: datetime | None = None
    ) -> Page:
        return Page(
            records=tuple(records),
            cursor=json.dumps(asdict(following)),
            more=complete_to is None,
            reached=complete_to or moment(self.since),
            complete_to=complete_to,
            passed=moment(following.since),
            body=reply.body,
        )


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(told: Mapping[str, Any], *, now: datetime) -> Rights:
    """A key that is switched to reading can do nothing else: its boxes then say what it may read (D).

    Any other key acts, with every box it has, also with one that Bybit may invent tomorrow.
    """
    if not isinstance(told.get("readOnly"), int) or not isinstance(told.get("permissions"), dict):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no rights")
    words = [f"{group}.{word}" for group, held in told["permissions"].items() for word in words_in(held)]
    reads_only = told["readOnly"] == 1
    reading = [word for word in words if reads_only or word in READING_WORDS]
    acting = [word for word in words if word not in reading]
    addresses = tuple(address for address in told.get("ips") or () if address != "*")
    return Rights(
        can_tell=True,
        read=(*((READ_ONLY,) if reads_only else ()), *labels_of(reading)),
        beyond=() if reads_only else (READ_WRITE, *labels_of(acting)),
        missing=tuple(label for word, label in NEEDED.items() if word not in words),
        ips=addresses,
        created_at=dated(told.get("createdAt")),
        expires_at=expiry_of(told, now),
    )


def labels_of(words: list[str]) -> tuple[str, ...]:
    return tuple(BOXES.get(word, word) for word in words)


def words_in(held: object) -> list[Any]:
    if not isinstance(held, list):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no rights")
    return held


def expiry_of(told: Mapping[str, Any], now: datetime) -> datetime | None:
    """Only keys without addresses end, and those made before a change of password (D). Others have 1970 there (M)."""
    ends, days = dated(told.get("expiredAt")), told.get("deadlineDay")
    if ends is None and isinstance(days, int) and days > 0:
        return now + timedelta(days=days)
    return ends


def dated(text: object) -> datetime | None:
    at = datetime.fromisoformat(str(text)) if text else None
    return at if at and at.timestamp() > 0 else None


def result_in(reply: Reply) -> dict[str, Any]:
    result = reply.shaped(dict).get("result")
    if not isinstance(result, dict):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return result


def list_in(told: Mapping[str, Any], *names: str) -> list[Any]:
    """The rows of an answer, or no answer: an object without its list is never an empty account."""
    rows = next((told[name] for name in names if name in told), None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return rows


def records_in(reply: Reply, source: Source, stream: Stream) -> list[Record]:
    rows = list_in(result_in(reply), *source.under)
    return [Record(stream.family, id_of(row, source), occurred(row[source.at], reply), row) for row in rows]


def id_of(row: Mapping[str, Any], source: Source) -> str:
    parts = [source.category, *(str(row[name]) for name in source.id)]
    text = ":".join(part for part in parts if part)
    return hashlib.sha256(text.encode()).hexdigest()[:40] if source.hashed else text


def occurred(told: Any, reply: Reply) -> datetime:
    """Some lists tell seconds, others milliseconds (D). What has not arrived has no time: it is on its way now."""
    at = int(told or 0)
    if not at:
        return reply.told_at
    return moment(at if at >= MILLISECONDS_BEGIN else at * 1000)


def marked(mark: str) -> dict[str, object]:
    return {"cursor": mark} if mark else {}


def mark_in(reply: Reply) -> str:
    return str(result_in(reply).get("nextPageCursor") or "")


def held(row: Mapping[str, Any], name: str, place: str) -> Balance:
    """Empty text stands for nothing."""
    return Balance(row["coin"], Decimal(str(row[name] or 0)), place)

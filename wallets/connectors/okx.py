"""OKX: one ledger of the trading account, one of the funding account, and lists that say more about their rows.

Sources are named as in exchanges.md: D documents, F recorded replies, S ccxt's source, M memory (wants a live check).
Every list is asked the one way that is certain: newest rows first, `after` for what is older than a row or a moment.
`before`, `begin` and `end` are left alone, as the documents' own example contradicts their text about them. Small
balances that were turned into another coin stand in both ledgers, and so do orders paid in money: their own lists,
which tell no more (and of which one has no ids), are not read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from wallets.connectors.attempts import AWAY, held_apart
from wallets.connectors.base import Area, Pace, Stream
from wallets.connectors.client import OK, SERVER_TROUBLE, SLOW_DOWN, Client, Reply
from wallets.connectors.settling import LATE, Settling, begin_again, oldest_of, said
from wallets.connectors.walks import MILLISECOND, milliseconds, moment, refuse_crowd
from wallets.records import Balance, Cause, ConnectorError, Identity, IdentityKind, Page, Record, Rights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

FINE = "0"
CAUSES = {
    "50001": Cause.MAINTENANCE,
    "50004": Cause.MAINTENANCE,
    "50005": Cause.MAINTENANCE,
    "50007": Cause.ACCOUNT_FROZEN,
    "50011": Cause.RATE_LIMITED,
    "50012": Cause.ACCOUNT_FROZEN,
    "50013": Cause.MAINTENANCE,
    "50026": Cause.MAINTENANCE,
    "50030": Cause.RIGHT_MISSING,
    "50035": Cause.IP_REFUSED,
    "50040": Cause.RATE_LIMITED,
    "50051": Cause.REGION_BLOCKED,
    "50061": Cause.RATE_LIMITED,
    "50100": Cause.ACCOUNT_FROZEN,
    "50101": Cause.WRONG_HOST,  # a key of the demo, or of another environment
    "50102": Cause.CLOCK_SKEW,
    "50103": Cause.KEY_UNKNOWN,
    "50104": Cause.PASSPHRASE_WRONG,
    "50105": Cause.PASSPHRASE_WRONG,
    "50106": Cause.SIGNATURE_WRONG,
    "50107": Cause.CLOCK_SKEW,
    "50110": Cause.IP_REFUSED,
    "50111": Cause.KEY_UNKNOWN,
    "50112": Cause.CLOCK_SKEW,
    "50113": Cause.SIGNATURE_WRONG,
    "50114": Cause.KEY_UNKNOWN,
    "50119": Cause.KEY_UNKNOWN,
    "50120": Cause.RIGHT_MISSING,
    "50121": Cause.REGION_BLOCKED,
}
# "API key doesn't exist" is said of a deleted key and of one made at another regional site alike. To tell them apart
# the key would have to be shown to a site it was not made for, so it is not done: the words name both.
AMONG = {
    "50114": (Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG, Cause.PASSPHRASE_WRONG, Cause.RIGHT_MISSING),
    "50119": (Cause.KEY_UNKNOWN, Cause.WRONG_HOST),
}
# What an account hears that has no such product. Reading is one right at OKX, so no box can be missing for one list.
NOT_OFFERED = {"50030", "50051"}

READ = "Read"
READING = "read_only"
BOXES = {"trade": "Trade", "withdraw": "Withdraw"}

GLOBAL, EEA, US = "global", "eea", "us"
# ccxt's names, and with them the hosts: eea.okx.com and us.okx.com. exchanges.md has my.okx.com and app.okx.com, which
# ccxt takes for the web sites only (M).
SIGNERS = {GLOBAL: "okx", EEA: "myokx", US: "okxus"}
# Products by site as ccxt has them (S; M that asking for another would fail).
INSTRUMENTS = {
    GLOBAL: ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"),
    EEA: ("SPOT", "SWAP"),
    US: ("SPOT",),
}

FULL = 100
SETTLING = Settling(timedelta(days=14), said("state", "2", "-1", "-2"))  # D: arrived, or called off
A_MONTH, THREE_MONTHS, A_YEAR = timedelta(days=30), timedelta(days=90), timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Source:
    """One list of OKX's, and how it is asked."""

    method: str
    id: str  # none: made of the row's own values
    cost: float
    at: str = "ts"
    by_id: bool = False  # `after` takes the id of a row, else a moment
    overlap: timedelta | None = LATE  # none: the whole list each time
    settling: Settling | None = None
    asked: Mapping[str, object] = field(default_factory=dict)
    reaches_back: timedelta | None = None
    certain: bool = False
    may_lack: bool = False  # a product that not every account has

    def moment_of(self, row: Mapping[str, Any]) -> datetime:
        return moment(int(row[self.at]))

    def before(self, rows: Sequence[Mapping[str, Any]]) -> str:
        """What `after` has to be for the page below these rows. A moment is asked again: its rows may lie on both."""
        if self.by_id:
            return str(min(int(row[self.id]) for row in rows))
        return str(min(int(row[self.at]) for row in rows) + 1)


def fills(instruments: str) -> Source:
    return Source(
        "privateGetTradeFillsHistory",
        "billId",  # D: tradeId repeats from market to market
        2,
        by_id=True,
        asked={"instType": instruments},
        reaches_back=THREE_MONTHS,
        certain=True,
    )


def staked(coin: str) -> Source:
    """An order that was asked for long ago may still change."""
    return Source(
        f"privateGetFinanceStakingDefi{coin}PurchaseRedeemHistory",
        "ordId",
        5 / 3,
        at="requestTime",
        overlap=None,
        may_lack=True,
    )


TRADES = "trades:"  # and the kind of instrument; ids are unique across all kinds
# Costs are ccxt's: tenths of a second that a call takes of its own list's allowance (S).
SOURCES = {
    "ledger": Source("privateGetAccountBillsArchive", "billId", 4, by_id=True, reaches_back=THREE_MONTHS, certain=True),
    **{f"{TRADES}{name}": fills(name) for name in INSTRUMENTS[GLOBAL]},
    # Since February 2021 (M; a later copy of the documents says so, and that rows come half a minute late).
    "funding": Source("privateGetAssetBillsHistory", "billId", 10, by_id=True, asked={"pagingType": 2}),
    # D says "100 most recent", and exchanges.md "within a year": whether more can be paged is for a live check.
    "deposits": Source("privateGetAssetDepositHistory", "depId", 5 / 3, settling=SETTLING, reaches_back=A_YEAR),
    "withdrawals": Source("privateGetAssetWithdrawalHistory", "wdId", 5 / 3, settling=SETTLING),
    "conversions": Source("privateGetAssetConvertHistory", "tradeId", 5 / 3),
    "savings": Source("privateGetFinanceSavingsLendingHistory", "", 5 / 3, reaches_back=A_MONTH, may_lack=True),
    # By order, and an order appears here when it is over: an old one may come in far down the list.
    "staking": Source(
        "privateGetFinanceStakingDefiOrdersHistory",
        "ordId",
        10 / 3,
        at="purchasedTime",
        by_id=True,
        overlap=None,
        may_lack=True,
    ),
    "eth staking": staked("Eth"),
    "sol staking": staked("Sol"),
}
PRODUCTS = {"conversions", *(name for name, source in SOURCES.items() if source.may_lack)}
UNIQUE_BY = ("ccy", "ts", "amt", "earnings")  # of savings, which have no id


def family_of(name: str) -> str:
    return name.partition(":")[0]


STREAMS = {
    name: Stream(name, family_of(name), reaches_back=source.reaches_back, certain=source.certain)
    for name, source in SOURCES.items()
}


def blame(reply: Reply) -> ConnectorError | None:
    """By the code alone: the same one comes with status 200 and with others."""
    data = reply.data
    code = str(data.get("code", "")) if isinstance(data, dict) else ""
    if code == FINE:
        return None
    if code not in CAUSES:
        said_by_status = reply.status in SLOW_DOWN or reply.status >= SERVER_TROUBLE
        unknown = code.isdigit() and not said_by_status
        return ConnectorError(Cause.UNEXPECTED_REPLY, code=code[:10]) if unknown else None
    cause = CAUSES[code]
    right = READ if cause is Cause.RIGHT_MISSING else ""
    return ConnectorError(cause, code=code, wait=reply.wait, right=right, among=AMONG.get(code, ()))


class Okx:
    def __init__(self, credentials: Mapping[str, str], *, pace: Pace, origin: str = "", region: str = "") -> None:
        self.region = region or GLOBAL
        # Regions are hosts. One origin in place of all of them has room for the others below it.
        below = f"{origin.rstrip('/')}/{region}" if origin and self.region != GLOBAL else origin
        self.client = Client(SIGNERS[self.region], credentials, pace=pace, blame=blame, origin=below)

    def clock(self) -> datetime:
        return moment(int(self._one("publicGetPublicTime", cost=2)["ts"]))

    def rights(self) -> Rights:
        return read_rights(self._config())

    def probe_rights(self) -> Rights:
        """Not needed: the key is asked."""
        return self.rights()

    def areas(self) -> tuple[Area, ...]:
        families = dict.fromkeys(map(family_of, self._lists()))
        return (Area("balances", READ), *(Area(name, READ, optional=name in PRODUCTS) for name in families))

    def read(self, area: Area) -> None:
        if area.name == "balances":
            self.balances()
            return
        source = next(SOURCES[name] for name in self._lists() if family_of(name) == area.name)
        self._rows(source, {"limit": 1})

    def identities(self) -> tuple[Identity, ...]:
        """The number of the account; a sub-account has one of its own, and its owner's beside it (F)."""
        config = self._config()
        own = str(config["uid"])
        kind = IdentityKind.USER if own == str(config.get("mainUid") or own) else IdentityKind.SUB_ACCOUNT
        return (Identity(kind, own),)

    def balances(self) -> tuple[Balance, ...]:
        trading = self._one("privateGetAccountBalance", cost=2)["details"]
        return (
            *(Balance(row["ccy"], Decimal(str(row["cashBal"])), "trading") for row in trading),
            *held_apart("funding", self._funding, suffers=AWAY),
        )

    def _funding(self) -> tuple[Balance, ...]:
        held = list_in(self.client.call("privateGetAssetBalances", cost=5 / 3))
        return tuple(Balance(row["ccy"], Decimal(str(row["bal"])), "funding") for row in held)

    def streams(self) -> tuple[Stream, ...]:
        return tuple(STREAMS[name] for name in self._lists())

    def page(self, stream: Stream, cursor: str | None) -> Page:
        source = SOURCES[stream.name]
        walk = Descent.of(cursor)
        rows, reply = self._rows(source, {"limit": FULL, **({"after": walk.after} if walk.after else {})})
        records = [Record(stream.family, id_of(row, source), source.moment_of(row), row) for row in rows]
        return walk.page(records, source, reply)

    def stretch(self, stream: Stream, since: datetime, until: datetime) -> str | None:  # noqa: ARG002 # from the top
        """Lists that are not in the order of time are walked to their end."""
        return json.dumps(asdict(Descent(since=milliseconds(since)))) if SOURCES[stream.name].overlap else None

    def _lists(self) -> tuple[str, ...]:
        """Of this region's site. What is earned is not asked for in the US, where OKX does not offer it (M)."""
        kinds = INSTRUMENTS[self.region]
        return tuple(
            name
            for name, source in SOURCES.items()
            if (not name.startswith(TRADES) or name.removeprefix(TRADES) in kinds)
            and not (source.may_lack and self.region == US)
        )

    def _rows(self, source: Source, asked: Mapping[str, object]) -> tuple[list[Any], Reply | None]:
        """No reply: this account has no such product, and therefore no rows of it."""
        try:
            reply = self.client.call(source.method, {**source.asked, **asked}, cost=source.cost)
        except ConnectorError as failure:
            if not source.may_lack or failure.code not in NOT_OFFERED:
                raise
            return [], None
        return list_in(reply), reply

    def _config(self) -> dict[str, Any]:
        return self._one("privateGetAccountConfig", cost=4)

    def _one(self, method: str, *, cost: float) -> dict[str, Any]:
        rows = list_in(self.client.call(method, cost=cost))
        if len(rows) != 1 or not isinstance(rows[0], dict):
            raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
        return rows[0]


@dataclass(frozen=True, slots=True)
class Descent:
    """Newest rows first, down to what an earlier walk made complete or to where there are no more.

    It ends on a page without older rows, never on a short one. What comes in meanwhile lies above `top`.
    """

    after: str = ""
    since: int = 0
    top: int = 0
    opened: int = 0  # the oldest row of this walk that may still change

    @classmethod
    def of(cls, cursor: str | None) -> Descent:
        return cls(**json.loads(cursor)) if cursor else cls()

    def page(self, records: Sequence[Record], source: Source, reply: Reply | None) -> Page:
        moments = [milliseconds(record.occurred_at) for record in records]
        top = self.top or max(moments, default=0)
        opened = oldest_of(source.settling, self.opened, records, unit=MILLISECOND)
        following = self._below(records, moments, source, replace(self, top=top, opened=opened))
        over = following is None
        return Page(
            records=tuple(records),
            cursor=json.dumps(asdict(following or self._again(top, opened, source))),
            more=not over,
            reached=moment(min(moments)) if moments else None,
            complete_to=moment(top) if over and top else None,
            body=reply.body if reply else b"",
        )

    def _below(
        self, records: Sequence[Record], moments: Sequence[int], source: Source, here: Descent
    ) -> Descent | None:
        if not records or min(moments) < self.since:
            return None
        after = source.before([record.raw for record in records])
        if after == self.after:  # nothing but the edge of the page before
            refuse_crowd(moments, FULL)
            return None
        return replace(here, after=after)

    def _again(self, top: int, opened: int, source: Source) -> Descent:
        if not source.overlap:
            return Descent()
        begins = begin_again(top, opened, overlap=source.overlap, settling=source.settling, unit=MILLISECOND)
        return Descent(since=max(self.since, begins))


# --- reading replies ----------------------------------------------------------------------------------------------


def read_rights(config: Mapping[str, Any]) -> Rights:
    """`read_only` reads. Any other word acts, also one that OKX may invent tomorrow."""
    if not isinstance(config.get("perm"), str):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="no rights")
    held = words_in(config["perm"])
    addresses = words_in(config["ip"]) if isinstance(config.get("ip"), str) else None
    return Rights(
        can_tell=True,
        read=(READ,) if READING in held else (),
        beyond=tuple(BOXES.get(word, word) for word in held if word != READING),
        missing=() if READING in held else (READ,),
        ips=addresses,
    )


def words_in(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def list_in(reply: Reply) -> list[Any]:
    """The rows of an answer, or no answer: an object without its list is never an empty account."""
    rows = reply.shaped(dict).get("data")
    if reply.status != OK or not isinstance(rows, list):
        raise ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")
    return rows


def id_of(row: Mapping[str, Any], source: Source) -> str:
    """Interest on savings has no id. What never changes about a row makes one."""
    if source.id:
        return str(row[source.id])
    return hashlib.sha256("\n".join(str(row[name]) for name in UNIQUE_BY).encode()).hexdigest()[:40]

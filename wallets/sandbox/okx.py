"""OKX: three regional sites, signed path and passphrase, rights by word, lists from the newest row down.

Known (exchanges.md 1 to 4, ccxt's source, a copy of the documents): paths, OK-ACCESS-SIGN over time, method, path with
query and body, codes with their statuses, what account/config tells, how often each list may be asked, pages of 100,
three months for the ledger and trades, a month for savings, the funding ledger by id or by moment, `after` for what is
older and `before` for what is newer, trade numbers that repeat, a funding balance that is a bare number.
Remembered: 30 seconds of tolerance, a year for deposits and withdrawals.
Invented: regions as the first part of the path (/eea/api/v5/...), as one sandbox has one host where OKX has three; the
order of refusals; 51000 for every parameter that is wrong; that refused calls do not count; ids; that some deposits
come three at once and all go on to the trading account, and that what is withdrawn comes from there; that ledgers tell
no running balance; which reward is interest and which is of staking.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from wallets.sandbox.books import BLOCK, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply, bare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

    Row = dict[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = 24 * 3600 * 1000
TOLERANCE = 30_000
PAGE = 100
GLOBAL = "global"
REGIONS = (GLOBAL, "eea", "us")
UUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")
REFUSALS = {
    "50001": (503, "Service temporarily unavailable. Try again later"),
    "50011": (429, "Too Many Requests"),
    "50013": (429, "Systems are busy. Please try again later."),
    "50030": (403, "You don't have permission to use this API endpoint"),
    "50035": (403, "This endpoint requires that APIKey must be bound to IP"),
    "50051": (403, "Due to local laws and regulations..."),
    "50061": (429, "Sub-account rate limit exceeded"),
    "50100": (401, "API frozen, please contact customer service."),
    "50101": (401, "APIKey does not match current environment."),
    "50102": (401, "Timestamp request expired"),
    "50103": (401, "Request header OK-ACCESS-KEY can not be empty."),
    "50104": (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    "50105": (401, "Request header OK-ACCESS-PASSPHRASE incorrect."),
    "50106": (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    "50107": (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
    "50110": (401, "Your IP 1.2.3.4 is not included in your API key's xxx IP whitelist."),
    "50111": (401, "Invalid OK-ACCESS-KEY"),
    "50112": (401, "Invalid OK-ACCESS-TIMESTAMP."),
    "50113": (401, "Invalid Sign"),
    "50114": (401, "Invalid Authority"),
    "50115": (405, "Invalid request method."),
    "50119": (401, "API key doesn't exist"),
    "50120": (401, "This API key doesn't have permission to use this function"),
    "51000": (400, "Parameter error"),
}
# Calls, and the milliseconds in which one account may make so many.
OFTEN = {
    "/api/v5/account/config": (5, 2000),
    "/api/v5/account/balance": (10, 2000),
    "/api/v5/account/bills-archive": (5, 2000),
    "/api/v5/trade/fills-history": (10, 2000),
    "/api/v5/asset/bills-history": (1, 1000),
    "/api/v5/finance/staking-defi/orders-history": (3, 1000),
}
ELSEWHERE = (6, 1000)


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    passphrase: str = "Holdfast-demo-1"  # noqa: S105 # the sandbox's own
    perm: str = "read_only"
    ips: list[str] = field(default_factory=list)
    region: str = GLOBAL
    uid: str = "447058923436195848"
    main_uid: str = "447058923436195848"
    page: int = PAGE  # rows a page has at most, also where more were asked for
    uncounted: bool = False  # it may ask as often as it likes
    trouble: str = ""  # the code every signed call of this key is answered with


@dataclass(frozen=True, slots=True)
class Table:
    """A list: what each event puts into it, in the order it was booked, and how far back it is told."""

    rows: Callable[[Event], list[Row]]
    id: str = ""  # none: only moments can be asked for
    first: int = 0  # the lowest id
    at: str = "ts"
    over: str = "ts"  # from when on a row is told
    days: int = 0  # none: for ever

    def by(self, asked: Mapping[str, str]) -> str:
        """What `after` and `before` speak of."""
        by_moment = not self.id or (self.first == FUNDING and asked.get("pagingType", "1") == "1")
        return self.at if by_moment else self.id


class Okx(Keyed[Key]):
    name = "okx"
    makes = Key
    told = ("id", "secret", "passphrase", "perm", "region")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("okx books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = [
            Key(uuid_of(world.derive(f"okx key {name}")), world.derive(f"okx secret {name}")[:32].upper(), region=name)
            for name in REGIONS
        ]
        self.keys = {key.id: key for key in demo}
        self.calls: dict[tuple[str, str], list[int]] = {}

    @property
    def now(self) -> int:
        return stamp(self.world.now())

    def answer(self, call: Call) -> Reply:
        region, path = parted(call.path)
        call = replace(call, path=path)
        if (call.method, path) == ("GET", "/api/v5/public/time"):
            return fine([{"ts": str(self.now)}])
        answers: dict[str, Callable[[Call, Key], Reply]] = {
            "/api/v5/account/config": self.config,
            "/api/v5/account/balance": self.trading_balance,
            "/api/v5/asset/balances": self.funding_balance,
        }
        if path not in answers and path not in TABLES:
            return Reply.json({"code": "404", "data": [], "msg": "Not Found"}, 404)
        if call.method != "GET":
            return refusal("50115")
        if refused := self.refuses(call, region):
            return refusal(refused)
        key = self.keys[call.headers["ok-access-key"]]
        if not key.uncounted and self.too_often(key.uid, path):
            return refusal("50011")
        return answers[path](call, key) if path in answers else self.listed(call, key, TABLES[path])

    def refuses(self, call: Call, region: str) -> str:
        """The code of the first thing wrong with a signed call."""
        for header, empty in (("key", "50103"), ("passphrase", "50104"), ("sign", "50106"), ("timestamp", "50107")):
            if not call.headers.get(f"ok-access-{header}"):
                return empty
        at = moment_in(call.headers["ok-access-timestamp"])
        if at is None:
            return "50112"
        if abs(self.now - at) > TOLERANCE:
            return "50102"
        if not UUID.fullmatch(call.headers["ok-access-key"]):
            return "50111"
        key = self.keys.get(call.headers["ok-access-key"])
        if key is None or key.region != region:
            return "50119"
        return self.refuses_key(key, call)

    def refuses_key(self, key: Key, call: Call) -> str:
        asked = f"{call.path}?{call.query}" if call.query else call.path
        message = f"{call.headers['ok-access-timestamp']}{call.method}{asked}{call.body.decode()}"
        if not same(call.headers["ok-access-sign"], signature(key.secret, message)):
            return "50113"
        if not same(call.headers["ok-access-passphrase"], key.passphrase):
            return "50105"
        if key.ips and call.peer not in key.ips:
            return "50110"
        return key.trouble or ("" if "read_only" in key.perm.split(",") else "50120")

    def too_often(self, account: str, path: str) -> bool:
        allowed, span = OFTEN.get(path, ELSEWHERE)
        lately = [at for at in self.calls.get((account, path), []) if self.now - at < span]
        refused = len(lately) >= allowed
        self.calls[account, path] = lately if refused else [*lately, self.now]
        return refused

    def config(self, _call: Call, key: Key) -> Reply:
        told: Row = {
            "acctLv": "2",
            "ip": ",".join(key.ips),
            "kycLv": "2",
            "label": "holdfast",
            "mainUid": key.main_uid,
            "perm": key.perm,
            "posMode": "net_mode",
            "roleType": "0",
            "type": "0" if key.uid == key.main_uid else "1",
            "uid": key.uid,
        }
        return fine([told])

    def trading_balance(self, _call: Call, _key: Key) -> Reply:
        at = str(self.now)
        details: list[Row] = [
            {"ccy": asset, "cashBal": str(held), "eq": str(held), "availBal": str(held), "frozenBal": "0", "uTime": at}
            for asset, held in self.held(trading_bills).items()
        ]
        return fine([{"adjEq": "", "details": details, "imr": "", "mmr": "", "totalEq": "", "uTime": at}])

    def funding_balance(self, _call: Call, _key: Key) -> Reply:
        held = self.held(funding_bills).items()
        return fine(
            [{"ccy": asset, "bal": bare(str(each)), "availBal": str(each), "frozenBal": "0"} for asset, each in held]
        )

    def held(self, bills: Callable[[Event], list[Row]]) -> dict[str, Decimal]:
        """The sum of a ledger: what came in and went out again leaves nothing, not even a zero."""
        sums: dict[str, Decimal] = {}
        for event in self.books.events(range(self.books.later_than(self.world.now()))):
            for bill in bills(event):
                asset = str(bill["ccy"])
                sums[asset] = sums.get(asset, Decimal(0)) + Decimal(str(bill["balChg"]))
        return {asset: held for asset, held in sums.items() if held}

    def listed(self, call: Call, key: Key, table: Table) -> Reply:
        asked = call.params
        numbers = [asked[name] for name in ("after", "before", "begin", "end", "limit") if name in asked]
        size = int(asked.get("limit", PAGE)) if all(each.isdigit() for each in numbers) else 0
        if not 1 <= size <= PAGE or (table.first == FILL and "instType" not in asked):
            return refusal("51000")
        wanted = (row for row in self.rows_of(table, asked) if within(row, asked, table))
        return fine(list(islice(wanted, min(size, key.page))))

    def rows_of(self, table: Table, asked: Mapping[str, str]) -> Iterator[Row]:
        """From the newest that may be meant down to the oldest that is told."""
        top = self.books.later_than(self.world.now())
        if "after" in asked:
            after = int(asked["after"])
            of_moment = table.by(asked) == table.at
            start = self.books.later_than(EPOCH + after * MILLISECOND) if of_moment else number_of(after, table)
            top = min(top, start)
        since = self.now - table.days * DAY if table.days else 0
        events = self.books.events(range(top - 1, -1, -1))
        told = takewhile(lambda event: stamp(event.at) >= since, events)
        rows = (row for event in told for row in reversed(table.rows(event)))
        return (row for row in rows if int(str(row[table.over])) <= self.now)


def within(row: Row, asked: Mapping[str, str], table: Table) -> bool:
    at, by = int(str(row[table.at])), int(str(row[table.by(asked)]))
    return (
        by < int(asked.get("after", by + 1))
        and by > int(asked.get("before", by - 1))
        and int(asked.get("begin", at)) <= at <= int(asked.get("end", at))
        and row.get("instType") == asked.get("instType", row.get("instType"))
    )


def number_of(row_id: int, table: Table) -> int:
    """Of the event above the one that a row belongs to."""
    return max(0, (row_id - table.first) // 10 + 1)


# --- rows ---------------------------------------------------------------------------------------------------------

BILL, FILL, FUNDING, DEPOSIT = 310394313544960000, 310394313544960001, 500000000, 4703870
WITHDRAWAL, ORDER, STAKED = 67480, 280000000000000000, 1000000
PARTS = (Decimal("0.5"), Decimal("0.25"), Decimal("0.25"))
SAVED, LOCKED, MINTED = (number for number, kind in enumerate(BLOCK) if kind is Kind.REWARD)
EARNED = {SAVED: "400", LOCKED: "83", MINTED: "139"}
TRADED = {Kind.BUY: ("2", "1"), Kind.SELL: ("2", "2"), Kind.DEPOSIT: ("1", "11"), Kind.WITHDRAWAL: ("1", "12")}


def trading_bills(event: Event) -> list[Row]:
    """Transfers, trades and conversions: what is earned stays in the funding account."""
    if event.kind is Kind.REWARD:
        return []
    return [trading_bill(event, part, asset, change) for part, (asset, change) in enumerate(event.changes.items())]


def trading_bill(event: Event, part: int, asset: str, change: Decimal) -> Row:
    kind, sort = TRADED.get(event.kind, ("27", "318" if change > 0 else "319"))
    trades = event.kind in {Kind.BUY, Kind.SELL}
    moves = {Kind.DEPOSIT: ("6", "18"), Kind.WITHDRAWAL: ("18", "6")}
    source, target = moves.get(event.kind, ("", ""))
    return {
        "billId": str(BILL + event.number * 10 + part),
        "ccy": asset,
        "balChg": str(change),
        "sz": str(abs(change)),
        "fee": str(-event.fee) if event.quote and asset == event.quote else "0",
        "type": kind,
        "subType": sort,
        "instType": "SPOT" if trades else "",
        "instId": f"{event.base}-{event.quote}" if trades else "",
        "ordId": str(ORDER + event.number) if trades else "",
        "tradeId": trade_number(event) if trades else "",
        "from": source,
        "to": target,
        "ts": str(stamp(event.at)),
    }


def trade_number(event: Event) -> str:
    return str(107601752 + event.number // len(BLOCK))


def fill_rows(event: Event) -> list[Row]:
    if event.kind not in {Kind.BUY, Kind.SELL}:
        return []
    return [
        {
            "instType": "SPOT",
            "instId": f"{event.base}-{event.quote}",
            "tradeId": trade_number(event),
            "ordId": str(ORDER + event.number),
            "billId": str(FILL + event.number * 10),
            "side": event.kind.value,
            "fillPx": str((event.total / event.amount).quantize(event.fee)),
            "fillSz": str(event.amount),
            "fee": str(-event.fee),
            "feeCcy": event.quote,
            "execType": "T",
            "ts": str(stamp(event.at)),
        }
    ]


def funding_bills(event: Event) -> list[Row]:
    gone = event.amount + event.fee
    changes: dict[Kind, list[tuple[str, Decimal]]] = {
        Kind.DEPOSIT: [*(("1", amount) for amount in deposited(event)), ("131", -event.amount)],
        Kind.WITHDRAWAL: [("130", gone), ("2", -event.amount), ("221", -event.fee)],
        Kind.REWARD: [(EARNED.get(event.number % len(BLOCK), ""), event.amount)],
    }
    return [
        {
            "billId": str(FUNDING + event.number * 10 + part),
            "ccy": event.base,
            "balChg": str(change),
            "type": kind,
            "clientId": "",
            "notes": "",
            "ts": str(stamp(event.at)),
        }
        for part, (kind, change) in enumerate(changes.get(event.kind, []))
    ]


def deposited(event: Event) -> list[Decimal]:
    """One deposit is one row. Of those that nobody wanted in particular every third is three at the same moment, so
    that pages are cut in the middle of one.
    """
    several = event.number // len(BLOCK) % len(PARTS) == 0 and not event.scripted
    return [event.amount * part for part in PARTS] if several else [event.amount]


def deposit_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.DEPOSIT:
        return []
    return [
        {
            **movement(event, amount),
            "depId": str(DEPOSIT + event.number * 10 + place),
            "actualDepBlkConfirm": "2",
        }
        for place, amount in enumerate(deposited(event))
    ]


def withdrawal_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.WITHDRAWAL:
        return []
    told = {"wdId": str(WITHDRAWAL + event.number * 10), "fee": str(event.fee), "feeCcy": event.base, "clientId": ""}
    return [{**movement(event, event.amount), **told}]


def movement(event: Event, amount: Decimal) -> Row:
    return {
        "ccy": event.base,
        "chain": f"{event.base}-Sandbox",
        "amt": str(amount),
        "from": "",
        "to": event.mark[:34],
        "txId": event.mark,
        "state": "2",
        "ts": str(stamp(event.at)),
    }


def conversion_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.CONVERT:
        return []
    return [
        {
            "tradeId": f"trader{event.mark[:16]}",
            "clTReqId": "",
            "state": "fullyFilled",
            "instId": f"{event.base}-{event.quote}",
            "baseCcy": event.base,
            "quoteCcy": event.quote,
            "side": "sell",
            "fillPx": str(((event.total - event.fee) / event.amount).quantize(event.fee)),
            "fillBaseSz": str(event.amount),
            "fillQuoteSz": str(event.total - event.fee),
            "ts": str(stamp(event.at)),
        }
    ]


def savings_rows(event: Event) -> list[Row]:
    if event.number % len(BLOCK) != SAVED:
        return []
    at = str(stamp(event.at))
    return [
        {"ccy": event.base, "amt": str(event.amount * 10000), "earnings": str(event.amount), "rate": "0.01", "ts": at}
    ]


def locked_rows(event: Event) -> list[Row]:
    """Told when they are over: most after a day, some after weeks."""
    if event.number % len(BLOCK) != LOCKED:
        return []
    return [
        {
            "ccy": event.base,
            "ordId": str(STAKED + event.number * 10),
            "productId": "1234",
            "state": "3",
            "protocol": "Defi",
            "protocolType": "defi",
            "term": "0",
            "apy": "0.0200",
            "investData": [{"ccy": event.base, "amt": str(event.amount * 10000)}],
            "earningData": [{"ccy": event.base, "earningType": "1", "realizedEarnings": str(event.amount)}],
            "purchasedTime": str(stamp(event.at)),
            "redeemedTime": str(stamp(event.at) + (1 if event.number // len(BLOCK) % 4 else 21) * DAY),
            "tag": "",
        }
    ]


def minted_rows(event: Event, *, odd: bool) -> list[Row]:
    block, place = divmod(event.number, len(BLOCK))
    if place != MINTED or bool(block % 2) != odd:
        return []
    return [
        {
            "type": "redeem",
            "amt": str(event.amount),
            "redeemingAmt": "",
            "status": "success",
            "ordId": str(STAKED + event.number * 10),
            "requestTime": str(stamp(event.at)),
            "completedTime": str(stamp(event.at)),
            "estCompletedTime": str(stamp(event.at)),
        }
    ]


TABLES = {
    "/api/v5/account/bills-archive": Table(trading_bills, "billId", BILL, days=90),
    "/api/v5/trade/fills-history": Table(fill_rows, "billId", FILL, days=90),
    "/api/v5/asset/bills-history": Table(funding_bills, "billId", FUNDING),
    "/api/v5/asset/deposit-history": Table(deposit_rows, days=365),
    "/api/v5/asset/withdrawal-history": Table(withdrawal_rows, days=365),
    "/api/v5/asset/convert/history": Table(conversion_rows),
    "/api/v5/finance/savings/lending-history": Table(savings_rows, days=30),
    "/api/v5/finance/staking-defi/orders-history": Table(
        locked_rows, "ordId", STAKED, at="purchasedTime", over="redeemedTime"
    ),
    "/api/v5/finance/staking-defi/eth/purchase-redeem-history": Table(
        partial(minted_rows, odd=False), at="requestTime", over="requestTime"
    ),
    "/api/v5/finance/staking-defi/sol/purchase-redeem-history": Table(
        partial(minted_rows, odd=True), at="requestTime", over="requestTime"
    ),
}


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


# --- the wire -----------------------------------------------------------------------------------------------------


def parted(path: str) -> tuple[str, str]:
    """/eea/api/v5/account/config -> eea, /api/v5/account/config"""
    region, _, rest = path.lstrip("/").partition("/")
    return (region, f"/{rest}") if region in REGIONS else (GLOBAL, path)


def uuid_of(mark: str) -> str:
    return "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:32]))


def moment_in(text: str) -> int | None:
    """2020-12-08T09:08:57.715Z, and nothing else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text):
        return None
    try:
        return stamp(datetime.fromisoformat(text))
    except ValueError:
        return None


def signature(secret: str, message: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()).decode()


def same(sent: str, expected: str) -> bool:
    return hmac.compare_digest(expected.encode(), sent.encode())


def fine(data: list[Row]) -> Reply:
    return Reply.json({"code": "0", "data": data, "msg": ""})


def refusal(code: str) -> Reply:
    status, message = REFUSALS[code]
    return Reply.json({"code": code, "msg": message}, status)

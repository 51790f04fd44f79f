"""Bybit: three regional sites, signed queries, rights by group and word, lists by stretch and mark, by mark, by number.

Known (exchanges.md 1 to 4, ccxt's source, a copy of the documents): paths, X-BAPI-SIGN over time, key, receive window
and query or body, with a secret or an RSA pair; codes, which come with status 200; what query-api tells; names of rows
and lists; 7 and 30 days at most, two years for the ledger and trades, three months for yields; seconds in some lists;
page sizes; marks of which some come percent-encoded; rate limits with their three headers; the page of CloudFront;
which right a list asks for where a document says so, and that a sub-account cannot ask for withdrawals.
Remembered: a second of tolerance for calls from the future, that keys with addresses tell a date in 1970.
Invented: regions as the first part of the path (/eu/v5/...), as one sandbox has one host where Bybit has several; the
order of refusals; the other rights; 10001 for every parameter that is wrong; ids;
that deposits go on to the unified account and withdrawals come from there; which deposit is on a chain and which within
Bybit, which conversion is one of small balances; Earn orders, of which none is still running.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from wallets.sandbox.books import BLOCK, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

    Row = dict[str, object]
    Rows = Callable[[Event], list[Row]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
A_SECOND, DAY = 1000, 24 * 3600 * 1000
EARLY = 1000  # milliseconds a call may come from the future
GLOBAL = "global"
REGIONS = (GLOBAL, "eu", "id")
UID = 592324
TRADES = (Kind.BUY, Kind.SELL)
REFUSALS = {
    "parameter": (10001, "Request parameter error."),
    "clock": (10002, "invalid request, please check your server timestamp or recv_window param."),
    "unknown": (10003, "API key is invalid."),
    "signature": (10004, "error sign! origin_string[...]"),
    "right": (10005, "Permission denied, please check your API key permissions."),
    "rate": (10006, "Too many visits. Exceeded the API Rate Limit."),
    "unauthenticated": (10007, "User authentication failed."),
    "banned": (10008, "User has been banned"),
    "restricted": (10009, "Service Restricted: Access is currently unavailable for your region."),
    "address": (10010, "Unmatched IP, please check your API key's bound IP addresses."),
    "server": (10016, "Server error."),
    "path": (10017, "Route not found."),
    "address rate": (10018, "exceed ip rate limit"),
    "compliance": (10024, "Compliance rules triggered"),
    "expired": (33004, "Your api key has expired."),
}
PAGES = {
    "country": "<html>403 ERROR The request could not be satisfied. Amazon CloudFront distribution is configured to "
    "block access from your country.</html>",
    "too frequent": "<html>403, access too frequent</html>",
}
READING = {
    "ContractTrade": ["Order", "Position"],
    "Spot": ["SpotTrade"],
    "Options": ["OptionsTrade"],
    "Wallet": ["AccountTransfer", "SubMemberTransfer"],
    "Exchange": ["ExchangeHistory"],
    "Earn": ["Earn"],
}
GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "Exchange", "Earn", "CopyTrading"),
    *("BlockTrade", "NFT", "Affiliate", "FiatP2P", "FiatBybitPay", "FiatConvertBroker"),
)
TRANSFER = ("Wallet.AccountTransfer", "Wallet.Withdraw")
TRADING = ("Spot.SpotTrade", "ContractTrade.Order", "Options.OptionsTrade", "Derivatives.DerivativesTrade")
SUB_TRANSFER = ("Wallet.SubMemberTransfer", "Wallet.SubMemberTransferList")
CONVERTING, EARNING = ("Exchange.ExchangeHistory",), ("Earn.Earn",)
RIGHTS: Mapping[str, Collection[str]] = {
    "/v5/account/transaction-log": TRADING,
    "/v5/execution/list": TRADING,
    "/v5/asset/fundinghistory": TRANSFER,
    "/v5/asset/transfer/query-account-coins-balance": TRANSFER,
    "/v5/asset/transfer/query-inter-transfer-list": TRANSFER,
    "/v5/asset/transfer/query-universal-transfer-list": SUB_TRANSFER,
    "/v5/asset/deposit/query-record": TRANSFER,
    "/v5/asset/deposit/query-internal-record": TRANSFER,
    "/v5/asset/withdraw/query-record": TRANSFER,
    "/v5/asset/exchange/query-convert-history": CONVERTING,
    "/v5/asset/exchange/order-record": CONVERTING,
    "/v5/asset/covert/small-balance-history": CONVERTING,
    "/v5/earn/order": EARNING,
    "/v5/earn/yield": EARNING,
    "/v5/earn/position": EARNING,
}
MASTER_ONLY = "/v5/asset/withdraw/query-record"


@dataclass(slots=True)
class Key:
    id: str
    secret: str  # or a private key, as a PEM
    read_only: int = 1
    permissions: dict[str, list[str]] = field(default_factory=lambda: {**READING})
    ips: list[str] = field(default_factory=lambda: ["*"])
    region: str = GLOBAL
    uid: int = UID
    parent: str = "0"  # of a sub-account: its owner's number
    expires: str = ""  # a moment, told and kept
    page: int = 100  # rows a page has at most, also where more were asked for
    allowed: int = 10_000  # calls a second to one path; Bybit's are 1 to 50
    trouble: str = ""  # a refusal or a page every signed call of this key is answered with
    calls: dict[str, list[int]] = field(default_factory=dict)

    @property
    def is_master(self) -> bool:
        return self.parent == "0"

    def may(self, path: str) -> bool:
        words = {f"{group}.{word}" for group, held in self.permissions.items() for word in held}
        return (path not in RIGHTS or bool(words & set(RIGHTS[path]))) and (self.is_master or path != MASTER_ONLY)


@dataclass(frozen=True, slots=True)
class Table:
    """A list: what each event puts into it, oldest first, and how it may be asked for."""

    rows: Mapping[str, Rows]  # by what is asked for as `by`
    by: str = ""
    usual: str = ""
    under: str = "list"
    most: int = 50
    days: int = 0  # of one stretch; none: no times can be asked for
    back: int = 0  # days; none: for ever
    times: tuple[str, str] = ("startTime", "endTime")
    unit: int = 1
    encoded: bool = False  # its marks come percent-encoded


class Bybit(Keyed[Key]):
    name = "bybit"
    makes = Key
    told = ("id", "secret", "read_only", "permissions", "region")

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("bybit books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = [
            Key(world.derive(f"bybit key {name}")[:18], world.derive(f"bybit secret {name}")[:36], region=name)
            for name in REGIONS
        ]
        self.keys = {key.id: key for key in demo}

    @property
    def now(self) -> int:
        return stamp(self.world.now())

    def answer(self, call: Call) -> Reply:
        region, path = parted(call.path)
        call = replace(call, path=path)
        if (call.method, path) == ("GET", "/v5/market/time"):
            return self.fine({"timeSecond": str(self.now // A_SECOND), "timeNano": str(self.now * 1_000_000)})
        answers: dict[str, Callable[[Call], Reply]] = {
            "/v5/user/query-api": self.about_key,
            "/v5/account/wallet-balance": self.unified_balance,
            "/v5/asset/transfer/query-account-coins-balance": self.funding_balance,
            "/v5/earn/position": lambda _: self.fine({"list": []}),
            "/v5/asset/exchange/query-convert-history": self.conversions,
            "/v5/asset/covert/small-balance-history": self.small_balances,
            **dict.fromkeys(LISTS, self.listed),
        }
        if call.method != "GET" or path not in answers:
            return self.refusal("path")
        refused = self.refuses(call, region)
        if refused in PAGES:
            return Reply.html(PAGES[refused], 403)
        return self.counted(call, self.refusal(refused) if refused else answers[path](call))

    # --- who asks ------------------------------------------------------------------------------------------------

    def refuses(self, call: Call, region: str) -> str:
        """The first thing wrong with a signed call."""
        key = self.keys.get(call.headers.get("x-bapi-api-key", ""))
        if key is None or key.region != region:
            return "unknown"
        at, window = call.headers.get("x-bapi-timestamp", ""), call.headers.get("x-bapi-recv-window", "5000")
        if not at.isdigit() or not window.isdigit() or not -EARLY < self.now - int(at) <= int(window):
            return "clock"
        if not signed(call, key, f"{at}{key.id}{window}"):
            return "signature"
        return self.refuses_key(key, call)

    def refuses_key(self, key: Key, call: Call) -> str:
        if key.expires and datetime.fromisoformat(key.expires) < self.world.now():
            return "expired"
        if "*" not in key.ips and call.peer not in key.ips:
            return "address"
        if key.trouble:
            return key.trouble
        recent = [each for each in key.calls.get(call.path, []) if self.now - each < A_SECOND]
        key.calls[call.path] = [*recent, self.now]
        if len(recent) >= key.allowed:
            return "rate"
        return "" if key.may(call.path) else "right"

    def counted(self, call: Call, reply: Reply) -> Reply:
        """With the three headers that say how many calls of this second are left."""
        key = self.keys.get(call.headers.get("x-bapi-api-key", ""))
        if key is None:
            return reply
        calls = key.calls.get(call.path, [])
        left = max(0, key.allowed - len(calls))
        reset = self.now if left else calls[0] + A_SECOND
        told = {"X-Bapi-Limit": key.allowed, "X-Bapi-Limit-Status": left, "X-Bapi-Limit-Reset-Timestamp": reset}
        return replace(reply, headers={**reply.headers, **{name: str(value) for name, value in told.items()}})

    def key_of(self, call: Call) -> Key:
        return self.keys[call.headers["x-bapi-api-key"]]

    # --- what is told --------------------------------------------------------------------------------------------

    def about_key(self, call: Call) -> Reply:
        key = self.key_of(call)
        return self.fine(
            {
                "id": "13770661",
                "note": "holdfast",
                "apiKey": key.id,
                "readOnly": key.read_only,
                "secret": "",
                "permissions": {group: [] for group in GROUPS} | key.permissions,
                "ips": key.ips,
                "type": 1,
                "deadlineDay": 83 if key.expires else -2,
                "expiredAt": key.expires or "1970-01-01T00:00:00Z",
                "createdAt": "2025-01-01T00:00:00Z",
                "unified": 0,
                "uta": 1,
                "userID": key.uid,
                "inviterID": 0,
                "vipLevel": "No VIP",
                "isMaster": key.is_master,
                "parentUid": key.parent,
                "kycRegion": "AUT",
            }
        )

    def unified_balance(self, call: Call) -> Reply:
        if call.params.get("accountType") != "UNIFIED":
            return self.refusal("parameter")
        earned = self.rewards
        coins = [
            {"coin": asset, "walletBalance": f"{amount - earned.get(asset, 0):f}", "usdValue": "", "bonus": "0"}
            for asset, amount in self.books.balances().items()
        ]
        return self.fine({"list": [{"accountType": "UNIFIED", "accountLTV": "", "coin": coins}]})

    def funding_balance(self, call: Call) -> Reply:
        if call.params.get("accountType") != "FUND":
            return self.refusal("parameter")
        held = [
            {"coin": asset, "walletBalance": f"{amount:f}", "transferBalance": f"{amount:f}", "bonus": ""}
            for asset, amount in self.rewards.items()
        ]
        uid = str(self.key_of(call).uid)
        return self.fine({"memberId": uid, "accountType": "FUND", "balance": held})

    @property
    def rewards(self) -> dict[str, Decimal]:
        """What was earned stays in the funding account."""
        earned: dict[str, Decimal] = defaultdict(Decimal)
        for event in self.books.newest_first(0, self.books.size):
            earned[event.base] += event.amount if event.kind is Kind.REWARD else 0
        return dict(earned)

    def listed(self, call: Call) -> Reply:
        asked, table = call.params, LISTS[call.path]
        limit = int(asked.get("limit", "10"))
        span = self.stretch(asked, table) if table.days else (0, self.now)
        chosen = table.rows.get(asked.get(table.by, table.usual))
        if not 1 <= limit <= table.most or span is None or chosen is None:
            return self.refusal("parameter")
        below = place_of(asked["cursor"]) if asked.get("cursor") else (self.books.size, 0)
        rows = list(islice(self.rows_below(below, *span, chosen), min(limit, self.key_of(call).page)))
        mark = mark_of(rows[-1][0], encoded=table.encoded) if rows else ""
        return self.fine({table.under: [row for _, row in rows], "nextPageCursor": mark})

    def stretch(self, asked: Mapping[str, str], table: Table) -> tuple[int, int] | None:
        """The first and the last millisecond that are asked for; none where that is too long or too long ago."""
        since, until = (int(asked.get(name, "0")) for name in table.times)
        too_long = not 0 <= until - since <= table.days * DAY // table.unit
        too_old = table.back and since * table.unit < self.now - table.back * DAY
        return None if too_long or too_old else (since * table.unit, until * table.unit + table.unit - 1)

    def rows_below(
        self, below: tuple[int, int], since: int, until: int, rows: Rows
    ) -> Iterator[tuple[tuple[int, int], Row]]:
        """Newest first, each with its place: event and part of it."""
        top = min(below[0], self.books.later_than(EPOCH + (until + 1) * MILLISECOND) - 1)
        for event in self.books.events(range(min(top, self.books.size - 1), -1, -1)):
            if stamp(event.at) < since:
                return
            parts = list(enumerate(rows(event))) if stamp(event.at) <= until else []
            yield from (((event.number, part), row) for part, row in reversed(parts) if (event.number, part) < below)

    def conversions(self, call: Call) -> Reply:
        asked = call.params
        rows = CONVERSIONS if "funding" in asked.get("accountType", "").split(",") else NONE
        found = self.numbered(call, int(asked.get("index", "1")), int(asked.get("limit", "20")), rows)
        return self.refusal("parameter") if found is None else self.fine({"list": found})

    def small_balances(self, call: Call) -> Reply:
        number, size = int(call.params.get("cursor", "1")), int(call.params.get("size", "50"))
        found = self.numbered(call, number, size, SMALL_BALANCES)
        place = {"cursor": str(number), "size": str(size)}
        return self.refusal("parameter") if found is None else self.fine({"records": found, **place})

    def numbered(self, call: Call, number: int, size: int, rows: Rows) -> list[Row] | None:
        """A page by its number: what comes in meanwhile pushes rows down."""
        if number < 1 or not 1 <= size <= 100:  # noqa: PLR2004 - the most there is
            return None
        size = min(size, self.key_of(call).page)
        everything = (row for event in self.books.newest_first(0, self.books.size) for row in rows(event))
        return list(islice(everything, (number - 1) * size, number * size))

    def fine(self, result: object) -> Reply:
        return Reply.json({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": self.now})

    def refusal(self, reason: str) -> Reply:
        code, message = REFUSALS[reason]
        return Reply.json({"retCode": code, "retMsg": message, "result": {}, "retExtInfo": {}, "time": self.now})


# --- rows ---------------------------------------------------------------------------------------------------------


def ledger_rows(event: Event) -> list[Row]:
    """Of the unified account."""
    if event.kind is Kind.REWARD:
        return []
    words = {Kind.DEPOSIT: "TRANSFER_IN", Kind.WITHDRAWAL: "TRANSFER_OUT", Kind.BUY: "TRADE", Kind.SELL: "TRADE"}
    return [
        {
            "id": f"{UID}_{asset}_{16_000_000_000 + event.number * 4 + part}",
            "symbol": f"{event.base}{event.quote}" if event.quote else "",
            "category": "spot" if event.kind in TRADES else "",
            "side": event.kind.value.capitalize() if event.kind in TRADES else "None",
            "transactionTime": str(stamp(event.at)),
            "type": words.get(event.kind, "CURRENCY_BUY" if change > 0 else "CURRENCY_SELL"),
            "currency": asset,
            "fee": f"{event.fee:f}" if asset == (event.quote or event.base) else "0",
            "cashFlow": f"{change + event.fee if asset == (event.quote or event.base) else change:f}",
            "funding": "",
            "change": f"{change:f}",
            "tradeId": execution_id(event) if event.kind in TRADES else "",
            "orderId": str(int(event.mark[:15], 16)) if event.kind in TRADES else "",
        }
        for part, (asset, change) in enumerate(event.changes.items())
    ]


def funding_rows(event: Event) -> list[Row]:
    """Of the funding account: what comes in goes on, and the other way round."""
    words = {Kind.DEPOSIT: ("Deposit", "Transfer"), Kind.WITHDRAWAL: ("Transfer", "Withdraw"), Kind.REWARD: ("Earn",)}
    amount = event.amount + event.fee
    return [
        {
            "memberId": str(UID),
            "currency": event.base,
            "ioDirection": "IO"[part],
            "txnAmt": f"{amount:f}",
            "afterAmt": f"{event.number + (0 if part else amount):f}",  # a true one would need every row before
            "createTime": str(stamp(event.at) // A_SECOND),
            "showBusiType": f"fundingAccountRecord{word}",
            "showBusiTypeEn": word,
        }
        for part, word in enumerate(words.get(event.kind, ()))
    ]


def execution_row(event: Event) -> Row:
    return {
        "symbol": f"{event.base}{event.quote}",
        "orderId": str(int(event.mark[:15], 16)),
        "side": event.kind.value.capitalize(),
        "execId": execution_id(event),
        "execPrice": str((event.total / event.amount).quantize(event.fee)),
        "execQty": f"{event.amount:f}",
        "execValue": f"{event.total:f}",
        "execFee": f"{event.fee:f}",
        "feeCurrency": event.quote,
        "execType": "Trade",
        "execTime": str(stamp(event.at)),
        "isMaker": False,
        "seq": 8_000_000_000 + event.number,
    }


def deposit_row(event: Event) -> Row:
    return {
        "id": str(30_000_000 + event.number),
        "coin": event.base,
        "chain": "ETH",
        "amount": f"{event.amount:f}",
        "txID": f"0x{event.mark}",
        "status": 3,
        "toAddress": f"0x{event.mark[:40]}",
        "depositFee": "",
        "successAt": str(stamp(event.at)),
        "depositType": "0",
    }


def internal_deposit_row(event: Event) -> Row:
    return {
        "id": str(1000 + event.number),
        "type": 1,
        "coin": event.base,
        "amount": f"{event.amount:f}",
        "txID": uuid_of(event, "deposit"),
        "status": 2,
        "address": "xxx***@people.example",
        "createdTime": str(stamp(event.at) // A_SECOND),
    }


def withdrawal_row(event: Event) -> Row:
    return {
        "withdrawId": str(9_000_000 + event.number),
        "txID": "" if is_odd(event) else f"0x{event.mark}",
        "withdrawType": int(is_odd(event)),  # 1: within Bybit
        "coin": event.base,
        "chain": event.base,
        "amount": f"{event.amount:f}",
        "withdrawFee": f"{event.fee:f}",
        "status": "success",
        "toAddress": f"0x{event.mark[:40]}",
        "createTime": str(stamp(event.at)),
        "updateTime": str(stamp(event.at)),
    }


def transfer_row(event: Event) -> Row:
    return transfer(event, "FUND", "UNIFIED")


def universal_transfer_row(event: Event) -> Row:
    own = {"fromMemberId": str(UID), "toMemberId": str(UID)}
    return transfer(event, "UNIFIED", "FUND") | own


def transfer(event: Event, giving: str, taking: str) -> Row:
    return {
        "transferId": uuid_of(event, "transfer"),
        "coin": event.base,
        "amount": f"{event.amount + event.fee:f}",
        "fromAccountType": giving,
        "toAccountType": taking,
        "timestamp": str(stamp(event.at)),
        "status": "SUCCESS",
    }


def conversion_row(event: Event) -> Row:
    return {
        "accountType": "funding",
        "exchangeTxId": exchange_id(event),
        "userId": str(UID),
        **exchanged(event),
        "exchangeStatus": "success",
        "convertRate": str(((event.total - event.fee) / event.amount).quantize(event.fee)),
        "createdAt": str(stamp(event.at)),
    }


def small_balance_row(event: Event) -> Row:
    return {
        "accountType": "eb_convert_uta",
        "exchangeTxId": exchange_id(event),
        "toCoin": event.quote,
        "toAmount": f"{event.total - event.fee:f}",
        "subRecords": [exchanged(event) | {"feeCoin": event.quote, "feeAmount": f"{event.fee:f}"}],
        "status": "success",
        "createdAt": str(stamp(event.at)),
        "exchangeSource": "small_asset_uta",
    }


def exchange_row(event: Event) -> Row:
    """Every conversion once more, of either kind."""
    return exchanged(event) | {"exchangeTxId": exchange_id(event), "createdTime": str(stamp(event.at) // A_SECOND)}


def exchanged(event: Event) -> Row:
    coming = event.total - event.fee
    return {
        "fromCoin": event.base,
        "fromAmount": f"{event.amount:f}",
        "toCoin": event.quote,
        "toAmount": f"{coming:f}",
    }


def yield_row(event: Event) -> Row:
    return {
        "productId": "428",
        "coin": event.base,
        "id": str(1_000_000 + event.number),
        "amount": f"{event.amount:f}",
        "yieldType": "Normal",
        "distributionMode": "Auto",
        "effectiveStakingAmount": f"{event.amount * 64:f}",
        "orderId": "",
        "status": "Success",
        "createdAt": str(stamp(event.at)),
    }


def earn_order_row(event: Event) -> Row:
    return {
        "coin": event.base,
        "orderValue": f"{event.amount * 64:f}",
        "orderType": "Redeem" if event.number // len(BLOCK) % 4 > 1 else "Stake",
        "orderId": uuid_of(event, "earn"),
        "orderLinkId": "",
        "status": "Success",
        "createdAt": str(stamp(event.at)),
        "productId": "428",
        "updatedAt": str(stamp(event.at)),
    }


def one(write: Callable[[Event], Row], *kinds: Kind, odd: bool | None = None) -> Rows:
    """One row for an event of these kinds, in every block or in every second."""
    return lambda event: [write(event)] if event.kind in kinds and odd in {None, is_odd(event)} else []


def either(write: Callable[[Event], Row]) -> dict[str, Rows]:
    return {"FlexibleSaving": one(write, Kind.REWARD, odd=False), "OnChain": one(write, Kind.REWARD, odd=True)}


CONVERSIONS = one(conversion_row, Kind.CONVERT, odd=False)
SMALL_BALANCES = one(small_balance_row, Kind.CONVERT, odd=True)
NONE = one(execution_row)
LISTS = {
    "/v5/account/transaction-log": Table({"": ledger_rows}, days=7, back=730, encoded=True),
    "/v5/asset/fundinghistory": Table(
        {"": funding_rows}, most=100, days=7, times=("createTimeFrom", "createTimeTo"), unit=A_SECOND
    ),
    "/v5/execution/list": Table(
        {
            "spot": one(execution_row, *TRADES),
            "linear": NONE,
            "inverse": NONE,
            "option": NONE,
        },  # nobody does those here
        by="category",
        most=100,
        days=7,
        back=730,
        encoded=True,
    ),
    "/v5/asset/deposit/query-record": Table({"": one(deposit_row, Kind.DEPOSIT, odd=False)}, under="rows", days=30),
    "/v5/asset/deposit/query-internal-record": Table(
        {"": one(internal_deposit_row, Kind.DEPOSIT, odd=True)}, under="rows", days=30
    ),
    "/v5/asset/withdraw/query-record": Table(
        {
            "0": one(withdrawal_row, Kind.WITHDRAWAL, odd=False),
            "1": one(withdrawal_row, Kind.WITHDRAWAL, odd=True),
            "2": one(withdrawal_row, Kind.WITHDRAWAL),
        },
        by="withdrawType",
        usual="0",
        under="rows",
        days=30,
    ),
    "/v5/asset/transfer/query-inter-transfer-list": Table({"": one(transfer_row, Kind.DEPOSIT)}, days=7),
    "/v5/asset/transfer/query-universal-transfer-list": Table(
        {"": one(universal_transfer_row, Kind.WITHDRAWAL)}, days=7
    ),
    "/v5/asset/exchange/order-record": Table({"": one(exchange_row, Kind.CONVERT)}, under="orderBody"),
    # D: orders of on-chain products are told by their number alone.
    "/v5/earn/order": Table(
        {"FlexibleSaving": one(earn_order_row, Kind.REWARD, odd=False)}, by="category", most=100, days=7
    ),
    "/v5/earn/yield": Table(either(yield_row), by="category", under="yield", most=100, days=7, back=90),
}


def is_odd(event: Event) -> bool:
    """Of two blocks, the second."""
    return event.number // len(BLOCK) % 2 == 1


def execution_id(event: Event) -> str:
    return str(2_100_000_000_000_000_000 + event.number)


def exchange_id(event: Event) -> str:
    return f"1010{int(event.mark[:15], 16)}"


def uuid_of(event: Event, purpose: str) -> str:
    mark = hashlib.sha256(f"{event.mark} {purpose}".encode()).hexdigest()
    return f"{mark[:8]}-{mark[8:12]}-{mark[12:16]}-{mark[16:20]}-{mark[20:32]}"


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


# --- the wire -----------------------------------------------------------------------------------------------------


def parted(path: str) -> tuple[str, str]:
    """/eu/v5/user/query-api -> eu, /v5/user/query-api"""
    first, _, rest = path.lstrip("/").partition("/")
    return (first, f"/{rest}") if first in REGIONS else (GLOBAL, path)


def mark_of(place: tuple[int, int], *, encoded: bool) -> str:
    """Marks are not to be understood, and come in two shapes."""
    text = f"{place[0]}:{place[1]}"
    return quote(f"{text},{text}") if encoded else base64.b64encode(text.encode()).decode()


def place_of(mark: str) -> tuple[int, int]:
    text = mark.partition(",")[0] if "," in mark else base64.b64decode(mark).decode()
    number, _, part = text.partition(":")
    return int(number), int(part)


def signed(call: Call, key: Key, head: str) -> bool:
    """X-BAPI-SIGN over time, key and window (`head`), then the query as sent or the body."""
    message = f"{head}{call.query}".encode() + call.body
    sent = call.headers.get("x-bapi-sign", "")
    if key.secret.startswith("-----BEGIN"):
        return signed_with_a_pair(sent, key.secret, message)
    return hmac.compare_digest(hmac.new(key.secret.encode(), message, hashlib.sha256).hexdigest(), sent)


def signed_with_a_pair(sent: str, pem: str, message: bytes) -> bool:
    private = load_pem_private_key(pem.encode(), None)
    if not isinstance(private, rsa.RSAPrivateKey):
        return False
    try:
        private.public_key().verify(base64.b64decode(sent, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, InvalidSignature):
        return False
    return True

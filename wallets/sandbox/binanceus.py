"""Binance.US, spot: the wire of Binance's resident, with books and keys of its own, other lists, and untold rights.

Known (exchanges.md 2 to 4, ccxt's source, other people's working code): what of Binance is not there, 1200 units of
weight a minute, `order/test`, names of lists and rows, less than 90 days at once, pages by offset and by number.
Remembered: deposits without an id. Invented: that an order is looked at only when the key may trade; that coins
are bought for euros, as everywhere in the sandbox; that `apiRestrictions` answers for some keys (`tells`), so that both
cases can be played; which conversion is an instant buy, which reward a distribution; ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from wallets.sandbox import candles
from wallets.sandbox.binance import DAY, LUMPED, Binance, Key, convert_row, letters, refusal, stamp, withdrawal_row
from wallets.sandbox.books import BLOCK, Books, Event, Kind
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wallets.sandbox.wire import Call, World

WEIGHT_A_MINUTE = 1200
WEIGHTS = {"/api/v3/account": 10, "/api/v3/myTrades": 10, "/api/v3/exchangeInfo": 10}
TELLING = "/sapi/v1/account/apiRestrictions"
NOT_HERE = {
    "/sapi/v1/fiat/orders",
    "/sapi/v1/fiat/payments",
    "/sapi/v1/convert/tradeFlow",
    "/sapi/v1/asset/assetDividend",
    "/sapi/v1/asset/get-funding-asset",
}
NOT_FOUND = Reply.html("<html><body><h2>404 Not found</h2></body></html>", 404)
ORDER = ("symbol", "side", "type", "timeInForce", "quantity", "price")


@dataclass(slots=True)
class UsKey(Key):
    trades: bool = False
    tells: bool = False


class Binanceus(Binance):
    name = "binanceus"
    makes = UsKey
    only_quoted = candles.BINANCEUS
    keys: dict[str, UsKey]  # type: ignore[assignment]  # more than the parent's

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.books = Books(world.derive("binanceus books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = UsKey(letters(world.derive("binanceus key")), letters(world.derive("binanceus secret")))
        self.keys = {demo.id: demo}
        self.tested = 0
        self.acted: list[str] = []  # calls that could have changed something: there must be none

    def state(self) -> dict[str, object]:
        return super().state() | {"tested": self.tested, "acted": self.acted}

    def answer(self, call: Call) -> Reply:
        if call.method != "GET" and call.path != "/api/v3/order/test":
            self.acted.append(f"{call.method} {call.path}")
        key = self.keys.get(call.headers.get("x-mbx-apikey", ""))
        if call.path in NOT_HERE or (call.path == TELLING and not (key and key.tells)):
            return NOT_FOUND
        own: dict[tuple[str, str], Callable[[Call], Reply]] = {
            ("POST", "/api/v3/order/test"): self.test_order,
            ("GET", "/sapi/v1/capital/deposit/hisrec"): lambda call: self.rows(call, deposit_rows),
            ("GET", "/sapi/v1/fiatpayment/query/deposit/history"): lambda call: self.fiat_rows(call, fiat_rows),
            ("GET", "/sapi/v1/fiatpayment/query/withdraw/history"): lambda call: self.fiat_rows(call, no_rows),
            ("GET", "/sapi/v1/ocbs/orders"): lambda call: self.pages(call, instant_rows, "dataList"),
            ("GET", "/sapi/v1/otc/orders"): lambda call: self.pages(call, conversion_rows, "rows"),
            ("GET", "/sapi/v1/asset/assetDistributionHistory"): self.distributed,
            ("GET", "/sapi/v1/staking/stakingRewardsHistory"): lambda call: self.pages(call, staking_rows, "data", 500),
        }
        if (call.method, call.path) not in own:
            return super().answer(call)
        if not self.is_uncounted(call) and not self.counts(call):
            return refusal("weight", Retry_After="30")
        refused = self.refuses(call)
        return refusal(refused) if refused else own[call.method, call.path](call)

    def counts(self, call: Call) -> bool:
        minute = self.now // 60_000
        self.used = (self.used if minute == self.minute else 0) + WEIGHTS.get(call.path, 1)
        self.minute = minute
        return self.used <= WEIGHT_A_MINUTE

    def test_order(self, call: Call) -> Reply:
        self.tested += 1
        if not self.keys[call.headers["x-mbx-apikey"]].trades:
            return Reply.json({"code": LUMPED[1], "msg": LUMPED[2]}, LUMPED[0])
        lacking = [name for name in ORDER if not call.form.get(name)]
        missing = {"code": -1102, "msg": f"Mandatory parameter '{''.join(lacking[:1])}' was not sent."}
        return Reply.json(missing, 400) if lacking else Reply.json({})

    # --- lists ---------------------------------------------------------------------------------------------------

    def asked_rows(self, call: Call, write: Rows) -> list[Row] | None:
        """Oldest first; none where the stretch is too long."""
        asked = call.params
        until = int(asked.get("endTime", self.now))
        since = int(asked.get("startTime", until - 90 * DAY + 1))
        if until - since >= 90 * DAY:
            return None
        found = self.within({"startTime": str(since), "endTime": str(until)}, tuple(Kind), days=90) or ()
        return [row for event in found for row in write(event)]

    def rows(self, call: Call, write: Rows) -> Reply:
        found, asked = self.asked_rows(call, write), call.params
        if found is None:
            return refusal("window")
        offset, limit = int(asked.get("offset", "0")), min(int(asked.get("limit", "1000")), self.page_of(call))
        return Reply.json(found[offset : offset + limit])

    def fiat_rows(self, call: Call, write: Rows) -> Reply:
        """Pages of a size that cannot be chosen."""
        found, offset = self.asked_rows(call, write), int(call.params.get("offset", "0"))
        if found is None:
            return refusal("window")
        return Reply.json({"assetLogRecordList": found[offset : offset + min(100, self.page_of(call))]})

    def pages(self, call: Call, write: Rows, under: str, most: int = 100) -> Reply:
        found, asked = self.asked_rows(call, write), call.params
        if found is None:
            return refusal("window")
        limit = min(int(asked.get("limit", "10")), most, self.page_of(call))
        first = (int(asked.get("page", "1")) - 1) * limit
        flag = {"code": "000000", "message": "success", "success": True} if under == "data" else {}
        return Reply.json({under: found[first : first + limit], "total": len(found), **flag})

    def distributed(self, call: Call) -> Reply:
        found = self.asked_rows(call, distribution_rows)
        if found is None:
            return refusal("window")
        limit = min(int(call.params.get("limit", "20")), 500)
        return Reply.json({"rows": list(islice(reversed(found), limit)), "total": len(found)})


# --- rows ---------------------------------------------------------------------------------------------------------

if TYPE_CHECKING:
    Row = dict[str, object]
    Rows = Callable[[Event], list[Row]]


def no_rows(_event: Event) -> list[Row]:
    return []


def is_odd(event: Event) -> bool:
    """Of two blocks, the second."""
    return event.number // len(BLOCK) % 2 == 1


def deposit_rows(event: Event) -> list[Row]:
    """Every second deposit of money came on a chain: here, nobody asks what a coin is."""
    if event.kind is not Kind.DEPOSIT or not is_odd(event):
        return []
    row = withdrawal_row(event)
    told = {name: row[name] for name in ("amount", "coin", "network", "address", "txId")}
    return [{**told, "status": 1, "insertTime": stamp(event.at)}]


def fiat_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.DEPOSIT or is_odd(event):
        return []
    return [
        {
            "orderId": event.mark[:32],
            "paymentAccount": "*******1234",
            "paymentChannel": "BITGO",
            "paymentMethod": "ACH",
            "orderStatus": "Successful",
            "fiatCurrency": event.base,
            "amount": str(event.amount),
            "transactionFee": "0",
            "platformFee": "0",
            "createTime": stamp(event.at),
        }
    ]


def conversion_rows(event: Event) -> list[Row]:
    return [exchanged(event)] if event.kind is Kind.CONVERT and not is_odd(event) else []


def instant_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.CONVERT or not is_odd(event):
        return []
    return [{**exchanged(event), "feeCoin": event.quote, "feeAmount": str(event.fee)}]


def exchanged(event: Event) -> Row:
    row = convert_row(event)
    told: Mapping[str, str] = {"fromCoin": "fromAsset", "toCoin": "toAsset"}
    same = {name: row[name] for name in ("quoteId", "orderStatus", "fromAmount", "toAmount", "createTime")}
    return {**same, "orderId": str(row["orderId"]), **{name: row[former] for name, former in told.items()}}


def distribution_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.REWARD or is_odd(event):
        return []
    return [
        {
            "tranId": reward_id(event),
            "asset": event.base,
            "amount": str(event.amount),
            "divTime": stamp(event.at),
            "category": "airdrop",
        }
    ]


def staking_rows(event: Event) -> list[Row]:
    if event.kind is not Kind.REWARD or not is_odd(event):
        return []
    return [
        {
            "asset": event.base,
            "amount": str(event.amount),
            "usdValue": "0",
            "time": stamp(event.at),
            "tranId": reward_id(event),
            "autoRestaked": False,
        }
    ]


def reward_id(event: Event) -> int:
    return int(event.mark[13:26], 16)

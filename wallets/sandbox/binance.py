"""Binance, spot: signed queries, the receive window, weights, rights by flag, windows of time, trades by number.

Known (exchanges.md 1 to 4, ccxt's source): paths, HMAC-SHA256 over query and body, codes and statuses, names of flags,
6000 units of weight a minute with their header, 90 and 30 days at most, `fromId` included, page sizes.
Seen in working code: the list of Simple Earn rewards, 30 days at most, without ids.
Remembered: -2008 for an unknown key at sapi and -2015 elsewhere, 180 days for distributions, that `endTime` may lie
ahead, the list of small balances, that markets are listed and answer when trading in them has ended. Invented: the
order of refusals, ids, -1127 for every window that is too wide, 90 days for small balances, weights of single calls.
Keys with an RSA or Ed25519 pair are not played.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from wallets.sandbox import candles
from wallets.sandbox.books import BLOCK, COINS, Books, Event, Kind
from wallets.sandbox.keys import Keyed
from wallets.sandbox.wire import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from wallets.sandbox.wire import Call, World

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
EARLY = 1000  # milliseconds a call may come from the future
DAY = 24 * 3600 * 1000
NO_SIGNS = str.maketrans("+/", "xy")
WEIGHT_A_MINUTE = 6000
DUST_PAGE = 100
WEIGHTS = {"/api/v3/account": 20, "/api/v3/myTrades": 20, "/api/v3/exchangeInfo": 20, "/api/v3/klines": 2}
TRADES = (Kind.BUY, Kind.SELL)
SYMBOLS = tuple(f"{coin}EUR" for coin in COINS)
LUMPED = (401, -2015, "Invalid API-key, IP, or permissions for action.")
REFUSALS = {
    "format": (401, -2014, "API-key format invalid."),
    "unknown": (400, -2008, "Invalid Api-Key ID."),
    "lumped": LUMPED,
    "signature": (400, -1022, "Signature for this request is not valid."),
    "unauthorised": (403, -1002, "You are not authorized to execute this request."),
    "clock": (400, -1021, "Timestamp for this request is outside of the recvWindow."),
    "weight": (429, -1003, "Too much request weight used; current limit is 6000 request weight per 1 MINUTE."),
    "banned": (418, -1003, "Way too much request weight used; IP banned until 1690000000000."),
    "region": (451, 0, "Service unavailable from a restricted location according to 'b. Eligibility' in our terms."),
    "maintenance": (503, -1, "System is under maintenance."),
    "window": (400, -1127, "More than the allowed time between startTime and endTime."),
    "symbol": (400, -1121, "Invalid symbol."),
}


@dataclass(slots=True)
class Key:
    id: str
    secret: str
    rights: dict[str, bool] = field(default_factory=lambda: {"enableReading": True})
    ips: list[str] = field(default_factory=list)
    uid: int = 354937868
    page: int = 1000  # rows a page has at most, also where more were asked for
    uncounted: bool = False  # it may ask as often as it likes
    trouble: str = ""  # a refusal every signed call of this key is answered with


class Binance(Keyed[Key]):
    name = "binance"
    makes = Key
    told = ("id", "secret", "rights")
    only_quoted = candles.ABROAD

    def __init__(self, world: World) -> None:
        self.world = world
        self.books = Books(world.derive("binance books"), 400, datetime(2024, 1, 3, tzinfo=UTC))
        demo = Key(letters(world.derive("binance key")), letters(world.derive("binance secret")))
        self.keys = {demo.id: demo}
        self.minute, self.used = 0, 0
        self.closed: set[str] = set()  # markets where trading has ended; they are listed all the same

    def configure(self, change: Mapping[str, object]) -> None:
        """Takes what every resident with keys takes (keys.Keyed), and this.

        {"closed": ["BTCEUR"]}    markets where trading has ended
        """
        rest = dict(change)
        closed = rest.pop("closed", None)
        if isinstance(closed, list):
            self.closed = set(map(str, closed))
        super().configure(rest)

    def markets(self) -> list[dict[str, object]]:
        pairs = (*candles.BINANCE, *self.only_quoted)
        over = {*self.closed, *map("".join, self.only_quoted)}
        return [candles.listed(pair, trading="".join(pair) not in over) for pair in pairs]

    def answer(self, call: Call) -> Reply:
        if not self.is_uncounted(call) and not self.counts(call):
            return refusal("weight", Retry_After="30")
        if (call.method, call.path) == ("GET", "/api/v3/time"):
            return Reply.json({"serverTime": self.now})
        if (call.method, call.path) == ("GET", "/api/v3/exchangeInfo"):
            return Reply.json({"timezone": "UTC", "symbols": self.markets()})
        if told := candles.binance(self.world, call, (*candles.BINANCE, *self.only_quoted)):
            return told
        answers: dict[tuple[str, str], Callable[[Call], Reply]] = {
            ("GET", "/sapi/v1/account/apiRestrictions"): self.restrictions,
            ("GET", "/api/v3/account"): self.account,
            ("POST", "/sapi/v1/asset/get-funding-asset"): lambda _: Reply.json([]),
            ("GET", "/api/v3/myTrades"): self.trades,
            ("GET", "/sapi/v1/capital/deposit/hisrec"): lambda call: self.moved(call, (Kind.DEPOSIT,)),
            ("GET", "/sapi/v1/capital/withdraw/history"): lambda call: self.moved(call, (Kind.WITHDRAWAL,)),
            ("GET", "/sapi/v1/fiat/orders"): self.fiat,
            ("GET", "/sapi/v1/fiat/payments"): lambda _: Reply.json(
                {"code": "000000", "message": "success", "total": 0, "success": True}
            ),
            ("GET", "/sapi/v1/convert/tradeFlow"): self.conversions,
            ("GET", "/sapi/v1/asset/dribblet"): self.clean_ups,
            ("GET", "/sapi/v1/asset/assetDividend"): self.distributions,
            ("GET", "/sapi/v1/simple-earn/flexible/history/rewardsRecord"): self.flexible_rewards,
        }
        if (call.method, call.path) not in answers:
            return Reply.html("<html><body><h2>404 Not found</h2></body></html>", 404)
        refused = self.refuses(call)
        return refusal(refused) if refused else answers[call.method, call.path](call)

    @property
    def now(self) -> int:
        return stamp(self.world.now())

    def is_uncounted(self, call: Call) -> bool:
        key = self.keys.get(call.headers.get("x-mbx-apikey", ""))
        return key is not None and key.uncounted

    def counts(self, call: Call) -> bool:
        minute = self.now // 60_000
        self.used = (self.used if minute == self.minute else 0) + WEIGHTS.get(call.path, 1)
        self.minute = minute
        return self.used <= WEIGHT_A_MINUTE

    def refuses(self, call: Call) -> str:
        """The first thing wrong with a signed call."""
        sent = call.headers.get("x-mbx-apikey", "")
        if not re.fullmatch(r"[A-Za-z0-9]{64}", sent):
            return "format"
        key = self.keys.get(sent)
        if key is None:
            return "unknown" if call.path.startswith("/sapi") else "lumped"
        if not signed(call, key.secret):
            return "signature"
        return self.refuses_key(key, call)

    def refuses_key(self, key: Key, call: Call) -> str:
        asked = call.params | call.form
        at, window = asked.get("timestamp", ""), asked.get("recvWindow", "5000")
        if not at.isdigit() or not -EARLY < self.now - int(at) <= int(window):
            return "clock"
        if key.ips and call.peer not in key.ips:
            return "lumped"
        asks_itself = call.path.endswith("/apiRestrictions")
        return key.trouble or ("" if key.rights.get("enableReading") or asks_itself else "lumped")

    def restrictions(self, call: Call) -> Reply:
        key = self.keys[call.headers["x-mbx-apikey"]]
        flags = dict.fromkeys(FLAGS, False) | {"enableFixReadOnly": True} | key.rights
        return Reply.json({"ipRestrict": bool(key.ips), "createTime": 1735689600000, **flags})

    def account(self, call: Call) -> Reply:
        held = [{"asset": a, "free": str(held), "locked": "0.00000000"} for a, held in self.books.balances().items()]
        # Flags of the account, not of the key: they are true for everybody.
        may = {"canTrade": True, "canWithdraw": True, "canDeposit": True}
        return Reply.json({**may, "balances": held, "uid": self.keys[call.headers["x-mbx-apikey"]].uid})

    def trades(self, call: Call) -> Reply:
        asked = call.params
        if asked.get("symbol") not in {*SYMBOLS, *map("".join, self.only_quoted), "BTCUSDT"}:
            return refusal("symbol")
        first = max(0, int(asked.get("fromId", "0")) - 1)
        events = self.books.events(range(first, self.books.size))
        mine = (each for each in events if each.kind in TRADES and f"{each.base}EUR" == asked["symbol"])
        return Reply.json(
            [trade_row(each) for each in islice(mine, min(int(asked.get("limit", "500")), self.page_of(call)))]
        )

    def moved(self, call: Call, kinds: Collection[Kind]) -> Reply:
        asked = call.params
        found = self.within(asked, kinds, days=90)
        if found is None:
            return refusal("window")
        offset, limit = int(asked.get("offset", "0")), min(int(asked.get("limit", "1000")), self.page_of(call))
        coins = (event for event in found if event.base != "EUR")
        write = deposit_row if Kind.DEPOSIT in kinds else withdrawal_row
        return Reply.json([write(event) for event in islice(coins, offset, offset + limit)])

    def fiat(self, call: Call) -> Reply:
        asked = call.params
        kinds = (Kind.DEPOSIT,) if asked.get("transactionType") == "0" else ()
        found = self.within(asked, kinds, days=90, begins="beginTime")
        if found is None:
            return refusal("window")
        rows = min(int(asked.get("rows", "100")), 500, self.page_of(call))
        first = (int(asked.get("page", "1")) - 1) * rows
        money = (event for event in found if event.base == "EUR")
        listed = [fiat_row(event) for event in islice(money, first, first + rows)]
        return Reply.json({"code": "000000", "message": "success", "data": listed, "total": 0, "success": True})

    def page_of(self, call: Call) -> int:
        """Lists without pages keep to what they are asked for: nobody could ask them for the rest."""
        return self.keys[call.headers["x-mbx-apikey"]].page

    def conversions(self, call: Call) -> Reply:
        found = self.within(call.params, (Kind.CONVERT,), days=30)
        if found is None:
            return refusal("window")
        limit = min(int(call.params.get("limit", "100")), 1000)
        listed = (event for event in found if not is_dust(event))
        return Reply.json({"list": [convert_row(event) for event in islice(listed, limit)], "moreData": False})

    def clean_ups(self, call: Call) -> Reply:
        found = self.within(call.params, (Kind.CONVERT,), days=90)
        if found is None:
            return refusal("window")
        newest = [event for event in found if is_dust(event)][::-1]
        return Reply.json(
            {"total": len(newest), "userAssetDribblets": [dust_row(event) for event in newest[:DUST_PAGE]]}
        )

    def distributions(self, call: Call) -> Reply:
        found = self.within(call.params, (Kind.REWARD,), days=180)
        if found is None:
            return refusal("window")
        limit = min(int(call.params.get("limit", "20")), 500)
        newest = [event for event in found if not is_by_the_second(event)][::-1]
        return Reply.json({"rows": [reward_row(event) for event in newest[:limit]], "total": len(newest)})

    def flexible_rewards(self, call: Call) -> Reply:
        """Of its three kinds one is played; the others have nothing to tell."""
        found = self.within(call.params, (Kind.REWARD,), days=30)
        if found is None:
            return refusal("window")
        newest = [event for event in found if is_by_the_second(event)][::-1]
        newest = newest if call.params.get("type") == "REALTIME" else []
        size = min(int(call.params.get("size", "10")), 100)
        begin = (int(call.params.get("current", "1")) - 1) * size
        rows = [flexible_row(event) for event in newest[begin : begin + size]]
        return Reply.json({"rows": rows, "total": len(newest)})

    def within(
        self, asked: Mapping[str, str], kinds: Collection[Kind], *, days: int, begins: str = "startTime"
    ) -> Iterator[Event] | None:
        """Events between two moments, both included; none where the stretch is too long."""
        until = int(asked.get("endTime", self.now))
        since = int(asked.get(begins, until - days * DAY))
        if until - since > days * DAY:
            return None
        first, last = (self.books.later_than(EPOCH + at * MILLISECOND) for at in (since - 1, until + 1))
        events = self.books.events(range(first, last))
        return (event for event in events if event.kind in kinds and since <= stamp(event.at) <= until)


# --- rows ---------------------------------------------------------------------------------------------------------

FLAGS = (
    "enableReading",
    "enableSpotAndMarginTrading",
    "enableMargin",
    "enableFutures",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
    "enableFixApiTrade",
    "enableWithdrawals",
    "enableInternalTransfer",
    "permitsUniversalTransfer",
)


def trade_row(event: Event) -> dict[str, object]:
    return {
        "symbol": f"{event.base}{event.quote}",
        "id": event.number + 1,
        "orderId": int(event.mark[:9], 16),
        "price": str((event.total / event.amount).quantize(event.fee)),
        "qty": str(event.amount),
        "quoteQty": str(event.total),
        "commission": str(event.fee),
        "commissionAsset": event.quote,
        "time": stamp(event.at),
        "isBuyer": event.kind is Kind.BUY,
        "isMaker": False,
    }


def withdrawal_row(event: Event) -> dict[str, object]:
    return {
        "id": event.mark[:32],
        "amount": str(event.amount),
        "transactionFee": str(event.fee),
        "coin": event.base,
        "status": 6,
        "address": f"bc1q{event.mark[:38]}",
        "txId": event.mark,
        "applyTime": event.at.strftime("%Y-%m-%d %H:%M:%S"),
        "network": event.base,
    }


def deposit_row(event: Event) -> dict[str, object]:
    return {
        "id": event.mark[:32],
        "amount": str(event.amount),
        "coin": event.base,
        "network": event.base,
        "status": 1,
        "address": f"bc1q{event.mark[38:]}",
        "txId": event.mark,
        "insertTime": stamp(event.at),
        "walletType": 0,
    }


def fiat_row(event: Event) -> dict[str, object]:
    return {
        "orderNo": event.mark[:32],
        "fiatCurrency": event.base,
        "indicatedAmount": str(event.amount),
        "amount": str(event.amount),
        "totalFee": str(event.fee),
        "method": "BankAccount",
        "status": "Successful",
        "createTime": stamp(event.at),
        "updateTime": stamp(event.at),
    }


def convert_row(event: Event) -> dict[str, object]:
    return {
        "quoteId": event.mark[:32],
        "orderId": int(event.mark[:15], 16),
        "orderStatus": "SUCCESS",
        "fromAsset": event.base,
        "fromAmount": str(event.amount),
        "toAsset": event.quote,
        "toAmount": str(event.total - event.fee),
        "createTime": stamp(event.at),
    }


def is_dust(event: Event) -> bool:
    """Of what was converted, every fourth was a small balance that was cleaned up."""
    return event.kind is Kind.CONVERT and event.number // len(BLOCK) % 4 == 3  # noqa: PLR2004 - the last of four


def dust_row(event: Event) -> dict[str, object]:
    """As a rule what comes of it is BNB; here it is what the books say."""
    got, number, at = str(event.total - event.fee), int(event.mark[:13], 16), stamp(event.at)
    part = {
        "transId": number,
        "fromAsset": event.base,
        "amount": str(event.amount),
        "targetAsset": event.quote,
        "transferedAmount": got,
        "serviceChargeAmount": str(event.fee),
        "operateTime": at,
    }
    return {
        "operateTime": at,
        "totalTransferedAmount": got,
        "totalServiceChargeAmount": str(event.fee),
        "transId": number,
        "userAssetDribbletDetails": [part],
    }


def is_by_the_second(event: Event) -> bool:
    """Every fourth reward is one of Simple Earn, which has a list of its own."""
    return event.kind is Kind.REWARD and event.number // len(BLOCK) % 4 == 2  # noqa: PLR2004 - the third of four


def flexible_row(event: Event) -> dict[str, object]:
    project = f"{event.base}001"
    told = {"asset": event.base, "rewards": str(event.amount), "projectId": project}
    return {**told, "type": "REALTIME", "time": stamp(event.at)}


def reward_row(event: Event) -> dict[str, object]:
    return {
        "id": int(event.mark[:13], 16),
        "tranId": int(event.mark[13:26], 16),
        "asset": event.base,
        "amount": str(event.amount),
        "divTime": stamp(event.at),
        "enInfo": "Locked Staking",
    }


def stamp(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


# --- the wire -----------------------------------------------------------------------------------------------------


def letters(mark: str) -> str:
    """64 letters of both cases and digits, as Binance has them. 64 of hexadecimal would be a wallet's private key."""
    return base64.b64encode(hashlib.sha512(mark.encode()).digest()).decode().translate(NO_SIGNS)[:64]


def signed(call: Call, secret: str) -> bool:
    """Hexadecimal HMAC-SHA256 of query and body as sent, without the signature itself, which comes last."""
    message, _, signature = (call.query + call.body.decode("utf-8", "replace")).rpartition("&signature=")
    expected = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signature)


def refusal(reason: str, **headers: str) -> Reply:
    status, code, message = REFUSALS[reason]
    return Reply.json({"code": code, "msg": message}, status, **headers)

"""What a sync costs and how long it takes, against ccxt's own unified calls and against what exchanges allow.

The exchange is a process of its own with pages rendered beforehand, so that our own cost shows. It plays Binance's
myTrades and Kraken's Ledgers, counts what each key spends by Kraken's rule for the lowest tier, and refuses what is too
much. Ours is the real way: client and connector; for whole syncs a worker process (this file, run as a program) with
lanes, runner, budget and intake.

The rules are the real ones, not quicker ones: at Kraken, whose counter is a key's, an account has what takes it
a minute and a half; at Binance, whose weight is an address's, one account or a hundred have those that take about as
long. Of Binance's lists these are its trades: those of money would take forty minutes by rules of their own.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if __name__ == "__main__":
    import django

    django.setup()

import requests
from django.conf import settings
from django.utils import timezone

from accounts.audit import SYSTEM
from config.fields import seal
from ledger.models import SourceRow
from sync import lanes, schedule
from sync.models import Run, StreamState
from tests.bench.million import here, resident_kib
from tests.factories import OwnerFactory
from wallets import catalogue
from wallets.connectors.base import Stream
from wallets.models import Credential, Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Report = Callable[[str], object]
    Walk = Callable[[], list[Any]]

ROUNDS = 5
BEGINNING = 1_672_531_200  # 2023
STEP = 900  # seconds between two rows
BINANCE_PAGE, KRAKEN_PAGE = 1000, 50
AT_ONCE, EACH_SECOND = 15, 1 / 3  # Kraken's counter, lowest tier
COSTS = {"/0/private/Ledgers": 2, "/0/private/TradesHistory": 2}
WEIGHT, WEIGHT_A_MINUTE = "weight", 6000  # Binance's, of an address
WEIGHTS = {
    "/api/v3/myTrades": 20,
    "/api/v3/account": 20,
    "/api/v3/exchangeInfo": 20,
    "/sapi/v1/asset/get-funding-asset": 5,
}
FREE = "key"  # whose calls are not counted: target 7 measures what a row costs
ACCOUNTS = 100
NUMBERS = itertools.count()  # a key is never used twice: what the budget counts against it would not be the venue's
LOOK = 0.25
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def run(report: Report, *, rows: int) -> None:
    cost_of_waiting(report)
    with venue(rows) as origin:
        cost_of_a_row(report, origin, rows)
    for rule, one_has, each_has in ((Kraken(), 1000, 1000), (Binance(), 300_000, 3000)):
        for many, held in ((1, min(rows, one_has)), (ACCOUNTS, min(rows, each_has))):
            with venue(held) as origin:
                whole_syncs(report, origin, rule, many, held)


# --- target 7: what a row costs -----------------------------------------------------------------------------------


def cost_of_a_row(report: Report, origin: str, rows: int) -> None:
    report(f"{'CPU of a row, us':24} {'ccxt':>8} {'ours':>8} {'ratio':>8}   wanted: at most 0.25; exact: all amounts")
    books = Pages(rows)
    for name, theirs, ours, true in (
        ("Binance myTrades", ccxt_trades, our_trades, books.trades),
        ("Kraken Ledgers", ccxt_ledger, our_ledger, [{"id": key, **row} for key, row in books.ledger]),
    ):
        times = [(cpu_of(theirs(origin, rows)), cpu_of(ours(origin))) for _ in range(ROUNDS)]
        them, us = (statistics.median(each) / rows * 1e6 for each in zip(*times, strict=True))
        exact = "exact" if amounts_of(ours(origin)()) == amounts_of(true) else "NOT EXACT"
        report(f"{name:24} {them:8.2f} {us:8.2f} {us / them:8.3f}   {exact}")


def cpu_of(walk: Walk) -> float:
    """Of this process alone; the exchange is another."""
    before = time.process_time()
    walk()
    return time.process_time() - before


AMOUNTS = ("price", "qty", "quoteQty", "commission", "amount", "fee", "balance")


def amounts_of(rows: Sequence[Any]) -> list[list[Decimal]]:
    """What a ledger would reckon with, from the records as from the exchange's own books."""
    return [[Decimal(row[name]) for name in AMOUNTS if name in row] for row in rows]


def ccxt_trades(origin: str, rows: int) -> Walk:
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False}
    exchange = of_ccxt("binance", origin, options)
    return lambda: [
        row
        for first in range(0, rows, BINANCE_PAGE)
        for row in exchange.fetch_my_trades("BTC/USDT", None, BINANCE_PAGE, {"fromId": first})
    ]


def ccxt_ledger(origin: str, rows: int) -> Walk:
    exchange = of_ccxt("kraken", origin, {})
    return lambda: [
        row for first in range(0, rows, KRAKEN_PAGE) for row in exchange.fetch_ledger(None, None, None, {"ofs": first})
    ]


def of_ccxt(name: str, origin: str, options: dict[str, object]) -> Any:
    """As one uses it, without its own waiting, its markets loaded."""
    import ccxt  # noqa: PLC0415 - here and below: as slow to load as it is large

    from wallets.connectors.client import move  # noqa: PLC0415

    made = getattr(ccxt, name)({"apiKey": "key", "secret": "c2VjcmV0", "enableRateLimit": False, "options": options})
    made.has["fetchCurrencies"] = False
    move(made.urls, origin)
    made.load_markets()
    return made


def our_trades(origin: str) -> Walk:
    from wallets.connectors.binance import Binance  # noqa: PLC0415

    connector = Binance({"key": "key", "secret": "secret"}, pace=NoLimit(), origin=origin)
    return lambda: walked(connector, Stream("trades:BTCUSDT", "trades:BTCUSDT"))


def our_ledger(origin: str) -> Walk:
    from wallets.connectors.kraken import LEDGER, Kraken  # noqa: PLC0415

    connector = Kraken({"key": "key", "secret": "c2VjcmV0"}, pace=NoLimit(), origin=origin)
    return lambda: walked(connector, LEDGER)


def walked(connector: Any, stream: Stream) -> list[Any]:
    found: list[Any] = []
    cursor, more = None, True
    while more:
        page = connector.page(stream, cursor)
        found += [record.raw for record in page.records]
        cursor, more = page.cursor, page.more
    return found


class NoLimit:
    def before(self, cost: float) -> None: ...

    def slow_down(self, wait: object, whose: object) -> None: ...


# --- threads or asyncio -------------------------------------------------------------------------------------------

TURNS = 50


def cost_of_waiting(report: Report) -> None:
    """All that asyncio could save: connectors, runner and intake do the same work either way."""
    report(f"{ACCOUNTS} waiters, {TURNS} turns each{'':6} {'CPU of a turn, us':>20} {'MiB of a waiter':>20}")
    for name, waiters in (("threads", wait_in_threads), ("asyncio", wait_in_tasks)):
        with multiprocessing.get_context("fork").Pool(1) as alone:
            turn, memory = alone.apply(waiters)
        report(f"{name:36} {turn * 1e6:20.0f} {memory:20.3f}")


def wait_in_threads() -> tuple[float, float]:
    def wait() -> None:
        for _ in range(TURNS):
            time.sleep(LOOK / 5)

    before, cpu = resident_kib(os.getpid()), time.process_time()
    threads = [threading.Thread(target=wait) for _ in range(ACCOUNTS)]
    for each in threads:
        each.start()
    held = resident_kib(os.getpid()) - before
    for each in threads:
        each.join()
    return (time.process_time() - cpu) / ACCOUNTS / TURNS, held / 1024 / ACCOUNTS


def wait_in_tasks() -> tuple[float, float]:
    async def wait() -> None:
        for _ in range(TURNS):
            await asyncio.sleep(LOOK / 5)

    async def all_of_them() -> int:
        tasks = [asyncio.create_task(wait()) for _ in range(ACCOUNTS)]
        await asyncio.sleep(LOOK / 10)
        held = resident_kib(os.getpid()) - before
        await asyncio.gather(*tasks)
        return held

    before, cpu = resident_kib(os.getpid()), time.process_time()
    held = asyncio.run(all_of_them())
    return (time.process_time() - cpu) / ACCOUNTS / TURNS, held / 1024 / ACCOUNTS


# --- target 8: how near to what the exchange allows ---------------------------------------------------------------


class Kraken:
    """A counter for each key."""

    id, name, whose = "kraken", "Kraken", "each"

    def shares(self, told: dict[str, dict[str, float]]) -> list[float]:
        """The shortest time in which so much could have been spent, to the time it took."""
        return [
            (each["spent"] - AT_ONCE) / EACH_SECOND / (each["last"] - each["first"])
            for key, each in told.items()
            if key.startswith("key-")
        ]


class Binance:
    """Weight by the minute, for all keys of an address."""

    id, name, whose = "binance", "Binance", "of the address"

    def shares(self, told: dict[str, dict[str, float]]) -> list[float]:
        """Without what may go at once at the beginning, which would flatter a short time: our budget goes on to a call
        only where one of the dearest would fit too.
        """
        each, ours = told[WEIGHT], catalogue.of(self.id).for_an_address
        assert ours
        at_once = ours.at_once - ours.dearest + WEIGHTS["/api/v3/myTrades"]
        return [(each["spent"] - at_once) / WEIGHT_A_MINUTE * 60 / (each["last"] - each["first"])]


def whole_syncs(report: Report, origin: str, rule: Kraken | Binance, many: int, rows: int) -> None:
    wallets = [wallet_of(rule.id) for _ in range(many)]
    at = f"{settings.SYNC_LANES} lanes, {settings.SYNC_CONNECTIONS} connections"
    report(f"{many} accounts of {rows:,} rows at {rule.name}'s pace, one worker process, {at}")
    first = synced(origin, wallets)
    told = requests.get(f"{origin}/told", timeout=60).json()
    shares = sorted(rule.shares(told))
    refused = sum(each["refused"] for each in told.values())
    stored = SourceRow.objects.filter(wallet__in=wallets).count()
    report(f"  first sync {first.seconds:.1f} s, {stored:,} rows, {refused} calls refused; of the allowed rate:")
    report(f"  least {shares[0]:.1%}, median {statistics.median(shares):.1%}   wanted: 95 % {rule.whose}")
    report(f"  CPU of the worker {first.cpu:.1f} s, {first.cpu / stored * 1e6:.0f} us a row, all told")
    report(
        f"  memory: {first.idle:.1f} MiB idle, {first.most:.1f} MiB at most, "
        f"{(first.most - first.idle) / many:.2f} MiB a wallet in flight"
    )
    again = synced(origin, wallets)
    pages = StreamState.objects.filter(wallet__in=wallets).order_by("-pages").values_list("pages", flat=True)
    report(f"  second sync {again.seconds:.1f} s, at most {pages[0]} pages a stream   wanted: 2")


@dataclass
class Work:
    seconds: float
    cpu: float
    idle: float
    most: float


def synced(origin: str, wallets: Sequence[Wallet]) -> Work:
    """By a worker of its own, which is looked at meanwhile."""
    for wallet in wallets:
        schedule.request(by=SYSTEM, wallet=wallet, now=datetime.now(UTC))
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.sync", origin],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": here()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdin
    assert worker.stdout
    worker.stdout.readline()
    idle = most = resident_kib(worker.pid) / 1024
    began = time.perf_counter()
    worker.stdin.close()
    while worker.poll() is None:
        most = max(most, resident_kib(worker.pid) / 1024)
        time.sleep(LOOK)
    assert not Run.objects.exclude(state=Run.State.DONE).exists()
    return Work(time.perf_counter() - began, float(worker.stdout.read()), idle, most)


def wallet_of(exchange: str) -> Wallet:
    owner, now = OwnerFactory(), datetime.now(UTC)
    wallet = Wallet.objects.create(
        owner=owner, exchange=exchange, way="key", label="Bench", created_at=now, next_try_at=now
    )
    credential = Credential(owner=owner, wallet=wallet, version=1, way="key", standing="current", created_at=now)
    seal(credential, sealed=json.dumps({"key": f"key-{next(NUMBERS):03}", "secret": "c2VjcmV0"}))
    credential.save(force_insert=True)
    return wallet


def work(origin: str) -> None:
    """The worker: until nothing is left to do."""
    from wallets.connectors import binance, kraken  # noqa: F401, PLC0415 - as slow as ever, and not to be measured

    settings.EXCHANGE_ORIGINS = {"kraken": origin, "binance": origin}
    binance.Binance.stream_of = {}
    Run.objects.exists()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    before = time.process_time()
    while Run.objects.filter(finished_at=None).exists():
        lanes.run_lanes(clock=timezone.now)
        time.sleep(LOOK)
    sys.stdout.write(str(time.process_time() - before))


# --- the exchange -------------------------------------------------------------------------------------------------


@contextmanager
def venue(rows: int, quote: str = "USDT") -> Iterator[str]:
    """`quote`: what bitcoin is traded for at Binance."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=[there, rows, quote], daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.kill()
        process.join()


def serve(pipe: Any, rows: int, quote: str) -> None:
    pages = Pages(rows, quote).render()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            asked = parse_qs(parts.query) | parse_qs(self.rfile.read(length).decode())
            status, body = pages.answer(
                parts.path,
                {name: values[0] for name, values in asked.items()},
                self.headers.get("API-Key") or self.headers.get("X-MBX-APIKEY", ""),
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    pipe.send(server.server_address[1])
    server.serve_forever()


class Pages:
    """What the exchange holds, and what each key has spent."""

    def __init__(self, rows: int, quote: str = "USDT") -> None:
        chance = random.Random(5)
        market = {**MARKET, "symbol": f"BTC{quote}", "quoteAsset": quote}
        self.otherwise = {**ELSE, "/api/v3/exchangeInfo": text({"symbols": [market]})}
        self.trades = [trade(number, chance, quote) for number in range(rows)]
        self.ledger = [entry(number, chance) for number in reversed(range(rows))]
        self.rising = [-row["time"] for _, row in self.ledger]
        self.spent: dict[str, dict[str, float]] = {}

    def render(self) -> Pages:
        self.trade_pages = {
            first: text(self.trades[first : first + BINANCE_PAGE]) for first in range(0, len(self.trades), BINANCE_PAGE)
        }
        self.ledger_pages = {
            first: self.ledger_page(first, len(self.ledger)) for first in range(0, len(self.ledger), KRAKEN_PAGE)
        }
        return self

    def ledger_page(self, first: int, end: int) -> bytes:
        return result({"ledger": dict(self.ledger[first : min(first + KRAKEN_PAGE, end)]), "count": end})

    def answer(self, path: str, asked: dict[str, str], key: str) -> tuple[int, bytes]:
        if path.startswith("/0/private/") and key != FREE and not self.spends(key, COSTS.get(path, 1)):
            return 200, text({"error": ["EAPI:Rate limit exceeded"]})
        if path.startswith(("/api/", "/sapi/")) and key != FREE and not self.weighs(WEIGHTS.get(path, 1)):
            return 429, text({"code": -1003, "msg": "Too much request weight used."})
        match path:
            case "/api/v3/myTrades":
                return 200, self.trades_from(int(asked["fromId"]))
            case "/0/private/Ledgers":
                return 200, self.entries(int(asked.get("ofs", 0)), int(asked.get("start", 0)))
            case "/told":
                return 200, text(self.spent)
        return 200, self.otherwise[path]

    def trades_from(self, first: int) -> bytes:
        return self.trade_pages.get(first) or text(self.trades[first : first + BINANCE_PAGE])

    def entries(self, first: int, since: int) -> bytes:
        end = bisect_left(self.rising, -since)  # newest first, later than `since`
        whole = first + KRAKEN_PAGE <= end or end == len(self.ledger)
        return self.ledger_pages.get(first) or NONE if whole else self.ledger_page(first, end)

    def spends(self, key: str, cost: float) -> bool:
        """Kraken's counter: it falls by itself, and may not rise above its mark."""
        now = time.monotonic()
        told = self.spent.setdefault(key, {"first": now, "last": now, "counter": 0, "spent": 0, "refused": 0})
        counter = max(0, told["counter"] - (now - told["last"]) * EACH_SECOND)
        if counter + cost > AT_ONCE + 0.01:
            told["refused"] += 1
            return False
        told |= {"counter": counter + cost, "last": now, "spent": told["spent"] + cost}
        return True

    def weighs(self, cost: int) -> bool:
        """Binance's weight: of a minute of the clock, of all who ask from one address."""
        now, minute = time.monotonic(), time.time() // 60
        told = self.spent.setdefault(
            WEIGHT, {"first": now, "last": now, "minute": minute, "counter": 0, "spent": 0, "refused": 0}
        )
        counter = (told["counter"] if told["minute"] == minute else 0) + cost
        if counter > WEIGHT_A_MINUTE:
            told["refused"] += 1
            return False
        told |= {"counter": counter, "minute": minute, "last": now, "spent": told["spent"] + cost}
        return True


def trade(number: int, chance: random.Random, into: str) -> dict[str, object]:
    price, amount, buys = chance.randrange(2_000_000, 9_000_000), chance.randrange(1, 100_000), chance.random() < 0.6
    quote = Decimal(price * amount).scaleb(-7)
    fee = Decimal(amount).scaleb(-8) if buys else quote / 1000
    return {
        "symbol": f"BTC{into}",
        "id": number,
        "orderId": 100_000 + number // 2,
        "orderListId": -1,
        "price": f"{Decimal(price).scaleb(-2):.8f}",
        "qty": f"{Decimal(amount).scaleb(-5):.8f}",
        "quoteQty": f"{quote:.8f}",
        "commission": f"{fee:.8f}",
        "commissionAsset": "BTC" if buys else into,
        "time": (BEGINNING + number * STEP) * 1000,
        "isBuyer": buys,
        "isMaker": chance.random() < 0.5,
        "isBestMatch": True,
    }


def entry(number: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    coin = number % 2
    return name(chance), {
        "aclass": "currency",
        "amount": f"{Decimal(chance.randrange(-(10**9), 10**9)).scaleb(-10):.10f}"
        if coin
        else f"{Decimal(chance.randrange(-9_000_000, 9_000_000)).scaleb(-4):.4f}",
        "asset": "XXBT" if coin else "ZUSD",
        "balance": f"{Decimal(chance.randrange(10**12)).scaleb(-10):.10f}",
        "fee": "0.0000000000" if coin else "0.3520",
        "refid": f"T{name(chance)[1:]}",
        "time": BEGINNING + number * STEP + 0.1234,
        "type": "trade",
        "subtype": "tradespot",
    }


def name(chance: random.Random) -> str:
    drawn = "".join(chance.choices(ALPHABET, k=16))
    return f"L{drawn[:5]}-{drawn[5:10]}-{drawn[10:]}"


def text(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def result(told: object) -> bytes:
    return text({"error": [], "result": told})


MARKET = {
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quotePrecision": 8,
    "quoteAssetPrecision": 8,
    "isSpotTradingAllowed": True,
    "isMarginTradingAllowed": True,
    "filters": [],
    "permissions": ["SPOT"],
    "permissionSets": [["SPOT"]],
}
ASSET = {"aclass": "currency", "decimals": 10, "display_decimals": 5, "status": "enabled"}
PAIR = {
    "altname": "XXBTZUSD",
    "wsname": "XBT/USD",
    "aclass_base": "currency",
    "base": "XXBT",
    "aclass_quote": "currency",
    "quote": "ZUSD",
    "cost_decimals": 5,
    "pair_decimals": 1,
    "lot_decimals": 8,
    "lot_multiplier": 1,
    "leverage_buy": [],
    "leverage_sell": [],
    "fees": [[0, 0.4]],
    "fees_maker": [[0, 0.4]],
    "fee_volume_currency": "ZUSD",
    "margin_call": 80,
    "margin_stop": 40,
    "ordermin": "0.0001",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
RIGHTS = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]
NONE = result({"ledger": {}, "count": 0})
ELSE = {
    "/0/public/Assets": result({"XXBT": {**ASSET, "altname": "XBT"}, "ZUSD": {**ASSET, "altname": "USD"}}),
    "/0/public/AssetPairs": result({"XXBTZUSD": PAIR}),
    "/0/private/GetApiKeyInfo": result({"permissions": RIGHTS}),
    "/0/private/BalanceEx": result({"XXBT": {"balance": "1.5"}}),
    "/0/private/TradesHistory": result({"trades": {}, "count": 0}),
    "/sapi/v1/account/apiRestrictions": text(
        {"ipRestrict": True, "createTime": BEGINNING * 1000, "enableReading": True, "enableSpotAndMarginTrading": False}
    ),
    "/sapi/v1/asset/get-funding-asset": text([]),
    "/api/v3/account": text({"uid": 1, "balances": [{"asset": "BTC", "free": "1.5", "locked": "0"}]}),
}


if __name__ == "__main__":
    work(sys.argv[1])

"""How fast gains are reckoned: `ledger.engine` against a bare loop over integers, in the same run.

The bare loop keeps one lot list per asset and knows nothing else: no wallets, transfers, fees, terms or findings. Both
must come to the same gains, to the last unit. Seconds are CPU time and the best of three, save with the database. What
peers took in relation to the bare loop at 100,000 trades, each as a whole process, was measured once: rotki 1.43.2
60 times, rp2's reading and computing 95 times.
"""

from __future__ import annotations

import csv
import gc
import heapq
import math
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.db import connection, transaction
from psycopg import Cursor

from ledger.engine.booking import book
from ledger.engine.movements import ACQUIRED, DISPOSED, Act, Movement
from ledger.engine.reckoning import movements
from ledger.engine.types import Amount, Country, Event, Kind, Method, Regime, Scope, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], object]

ASSETS = (
    ("BTC", 16500, 0.025, 5),
    ("ETH", 1200, 0.032, 4),
    ("SOL", 14, 0.045, 3),
    ("ADA", 0.26, 0.04, 1),
    ("DOT", 4.4, 0.038, 2),
)
START = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 1095
CENT = Decimal("0.01")
UNIT = 10**8
SCALES = {name: 8 for name, *_ in ASSETS}
COUNTRIES = {Method.UK_POOL: Country.GB, Method.ACB: Country.CA, Method.AVERAGE: Country.OTHER}


class Trade(NamedTuple):
    id: str
    at: datetime
    asset: str
    buy: bool
    amount: int
    total: int


def run(report: Report, *, rows: int) -> None:
    small, large = list(trades(max(rows // 10, 1000))), list(trades(rows))
    for method in (Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO, Method.AVERAGE, Method.UK_POOL, Method.ACB):
        compare(report, method, small, large)
    report("\nGrowth wanted: at most 12 for ten times as many. HIFO wanted: at most twice FIFO.")
    going_on(report, large)
    from_the_database(report, large)
    memory(report, large)


# --- in memory ---------------------------------------------------------------------------------------------------


def compare(report: Report, method: Method, small: list[Trade], large: list[Trade]) -> None:
    seconds = []
    for each in (small, large):
        moved = movements(events(each), settings(method))
        seconds.append(best(lambda moved=moved: booked(moved, method)))
    told = list(events(large))
    reading = best(lambda: movements(told, settings(method)))
    bare = BARE.get(method, bare_fifo)
    other = best(lambda: bare(large))
    ours = sum(take.gain for each in booked(moved, method).values() for take in each.takes)
    theirs = bare(large) if method in BARE else None
    same = {None: "no bare loop to compare with", ours: "equal"}.get(theirs, f"NOT EQUAL: {ours} and {theirs}")
    report(
        f"{method:10} {len(large):>9,} trades: booking {seconds[1]:7.3f} s, growth {seconds[1] / seconds[0]:5.1f}, "
        f"events to movements {reading:7.3f} s; bare loop {other:7.3f} s, booking {seconds[1] / other:5.2f} of it, "
        f"all {(seconds[1] + reading) / other:5.2f}; gain {same}"
    )


def booked(moved: dict[str, list[Movement]], method: Method):
    return {asset: book(asset, each, settings(method)) for asset, each in moved.items()}


def settings(method: Method) -> Settings:
    return Settings((Regime(2009, COUNTRIES.get(method, Country.US), method, Scope.UNIVERSAL),), scales=SCALES)


def best(work: Callable[[], object], times: int = 3) -> float:
    with no_collector():
        seconds = []
        for _ in range(times):
            began = time.process_time()
            result = work()
            seconds.append(time.process_time() - began)
            del result
    return min(seconds)


@contextmanager
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def going_on(report: Report, large: list[Trade]) -> None:
    """A hundred trades more, and a change one year back of three."""
    method = Method.FIFO
    moved = movements(events(large), settings(method))
    full = best(lambda: booked(moved, method))
    latest = large[-100].at.date()
    kept = {
        asset: book(asset, each, settings(method), moments=[date(2025, 1, 1), latest]).checkpoints
        for asset, each in moved.items()
    }
    for place, name, wanted in ((1, f"from {latest} on", "1/50"), (0, "one year of three", "0.4")):
        rest = {asset: [m for m in each if m.at >= kept[asset][place].at] for asset, each in moved.items()}

        def again(rest=rest, place=place):
            return {
                asset: book(asset, each, settings(method), start=kept[asset][place]) for asset, each in rest.items()
            }

        seconds = best(again)
        count = sum(map(len, rest.values()))
        report(f"going on, {name}: {count:,} trades {seconds:.4f} s, 1/{full / seconds:.1f} of all; wanted {wanted}")


# --- from the database and back ----------------------------------------------------------------------------------

TABLES = """
    CREATE TEMPORARY TABLE bench_trades (
        id text, at timestamptz, asset text, buy boolean, amount numeric, total numeric
    );
    CREATE TEMPORARY TABLE bench_matches (
        disposal text, lot text, amount numeric, proceeds numeric, cost numeric, more text
    );
"""
READ = "SELECT {}, asset, buy, (amount * 1e8)::bigint, (total * 1e8)::bigint FROM bench_trades ORDER BY at, id"


def from_the_database(report: Report, large: list[Trade]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        with cursor.copy("COPY bench_trades FROM STDIN") as copy:
            for t in large:
                copy.write_row((t.id, t.at, t.asset, t.buy, Decimal(t.amount) / UNIT, Decimal(t.total) / UNIT))
        cursor.execute("CREATE INDEX ON bench_trades (at, id); ANALYZE bench_trades")
    ways = {"bare loop": stored_by_bare_loop, "engine": stored_by_engine}
    seconds = {name: min(clocked(way) for _ in range(2)) for name, way in ways.items()}
    ratio = seconds["engine"] / seconds["bare loop"]
    said = ", ".join(f"{name} {each:.2f} s" for name, each in seconds.items())
    report(f"database to database, every match written: {said}: {ratio:.2f} of it; wanted at most 3")


def clocked(way: Callable[[], list[str]]) -> float:
    with no_collector(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE bench_matches")
        began = time.perf_counter()
        lines = way()
        with cursor.copy("COPY bench_matches FROM STDIN") as copy:
            for place in range(0, len(lines), 5000):
                copy.write("".join(lines[place : place + 5000]))
        return time.perf_counter() - began


def fetched(columns: str) -> list[tuple]:
    with Cursor(connection.connection) as cursor:
        return cursor.execute(READ.format(columns), binary=True).fetchall()


def stored_by_bare_loop() -> list[str]:
    rows = [(place, *row) for place, row in enumerate(fetched("1"))]
    lines: list[str] = []
    for n, lot, amount, proceeds, cost in bare_matches((n, asset, buy, q, t) for n, _, asset, buy, q, t in rows):
        lines.append(f"{n}\t{lot}\t{amount}e-8\t{proceeds}e-8\t{cost}e-8\t\n")
    return lines


def stored_by_engine() -> list[str]:
    moved: dict[str, list[Movement]] = defaultdict(list)
    new, came, went = tuple.__new__, Act.BOUGHT, Act.SOLD
    more = Movement.__new__.__defaults__[0]
    for name, at, asset, buy, amount, total in fetched("id, at"):
        rank, act, part = (ACQUIRED, came, 0) if buy else (DISPOSED, went, 1)
        moved[asset].append(new(Movement, (at, rank, 0, name, part, act, "main", asset, amount, total, more)))
    lines: list[str] = []
    for each in booked(moved, Method.FIFO).values():
        lines += [
            f"{t.out.id}\t{t.lot.id}\t{t.amount}e-8\t{t.proceeds}e-8\t{t.cost}e-8\t{t.term} {t.rule} {t.day}\n"
            for t in each.takes
        ]
    return lines


# --- memory ------------------------------------------------------------------------------------------------------


def memory(report: Report, large: list[Trade]) -> None:
    """Each in a process of its own, from the same files."""
    with tempfile.TemporaryDirectory() as folder:
        for asset, own in groupby(sorted(large, key=lambda t: t.asset), key=lambda t: t.asset):
            with (Path(folder) / asset).open("w", newline="") as file:
                csv.writer(file).writerows((t.id, t.at.timestamp(), t.buy, t.amount, t.total) for t in own)
        peaks = {name: peak(name, folder) for name in ("bare", "whole", "streaming")}
    said = ", ".join(f"{name} {each / 1024:.0f} MB" for name, each in peaks.items())
    ratios = f"{peaks['whole'] / peaks['bare']:.2f} and {peaks['streaming'] / peaks['bare']:.2f} of the bare loop's"
    report(f"memory at its most: {said}: {ratios}; wanted 1.5 and 0.4")


def peak(name: str, folder: str) -> int:
    program = f"from tests.bench import basis; basis.alone({name!r}, {folder!r})"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return int(answer.stdout)


def alone(name: str, folder: str) -> None:
    gc.disable()
    files = sorted(Path(folder).iterdir())
    if name == "bare":
        rows = [(n, path.name, buy, q, t) for path in files for n, (_, _, buy, q, t) in enumerate(lines_of(path))]
        kept = list(bare_matches(iter(rows)))
    elif name == "whole":
        kept = [book(path.name, list(movements_from(path)), settings(Method.FIFO)) for path in files]
    else:
        kept = [
            book(path.name, movements_from(path), settings(Method.FIFO), into=Forgotten()).balances for path in files
        ]
    assert kept
    status = Path("/proc/self/status").read_text()
    print(status.split("VmHWM:")[1].split()[0])  # noqa: T201 - the answer


class Forgotten(list):
    """As a stream into the database: what is written down is not kept."""

    def append(self, _: object) -> None:
        pass


def lines_of(path: Path) -> Iterator[tuple[str, datetime, bool, int, int]]:
    with path.open(newline="") as file:
        for name, at, buy, amount, total in csv.reader(file):
            yield name, datetime.fromtimestamp(float(at), UTC), buy == "True", int(amount), int(total)


def movements_from(path: Path) -> Iterator[Movement]:
    for name, at, buy, amount, total in lines_of(path):
        rank, act, part = (ACQUIRED, Act.BOUGHT, 0) if buy else (DISPOSED, Act.SOLD, 1)
        yield Movement(at, rank, 0, name, part, act, "main", path.name, amount, total)


# --- the bare loops ----------------------------------------------------------------------------------------------


def bare_matches(rows) -> Iterator[tuple[int, int, int, int, int]]:
    lots = defaultdict(deque)
    for n, asset, buy, whole, total in rows:
        own = lots[asset]
        if buy:
            own.append([whole, total, n])
            continue
        amount, left = whole, total
        while amount:
            lot = own[0]
            have = lot[0]
            if have <= amount:
                take, cost = have, lot[1]
                own.popleft()
            else:
                take, cost = amount, lot[1] * amount // have
                lot[0] = have - amount
                lot[1] -= cost
            share = left * take // amount
            left -= share
            amount -= take
            yield n, lot[2], take, share, cost


def bare_fifo(large: list[Trade]) -> int:
    """Every match kept."""
    found = list(bare_matches((n, t.asset, t.buy, t.amount, t.total) for n, t in enumerate(large)))
    return sum(share - cost for _, _, _, share, cost in found)


def bare_by_price(large: list[Trade], sign: int) -> int:
    lots, gain = defaultdict(list), 0
    for n, t in enumerate(large):
        own = lots[t.asset]
        if t.buy:
            heapq.heappush(own, [sign * (t.total * UNIT * 10**18 // t.amount), n, t.amount, t.total])
            continue
        gain += t.total
        left = t.amount
        while left:
            lot = own[0]
            if lot[2] <= left:
                gain, left = gain - lot[3], left - lot[2]
                heapq.heappop(own)
            else:
                cost = lot[3] * left // lot[2]
                lot[2], lot[3], gain, left = lot[2] - left, lot[3] - cost, gain - cost, 0
    return gain


def bare_lifo(large: list[Trade]) -> int:
    lots, gain = defaultdict(list), 0
    for t in large:
        own = lots[t.asset]
        if t.buy:
            own.append([t.amount, t.total])
            continue
        gain += t.total
        left = t.amount
        while left:
            lot = own[-1]
            if lot[0] <= left:
                gain, left = gain - lot[1], left - lot[0]
                own.pop()
            else:
                cost = lot[1] * left // lot[0]
                lot[0], lot[1], gain, left = lot[0] - left, lot[1] - cost, gain - cost, 0
    return gain


def bare_average(large: list[Trade]) -> int:
    pools, gain = defaultdict(lambda: [0, 0]), 0
    for t in large:
        pool = pools[t.asset]
        if t.buy:
            pool[0] += t.amount
            pool[1] += t.total
        else:
            cost = pool[1] * t.amount // pool[0]
            pool[0] -= t.amount
            pool[1] -= cost
            gain += t.total - cost
    return gain


BARE = {
    Method.FIFO: bare_fifo,
    Method.LIFO: bare_lifo,
    Method.HIFO: lambda large: bare_by_price(large, -1),
    Method.LOFO: lambda large: bare_by_price(large, 1),
    Method.AVERAGE: bare_average,
}


# --- the trades --------------------------------------------------------------------------------------------------


def events(each: list[Trade]) -> Iterator[Event]:
    for t in each:
        thing, money = Amount(Decimal(t.amount).scaleb(-8), t.asset), Amount(Decimal(t.total).scaleb(-8), "USD")
        sent, received = (money, thing) if t.buy else (thing, money)
        yield Event(t.id, t.at, Kind.TRADE, "main", sent, received)


def trades(count: int, seed: int = 7) -> Iterator[Trade]:
    """Three years, some 60 buys of 100, never short; prices walk at random; the fee is inside the total."""
    chance = random.Random(seed)
    walks = [walk(first, swing, chance) for _, first, swing, _ in ASSETS]
    weights = [1 / (place + 1) ** 0.5 for place in range(len(ASSETS))]
    held = [Decimal(0)] * len(ASSETS)
    for number, second in enumerate(sorted(chance.sample(range(DAYS * 86400), count))):
        place = chance.choices(range(len(ASSETS)), weights)[0]
        name, _, _, step = ASSETS[place]
        price = Decimal(str(round(walks[place][second // 86400] * (1 + chance.gauss(0, 0.002)), 6)))
        sell = chance.random() < 0.4 and held[place] > 0
        places = step if chance.random() < 0.7 else 8
        worth = Decimal(math.exp(chance.gauss(math.log(300), 1.1)) * (1.25 if sell else 1))
        amount = max(round(worth / price, places), Decimal(1).scaleb(-places))
        amount = min(amount, held[place]) if sell else amount
        gross = max((amount * price).quantize(CENT, ROUND_HALF_EVEN), CENT)
        fee = (gross * Decimal("0.001")).quantize(CENT, ROUND_HALF_EVEN)
        held[place] += -amount if sell else amount
        total = gross - fee if sell else gross + fee
        at = START + timedelta(seconds=second)
        yield Trade(f"t{number:07}", at, name, not sell, int(amount.scaleb(8)), int(total.scaleb(8)))


def walk(price: float, swing: float, chance: random.Random) -> list[float]:
    prices = []
    for _ in range(DAYS + 1):
        prices.append(price)
        price *= math.exp(chance.gauss(0.0006, swing))
    return prices

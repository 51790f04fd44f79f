"""How fast gains follow what happened: from transactions in the database to matches, lots and sums in it.

Beside it, in the same run, a bare loop that reads the same transactions and writes the same number of matches into a
table without an index: it knows no fees, wallets, terms or prices. Then a hundred trades more, and one changed a year
ago, each by going on from what was kept. Seconds by the clock; all of them once, the bare loop twice.
"""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from ledger.gains import asking, working
from ledger.models import Finding, Lot, Match, Reckoning, Stale
from tests.bench import basis
from tests.factories import OwnerFactory
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], object]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TRANSACTIONS = """
    COPY ledger_transaction (id, owner_id, wallet_id, event, occurred_at, kind, category, sent_amount, sent_asset,
        received_amount, received_asset, fee_amount, fee_asset, value_amount, value_currency, note, tags, ignored,
        "group", "order", hash, address, network, origins, rows, source, mine, ruled, conflicts, unknown, words)
    FROM STDIN
"""
BARE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS bare_matches (
        disposal int8, lot int8, amount numeric, proceeds numeric, cost numeric
    )
"""
READ = """
    SELECT coalesce(nullif(sent_asset, 'USD'), received_asset), sent_asset = 'USD',
        (CASE WHEN sent_asset = 'USD' THEN received_amount ELSE sent_amount END * 1e8)::bigint,
        (CASE WHEN sent_asset = 'USD' THEN sent_amount ELSE received_amount END * 1e8)::bigint
    FROM ledger_transaction WHERE owner_id = %s ORDER BY occurred_at, id
"""


class Measured(NamedTuple):
    seconds: float
    matches: int


def run(report: Report, *, rows: int) -> None:
    owner = OwnerFactory(email="gains@example.test", base_currency="USD")
    wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="b", created_at=NOW)
    made = list(basis.trades(rows))
    fill(wallet, (line_of(place, trade, wallet) for place, trade in enumerate(made)))
    bare = min(bare_loop(owner.pk) for _ in range(2))
    report(f"bare loop: {rows:,} trades read, matched and written in {bare:.2f} s")
    before = memory()
    whole = reckoned(owner)
    report(
        f"reckoned from the beginning: {whole.matches:,} matches in {whole.seconds:.2f} s, "
        f"{whole.seconds / bare:.2f} of the bare loop; wanted at most 3; memory grew by {memory() - before:.0f} MiB"
    )
    vacuum()
    more = [trade._replace(id=f"x{place}", at=NOW - timedelta(hours=1)) for place, trade in enumerate(made[-100:])]
    fill(wallet, (line_of(rows + place, trade, wallet) for place, trade in enumerate(more)))
    mark(owner, {trade.asset for trade in more}, NOW - timedelta(hours=1))
    went_on(report, owner, whole, "a hundred trades more", "1/50")
    mark(owner, {made[0].asset}, NOW - timedelta(days=366))
    went_on(report, owner, whole, "one asset from a year ago on", "0.4")
    mark(owner, {trade.asset for trade in more}, NOW - timedelta(days=366))
    went_on(report, owner, whole, "all assets from a year ago on", "0.4")
    held = Lot.objects.filter(reckoning__owner=owner).count()
    report(f"lots held: {held:,}; findings: {Finding.objects.filter(reckoning__owner=owner).count():,}")


def line_of(place: int, trade: basis.Trade, wallet: Wallet) -> str:
    amount, total = Decimal(trade.amount).scaleb(-8), Decimal(trade.total).scaleb(-8)
    legs = ("USD", total, trade.asset, amount) if trade.buy else (trade.asset, amount, "USD", total)
    return (
        f"{UUID(int=place + 1)}\t{wallet.owner_id}\t{wallet.pk}\tT{place}\t{trade.at.isoformat()}\ttrade\t\t{legs[1]}"
        f"\t{legs[0]}\t{legs[3]}\t{legs[2]}\t\\N\t\t\\N\t\t\t{{}}\tf\t\t\t\t\t\t{{api}}\t{{}}\t\\N\t{{}}\t{{}}\t{{}}\t{{}}\t\n"
    )


def fill(wallet: Wallet, lines: Iterator[str]) -> None:
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(TRANSACTIONS) as copy:
        for line in lines:
            copy.write(line)
    vacuum()


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_transaction")


def bare_loop(owner: int) -> float:
    with basis.no_collector(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE)
        cursor.execute("TRUNCATE bare_matches")
        began = time.perf_counter()
        with basis.Cursor(connection.connection) as raw:
            found = raw.execute(READ, [owner], binary=True).fetchall()
        numbered = ((place, *row) for place, row in enumerate(found))
        lines = [
            f"{place}\t{lot}\t{amount}e-8\t{proceeds}e-8\t{cost}e-8\n"
            for place, lot, amount, proceeds, cost in basis.bare_matches(numbered)
        ]
        with cursor.copy("COPY bare_matches FROM STDIN") as copy:
            for place in range(0, len(lines), 5000):
                copy.write("".join(lines[place : place + 5000]))
        return time.perf_counter() - began


def mark(owner: object, assets: set[str], since: datetime) -> None:
    Stale.objects.bulk_create(Stale(owner=owner, asset=asset, since=since, noted_at=NOW) for asset in sorted(assets))


def reckoned(owner: object) -> Measured:
    asking.standing(owner, now=NOW)
    asking.due(NOW)
    [reckoning] = Reckoning.objects.filter(owner=owner).select_related("owner")
    claimed = Reckoning.objects.select_related("owner").claim(now=NOW)
    assert claimed == reckoning
    began = time.perf_counter()
    working.work(claimed, clock=lambda: NOW)
    seconds = time.perf_counter() - began
    return Measured(seconds, Match.objects.filter(reckoning=reckoning).count())


def went_on(report: Report, owner: object, whole: Measured, words: str, wanted: str) -> None:
    seconds = reckoned(owner).seconds
    report(
        f"{words}: {seconds:.2f} s, {seconds / whole.seconds:.3f} of all (1/{whole.seconds / seconds:.0f}); "
        f"wanted {wanted}"
    )


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

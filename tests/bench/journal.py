"""What it costs to derive transactions from rows, and what a balance costs to read: Kraken's ledger, two rows a trade.

Beside it the same sums made anew by the database, which must be equal to the last digit: after the first reading, after
an edit, after one more row, and after everything is read again.
"""

from __future__ import annotations

import resource
import statistics
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction

from accounts.audit import SYSTEM
from ledger import edits, intake, journal
from ledger.models import Transaction
from tests.factories import OwnerFactory
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], object]

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PAGE = 5000
COINS = ("XXBT", "XETH", "SOL", "ADA", "DOT")
HELD = "SELECT asset, amount FROM ledger_balance WHERE wallet_id = %s ORDER BY asset"
SUMMED = """
    SELECT leg.asset, sum(leg.amount) FROM ledger_transaction AS t CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount)
    WHERE t.wallet_id = %s AND NOT t.ignored AND leg.amount IS NOT NULL GROUP BY leg.asset ORDER BY leg.asset
"""


def run(report: Report, *, rows: int) -> None:
    wallet = Wallet.objects.create(
        owner=OwnerFactory(email="bench@example.test"), exchange="kraken", way="key", label="b", created_at=NOW
    )
    before = memory()
    stored = timed(lambda: store_all(wallet, rows))
    vacuum()
    with upkeep() as kept:
        derived = timed(lambda: journal.catch_up_all(wallet, now=NOW))
    report(f"stored  {rows:>9,} rows   {stored:8.1f} s {rows / stored:>10,.0f} rows/s")
    report(f"derived {rows:>9,} rows   {derived:8.1f} s {rows / derived:>10,.0f} rows/s")
    share = 100 * sum(kept) / (stored + derived)
    report(f"keeping balances meanwhile   {sum(kept):8.1f} s: {share:.1f} % of storing and deriving; wanted at most 10")
    vacuum()
    compare(report, wallet, "after the first reading")
    one_edit(report, wallet)
    one_row(report, wallet, rows)
    journal.from_the_beginning(wallet)
    again = timed(lambda: journal.catch_up_all(wallet, now=NOW))
    report(f"read all anew                {again:8.1f} s {rows / again:>10,.0f} rows/s")
    compare(report, wallet, "after everything was read anew")
    report(f"memory grew by {memory() - before:.0f} MiB")


@contextmanager
def upkeep() -> Iterator[list[float]]:
    """Seconds of each statement that writes balances."""
    seconds: list[float] = []

    def measured(execute, sql, *told):
        if "INTO ledger_balance" not in sql and "FROM ledger_balance" not in sql:
            return execute(sql, *told)
        began = time.perf_counter()
        answer = execute(sql, *told)
        seconds.append(time.perf_counter() - began)
        return answer

    with connection.execute_wrapper(measured):
        yield seconds


def store_all(wallet: Wallet, rows: int) -> None:
    pending: list[Record] = []
    for row in rows_of(rows):
        pending.append(row)
        if len(pending) == PAGE:
            store(wallet, pending)
            pending = []
    store(wallet, pending)


def store(wallet: Wallet, records: list[Record]) -> None:
    with transaction.atomic():
        intake.store(wallet, records, stream="ledger", now=NOW)


def rows_of(count: int) -> Iterator[Record]:
    for number in range(count // 2):
        at, coin = NOW - timedelta(minutes=7 * number), COINS[number % len(COINS)]
        yield row(f"L{number}A", number, "ZEUR", f"-{100 + number % 37}.50", "0.2613", at)
        yield row(f"L{number}B", number, coin, f"0.{number % 89 + 10}00000001", "0", at)


def row(name: str, number: int, asset: str, amount: str, fee: str, at: datetime) -> Record:
    raw = {"refid": f"T{number}", "type": "trade", "subtype": "", "aclass": "currency", "asset": asset}
    return Record("ledger", name, at, {**raw, "amount": amount, "fee": fee, "time": f"{at.timestamp():.4f}"})


def one_edit(report: Report, wallet: Wallet) -> None:
    some = list(Transaction.objects.filter(wallet=wallet).order_by("?").values_list("pk", flat=True)[:50])
    times = [
        timed(
            lambda pk=pk, place=place: edits.edit(
                by=SYSTEM,
                owner=wallet.owner,
                ids=[pk],
                changes={"received": {"amount": f"{place + 1}", "asset": "BTC"}},
                now=NOW,
            )
        )
        for place, pk in enumerate(some)
    ]
    report(f"one edit, derived at once    {statistics.median(times) * 1000:8.1f} ms (median of {len(times)})")
    compare(report, wallet, "after edits")


def one_row(report: Report, wallet: Wallet, rows: int) -> None:
    times = []
    for place in range(30):
        store(wallet, [row(f"M{place}", rows + place, "ZEUR", "5", "0", NOW + timedelta(minutes=place))])
        times.append(timed(lambda: journal.catch_up_all(wallet, now=NOW)))
    report(f"one more row, derived        {statistics.median(times) * 1000:8.1f} ms (median of {len(times)})")
    compare(report, wallet, "after more rows")


def compare(report: Report, wallet: Wallet, when: str) -> None:
    with connection.cursor() as cursor:
        kept, summed = fetched(cursor, HELD, wallet), fetched(cursor, SUMMED, wallet)
        assert kept == [(asset, amount) for asset, amount in summed if amount], when
        fast = statistics.median(timed(lambda: fetched(cursor, HELD, wallet)) for _ in range(30))
        slow = statistics.median(timed(lambda: fetched(cursor, SUMMED, wallet)) for _ in range(3))
    times = f"kept {fast * 1000:.2f} ms, summed {slow * 1000:.0f} ms"
    report(f"balances {when}: equal; {times}, 1/{slow / fast:.0f}; wanted 1/300 at a million")


def fetched(cursor, sql: str, wallet: Wallet):
    cursor.execute(sql, [wallet.pk])
    return cursor.fetchall()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE ledger_sourcerow, ledger_transaction, ledger_part, ledger_transactionkey")


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

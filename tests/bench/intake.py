"""How fast pages of records become source rows: `ledger.intake.store` against `bulk_create(ignore_conflicts=True)`.

Both write the same records into the same table with the same indexes, each page in a transaction of its own, as a sync
keeps them: once into a wallet that has none, and once more when nothing has changed. They take turns, each time with a
wallet of its own. Balances are not kept here: they come with the journal.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from django.db import connection, transaction

from ledger import intake
from ledger.models import SourceRow
from tests.factories import OwnerFactory
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from accounts.models import User

    Report = Callable[[str], object]
    Way = Callable[[Wallet, Sequence[Record]], None]

ROUNDS = 5
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PAGES = (50, 1000, 5000)  # Kraken's, Binance's, a file's
WANTED = {"first": 5, "again": 8}


def run(report: Report, *, rows: int) -> None:
    owner = OwnerFactory(email="bench@example.test")
    report(f"{'rows a second':24} {'bulk_create':>12} {'store':>12} {'ratio':>8}   wanted: first 5, again 8")
    for size in PAGES:
        pages = list(pages_of(rows, size))
        speeds = defaultdict(list)
        for _ in range(ROUNDS):
            for name, way in (("theirs", bulk_created), ("ours", stored)):
                for when, seconds in timed(way, owner, pages).items():
                    speeds[when, name].append(rows / seconds)
        for when in WANTED:
            them, us = (statistics.median(speeds[when, name]) for name in ("theirs", "ours"))
            report(f"{f'{size} a page, {when}':24} {them:12,.0f} {us:12,.0f} {us / them:8.1f}")


def timed(way: Way, owner: User, pages: Sequence[Sequence[Record]]) -> dict[str, float]:
    wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="bench", created_at=NOW)
    seconds = {}
    for when in WANTED:
        began = time.perf_counter()
        for page in pages:
            with transaction.atomic():
                way(wallet, page)
        seconds[when] = time.perf_counter() - began
        vacuum()
    assert SourceRow.objects.filter(wallet=wallet).count() == len(list(chain.from_iterable(pages)))
    return seconds


def stored(wallet: Wallet, page: Sequence[Record]) -> None:
    intake.store(wallet, page, stream="ledger", now=NOW)


def bulk_created(wallet: Wallet, page: Sequence[Record]) -> None:
    """As one writes it with Django. It notices no change: a row that comes back different is passed over."""
    SourceRow.objects.bulk_create(
        [
            SourceRow(
                owner_id=wallet.owner_id,
                wallet=wallet,
                origin=SourceRow.Origin.API,
                stream="ledger",
                family=record.family,
                external_id=record.external_id,
                revision=1,
                occurred_at=record.occurred_at,
                raw=record.raw,
                digest=hashlib.blake2b(intake.packed(record.raw).encode(), digest_size=16).digest(),
                stored_at=NOW,
            )
            for record in page
        ],
        ignore_conflicts=True,
    )


def vacuum() -> None:
    """As a table is between two syncs."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) ledger_sourcerow")


def pages_of(rows: int, size: int) -> Sequence[Sequence[Record]]:
    records = [record(number) for number in range(rows)]
    return [records[first : first + size] for first in range(0, rows, size)]


def record(number: int) -> Record:
    """Ids as exchanges give them: in no order."""
    name = hashlib.sha256(str(number).encode()).hexdigest()[:17].upper()
    at = NOW - timedelta(seconds=37 * number)
    raw = {
        "aclass": "currency",
        "amount": f"{(number * 7919) % 10**9 / 10**9:.10f}",
        "asset": ("XXBT", "ZUSD", "XETH")[number % 3],
        "balance": f"{number}.0000000000",
        "fee": "0.3520",
        "refid": f"T{name}",
        "time": str(at.timestamp()),
        "type": "trade",
        "subtype": "tradespot",
    }
    return Record("ledger", f"L{name}", at, raw)

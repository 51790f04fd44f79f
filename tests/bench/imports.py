"""What it costs to import a file: looked at line by line, committed as a whole, taken back. Memory is told as its peak.

The file is Kraken's ledger, two lines a trade, made on the spot. Beside it the bare csv reader over the same file.
"""

from __future__ import annotations

import csv
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from accounts.audit import Actor, ActorKind
from ledger import import_brought, import_steps, importing
from ledger.models import ImportFile, Transaction
from tests.bench.journal import rows_of
from tests.factories import OwnerFactory
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    Report = Callable[[str], object]

NOW = datetime(2026, 11, 1, tzinfo=UTC)
HEADER = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
BY = Actor(ActorKind.OWNER)


def run(report: Report, *, rows: int) -> None:
    owner = OwnerFactory(email="bench@example.test")
    wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="csv", label="b", created_at=NOW)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledgers.csv"
        write(path, rows)
        began = time.perf_counter()
        with path.open(newline="") as lines:
            assert sum(1 for _ in csv.reader(lines)) == rows + 1
        report(f"{'bare csv reader':24} {rows / (time.perf_counter() - began):12,.0f} lines/s")
        before = memory()
        with path.open("rb") as stream:
            file = timed(
                report,
                "received",
                rows,
                lambda: importing.receive(by=BY, owner=owner, stream=stream, name=path.name, wallet=wallet, now=NOW),
            )
    for name, ask in (("looked at", None), ("committed", importing.commit), ("taken back", importing.undo)):
        if ask is importing.undo:
            began = time.perf_counter()
            brought = import_brought.of(ImportFile.objects.get(pk=file.pk))
            report(
                f"{'what it brought, told':24} {(time.perf_counter() - began) * 1000:12,.1f} ms, {brought.rows:,} lines"
            )
        if ask:
            ask(by=BY, file=ImportFile.objects.get(pk=file.pk), now=NOW)
        timed(report, name, rows, lambda: step(file))
        report(f"{'':24} peak memory +{memory() - before:.0f} MiB, {Transaction.objects.count():,} transactions")
    assert ImportFile.objects.get(pk=file.pk).state == "undone"


def step(file: ImportFile) -> None:
    """Twice where a file turns out to be for the long lane."""
    mine = ImportFile.objects.filter(pk=file.pk).select_related("owner", "wallet")
    while claimed := mine.claim(now=NOW):
        import_steps.work(claimed, clock=lambda: NOW)


def write(path: Path, rows: int) -> None:
    with path.open("w") as out:
        out.write(HEADER)
        for each in rows_of(rows):
            raw, at = each.raw, each.occurred_at
            told = (each.external_id, raw["refid"], f"{at:%Y-%m-%d %H:%M:%S}", "trade", "", "currency")
            out.write(",".join((*told, raw["asset"], raw["amount"], raw["fee"], "0")) + "\n")


def timed(report: Report, name: str, rows: int, work: Callable[[], ImportFile | None]) -> ImportFile | None:
    began = time.perf_counter()
    answer = work()
    seconds = time.perf_counter() - began
    report(f"{name:24} {rows / seconds:12,.0f} lines/s   {seconds:8.1f} s")
    return answer


def memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

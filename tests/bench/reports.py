"""What reports cost: disposals of one year as a table, a paper and a workbook, from the database to the last byte.

Beside each, in the same run, the bare parts: Python's csv writer, and lines drawn by reportlab's canvas, with as many
cells as ours have, given rows that lie in memory already. Median of three by the clock; the workbook once.
"""

from __future__ import annotations

import csv
import resource
import statistics
import tempfile
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import connection, transaction
from reportlab.pdfgen.canvas import Canvas

from ledger import tax_figures
from ledger.gains import sums, terms
from ledger.models import Reckoning
from ledger.reporting import inputs_of, source_of
from ledger.reports.kinds import KINDS
from tests.factories import OwnerFactory

if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[str], object]

NOW = datetime(2026, 2, 1, tzinfo=UTC)
YEAR = 2025
DRAWN = (40, 150, 215, 280, 345, 410, 450)  # where the cells of a drawn line begin
A_PAGE = 58
FILL = """
    INSERT INTO ledger_match (reckoning_id, asset, wallet, disposal, part, act, lot, amount, acquired, disposed, day,
        year, proceeds, cost, adjustment, term, rule, counts, known)
    SELECT %(reckoning)s, (ARRAY['BTC', 'ETH', 'SOL', 'ADA', 'DOT'])[n %% 5 + 1], md5((n %% 3)::text)::uuid,
        md5(n::text)::uuid, 0, 'sold', md5('lot' || n)::uuid, (n %% 99999 + 1) * 1e-8 * 12345, at - held, at, at::date,
        %(year)s, round(n * 1.37 + 0.00123456, 8), round(n * 1.21 + 0.00234567, 8), 0,
        CASE WHEN n %% 3 = 0 THEN 'long' ELSE 'short' END, 'fifo', TRUE, TRUE
    FROM (
        SELECT n, timestamptz '2025-01-01Z' + n * interval '360 days' / %(rows)s AS at,
            CASE WHEN n %% 3 = 0 THEN interval '500 days' ELSE interval '90 days' END AS held
        FROM generate_series(1, %(rows)s) AS n
    ) AS sales
"""


def run(report: Tell, *, rows: int) -> None:
    reckoning = filled(rows)
    source = source_of(reckoning, YEAR, now=NOW)
    lines = list(map(line, range(rows)))
    bare = median(lambda: bare_csv(lines))
    drawn = median(lambda: bare_pdf(lines))
    report(f"bare csv writer    {bare:7.2f} s {rows / bare:>12,.0f} rows/s")
    report(f"bare drawn lines   {drawn:7.2f} s {rows / drawn:>12,.0f} rows/s")
    for kind, beside in (("8949_csv", bare), ("gains_csv", bare), ("8949_pdf", drawn)):
        took = median(lambda kind=kind: made(kind, source))
        report(f"{kind:<18} {took:7.2f} s {rows / took:>12,.0f} rows/s   {beside / took:5.2f} of the bare one")
    once = timed(lambda: made("xlsx", source))
    report(f"xlsx               {once:7.2f} s {rows / once:>12,.0f} rows/s")
    report(f"hash of the inputs {timed(lambda: inputs_of(source)):7.2f} s")
    report(f"figures            {timed(lambda: tax_figures.figures(reckoning, YEAR)):7.3f} s")
    report(f"figures by day     {timed(lambda: tax_figures.days_of(reckoning, YEAR)):7.3f} s, as the UK asks for them")
    report(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB, with the bare ones' rows")


def line(n: int) -> tuple[str, ...]:
    figures = f"{n * 1.37:.2f}", f"{n * 1.21:.2f}", f"{n * 0.16:.2f}"
    return (
        f"0.{n:08d} BTC",
        "01/02/2025",
        "06/07/2025",
        *figures,
        "I",
        "Kraken",
        "6b1f0c7e-2d0f-4a7e-9d53-0d8f6c5d6a11",
    )


def filled(rows: int) -> Reckoning:
    owner = OwnerFactory(email="reports@example.test", base_currency="USD")
    reckoning = Reckoning.objects.create(
        owner=owner, in_force=True, digest="bench", settings=terms.asked(owner), version=terms.version(), asked_at=NOW,
        reckoned_at=NOW, finished_at=NOW, not_before=NOW, assets=["ADA", "BTC", "DOT", "ETH", "SOL"],
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"reckoning": reckoning.pk, "year": YEAR, "rows": rows})
    sums.put_on_all(reckoning)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return reckoning


def made(kind: str, source: object) -> None:
    with tempfile.TemporaryFile() as file, transaction.atomic():
        KINDS[kind].make(source, file)


def bare_csv(lines: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryFile("w", newline="") as file:
        csv.writer(file).writerows(lines)


def bare_pdf(lines: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryFile() as file:
        canvas = Canvas(file, pageCompression=1)
        for first in range(0, len(lines), A_PAGE):
            canvas.setFont("Helvetica", 7)
            for place, cells in enumerate(lines[first : first + A_PAGE]):
                for x, text in zip(DRAWN, cells, strict=False):
                    canvas.drawString(x, 800 - place * 11, text)
            canvas.showPage()
        canvas.save()


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(work: Callable[[], object]) -> float:
    return statistics.median(timed(work) for _ in range(3))

"""The United States: what Form 8949 asks for, in its columns and boxes, with the figures for Schedule D.

From 2025 on digital assets have boxes of their own: G and J where the cost was reported to the IRS on a Form 1099-DA,
H and K where it was not, I and L where there was no such form. Until 2024 they stood in C and F, or, on a 1099-B, in
the boxes before. The form lets amounts be rounded; here every line is rounded to the cent, and its gain is what its
rounded columns come to, so that each line and each page adds up. What the totals would be without rounding is said.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from ledger import tax_figures
from ledger.engine.types import Country
from ledger.engine.types import Kind as Kinds
from ledger.models import Transaction
from ledger.reports import tables
from ledger.reports.base import Kind
from ledger.reports.cells import Cell, money
from ledger.reports.tables import BY_TIME, MATCHES, Column, Look, Table, amount, cents, shown, wallet
from ledger.reports.wanting import NOT_HERE, WANTING, of_other_rules, of_the_clock, undated, wanting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.reports.base import Source
    from ledger.reports.paper import Paper

US = frozenset({Country.US})
DIGITAL_FROM = 2025
FORM = "MM/DD/YYYY"
# By term and by what a broker told the IRS: with the cost, without it, nothing.
BOXES = {"shortt": "A", "shortf": "B", "short": "C", "longt": "D", "longf": "E", "long": "F"}
DIGITAL = {"shortt": "G", "shortf": "H", "short": "I", "longt": "J", "longf": "K", "long": "L"}
MEANING = {
    "t": "reported to you on a {form}, with the cost reported to the IRS",
    "f": "reported to you on a {form}, without the cost",
    "": "not reported to you on a {form}",
}
SCHEDULE_D = {"A": "1b", "B": "2", "C": "3", "D": "8b", "E": "9", "F": "10"} | {
    "G": "1b", "H": "2", "I": "3", "J": "8b", "K": "9", "L": "10"
}  # fmt: skip
PART = "m.disposal || '/' || m.part"
REPORTED = f"%(reported)s::jsonb ->> ({PART} || '/' || m.lot), %(reported)s::jsonb ->> ({PART})"
BOX = f"(%(boxes)s::jsonb ->> (m.term || coalesce({REPORTED}, '')))"
ROUNDED = "round(m.proceeds, 2) - round(m.cost, 2) + round(m.adjustment, 2)"
WHAT = f"CASE m.rule WHEN 'result' THEN 'Margin or futures,' ELSE {amount('m.amount')} END"
# What was inherited bears this word in place of a day.
ACQUIRED = f"CASE WHEN m.lot = ANY(%(inherited)s::uuid[]) THEN 'INHERITED' ELSE {tables.day('m.acquired', FORM)} END"
COLUMNS = (
    Column("Description of property", f"{WHAT} || ' ' || {shown('m.asset')}"),
    Column("Date acquired", ACQUIRED, Look.DAY),
    Column("Date sold or disposed of", f"to_char(m.day, '{FORM}')", Look.DAY),
    Column("Proceeds", cents("m.proceeds"), Look.MONEY),
    Column("Cost or other basis", cents("m.cost"), Look.MONEY),
    Column("Code", "CASE WHEN round(m.adjustment, 2) = 0 THEN '' ELSE 'O' END"),
    Column("Adjustment", f"CASE WHEN round(m.adjustment, 2) = 0 THEN '' ELSE {cents('m.adjustment')} END", Look.MONEY),
    Column("Gain or loss", f"({ROUNDED})::text", Look.MONEY),
)
IN_BOX = f"{MATCHES} AND {BOX} = %(box)s"
LINES = Table(COLUMNS, IN_BOX, BY_TIME)
FILE = Table(
    (
        Column("Box", BOX),
        *COLUMNS,
        Column("Wallet", wallet("m.wallet")),
        Column("Transaction", "m.disposal::text"),
    ),
    MATCHES,
    f"1, {BY_TIME}",  # box by box
)
SUMS = f"""
    SELECT {BOX}, count(*), sum(round(m.proceeds, 2)), sum(round(m.cost, 2)), sum(round(m.adjustment, 2)),
        sum({ROUNDED}), count(*) FILTER (WHERE NOT m.known)
    FROM {MATCHES} GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - only words of our own


class Box(NamedTuple):
    """All lines that belong under one box, added up as they are rounded."""

    letter: str
    lines: int
    proceeds: Decimal
    cost: Decimal
    adjustment: Decimal
    gain: Decimal
    unknown: int  # whose cost nobody knows

    @property
    def short(self) -> bool:
        return self.letter in "ABCGHI"


def boxes_of(year: int) -> Mapping[str, str]:
    return DIGITAL if year >= DIGITAL_FROM else BOXES


def said(source: Source, *, file: bool, **more: Any) -> dict[str, Any]:
    reported = {
        "/".join(str(each) for each in name if each is not None): "t" if covered else "f"
        for name, covered in source.reported.items()
    }
    boxes, mine = boxes_of(source.terms.number), Transaction.objects.for_user(source.owner)
    inherited = list(mine.filter(kind=Kinds.GIFT, category="inheritance").values_list("pk", flat=True))
    told = {"boxes": json.dumps(boxes), "reported": json.dumps(reported), "inherited": inherited}
    return tables.facts(source, file=file, **told, **more)


def boxes(source: Source) -> list[Box]:
    return [Box(*row) for row in tables.ask(SUMS, said(source, file=False))]


def as_csv(source: Source, file: BinaryIO) -> int:
    file.write(tables.header(column.title for column in FILE.columns))
    return tables.copy(FILE, said(source, file=True), source, file)


# --- the paper ----------------------------------------------------------------------------------------------------

LEADING = "(a) Description", "(b) Acquired", "(c) Sold", "(d) Proceeds", "(e) Cost", "(f)", "(g) Adj.", "(h) Gain"
CELLS = (
    Cell(LEADING[0], 150), Cell(LEADING[1], 54), Cell(LEADING[2], 54), Cell(LEADING[3], 74, figure=True),
    Cell(LEADING[4], 74, figure=True), Cell(LEADING[5], 20), Cell(LEADING[6], 46, figure=True),
    Cell(LEADING[7], 68, figure=True),
)  # fmt: skip
SUMMARY = (
    Cell("Schedule D", 60), Cell("Form 8949", 80), Cell("Lines", 60, figure=True),
    Cell("(d) Proceeds", 90, figure=True), Cell("(e) Cost", 90, figure=True), Cell("(g) Adj.", 70, figure=True),
    Cell("(h) Gain or loss", 90, figure=True),
)  # fmt: skip


def as_pdf(source: Source, file: BinaryIO) -> int:
    from ledger.reports.paper import Paper  # noqa: PLC0415 - only workers draw

    found = boxes(source)
    paper = Paper(file, f"Statement for Form 8949 and Schedule D, {source.called}", source)
    first_page(paper, source, found)
    written = 0
    for box in found:
        written += section(paper, source, box, written)
    paper.finish()
    return written


def first_page(paper: Paper, source: Source, found: list[Box]) -> None:
    paper.title(f"Statement for Form 8949 and Schedule D, {source.called}")
    paper.blank("Name(s) shown on return")
    paper.blank("Social security number")
    paper.heading("Schedule D figures")
    paper.table(SUMMARY, [summary_row(box) for box in found])
    for words, short in (("Short-term", True), ("Long-term", False)):
        paper.total(SUMMARY, total_row(words, [box for box in found if box.short is short]))
    paper.space()
    for line in notes(source, found):
        paper.text(line)
    paper.heading("What this is")
    for line in ABOUT:
        paper.text(line)


ABOUT = (
    (
        "Holdfast drew this statement. It is no form of the IRS: it has the form's columns in the form's "
        "order, to be copied, or attached with the totals on the form itself (code M in column f) where the "
        "IRS allows that."
    ),
    (
        "Digital assets go under boxes G to L from the tax year 2025 on; until 2024 they stood under A to F. "
        "Which box is right depends on the Form 1099-DA that you were sent: bring yours to Holdfast, and its "
        "lines go to their boxes."
    ),
    (
        "Where a broker reported a cost to the IRS that is not yours (boxes A, D, G, J), the form wants the "
        "broker's cost in column (e), code B in column (f) and the difference in column (g). Here column (e) "
        "has your own."
    ),
    (
        "Results of margin and futures positions stand among the lines without a date of acquisition. A contract "
        "may be no digital asset and belong under box C, or on Form 6781 instead: ask your adviser."
    ),
    (
        "Losses are not put off as wash sales: section 1091 speaks of stock and securities, and the IRS treats digital "
        "assets as property. If something you sold is a security, ask your adviser."
    ),
)


def summary_row(box: Box) -> tuple[str, ...]:
    figures = (money(each) for each in (box.proceeds, box.cost, box.adjustment, box.gain))
    return (f"Line {SCHEDULE_D[box.letter]}", f"Box {box.letter}", f"{box.lines:,}", *figures)


def total_row(words: str, found: list[Box]) -> tuple[str, ...]:
    columns = (sum(getattr(box, name) for box in found) for name in ("proceeds", "cost", "adjustment", "gain"))
    return (words, "", f"{sum(box.lines for box in found):,}", *(money(Decimal(each)) for each in columns))


ROUNDING = (
    "Each line is rounded to the cent, half a cent away from nought; its gain is what its rounded columns"
    " come to, and totals add up the rounded lines."
)


def notes(source: Source, found: list[Box]) -> list[str]:
    exact = tax_figures.figures(source.reckoning, source.year)
    told = tax_figures.told(exact)
    exactly = f"short-term {money(told['short.gain'], 8)}, long-term {money(told['long.gain'], 8)} {source.currency}"
    lines = [f"{ROUNDING} Without rounding: {exactly}."]
    if source.currency != "USD":
        lines.append(
            f"These figures are in {source.currency}. The form asks for US dollars: choose them, and ask anew."
        )
    unknown = sum(box.unknown for box in found)
    if unknown == 1:
        lines.append("Of one line nobody knows what was paid: its cost stands as nought, or as a guess.")
    elif unknown:
        lines.append(f"Of {unknown:,} lines nobody knows what was paid: their cost stands as nought, or as a guess.")
    lines += wanting(source, *WANTING)
    return [*lines, *undated(source), *of_the_clock(source), *of_other_rules(source), NOT_HERE]


def section(paper: Paper, source: Source, box: Box, before: int) -> int:
    """A box has its own pages, as the form wants it."""
    part = "Part I, short-term" if box.short else "Part II, long-term"
    means = meaning(source.terms.number, box.letter)
    paper.page(f"Form 8949, {source.called}. {part}. Box {box.letter}: {means}")
    rows = tables.read(LINES, said(source, file=False, box=box.letter))
    number = paper.listing(CELLS, tables.counted(rows, source, before), sums=(3, 4, 6, 7))
    paper.total(CELLS, (f"Box {box.letter}, all pages", "", "", *summed(box)))
    return number


def summed(box: Box) -> tuple[str, ...]:
    return money(box.proceeds), money(box.cost), "", money(box.adjustment), money(box.gain)


def meaning(year: int, letter: str) -> str:
    named = next(name for name, each in boxes_of(year).items() if each == letter)
    said_by = named.removeprefix("short").removeprefix("long")
    return MEANING[said_by].format(form="Form 1099-DA" if year >= DIGITAL_FROM else "Form 1099-B")


KINDS = (
    Kind(
        "8949_pdf",
        "Form 8949 and Schedule D, to print",
        "Every disposal in the form's columns (a) to (h), box by box, with page totals and the lines of Schedule D.",
        as_pdf,
        US,
    ),
    Kind(
        "8949_csv",
        "Form 8949, as a table",
        "The same lines with their box, wallet and transaction, for a spreadsheet or for whoever does your taxes.",
        as_csv,
        US,
    ),
)

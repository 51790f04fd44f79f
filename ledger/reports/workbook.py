"""Everything of a tax year in one workbook: figures, disposals, income, holdings and findings, a sheet each.

A workbook keeps fifteen digits of a number; what has more stays text, so that nothing is lost. Cells that look like a
formula are text as well. Rows are written as they come: memory stays flat.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ledger import tax_figures
from ledger.reports import gains, holdings, income, tables
from ledger.reports.base import Kind
from ledger.reports.statement import COUNTED
from ledger.reports.tables import Column, Look, Table, amount, moment, shown, wallet
from ledger.reports.wanting import of_other_rules, unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from ledger.reports.base import Source

ROWS = 1_048_575  # of a sheet, below its heading
DIGITS = 15
FINDINGS = Table(
    (
        Column("problem", "replace(f.problem, '_', ' ')"),
        Column("asset", shown("f.asset")),
        Column("amount", amount("f.amount"), Look.AMOUNT),
        Column("money", amount("f.money"), Look.MONEY),
        Column("at", moment("f.at")),
        Column("wallet", wallet("f.wallet")),
        Column("transaction", "coalesce(f.transaction::text, '')"),
    ),
    "ledger_finding AS f WHERE f.reckoning_id = %(reckoning)s AND f.year = %(year)s",
    "f.problem, f.at, f.id",
)
WIDE = {Look.TEXT: 14, Look.DAY: 12, Look.AMOUNT: 20, Look.MONEY: 16}


class Sheet(NamedTuple):
    name: str
    titles: Sequence[str]
    looks: Sequence[Look]


def make(source: Source, file: BinaryIO) -> int:
    import xlsxwriter  # noqa: PLC0415 - only workers write workbooks

    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": source.now.replace(tzinfo=None), "author": "Holdfast"})
    paper = Filling(book, source)
    paper.fill(Sheet("Figures", ("Figure", "Value", "Words"), (Look.TEXT, Look.MONEY, Look.TEXT)), figures(source))
    paper.table("Disposals", gains.TABLE)
    paper.table("Income", income.TABLE)
    paper.fill(
        Sheet(
            "Holdings", holdings.TITLES, (Look.TEXT, Look.AMOUNT, Look.TEXT, *[Look.MONEY] * 4, Look.TEXT, Look.AMOUNT)
        ),
        (holdings.row(each, source.currency) for each in holdings.held(source)),
    )
    paper.table("Findings", FINDINGS)
    book.close()
    return paper.written


def figures(source: Source) -> Iterator[tuple[str, str, str]]:
    """A year is no money, and neither is a count."""
    yield "Tax year", "", source.called
    yield from (("", "", line) for line in (*unfinished(source), *of_other_rules(source)))
    yield "Country", "", str(source.country)
    yield "Method", "", source.terms.method
    yield "Currency", "", source.currency
    yield "Time zone", "", source.zone
    for line in tax_figures.lines(tax_figures.figures(source.reckoning, source.year)):
        value = f"{line.value:f}"
        yield (line.words, "", value) if line.name in COUNTED else (line.words, value, "")


class Filling:
    def __init__(self, book: Workbook, source: Source) -> None:
        self.book, self.source = book, source
        self.bold = book.add_format({"bold": True})
        self.money = book.add_format({"num_format": "#,##0.00"})
        self.written = 0

    def table(self, name: str, table: Table) -> None:
        sheet = Sheet(name, [column.title for column in table.columns], [column.look for column in table.columns])
        rows = tables.read(table, tables.facts(self.source, file=False))
        before = self.written
        self.fill(sheet, tables.counted(rows, self.source, before))

    def fill(self, sheet: Sheet, rows: Iterable[Sequence[str]]) -> None:
        """What is too long for one sheet goes on in another."""
        page, number = self.begin(sheet, 1), 0
        for number, row in enumerate(rows, 1):
            part, place = divmod(number - 1, ROWS)
            if part and not place:
                page = self.begin(sheet, part + 1)
            self.row(page, place + 1, sheet.looks, row)
        self.written += number

    def begin(self, sheet: Sheet, part: int) -> Worksheet:
        page = self.book.add_worksheet(sheet.name if part == 1 else f"{sheet.name} {part}")
        for column, (title, look) in enumerate(zip(sheet.titles, sheet.looks, strict=True)):
            page.set_column(column, column, max(WIDE[look], len(title) + 2))
            page.write_string(0, column, title, self.bold)
        page.freeze_panes(1, 0)
        return page

    def row(self, page: Worksheet, place: int, looks: Sequence[Look], row: Sequence[str]) -> None:
        for column, (text, look) in enumerate(zip(row, looks, strict=True)):
            if not text:
                continue
            if look in {Look.MONEY, Look.AMOUNT} and is_figure(text):
                page.write_number(place, column, Decimal(text), self.money if look is Look.MONEY else None)
            else:
                page.write_string(place, column, text)


def is_figure(text: str) -> bool:
    """One that the workbook keeps whole."""
    bare = text.lstrip("-").replace(".", "", 1)
    return bare.isascii() and bare.isdigit() and len(bare.lstrip("0")) <= DIGITS


KINDS = (
    Kind(
        "xlsx",
        "Everything in one workbook",
        "Figures, disposals, income, holdings at the end of the year and findings, a sheet each.",
        make,
    ),
)

"""A country's own list, as a table and as a paper: the figures first, then every line they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ledger import tax_figures
from ledger.engine.types import Problem
from ledger.reports import tables
from ledger.reports.base import Kind
from ledger.reports.cells import Cell, money
from ledger.reports.tables import Look
from ledger.reports.wanting import NOT_HERE, WANTING, of_other_rules, of_the_clock, undated, wanting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from ledger.engine.types import Country
    from ledger.reports.base import Source
    from ledger.reports.tables import Table

FIGURES = Cell("Figure", 330), Cell("", 150, figure=True)
COUNTED = frozenset({"disposals"})  # figures that are no money


@dataclass(frozen=True, slots=True)
class Statement:
    """`widths`: of the columns on paper, by title; columns without one are in the file only."""

    name: str
    title: str
    about: str
    country: Country
    table: Table
    widths: Mapping[str, int]
    notes: tuple[str, ...] = ()
    besides: Callable[[Source], Iterable[tuple[str, Decimal]]] = lambda _: ()  # further figures of that year

    def kinds(self) -> tuple[Kind, ...]:
        here = frozenset({self.country})
        return (
            Kind(f"{self.name}_pdf", f"{self.title}, to print", self.about, self.as_pdf, here),
            Kind(f"{self.name}_csv", f"{self.title}, as a table", self.about, self.as_csv, here),
        )

    def as_csv(self, source: Source, file: BinaryIO) -> int:
        return tables.write(self.table, source, file)

    def as_pdf(self, source: Source, file: BinaryIO) -> int:
        from ledger.reports.paper import Paper  # noqa: PLC0415 - only workers draw

        title = f"{self.title}, {source.called}"
        paper = Paper(file, title, source)
        paper.title(title)
        paper.text(f"All money is in {source.currency}.")
        if wanted := tax_figures.other_money(source.reckoning, source.year):
            paper.text(f"The form is filled in {wanted}: what its law counts in {wanted} is left out here.")
        paper.table(FIGURES, [*figure_rows(source), *((words, money(each)) for words, each in self.besides(source))])
        paper.space()
        wants = wanting(source, Problem.MISSING_BASIS, *WANTING)
        days = undated(source) if "Acquired" in self.widths else ()
        for note in (ROUNDING, *of_the_clock(source), *of_other_rules(source), *wants, *days, *self.notes, NOT_HERE):
            paper.text(note)
        paper.page("Every line")
        number = paper.listing(self.cells(), self.lines(source), self.sums())
        paper.finish()
        return number

    def cells(self) -> list[Cell]:
        looks = {column.title: column.look for column in self.table.columns}
        figures = {Look.MONEY, Look.AMOUNT}
        return [Cell(title, width, figure=looks[title] in figures) for title, width in self.widths.items()]

    def sums(self) -> list[int]:
        looks = {column.title: column.look for column in self.table.columns}
        return [place for place, title in enumerate(self.widths) if looks[title] is Look.MONEY]

    def lines(self, source: Source) -> Iterator[Sequence[str]]:
        """Of the table, what goes on paper."""
        chosen = tuple(column for title in self.widths for column in self.table.columns if column.title == title)
        rows = tables.read(self.table._replace(columns=chosen), tables.facts(source, file=False))
        return tables.counted(rows, source)


AFTER_FEES = (
    "Proceeds are what was left of them after fees. Where the form asks for costs of the sale by themselves, put those"
    " fees there and proceeds before them: the gain is the same."
)
FORKED = (
    "What came of a fork stands at no cost, unless its owner said one. By law a part of what the old asset had cost"
    " belongs to it{more}: say both costs in Holdfast, or ask your adviser."
)
ROUNDING = (
    "Lines are rounded to the cent, half a cent away from nought, and pages add up rounded lines. The figures above are"
    " reckoned without rounding and rounded at the end, so that a sum of many lines may differ from them by some cents."
)


def figure_rows(source: Source) -> list[tuple[str, str]]:
    found = tax_figures.figures(source.reckoning, source.year)
    return [
        (line.words, f"{line.value:,}" if line.name in COUNTED else money(line.value))
        for line in tax_figures.lines(found)
    ]

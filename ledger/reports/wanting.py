"""What is wanting in a year's figures, for papers to say: whoever only sees the paper would take them for whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from ledger import tax_years
from ledger.engine.types import Problem
from ledger.models import FindingSum
from ledger.reports.cells import dated, money
from ledger.reports.tables import MATCHES, ask, facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.reports.base import Source

# Once, and often.
WORDS = {
    Problem.MISSING_BASIS: (
        "Of one part of a disposal nobody knows what was paid: its cost stands as nought, or as a guess.",
        "Of {:,} parts of disposals nobody knows what was paid: their cost stands as nought, or as a guess.",
    ),
    Problem.MISSING_PRICE: (
        "Once nobody knows what something was worth: sold, its proceeds are its cost; earned, it is nought.",
        "{:,} times nobody knows what something was worth: sold, its proceeds are its cost; earned, it is nought.",
    ),
    Problem.FEE_WITHOUT_RATE: (
        "Once nobody knows the rate of the money in which a fee was paid: it counts as nought.",
        "Of {:,} fees nobody knows the rate of the money in which they were paid: they count as nought.",
    ),
}


def wanting(source: Source, *problems: Problem) -> Iterator[str]:
    here = FindingSum.objects.filter(reckoning=source.reckoning, year=source.year, problem__in=problems)
    counted = dict(here.values_list("problem").annotate(Sum("count")))
    for problem in problems:
        once, often = WORDS[problem]
        if number := counted.get(problem, 0):
            yield once if number == 1 else often.format(number)


UNDATED = f"SELECT count(*) FROM {MATCHES} AND m.acquired IS NULL AND m.rule <> 'result'"  # noqa: S608 - only words of our own
OPEN = "nobody knows when it was acquired: no day is claimed, and how long it was held is reckoned from when it came."


def undated(source: Source) -> Iterator[str]:
    """A result of a position never was acquired, and is told of by itself."""
    [(number,)] = ask(UNDATED, facts(source, file=False))
    if number:
        yield f"Of {'one line' if number == 1 else f'{number:,} lines'} {OPEN}"


def unfinished(source: Source) -> Iterator[str]:
    if source.runs_until:
        last, now = dated(source.runs_until), dated(source.now)
        yield f"Not final: this tax year runs until {last}. What is here was known on {now}."


def of_other_rules(source: Source) -> Iterator[str]:
    """What does not belong on this paper, and stands on it; and what may belong on it, and stands elsewhere."""
    if found := tax_years.before_it_began(source.reckoning, source.year):
        sums = (money(each) for each in (found.total.proceeds, found.total.cost, found.total.gain, found.income))
        proceeds, cost, gain, income = sums
        yield (
            f"Lines of days before {dated(source.first)} were reckoned by the rules of another country, which held"
            " until then. They are among these figures, and belong on that country's return: take them out here."
            f" They come to proceeds of {proceeds}, a cost of {cost}, a gain of {gain} and income of {income}"
            f" {source.currency}."
        )
    if since := tax_years.ended_before(source.reckoning, source.year):
        last = tax_years.terms_of(source.reckoning.settings, source.year).last
        yield (
            f"From {dated(since)} on the rules of another country held. What was sold or earned from that day until"
            f" {dated(last)} is not on this paper, but on that of {source.year + 1}."
        )

"""What is wanting in a year's figures, for papers to say: whoever only sees the paper would take them for whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Sum

from ledger import tax_years
from ledger.engine.types import Problem
from ledger.models import FindingSum
from ledger.reports.cells import dated
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
    Problem.ONE_SIDED: (
        "Of one trade only one side is here: an asset counts at the market's price, and money alone as nothing.",
        "Of {:,} trades only one side is here: an asset counts at the market's price, and money alone as nothing.",
    ),
    Problem.FEE_WITHOUT_RATE: (
        "Once nobody knows the rate of the money in which a fee was paid: it counts as nought.",
        "Of {:,} fees nobody knows the rate of the money in which they were paid: they count as nought.",
    ),
}
WANTING = (Problem.MISSING_PRICE, Problem.ONE_SIDED, Problem.FEE_WITHOUT_RATE)


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


NOT_HERE = "Losses of earlier years are not in here, and neither is what was gained outside of the wallets in Holdfast."


def of_the_clock(source: Source) -> Iterator[str]:
    if tax_years.in_nobodys_zone(source.zone, source.country):
        yield (
            f"Days and this tax year begin at midnight in {source.zone}, by which no clock goes in"
            f" {source.terms.whose_rules} when the year begins. What was sold or earned within hours of that may belong"
            " to the other year: choose your time zone in Holdfast, and ask anew."
        )


def unfinished(source: Source) -> Iterator[str]:
    if source.runs_until:
        last, now = dated(source.runs_until), dated(source.now)
        yield f"Not final: this tax year runs until {last}. What is here was known on {now}."
    elif until := tax_years.met_until(source.reckoning.settings, source.year, now=source.now):
        yield (
            f"Not final: what is bought until {dated(until)} may still be matched with what was sold in this tax year."
            f" What is here was known on {dated(source.now)}."
        )


def of_other_rules(source: Source) -> Iterator[str]:
    """Where the rules of another country took over in the course of a year: until when this paper counts, what is not
    on it, and where that stands.
    """
    here = source.terms
    if here.ends < here.whole:
        yield (
            f"This is what was sold and earned from {dated(here.first)} until {dated(here.ends)}, by the rules of"
            f" {here.whose_rules}. From the next day on other rules held, by the tax settings."
        )
    if rest := tax_years.ended_before(source.reckoning, source.year):
        yield (
            f"From {dated(rest.since)} on the rules of {rest.there.whose_rules} held. What was sold or earned from that"
            f" day until {dated(rest.until)} is not on this paper, but on that of {rest.there.label}. Whether it"
            f" belongs on a return in {here.whose_rules}, too, hangs on where its owner was resident then."
        )
    if former := tax_years.came_from(source.reckoning.settings, source.year):
        yield (
            f"By the tax settings the rules of {former.whose_rules} held before those of {here.whose_rules}, which take"
            " what somebody held on becoming resident as bought on that day, at its market price. Here it goes on with"
            " what it had cost before: gains and losses on it are to be corrected."
        )
    if tax_years.is_left(source.reckoning.settings, source.year):
        yield (
            f"By the tax settings other rules follow on those of {here.whose_rules}, which take most of what somebody"
            " holds on ceasing to be resident as sold on that day, at its market price. That is not reckoned here: the"
            " gains and losses of it are to be added."
        )
    if before := tax_years.cut_off_beside(source.reckoning, source.year):
        yield (
            f"What was sold or earned before {dated(here.first)} was reckoned by the rules of {before.whose_rules}. It"
            f" is not on this paper, but on that of {before.label}."
        )

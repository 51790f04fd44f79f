"""What a tax year came to, as the form of its country asks for it: from kept sums, by the engine's own arithmetic.

figures(reckoning, 2025)    ->  UnitedStates(short=Part(...), long=Part(...), income={...})
told(figures(...))          ->  {"short.gain": Decimal("12.5"), ...}, which is how figures are kept and compared
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Sum as Total

from ledger.deriving import text_of
from ledger.engine import figures as engine
from ledger.engine.figures import Sides, Year
from ledger.engine.movements import Act
from ledger.engine.sums import Sum
from ledger.engine.types import Country, Rule, Term
from ledger.engine.units import MONEY, units
from ledger.gains.terms import money
from ledger.models import DaySum, EarningSum, GainSum, Match
from ledger.tax_years import terms_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ledger.models import Reckoning

    Figures = (
        engine.UnitedStates
        | engine.UnitedKingdom
        | engine.Canada
        | engine.Germany
        | engine.Australia
        | engine.Elsewhere
    )

NOUGHT = Decimal(0)


def figures(reckoning: Reckoning, year: int) -> Figures:
    """A handful of queries, however much was traded."""
    terms = terms_of(reckoning.settings, year)
    country = terms.country
    came_to = year_of(reckoning, year, days=country is Country.GB, results=country is Country.DE)
    if country not in BY_YEAR:
        return ARITHMETIC[country](came_to)
    found = BY_YEAR[country](came_to, terms.number)
    return found if reckoning.settings["currency"] == FORM_MONEY[country] else engine.in_other_money(found)


ARITHMETIC: dict[Country, Callable[[Year], Figures]] = {
    Country.US: engine.united_states,
    Country.CA: engine.canada,
    Country.AU: engine.australia,
    Country.OTHER: engine.elsewhere,
}


# Where allowances or limits belong to a form.
BY_YEAR: dict[Country, Callable[[Year, int], engine.UnitedKingdom | engine.Germany]] = {
    Country.GB: engine.united_kingdom,
    Country.DE: engine.germany,
}
# What a country's form is filled in.
FORM_MONEY = {Country.US: "USD", Country.GB: "GBP", Country.CA: "CAD", Country.DE: "EUR", Country.AU: "AUD"}


def other_money(reckoning: Reckoning, year: int) -> str:
    """What the form wants its figures in, where these are in another money; else nothing."""
    wanted = FORM_MONEY.get(country_of(reckoning, year), "")
    return "" if wanted == reckoning.settings["currency"] else wanted


def country_of(reckoning: Reckoning, year: int) -> Country:
    """Whose rules were in force in that tax year."""
    return terms_of(reckoning.settings, year).country


# --- from what is kept -------------------------------------------------------------------------------------------


def year_of(reckoning: Reckoning, year: int, *, days: bool, results: bool) -> Year:
    terms: dict[Term, Sum] = {}
    disposals: dict[Term, Sides] = {}
    kept = GainSum.objects.filter(reckoning=reckoning, year=year).values_list("term")
    columns = kept.annotate(*(Total(name) for name in ("proceeds", "cost", "adjustment", "gains", "losses", "matches")))
    for term, proceeds, cost, adjustment, gains, losses, matches in columns:
        terms[Term(term)] = Sum(whole(proceeds), whole(cost), whole(adjustment))
        disposals[Term(term)] = Sides(matches, whole(gains), whole(losses))
    income, in_money = incomes_of(reckoning, year)
    sides = days_of(reckoning, year) if days else Sides()
    return Year(terms, disposals, sides, income, in_money, results_of(reckoning, year) if results else None)


def results_of(reckoning: Reckoning, year: int) -> Sum | None:
    """Of margin and futures positions. A coin that paid for a loss left by the same act, and is no part of them."""
    kept = GainSum.objects.filter(reckoning=reckoning, year=year, act=Act.RESULT).values_list("asset", flat=True)
    if not (assets := set(kept)):
        return None
    met = Match.objects.filter(reckoning=reckoning, year=year, asset__in=assets, rule=Rule.RESULT, counts=True)
    found = met.aggregate(*map(Total, ("proceeds", "cost", "adjustment"))).values()
    return None if None in found else Sum(*map(whole, found))


def days_of(reckoning: Reckoning, year: int) -> Sides:
    """Kept for the United Kingdom only, which counts what is sold of an asset in a day as one disposal."""
    kept = DaySum.objects.filter(reckoning=reckoning, year=year)
    days, gains, losses = kept.aggregate(*map(Total, ("days", "gains", "losses"))).values()
    return Sides(days or 0, whole(gains or NOUGHT), whole(losses or NOUGHT))


def incomes_of(reckoning: Reckoning, year: int) -> tuple[dict[str, int], dict[str, int]]:
    """By category: all of it, and what came in money."""
    rows = EarningSum.objects.filter(reckoning=reckoning, year=year).values_list("category", "asset")
    every: dict[str, int] = defaultdict(int)
    in_money: dict[str, int] = defaultdict(int)
    for category, asset, value in rows.annotate(Total("value")):
        every[category] += whole(value)
        if asset in money():
            in_money[category] += whole(value)
    return dict(every), dict(in_money)


def whole(money: Decimal) -> int:
    return units(money, MONEY)


# --- as they are kept and compared -------------------------------------------------------------------------------


class Line(NamedTuple):
    """One figure of a form: what it is called in data, in words, and what it came to."""

    name: str
    words: str
    value: Decimal


PARTS = {"proceeds": "Proceeds", "cost": "Cost", "adjustment": "Adjustments", "gain": "Gain or loss"}
HEADS = {
    "short": "Short-term",
    "long": "Long-term",
    "all": "",
    "within_a_year": "Sold within a year",
    "free": "Held for more than a year",
    "results": "Margin and futures, for Anlage KAP",
}
WORDS = {
    "disposals": "Number of disposals",
    "proceeds": "Proceeds",
    "costs": "Allowable costs",
    "gains": "Gains",
    "losses": "Losses",
    "exempt": "Annual exempt amount",
    "taxable": "Taxable",
    "limit": "Limit for gains",
    "other_forms": "Income for other forms: wages, dividends, interest on money",
    "income_limit": "Limit for other income",
    "taxable_income": "Taxable other income",
    "discountable": "Gains that may be discounted",
    "net": "Net capital gain",
    "carried": "Losses of this year to carry forward",
}


def lines(of: Figures) -> Iterator[Line]:
    """In the order of the form; income comes last."""
    for name, value in of._asdict().items():
        if isinstance(value, engine.Part):
            yield from lines_of_part(name, value)
        elif isinstance(value, dict):
            yield from (Line(f"income.{category}", income_words(category), each) for category, each in value.items())
        elif value is not None:
            yield Line(name, WORDS[name], Decimal(value))


def lines_of_part(name: str, part: engine.Part) -> Iterator[Line]:
    for column, value in part._asdict().items():
        words = ": ".join(filter(None, (HEADS[name], PARTS[column])))
        yield Line(f"{name}.{column}", words, value)


def income_words(category: str) -> str:
    return f"Income: {category.replace('_', ' ')}" if category else "Income"


def words_of(name: str) -> str:
    """Of a figure that was kept, by its name alone."""
    head, _, rest = name.partition(".")
    if head == "income":
        return income_words(rest)
    return ": ".join(filter(None, (HEADS[head], PARTS[rest]))) if rest else WORDS[name]


# The names of all figures there are, as forms have them one below the other.
ORDER = {name: place for place, name in enumerate([*(f"{head}.{part}" for head in HEADS for part in PARTS), *WORDS])}


def in_order(names: Iterable[str]) -> list[str]:
    """Of kept figures, whose names lie in the database's own order; income comes last."""
    return sorted(names, key=lambda name: (ORDER.get(name, len(ORDER)), name))


def told(of: Figures) -> dict[str, Decimal]:
    return {line.name: line.value for line in lines(of)}


def kept(of: Figures) -> dict[str, str]:
    """As JSON keeps them, to the last digit."""
    return {name: text_of(value) for name, value in told(of).items()}


def by_asset(reckoning: Reckoning, year: int) -> dict[str, dict[str, list[str]]]:
    """{asset: {term: [proceeds, cost, gain]}}; as JSON keeps it."""
    found: dict[str, dict[str, list[str]]] = {}
    rows = GainSum.objects.filter(reckoning=reckoning, year=year).values_list("asset", "term").order_by("asset", "term")
    for asset, term, proceeds, cost, adjustment in rows.annotate(Total("proceeds"), Total("cost"), Total("adjustment")):
        gain = proceeds - cost + adjustment
        found.setdefault(asset, {})[term] = [text_of(each) for each in (proceeds, cost, gain)]
    return found


def summed(part: Mapping[str, list[str]]) -> Decimal:
    """The gain of all terms of an asset, as `by_asset` tells it."""
    return sum((Decimal(gain) for *_, gain in part.values()), NOUGHT)

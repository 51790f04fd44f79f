"""A tax year's figures, as each country's form asks for them. SPEC.md section 7 says on whose word.

They are made of a `Year`: sums in whole units. `year_of` takes them from a reckoning; who keeps sums elsewhere fills
one in, and comes to the same figures by the same arithmetic.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.sums import Sum, by, income_of_year, of_year
from ledger.engine.types import Rule, Term
from ledger.engine.units import money

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.engine.movements import Take
    from ledger.engine.reckoning import Reckoning

NONE = Decimal(0)
HALF = Decimal("0.5")


class Part(NamedTuple):
    """One half of Schedule D, or all of a form that knows no halves."""

    proceeds: Decimal = NONE
    cost: Decimal = NONE
    adjustment: Decimal = NONE
    gain: Decimal = NONE


class Sides(NamedTuple):
    """So many disposals, and their gains and losses apart. In whole units of money, both above nought."""

    number: int = 0
    gains: int = 0
    losses: int = 0


class Year(NamedTuple):
    """What a tax year came to, in whole units of money."""

    terms: Mapping[Term, Sum]
    disposals: Mapping[Term, Sides]  # each part of a lot is one: a parcel is an asset of its own
    days: Sides  # all of an asset on a day are one
    income: Mapping[str, int]  # by category
    in_money: Mapping[str, int] = MappingProxyType({})  # so much of it came in money
    results: Sum | None = None  # of margin and futures positions: a part of what is short-term


class UnitedStates(NamedTuple):
    short: Part
    long: Part
    income: dict[str, Decimal]


class UnitedKingdom(NamedTuple):
    disposals: int  # all of an asset on a day are one
    proceeds: Decimal
    costs: Decimal
    gains: Decimal  # of disposals with a gain
    losses: Decimal  # of those with a loss, above nought
    exempt: Decimal | None
    taxable: Decimal | None  # before losses brought forward
    income: dict[str, Decimal]


class Canada(NamedTuple):
    all: Part
    taxable: Decimal  # one half; below nought: a loss that may be carried
    income: dict[str, Decimal]


class Germany(NamedTuple):
    within_a_year: Part
    free: Part
    limit: Decimal | None
    taxable: Decimal | None
    results: Part | None  # of margin and futures positions, section 20 EStG; none: there were none
    income: dict[str, Decimal]
    other_forms: Decimal  # of it
    income_limit: Decimal | None
    taxable_income: Decimal | None


class Elsewhere(NamedTuple):
    all: Part
    income: dict[str, Decimal]


class Australia(NamedTuple):
    gains: Decimal  # without the discount
    discountable: Decimal
    losses: Decimal  # of the year, above nought
    net: Decimal  # what is taxed
    carried: Decimal  # losses left over
    income: dict[str, Decimal]


# --- what they are made of ----------------------------------------------------------------------------------------


def year_of(reckoning: Reckoning, year: int) -> Year:
    takes = of_year(reckoning, year)
    days = by(takes, lambda take: (take.day, take.out.asset))
    return Year(
        terms=by(takes, lambda take: take.term),
        disposals={term: sides(take for take in takes if take.term is term) for term in Term},
        days=sides(days.values()),
        income=income_of_year(reckoning, year),
        in_money=income_of_year(reckoning, year, only=reckoning.settings.money | {reckoning.settings.currency}),
        results=by((take for take in takes if take.rule is Rule.RESULT), lambda _: "").get(""),
    )


def sides(disposals: Iterable[Sum | Take]) -> Sides:
    gains = [each.gain for each in disposals]
    return Sides(len(gains), sum(gain for gain in gains if gain > 0), -sum(gain for gain in gains if gain < 0))


def part(found: Sum | None) -> Part:
    if found is None:
        return Part()
    return Part(money(found.proceeds), money(found.cost), money(found.adjustment), money(found.gain))


def added(year: Year) -> Sum:
    columns = zip(*year.terms.values(), strict=True)
    return Sum(*map(sum, columns))


def whole(year: Year) -> Part:
    return part(added(year))


def incomes(year: Year) -> dict[str, Decimal]:
    return {category: money(value) for category, value in sorted(year.income.items())}


def elsewhere(year: Year) -> Elsewhere:
    return Elsewhere(whole(year), incomes(year))


# --- United States -----------------------------------------------------------------------------------------------


def united_states(year: Year) -> UnitedStates:
    return UnitedStates(part(year.terms.get(Term.SHORT)), part(year.terms.get(Term.LONG)), incomes(year))


# --- United Kingdom ----------------------------------------------------------------------------------------------

EXEMPT = (
    (2024, Decimal(3000)), (2023, Decimal(6000)), (2020, Decimal(12300)), (2019, Decimal(12000)),
    (2018, Decimal(11700)), (2017, Decimal(11300)), (2015, Decimal(11100)), (2014, Decimal(11000)),
    (2013, Decimal(10900)), (2011, Decimal(10600)),
)  # fmt: skip
EXEMPT_BEFORE = Decimal(10100)  # 2009 and 2010; nothing here is older


def united_kingdom(year: Year, called: int) -> UnitedKingdom:
    sums, days = added(year), year.days
    exempt = since(EXEMPT, called, EXEMPT_BEFORE)
    return UnitedKingdom(
        disposals=days.number,
        proceeds=money(sums.proceeds),
        costs=money(sums.cost),
        gains=money(days.gains),
        losses=money(days.losses),
        exempt=exempt,
        taxable=max(NONE, money(days.gains - days.losses) - exempt),
        income=incomes(year),
    )


def since(steps: Iterable[tuple[int, Decimal]], year: int, before: Decimal) -> Decimal:
    return next((value for first, value in steps if year >= first), before)


# --- Canada ------------------------------------------------------------------------------------------------------


def canada(year: Year) -> Canada:
    found = whole(year)
    return Canada(found, found.gain * HALF, incomes(year))


# --- Germany -----------------------------------------------------------------------------------------------------

LIMITS = ((2024, Decimal(1000)), (2008, Decimal(600)))
LIMIT_BEFORE = Decimal(512)
INCOME_LIMIT = Decimal(256)
WAGES_AND_DIVIDENDS = ("dividend", "salary")  # sections 20 and 19 EStG, whatever they are paid in
INTEREST = "interest"  # on money, section 20 EStG; for what was lent of an asset, section 22 no. 3


def germany(year: Year, called: int) -> Germany:
    """The limits are no allowances: who reaches one is taxed on all of it. A loss stays a loss."""
    within, free = part(sold_within_a_year(year)), part(year.terms.get(Term.LONG))
    income = incomes(year)
    other = money(sum(year.income.get(name, 0) for name in WAGES_AND_DIVIDENDS) + year.in_money.get(INTEREST, 0))
    earned = sum(income.values(), NONE) - other
    limit = since(LIMITS, called, LIMIT_BEFORE)
    return Germany(
        within_a_year=within,
        free=free,
        limit=limit,
        taxable=NONE if 0 <= within.gain < limit else within.gain,
        results=part(year.results) if year.results else None,
        income=income,
        other_forms=other,
        income_limit=INCOME_LIMIT,
        taxable_income=NONE if earned < INCOME_LIMIT else earned,
    )


def sold_within_a_year(year: Year) -> Sum:
    """A position that is paid out as a difference was no private sale."""
    short, results = year.terms.get(Term.SHORT, Sum()), year.results or Sum()
    return Sum(*(all_of_it - apart for all_of_it, apart in zip(short, results, strict=True)))


def in_other_money(of: UnitedKingdom | Germany) -> UnitedKingdom | Germany:
    """What the law counts in its own money says nothing about sums in another: it is left out."""
    if isinstance(of, UnitedKingdom):
        return of._replace(exempt=None, taxable=None)
    return of._replace(limit=None, taxable=None, income_limit=None, taxable_income=None)


# --- Australia ---------------------------------------------------------------------------------------------------


def australia(year: Year, *, brought: Decimal = NONE) -> Australia:
    """Losses, those brought from former years after the year's own, go against gains without the discount first."""
    plain_gains = money(sum(each.gains for term, each in year.disposals.items() if term is not Term.LONG))
    discountable = money(sum(each.gains for term, each in year.disposals.items() if term is Term.LONG))
    losses = money(sum(each.losses for each in year.disposals.values()))
    against = losses + brought
    rest = plain_gains - min(plain_gains, against)
    left = against - (plain_gains - rest)
    discounted = discountable - min(discountable, left)
    return Australia(
        gains=plain_gains,
        discountable=discountable,
        losses=losses,
        net=rest + discounted * HALF,
        carried=left - (discountable - discounted),
        income=incomes(year),
    )

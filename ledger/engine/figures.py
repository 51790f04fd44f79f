"""A tax year's figures, as each country's form asks for them. SPEC.md section 7 says on whose word."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.sums import Sum, by, income_of_year, of_year
from ledger.engine.types import Term
from ledger.engine.units import money

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    exempt: Decimal
    taxable: Decimal  # before losses brought forward
    income: dict[str, Decimal]


class Canada(NamedTuple):
    all: Part
    taxable: Decimal  # one half; below nought: a loss that may be carried
    income: dict[str, Decimal]


class Germany(NamedTuple):
    within_a_year: Part
    free: Part
    limit: Decimal
    taxable: Decimal
    income: dict[str, Decimal]
    income_limit: Decimal
    taxable_income: Decimal


class Australia(NamedTuple):
    gains: Decimal  # without the discount
    discountable: Decimal
    losses: Decimal  # of the year, above nought
    net: Decimal  # what is taxed
    carried: Decimal  # losses left over
    income: dict[str, Decimal]


# --- United States -----------------------------------------------------------------------------------------------


def united_states(reckoning: Reckoning, year: int) -> UnitedStates:
    terms = by(of_year(reckoning, year), lambda take: take.term)
    return UnitedStates(part(terms.get(Term.SHORT)), part(terms.get(Term.LONG)), incomes(reckoning, year))


def part(found: Sum | None) -> Part:
    if found is None:
        return Part()
    return Part(money(found.proceeds), money(found.cost), money(found.adjustment), money(found.gain))


def whole(takes: Iterable[Take]) -> Part:
    return part(by(takes, lambda _: None).get(None))


def incomes(reckoning: Reckoning, year: int) -> dict[str, Decimal]:
    return {category: money(value) for category, value in sorted(income_of_year(reckoning, year).items())}


# --- United Kingdom ----------------------------------------------------------------------------------------------

EXEMPT = ((2024, Decimal(3000)), (2023, Decimal(6000)), (2020, Decimal(12300)), (2019, Decimal(12000)))
EXEMPT_BEFORE = Decimal(11700)  # 2018; older years are not asked for here


def united_kingdom(reckoning: Reckoning, year: int) -> UnitedKingdom:
    disposals = by(of_year(reckoning, year), lambda take: (take.day, take.out.asset))
    gains = sum(each.gain for each in disposals.values() if each.gain > 0)
    losses = -sum(each.gain for each in disposals.values() if each.gain < 0)
    exempt = since(EXEMPT, year, EXEMPT_BEFORE)
    return UnitedKingdom(
        disposals=len(disposals),
        proceeds=money(sum(each.proceeds for each in disposals.values())),
        costs=money(sum(each.cost for each in disposals.values())),
        gains=money(gains),
        losses=money(losses),
        exempt=exempt,
        taxable=max(NONE, money(gains - losses) - exempt),
        income=incomes(reckoning, year),
    )


def since(steps: Iterable[tuple[int, Decimal]], year: int, before: Decimal) -> Decimal:
    return next((value for first, value in steps if year >= first), before)


# --- Canada ------------------------------------------------------------------------------------------------------


def canada(reckoning: Reckoning, year: int) -> Canada:
    found = whole(of_year(reckoning, year))
    return Canada(found, found.gain * HALF, incomes(reckoning, year))


# --- Germany -----------------------------------------------------------------------------------------------------

LIMITS = ((2024, Decimal(1000)), (2008, Decimal(600)))
LIMIT_BEFORE = Decimal(512)
INCOME_LIMIT = Decimal(256)


def germany(reckoning: Reckoning, year: int) -> Germany:
    """The limits are no allowances: who reaches one is taxed on all of it. A loss stays a loss."""
    terms = by(of_year(reckoning, year), lambda take: take.term)
    within, free = part(terms.get(Term.SHORT)), part(terms.get(Term.LONG))
    income = incomes(reckoning, year)
    earned = sum(income.values(), NONE)
    limit = since(LIMITS, year, LIMIT_BEFORE)
    return Germany(
        within_a_year=within,
        free=free,
        limit=limit,
        taxable=NONE if 0 <= within.gain < limit else within.gain,
        income=income,
        income_limit=INCOME_LIMIT,
        taxable_income=NONE if earned < INCOME_LIMIT else earned,
    )


# --- Australia ---------------------------------------------------------------------------------------------------


def australia(reckoning: Reckoning, year: int, *, brought: Decimal = NONE) -> Australia:
    """Losses, those brought from former years after the year's own, go against gains without the discount first."""
    lines = by(of_year(reckoning, year), lambda take: (take.out.id, take.out.part, take.out.asset, take.term)).items()
    plain_gains = money(sum(each.gain for (*_, term), each in lines if each.gain > 0 and term is not Term.LONG))
    discountable = money(sum(each.gain for (*_, term), each in lines if each.gain > 0 and term is Term.LONG))
    losses = -money(sum(each.gain for _, each in lines if each.gain < 0))
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
        income=incomes(reckoning, year),
    )

"""Where countries differ in what counts. SPEC.md section 4 says on whose word."""

from __future__ import annotations

from typing import NamedTuple

from ledger.engine.types import Country

NOBODY: frozenset[str] = frozenset()
SPOUSE = frozenset({"spouse"})


class Traits(NamedTuple):
    terms: bool = False  # asks whether something was held for more than a year
    gifts_count: bool = False  # who gives is taken to have sold at the market's price
    gifts_carry: bool = False  # who is given carries on the giver's cost and date; else the market's price counts
    spared: frozenset[str] = NOBODY  # who may be given something without a gain, where gifts count
    carried: frozenset[str] = NOBODY  # and whose cost is carried on, where that of others is not, or not for losses
    losses_count: bool = False  # what was lost or stolen is a loss of its cost
    forks_are_income: bool = False  # else they cost nothing
    forks_share: bool = False  # a part of what the old asset had cost belongs to them, which their owner has to say
    gifts_lose_by_market: bool = False  # a loss on what was given is one from the market's price at the gift
    heirs_carry: bool = False  # who inherits carries on cost and date; else the market's price at the death counts
    heirs_hold_long: bool = False  # what was inherited is long-term, however soon it is sold
    cashback_is_income: bool = True  # else it is a lower price of what was bought
    arrivals_by_market: bool = False  # what is held on becoming resident was bought then, on leaving it is sold


TRAITS = {
    Country.US: Traits(
        terms=True,
        gifts_carry=True,
        carried=SPOUSE,
        forks_are_income=True,
        gifts_lose_by_market=True,
        heirs_hold_long=True,
        cashback_is_income=False,
    ),
    Country.GB: Traits(
        gifts_count=True,
        spared=SPOUSE | {"donation"},
        carried=SPOUSE,
        forks_share=True,
        cashback_is_income=False,
    ),
    Country.CA: Traits(gifts_count=True, spared=SPOUSE, carried=SPOUSE, arrivals_by_market=True),
    Country.DE: Traits(terms=True, gifts_carry=True, forks_share=True, heirs_carry=True),
    Country.AU: Traits(
        terms=True,
        gifts_count=True,
        losses_count=True,
        heirs_carry=True,
        cashback_is_income=False,
        arrivals_by_market=True,
    ),
    Country.OTHER: Traits(),
}

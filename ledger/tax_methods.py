"""What other methods would give for a tax year: looks, made in the background, that change no setting.

From that year on another method holds; the years before stay as they are set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accounts import tax_settings
from accounts.tax_settings import RULES, BasisScope, Method, Setting
from accounts.tax_settings import Country as Place
from ledger import tax_years
from ledger.gains import asking, terms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal

    from accounts.models import User
    from ledger.models import Reckoning
    from ledger.tax_years import Terms, Year

COMPARED = (Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO, Method.AVERAGE)
ALONE = (Method.UK_POOL, Method.ACB)  # where a country asks for it


@dataclass(frozen=True, slots=True)
class Look:
    """One line of the comparison."""

    method: Method
    accepted: bool
    in_force: bool
    reckoning: Reckoning
    year: Year | None  # none: being reckoned
    against: Decimal | None  # the gain beyond what is in force

    @property
    def failed(self) -> bool:
        return self.year is None and self.reckoning.failed

    @property
    def under_way(self) -> bool:
        return self.year is None and not self.reckoning.failed


def looks(owner: User, read: Reckoning, year: int, *, now: datetime) -> list[Look]:
    """What is in force comes first; the others in one order, as they are reckoned."""
    held = tax_years.terms_of(read.settings, year)
    here = tax_years.one_year(owner, read, year)
    first = Look(Method(held.method), accepted=True, in_force=True, reckoning=read, year=here, against=None)
    return [first, *(another(owner, held, here, method, now=now) for method in methods(held))]


def methods(held: Terms) -> Sequence[Method]:
    accepted = RULES[Place(held.country)].methods
    offered = [*(method for method in ALONE if method in accepted), *COMPARED]
    return [method for method in offered if method != held.method]


def another(owner: User, held: Terms, here: Year, method: Method, *, now: datetime) -> Look:
    accepted = method in RULES[Place(held.country)].methods
    made = asking.look_by(owner, asked(owner, held, method), now=now)
    found = tax_years.one_year(owner, made, held.year) if made.reckoned_at else None
    against = found.all.gain - here.all.gain if found else None
    return Look(method, accepted=accepted, in_force=False, reckoning=made, year=found, against=against)


def asked(owner: User, held: Terms, method: Method) -> dict[str, Any]:
    """The owner's terms with this method from that year on, as the settings would have it."""
    setting = Setting(held.year, Place(held.country), method, BasisScope(held.scope))
    lines = tax_settings.beside(owner, setting)
    regimes = [[each.from_year, str(each.country), str(each.method), str(each.scope)] for each in lines]
    return {**terms.asked(owner), "regimes": regimes}


@dataclass(frozen=True, slots=True)
class Change:
    """A year before and after."""

    before: Year
    after: Year

    @property
    def more(self) -> Decimal:
        return self.after.all.gain - self.before.all.gain


def changes(owner: User, read: Reckoning, other: Reckoning, *, now: datetime) -> list[Change]:
    """Every year that would come to something else, newest first."""
    before = {each.terms.year: each for each in tax_years.years_of(owner, read, now=now)}
    after = {each.terms.year: each for each in tax_years.years_of(owner, other, now=now)}
    both = (Change(each, after[year]) for year, each in before.items() if year in after)
    return [each for each in both if each.before.parts != each.after.parts]

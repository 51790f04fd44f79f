"""By which terms figures were reckoned, as far as a page about holdings has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ledger.engine.countries import TRAITS
from ledger.engine.days import bounds, in_force, tax_year
from ledger.engine.types import Country, Method, Regime, Scope, Settings, Term

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User
    from ledger.models import Reckoning


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds today."""

    country: Country
    together: bool  # all wallets count together
    year: int  # the tax year that today belongs to
    long_before: datetime | None  # what was acquired before is held for more than a year; none: nobody asks

    def term(self, acquired: datetime) -> Term:
        """As the engine would have it, were it sold now."""
        if self.long_before is None:
            return Term.NONE
        return Term.LONG if acquired < self.long_before else Term.SHORT


def terms_of(reckoning: Reckoning, *, now: datetime) -> Terms:
    kept = reckoning.settings
    regimes = tuple(Regime(year, Country(c), Method(m), Scope(s)) for year, c, m, s in kept["regimes"])
    zone = ZoneInfo(kept["zone"])
    settings = Settings(regimes, kept["currency"], zone)
    regime = in_force(settings, now)
    day = now.astimezone(zone).date()
    return Terms(
        country=regime.country,
        together=regime.scope is Scope.UNIVERSAL,
        year=tax_year(settings, now, day),
        long_before=bounds(day, zone, regime.country)[2] if TRAITS[regime.country].terms else None,
    )


def currency_of(owner: User, reckoning: Reckoning | None) -> str:
    """That of the figures which are there; where none are yet, the owner's own."""
    return str(reckoning.settings["currency"]) if reckoning else owner.base_currency

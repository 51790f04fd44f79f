"""By which terms figures were reckoned, as far as a page about holdings has to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ledger.engine.countries import TRAITS
from ledger.engine.days import bounds, in_force, tax_year
from ledger.engine.types import Country, Method, Regime, Scope, Settings, Term

if TYPE_CHECKING:
    from collections.abc import Mapping
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
    settings: Settings | None = None

    def term(self, acquired: datetime, *, inherited: datetime | None = None) -> Term:
        """As the engine would have it, were it sold now. `inherited`: when, of what was."""
        if self.long_before is None:
            return Term.NONE
        is_long = acquired < self.long_before or (inherited is not None and self.heirs_hold_long(inherited))
        return Term.LONG if is_long else Term.SHORT

    def heirs_hold_long(self, at: datetime) -> bool:
        """What was inherited then: by the rules of that day, and by today's."""
        if self.settings is None or not TRAITS[self.country].heirs_hold_long:
            return False
        return TRAITS[in_force(self.settings, at).country].heirs_hold_long


def terms_of(reckoning: Reckoning, *, now: datetime) -> Terms:
    settings = settings_of(reckoning.settings)
    zone = ZoneInfo(reckoning.settings["zone"])
    regime = in_force(settings, now)
    day = now.astimezone(zone).date()
    return Terms(
        country=regime.country,
        together=regime.scope is Scope.UNIVERSAL,
        year=tax_year(settings, now, day),
        long_before=bounds(day, zone, regime.country)[2] if TRAITS[regime.country].terms else None,
        settings=settings,
    )


def settings_of(kept: Mapping[str, Any]) -> Settings:
    """As much of them as says what holds when."""
    regimes = tuple(Regime(year, Country(c), Method(m), Scope(s)) for year, c, m, s in kept["regimes"])
    return Settings(regimes, kept["currency"], ZoneInfo(kept["zone"]))


def currency_of(owner: User, reckoning: Reckoning | None) -> str:
    """That of the figures which are there; where none are yet, the owner's own."""
    return str(reckoning.settings["currency"]) if reckoning else owner.base_currency

"""What the figures of tax years leave open: said beside them, before anybody relies on them or files them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Sum

from accounts import tax_settings
from ledger import listing, locking, tax_figures, tax_years
from ledger.models import FindingSum

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from accounts.models import User
    from ledger.models import Reckoning
    from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Caveats:
    unsaid: str  # by whose rules, where the owner never said in which country tax is paid
    in_utc: str  # in which country no clock goes by UTC when the year begins, though its owner's days do
    awaited: Sequence[Wallet]  # whose history was never read to its end
    findings: int = 0  # of the year that is looked at, as what follows
    money: Money | None = None  # where the form of the country is filled in another than these figures are in

    def __bool__(self) -> bool:
        return bool(self.unsaid or self.in_utc or self.awaited or self.findings or self.money)


class Money(NamedTuple):
    figures: str
    form: str
    whose: str  # whose form it is


def caveats_of(owner: User, *, now: datetime, findings: int = 0, money: Money | None = None) -> Caveats:
    """Of all years; the last two are those of the one that is looked at."""
    held = tax_years.present(owner, now=now)
    unsaid = "" if tax_settings.has_said(owner) else held.whose_rules
    in_utc = held.whose_rules if tax_years.in_nobodys_zone(owner.time_zone, held.country) else ""
    awaited = [each for each in listing.wallets_of(owner).kept if each.awaits_history]
    return Caveats(unsaid, in_utc, awaited, findings, money)


def caveats_before_filing(owner: User, read: Reckoning | None, year: int, *, now: datetime) -> Caveats | None:
    """What is filed is filed: of that it is said what would now differ."""
    if read is None or locking.of(owner, year):
        return None
    found = FindingSum.objects.filter(reckoning=read, year=year).aggregate(count=Sum("count"))
    return caveats_of(owner, now=now, findings=found["count"] or 0, money=_other_money(read, year))


def _other_money(read: Reckoning, year: int) -> Money | None:
    form = tax_figures.other_money(read, year)
    return Money(read.settings["currency"], form, tax_years.terms_of(read.settings, year).whose_rules) if form else None

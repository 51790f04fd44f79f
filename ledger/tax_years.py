"""Tax years as they were reckoned last: which there are, under which terms, and what each of them came to.

Sums are those that are kept beside matches, income and findings: a year of a million disposals is read like one of ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import Sum

from accounts.tax_settings import BasisScope, Method
from accounts.tax_settings import Country as Place
from ledger import portfolio_terms
from ledger.engine.countries import TRAITS
from ledger.engine.days import BEGINNINGS, first_day
from ledger.engine.types import Country, Term
from ledger.models import Earning, EarningSum, FindingSum, GainSum, Match, YearLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from accounts.models import User
    from ledger.models import Reckoning

NOUGHT = Decimal(0)
SHOWN = 50  # assets of a year, on its page
FEES = ("fee", "transfer_fee")


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds in a tax year."""

    year: int
    country: Country
    method: str
    scope: str
    currency: str

    @property
    def label(self) -> str:
        return label(self.year, self.country)

    @property
    def first(self) -> date:
        return first_day(self.year, self.country)

    @property
    def last(self) -> date:
        return first_day(self.year + 1, self.country) - timedelta(days=1)

    @property
    def asks_how_long(self) -> bool:
        return TRAITS[self.country].terms

    @property
    def country_words(self) -> str:
        return str(Place(self.country).label)

    @property
    def method_words(self) -> str:
        return str(Method(self.method).label)

    @property
    def scope_words(self) -> str:
        return str(BasisScope(self.scope).label)


def runs_until(year: int, country: Country, zone: str, *, now: datetime) -> date | None:
    """The last day of a tax year that is not over; nothing, where it is."""
    last = first_day(year + 1, country) - timedelta(days=1)
    return last if now.astimezone(ZoneInfo(zone)).date() <= last else None


def label(year: int, country: Country) -> str:
    """A tax year that begins in spring or summer is called after both of its years."""
    return f"{year}/{(year + 1) % 100:02}" if country in BEGINNINGS else str(year)


def terms_of(settings: Mapping[str, Any], year: int) -> Terms:
    """Of what a reckoning was made under. What is older than its first line is reckoned by that."""
    lines = settings["regimes"]
    _, country, method, scope = [lines[0], *(line for line in lines if line[0] <= year)][-1]
    return Terms(year, Country(country), method, scope, settings["currency"])


@dataclass(frozen=True, slots=True)
class Total:
    """Disposals, added up."""

    proceeds: Decimal = NOUGHT
    cost: Decimal = NOUGHT
    adjustment: Decimal = NOUGHT
    gains: Decimal = NOUGHT
    losses: Decimal = NOUGHT

    @property
    def gain(self) -> Decimal:
        return self.proceeds - self.cost + self.adjustment

    def __add__(self, other: Total) -> Total:
        return Total(*(getattr(self, name) + getattr(other, name) for name in FIELDS))


FIELDS = ("proceeds", "cost", "adjustment", "gains", "losses")


@dataclass(slots=True)
class Year:
    """One line of the list of years, and the head of a year's page."""

    terms: Terms
    parts: dict[str, Total] = field(default_factory=dict)  # by term
    income: Decimal = NOUGHT
    fees: Decimal = NOUGHT  # what was paid in assets
    findings: int = 0
    filed_at: datetime | None = None
    runs_until: date | None = None  # its last day, while it is not over

    @property
    def short(self) -> Total:
        return self.parts.get(Term.SHORT, Total())

    @property
    def long(self) -> Total:
        return self.parts.get(Term.LONG, Total())

    @property
    def all(self) -> Total:
        return sum(self.parts.values(), Total())

    @property
    def denied(self) -> bool:
        """Whether a loss was denied: most countries deny none, and a column of noughts only asks what it means."""
        return any(total.adjustment for total in self.parts.values())

    @property
    def shown(self) -> list[tuple[str, Total]]:
        """The lines of its table: both halves where the country asks how long something was held."""
        if not self.terms.asks_how_long:
            return [("Gains", self.all)]
        rest = [("Without a term", self.parts[Term.NONE])] if Term.NONE in self.parts else []
        return [("Short-term", self.short), ("Long-term", self.long), *rest, ("In all", self.all)]


# --- reading -------------------------------------------------------------------------------------------------------


def years_of(owner: User, reckoning: Reckoning, *, now: datetime) -> list[Year]:
    """Newest first, the present one always among them."""
    found = {current(reckoning, now=now): None} | dict.fromkeys(years_with_something(reckoning))
    years = {each: Year(terms_of(reckoning.settings, each), runs_until=running(reckoning, each, now)) for each in found}
    fill(owner, reckoning, years)
    return [years[each] for each in sorted(years, reverse=True)]


def current(reckoning: Reckoning, *, now: datetime) -> int:
    return portfolio_terms.terms_of(reckoning, now=now).year


def years_with_something(reckoning: Reckoning) -> Iterable[int]:
    for model in (GainSum, EarningSum, FindingSum):
        yield from model.objects.filter(reckoning=reckoning).values_list("year", flat=True).distinct()


def running(reckoning: Reckoning, year: int, now: datetime) -> date | None:
    settings = reckoning.settings
    return runs_until(year, terms_of(settings, year).country, settings["zone"], now=now)


def one_year(owner: User, reckoning: Reckoning, year: int) -> Year:
    found = Year(terms_of(reckoning.settings, year))
    fill(owner, reckoning, {year: found})
    return found


def fill(owner: User, reckoning: Reckoning, years: Mapping[int, Year]) -> None:
    here = {"reckoning": reckoning, "year__in": list(years)}
    for year, term, is_fee, total in sums(here):
        years[year].parts[term] = years[year].parts.get(term, Total()) + total
        years[year].fees += total.proceeds if is_fee else NOUGHT
    for year, value in EarningSum.objects.filter(**here).values_list("year").annotate(Sum("value")):
        years[year].income = value
    for year, count in FindingSum.objects.filter(**here).values_list("year").annotate(Sum("count")):
        years[year].findings = count
    locks = YearLock.objects.filter(owner=owner, year__in=list(years), opened_at=None)
    for year, locked_at in locks.values_list("year", "locked_at"):
        years[year].filed_at = locked_at


def sums(here: Mapping[str, Any]) -> Iterable[tuple[int, str, bool, Total]]:
    rows = GainSum.objects.filter(**here).values_list("year", "term", "act").annotate(*map(Sum, FIELDS))
    for year, term, act, *figures in rows:
        yield year, term, act in FEES, Total(*figures)


@dataclass(frozen=True, slots=True)
class Early:
    """What does not belong to a year, and is among its figures."""

    total: Total
    income: Decimal


def before_it_began(reckoning: Reckoning, year: int) -> Early | None:
    """Disposals and income of days on which another country's rules held still: who goes from one whose year begins in
    January to one whose year begins in April has those of the first months under the same number.
    """
    settings = reckoning.settings
    if len({country for _, country, *_ in settings["regimes"]}) == 1:
        return None
    here = {"reckoning": reckoning, "year": year, "day__lt": terms_of(settings, year).first}
    sold, earned = Match.objects.filter(**here, counts=True), Earning.objects.filter(**here)
    if not sold.exists() and not earned.exists():
        return None
    sums = sold.aggregate(*(Sum(name, default=NOUGHT) for name in ("proceeds", "cost", "adjustment")))
    return Early(Total(*sums.values()), earned.aggregate(all=Sum("value", default=NOUGHT))["all"])


def ended_before(reckoning: Reckoning, year: int) -> date | None:
    """The day on which another country's rules came into force though the year was not over, if anything was sold or
    earned from then until its end: it stands in the year that had begun by then.
    """
    here, there = terms_of(reckoning.settings, year), terms_of(reckoning.settings, year + 1)
    if there.country == here.country or there.first > here.last:
        return None
    rest = {"reckoning": reckoning, "year": year + 1, "day__lte": here.last}
    is_any = Match.objects.filter(**rest, counts=True).exists() or Earning.objects.filter(**rest).exists()
    return there.first if is_any else None


@dataclass(frozen=True, slots=True)
class OfAsset:
    asset: str
    total: Total
    matches: int


def by_asset(reckoning: Reckoning, year: int) -> list[OfAsset]:
    """What each asset came to, the largest gain or loss first; those beyond SHOWN are left out."""
    rows = GainSum.objects.filter(reckoning=reckoning, year=year).values_list("asset")
    found = [
        OfAsset(asset, Total(*figures), matches)
        for asset, *figures, matches in rows.annotate(*map(Sum, FIELDS), Sum("matches"))
    ]
    return sorted(found, key=lambda each: (-abs(each.total.gain), each.asset))[: SHOWN + 1]


def income_by_category(reckoning: Reckoning, year: int) -> list[tuple[str, Decimal, int]]:
    rows = EarningSum.objects.filter(reckoning=reckoning, year=year).values_list("category")
    return sorted(rows.annotate(Sum("value"), Sum("count")), key=lambda each: (-each[1], each[0]))

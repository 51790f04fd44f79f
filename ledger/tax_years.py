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

from accounts.tax_settings import FIRST_YEAR, LAST_YEAR, BasisScope, Method
from accounts.tax_settings import Country as Place
from config.questions import Question
from ledger import portfolio_terms
from ledger.engine.countries import TRAITS
from ledger.engine.days import BEGINNINGS, CUT_OFF, first_day, number_of, tax_year, was_cut_off
from ledger.engine.types import Country, Term
from ledger.gains import terms
from ledger.models import Earning, EarningSum, FindingSum, GainSum, Match, YearLock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from django.db.models import QuerySet

    from accounts.models import User
    from ledger.models import Reckoning

NOUGHT = Decimal(0)
SHOWN = 50  # assets of a year, on its page
FEES = ("fee", "transfer_fee")
# What is bought soon after a disposal enters into it there.
AHEAD = {Country.GB: timedelta(days=30), Country.CA: timedelta(days=30)}
# Whose form asks for parts of the year by themselves, which takes every disposal to tell.
APART = {
    (Country.GB, 2024): "Rates changed on 30 October 2024, and the tax of both times is reckoned apart",
    (Country.CA, 2024): "Schedule 3 of 2024 asks for the time before 25 June and from then on apart",
}
WITHIN = {Country.US: "the United States", Country.GB: "the United Kingdom", Country.OTHER: "another country"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds in a tax year."""

    year: int
    country: Country
    method: str
    scope: str
    currency: str
    cut_off: date | None = None  # its last day, where another country's year took its number in the course of it
    ended: date | None = None  # the last that counts in it, where another country's next year begins before its end

    @property
    def number(self) -> int:
        """The calendar year in which it begins."""
        return number_of(self.year)

    @property
    def called(self) -> str:
        """As its country calls it: a year that begins in spring or summer after both of its years."""
        return f"{self.number}/{(self.number + 1) % 100:02}" if self.country in BEGINNINGS else str(self.number)

    @property
    def label(self) -> str:
        """Told apart from the year of the country whose rules took over."""
        return f"{self.called} until {self.last.day} {self.last:%B}" if self.cut_off else self.called

    @property
    def first(self) -> date:
        return first_day(self.number, self.country)

    @property
    def whole(self) -> date:
        """Its last day, were it not cut off."""
        return first_day(self.number + 1, self.country) - timedelta(days=1)

    @property
    def last(self) -> date:
        return self.cut_off or self.whole

    @property
    def ends(self) -> date:
        """The last day that counts in it."""
        return self.ended or self.last

    def runs_until(self, zone: str, *, now: datetime) -> date | None:
        """The last day on which anything enters into it, as long as that is to come; else nothing."""
        return self.ends if now.astimezone(ZoneInfo(zone)).date() <= self.ends else None

    @property
    def apart(self) -> str:
        return APART.get((self.country, self.number), "")

    @property
    def asks_how_long(self) -> bool:
        return TRAITS[self.country].terms

    @property
    def country_words(self) -> str:
        return str(Place(self.country).label)

    @property
    def whose_rules(self) -> str:
        """Within a sentence."""
        return WITHIN.get(self.country, self.country_words)

    @property
    def method_words(self) -> str:
        return str(Method(self.method).label)

    @property
    def scope_words(self) -> str:
        return str(BasisScope(self.scope).label)


def terms_of(settings: Mapping[str, Any], year: int) -> Terms:
    """Of what a reckoning was made under. What is older than its first line is reckoned by that."""
    *_, (_, country, method, scope) = reached(settings, number_of(year))
    if not (was_cut_off(year) and cut_off_in(settings, year)):
        ended = ended_in(settings, number_of(year), Country(country))
        return Terms(year, Country(country), method, scope, settings["currency"], ended=ended)
    end = first_day(number_of(year), Country(country)) - timedelta(days=1)
    *_, (_, country, method, scope), _ = reached(settings, number_of(year))
    return Terms(year, Country(country), method, scope, settings["currency"], cut_off=end)


def ended_in(settings: Mapping[str, Any], number: int, country: Country) -> date | None:
    """Into 2023/24 in the United Kingdom nothing enters after 2023, where 2024 in the United States follows."""
    following = next((Country(line[1]) for line in settings["regimes"] if line[0] == number + 1), country)
    begins = first_day(number + 1, following)
    return begins - timedelta(days=1) if begins < first_day(number + 1, country) else None


def reached(settings: Mapping[str, Any], number: int) -> list[Any]:
    """The lines whose year has come, the one that holds then last."""
    first, *others = settings["regimes"]
    return [first, *(line for line in others if line[0] <= number)]


def cut_off_in(settings: Mapping[str, Any], year: int) -> bool:
    """Whether the country of that year's line begins its years later than the one before, whose year of that number had
    begun: 2024 in the United States until 5 April, where 2024/25 in the United Kingdom follows.
    """
    number, lines = number_of(year), reached(settings, number_of(year))
    if len(lines) == 1 or lines[-1][0] != number:
        return False
    former, present = (first_day(number, Country(line[1])) for line in lines[-2:])
    return former < present


def asked(owner: User, year: int) -> Terms:
    """By what its owner's settings say now."""
    return named(owner, terms.asked(owner), year)


NOBODYS = "UTC"  # what holds until an owner chooses


def in_nobodys_zone(zone: str, country: Country) -> bool:
    """Whether its days begin by no clock of that country: hours of one year then count in the other. The United Kingdom
    has summer time when its year begins.
    """
    return zone == NOBODYS and country is not Country.OTHER


def at_moment(settings: Mapping[str, Any], at: datetime) -> Terms:
    """Of the tax year in which it lies: a British one goes on until April."""
    held = portfolio_terms.settings_of(settings)
    return terms_of(settings, tax_year(held, at, at.astimezone(held.zone).date()))


def present(owner: User, *, now: datetime) -> Terms:
    """The tax year that runs now, by what its owner's settings say."""
    return at_moment(terms.asked(owner), now)


def named(owner: User, settings: Mapping[str, Any], year: int) -> Terms:
    """As `terms_of`; and what was filed once and settings know no more, as it was filed: under that number alone, it
    would bear the name of another year.
    """
    if there_is(settings, year):
        return terms_of(settings, year)
    held = YearLock.objects.filter(owner=owner, year=year).order_by("-locked_at").only("settings").first()
    return terms_of(held.settings if held else settings, year)


def there_is(settings: Mapping[str, Any], year: int) -> bool:
    number = number_of(year)
    if not FIRST_YEAR <= number <= LAST_YEAR:
        return False
    return year == number or (year == number + CUT_OFF and cut_off_in(settings, year))


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
    """Newest first, the present one always among them, and those that are filed, though nothing is left in them."""
    filed = YearLock.objects.filter(owner=owner, opened_at=None).values_list("year", flat=True)
    found = dict.fromkeys([current(reckoning, now=now), *years_with_something(reckoning), *filed])
    held = {each: named(owner, reckoning.settings, each) for each in found}
    zone = reckoning.settings["zone"]
    years = {each: Year(held[each], runs_until=held[each].runs_until(zone, now=now)) for each in found}
    fill(owner, reckoning, years)
    return sorted(years.values(), key=lambda each: each.terms.first, reverse=True)


def current(reckoning: Reckoning, *, now: datetime) -> int:
    return portfolio_terms.terms_of(reckoning, now=now).year


def years_with_something(reckoning: Reckoning) -> Iterable[int]:
    for model in (GainSum, EarningSum, FindingSum):
        yield from model.objects.filter(reckoning=reckoning).values_list("year", flat=True).distinct()


def running(reckoning: Reckoning, year: int, now: datetime) -> date | None:
    return terms_of(reckoning.settings, year).runs_until(reckoning.settings["zone"], now=now)


def met_until(settings: Mapping[str, Any], year: int, *, now: datetime) -> date | None:
    """Of a year that is over: until when what is bought may still be matched with its disposals, if that is to come."""
    here, there = terms_of(settings, year), terms_of(settings, number_of(year) + 1)
    if here.country not in AHEAD or here.ends < here.whole or there.country is not here.country:
        return None
    last = here.whole + AHEAD[here.country]
    return last if here.whole < now.astimezone(ZoneInfo(settings["zone"])).date() <= last else None


def one_year(owner: User, reckoning: Reckoning, year: int) -> Year:
    found = Year(named(owner, reckoning.settings, year))
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
class Rest:
    """Of a year that another country's rules ended: since when they hold, and the year with what came after."""

    since: date
    until: date  # the last day of this year, had it gone on
    there: Terms


def ended_before(reckoning: Reckoning, year: int) -> Rest | None:
    """Where the rules of another country came into force though the year was not over, and anything was sold or earned
    from then until its end: it stands in the year that had begun by then.
    """
    here = terms_of(reckoning.settings, year)
    there = terms_of(reckoning.settings, here.number if here.cut_off else here.number + 1)
    if there.country == here.country or there.first > here.whole:
        return None
    rest = {"reckoning": reckoning, "year": there.year, "day__lte": here.whole}
    is_any = Match.objects.filter(**rest, counts=True).exists() or Earning.objects.filter(**rest).exists()
    return Rest(there.first, here.whole, there) if is_any else None


def came_from(settings: Mapping[str, Any], year: int) -> Terms | None:
    """Of another country, where the rules of this one take what was held on arrival as bought then, and we do not."""
    here = terms_of(settings, year)
    if not TRAITS[here.country].arrivals_by_market:
        return None
    come = [line for line in reached(settings, here.number) if not (here.cut_off and line[0] == here.number)]
    former = [line for line in come if Country(line[1]) is not here.country]
    return terms_of(settings, former[-1][0]) if former else None


def is_left(settings: Mapping[str, Any], year: int) -> bool:
    """Whether the rules of another country follow on those of one that takes what somebody holds on leaving as sold."""
    here = terms_of(settings, year)
    there = terms_of(
        settings, here.number if here.cut_off else here.number + 1 + CUT_OFF
    )  # its beginning, if it has one
    return TRAITS[here.country].arrivals_by_market and there.country is not here.country


def cut_off_beside(reckoning: Reckoning, year: int) -> Terms | None:
    """The year of the country before, which this one took its number from, if anything lies in it."""
    if year + CUT_OFF not in set(years_with_something(reckoning)):
        return None
    return terms_of(reckoning.settings, year + CUT_OFF)


@dataclass(frozen=True, slots=True)
class OfAsset:
    asset: str
    total: Total
    matches: int


def by_asset(reckoning: Reckoning, year: int) -> list[OfAsset]:
    """What each asset came to, the largest gain or loss first; those beyond SHOWN are left out."""
    rows = BY_ASSET.ask(reckoning=reckoning.pk, year=year)
    found = [OfAsset(asset, Total(*figures), matches) for asset, *figures, matches in rows]
    return sorted(found, key=lambda each: (-abs(each.total.gain), each.asset))[: SHOWN + 1]


def _by_asset(reckoning: int, year: int) -> QuerySet[GainSum, Any]:
    rows = GainSum.objects.filter(reckoning=reckoning, year=year).values_list("asset")
    return rows.annotate(*map(Sum, FIELDS), Sum("matches"))


BY_ASSET = Question(_by_asset, reckoning=-1, year=9999)


def income_by_category(reckoning: Reckoning, year: int) -> list[tuple[str, Decimal, int]]:
    rows = EarningSum.objects.filter(reckoning=reckoning, year=year).values_list("category")
    return sorted(rows.annotate(Sum("value"), Sum("count")), key=lambda each: (-each[1], each[0]))

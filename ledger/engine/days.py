"""Days, tax years and holding periods, by the calendar of the owner's time zone.

How long something was held is asked once per day of disposal, not once per match: a day has one moment before which
things must have been acquired to count as held for more than a year.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from ledger.engine.types import Country

if TYPE_CHECKING:
    from datetime import tzinfo

    from ledger.engine.types import Regime, Settings

NEVER = datetime.max.replace(tzinfo=UTC)
EVER = datetime.min.replace(tzinfo=UTC)
# Month and day on which a tax year begins, where it is not the first of January.
BEGINNINGS = {Country.GB: (4, 6), Country.AU: (7, 1)}
CUT_OFF = 10_000  # on top of the number of a tax year that another country's ended, whose year has that number, too


def midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def year_of(day: date, country: Country) -> int:
    """A tax year is called after the year in which it begins."""
    begins = BEGINNINGS.get(country, (1, 1))
    return day.year if (day.month, day.day) >= begins else day.year - 1


def number_of(year: int) -> int:
    """The calendar year that a tax year is called after, also one that was cut off."""
    return year % CUT_OFF


def was_cut_off(year: int) -> bool:
    return year >= CUT_OFF


def first_day(year: int, country: Country) -> date:
    return date(year, *BEGINNINGS.get(country, (1, 1)))


def year_before(day: date, country: Country) -> date:
    """Held for more than a year on `day` is what was acquired before this day.

    They differ on 29 February only. In the United States and in Australia the period begins the day after the
    acquisition and counts by dates, so what was acquired on 28 February 2023 is long-term from 1 March 2024 (Rev. Rul.
    66-7, TD 2002/10); in Germany the day after the anniversary is enough (sections 187 and 188 BGB).
    """
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1) if country is Country.DE else date(day.year - 1, 2, 28)


@lru_cache(maxsize=10_000)
def bounds(day: date, zone: tzinfo, country: Country) -> tuple[datetime, datetime, datetime]:
    """When it begins and ends, and before when things must have been acquired. All assets share these."""
    return (
        midnight(day, zone),
        midnight(day + timedelta(days=1), zone),
        midnight(year_before(day, country), zone),
    )


class Days:
    """The day under way. Asked in the order of time it turns once a day."""

    __slots__ = ("begin", "country", "cutoff", "day", "end", "zone")

    def __init__(self, zone: tzinfo, country: Country) -> None:
        self.zone = zone
        self.country = country
        self.begin = self.end = self.cutoff = EVER
        self.day = date.min

    def turn(self, at: datetime) -> None:
        self.day = at.astimezone(self.zone).date()
        self.begin, self.end, self.cutoff = bounds(self.day, self.zone, self.country)

    def of(self, at: datetime) -> date:
        if not self.begin <= at < self.end:
            self.turn(at)
        return self.day


def changes(settings: Settings) -> list[tuple[datetime, Regime]]:
    """When each regime comes into force; the first one has always been. One that says what held before goes on: where
    matching looks ahead, it would end at a line that changes nothing.
    """
    first, *others = settings.regimes
    return [
        (EVER, first),
        *(
            (midnight(first_day(each.from_year, each.country), settings.zone), each)
            for former, each in pairwise([first, *others])
            if each != former._replace(from_year=each.from_year)
        ),
    ]


def in_force(settings: Settings, at: datetime) -> Regime:
    return [regime for begins, regime in changes(settings) if begins <= at][-1]


def tax_year(settings: Settings, at: datetime, day: date) -> int:
    """As tax years begin in the country whose rules are in force at the time. Where those of another take over in the
    course of a year and theirs is called after the same number, what came before is a year of its own.
    """
    first, *others = settings.regimes
    here = in_force(settings, at).country
    year = year_of(day, here)
    of_that_number = [first, *(each for each in others if each.from_year <= year)][-1].country
    return year if of_that_number is here else year + CUT_OFF

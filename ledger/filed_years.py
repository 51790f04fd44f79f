"""Which filed years a change would touch, so that its owner is told before making it. Nothing is forbidden: what was
filed stays as it was, and the page of the year says what would differ.

A change reaches further than its own year: what came before a filed year left lots to it, and some countries look
thirty days ahead. So a year is named as well where it only may rest on what changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Min

from ledger.acts import present
from ledger.engine.days import midnight
from ledger.models import YearLock
from ledger.tax_years import AHEAD, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import User
    from ledger.models import Transaction


class Filed(NamedTuple):
    year: int
    label: str
    since: datetime
    until: datetime
    reach: datetime  # until then, what happens may enter into it


@dataclass(frozen=True, slots=True)
class Touch:
    """What a change touches. `within`: something in one of these years; else only what they may rest on."""

    years: Sequence[Filed] = ()
    within: bool = False

    def __bool__(self) -> bool:
        return bool(self.years)

    @property
    def numbers(self) -> list[int]:
        return [each.year for each in self.years]

    @property
    def words(self) -> str:
        """After the names of the years."""
        rests = "" if self.within else ", and may rest on this"
        if len(self.years) > 1:
            return f"are filed{rests}: your reports stay as filed, and the pages of the years say what would differ."
        return f"is filed{rests}: your report stays as filed, and the page of the year says what would differ."


def filed(owner: User) -> list[Filed]:
    """Oldest first."""
    locks = YearLock.objects.filter(owner=owner, opened_at=None).only("year", "settings")
    return sorted(map(told, locks), key=lambda each: each.since)


def told(held: YearLock) -> Filed:
    terms, zone = terms_of(held.settings, held.year), ZoneInfo(held.settings["zone"])
    since, until = midnight(terms.first, zone), midnight(terms.last + timedelta(days=1), zone)
    return Filed(held.year, terms.label, since, until, until + AHEAD.get(terms.country, timedelta(0)))


def touched(owner: User, moments: Iterable[datetime]) -> Touch:
    """By what happened then."""
    return among(filed(owner), moments)


def among(held: Sequence[Filed], moments: Iterable[datetime]) -> Touch:
    """As `touched`, of years that were read already: a page of many changes reads them once."""
    found = list(moments)
    years = [each for each in held if any(at < each.reach for at in found)]
    return Touch(years, within=any(each.since <= at < each.until for each in years for at in found))


def touched_by(owner: User, rows: QuerySet[Transaction]) -> Touch:
    """By a change of these, however many they are: asked in the database."""
    held = filed(owner)
    if not held:
        return Touch()
    first = rows.aggregate(first=Min("occurred_at"))["first"]
    here = [each for each in held if rows.filter(occurred_at__gte=each.since, occurred_at__lt=each.until).exists()]
    return among(held, [*([first] if first else []), *(each.since for each in here)])


def perhaps(owner: User) -> Touch:
    """Of so many changes that looking at each would keep a page waiting."""
    return Touch(filed(owner))


def touched_between(owner: User, first: datetime | None, last: datetime | None) -> Touch:
    """By something of which no more is known than when it begins and ends."""
    return between(filed(owner), first, last) if first and last else Touch()


def between(held: Sequence[Filed], first: datetime, last: datetime) -> Touch:
    """As `touched_between`, of years that were read already."""
    over = [each.since for each in held if first < each.until and last >= each.since]
    return among(held, [first, last, *over])


def touched_of_each(owner: User, named: Sequence[Sequence[UUID]]) -> list[Touch]:
    """Of each of several changes, by the names of the transactions it is about."""
    held = filed(owner)
    if not held:
        return [Touch() for _ in named]
    found = present(owner, [name for names in named for name in names])
    return [among(held, [found[name].occurred_at for name in names if name in found]) for names in named]

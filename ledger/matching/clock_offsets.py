"""Origins whose clocks are hours apart: a file in local time that says it is in UTC.

Proposed only when several pairs that have no other partner agree on it, and the owner is asked, once for all of them:
with that clock put right each of them is certain. A quarter of an hour is the least that zones differ by.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from ledger.matching.base import Doubt, Offset
from ledger.matching.sameness import Unit, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.matching.clusters import Clusters

QUARTER, FURTHEST = 900, 14 * 3_600
SURE_OF_ONE = FURTHEST + 3_600
ENOUGH = 5
KEPT_DIGITS = 5

Pattern = tuple[str, ...]


class Timed(Protocol):
    @property
    def origin(self) -> str: ...

    @property
    def first(self) -> int: ...  # in whole seconds

    @property
    def precision(self) -> int: ...


One = TypeVar("One", bound=Timed)


def proposed(units: Sequence[Unit], clusters: Clusters) -> tuple[Offset, ...]:
    """Of units by their own clocks, one for each that several origins tell: a third may be off where two agree."""
    agreeing: dict[tuple[str, str, int], list[Doubt]] = defaultdict(list)
    for one, other in lonely(units):
        if clusters.may_join([clusters.of(one)], [clusters.of(other)]):
            ahead = shift(one, other)
            agreeing[other.origin, one.origin, ahead].extend(as_one(one, other, ahead) if ahead else ())
    return tuple(
        Offset(origin, against, timedelta(seconds=ahead), tuple(found))
        for (origin, against, ahead), found in sorted(agreeing.items())
        if len(found) >= ENOUGH
    )


def as_one(one: Unit, other: Unit, ahead: int) -> Iterator[Doubt]:
    """If they certainly are with that clock put right, and how they look without."""
    right = compare(one, replace(other, first=other.first - ahead, last=other.last - ahead))
    seen = compare(one, other, shifted=ahead)
    if right and right.certain and seen:
        yield Doubt(one.ids, other.ids, seen.score, seen.reasons)


def lonely(units: Iterable[Unit]) -> Iterator[tuple[Unit, Unit]]:
    """Pairs of two origins that look alike, and nothing else looks so for most of a day around."""
    alike: dict[Pattern, list[Unit]] = defaultdict(list)
    for unit in units:
        alike[pattern(unit)].append(unit)
    for same in alike.values():
        yield from pairs(sorted(same, key=lambda unit: (unit.first, unit.ids)))


def pairs(same: Sequence[One]) -> Iterator[tuple[One, One]]:
    """Of those that look alike, in order of time."""
    for place in range(len(same) - 1):
        if pair := only_two(same, place):
            yield pair


def only_two(same: Sequence[One], place: int) -> tuple[One, One] | None:
    """Two in a row, if nobody else is near either; the origin that comes first by name is first."""
    one, other = same[place], same[place + 1]
    before = same[place - 1] if place else None
    after = same[place + 2] if place + 2 < len(same) else None
    crowded = (before and one.first - before.first <= SURE_OF_ONE) or (
        after and after.first - other.first <= SURE_OF_ONE
    )
    if crowded or one.origin == other.origin or other.first - one.first > SURE_OF_ONE:
        return None
    return (one, other) if one.origin < other.origin else (other, one)


def pattern(unit: Unit) -> Pattern:
    """Assets, and the digits that even a file which cuts its amounts tells."""
    return (*unit.shape, *(f"{amount:e}"[: KEPT_DIGITS + 1] + f"{amount.adjusted()}" for amount in unit.amounts))


def shift(one: Timed, other: Timed) -> int:
    """By how many seconds the other one's clock is ahead: whole quarters of an hour, or nothing."""
    gap = other.first - one.first
    quarters = (gap + QUARTER // 2) // QUARTER * QUARTER
    slack = max(one.precision, other.precision, 2)
    return quarters if abs(gap - quarters) <= slack and abs(quarters) <= FURTHEST else 0

"""Which deposits a withdrawal may have arrived as, found without looking at each beside each.

Deposits lie on a shelf by asset and day, sorted by amount. A withdrawal looks at the days it may have taken, near the
amounts it may have arrived as, and takes the nearest few: of many that are equal, none will be certain anyway.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from functools import partial
from heapq import nsmallest
from typing import TYPE_CHECKING

from ledger.matching import likeness
from ledger.matching.base import NONE, Ends, Precision, Side
from ledger.matching.transfer_evidence import DAY, LIKE_MOVES, MOST_LOST, MOVES, came_as, left_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.matching.base import Decided, Movement

DAY_SECONDS = 86_400
BEFORE, AFTER = timedelta(hours=2), 3 * DAY
BEFORE_BY_BANK, AFTER_BY_BANK = DAY, 10 * DAY
WITHIN_OF_HASH = 30 * DAY
SOON, NEARLY = timedelta(hours=3), Decimal("0.005")
FEW = 4  # to either side of each amount, on each day
MOST = 8  # pairs of one withdrawal
MORE = 1 + likeness.COARSE
FAR = Decimal("Infinity")

Place = tuple[Decimal, int, str]


class Shelf:
    """Movements of one side, by asset and day; sorted by amount, then time, then id."""

    def __init__(self, movements: Iterable[Movement]) -> None:
        self.known = {movement.id: movement for movement in movements}
        self.coarse = any(movement.precision is Precision.DAY for movement in self.known.values())
        self.days: dict[tuple[str, int], list[Place]] = defaultdict(list)
        self.hashes: dict[tuple[str, str], list[Place]] = defaultdict(list)
        for movement in self.known.values():
            self._put(movement)
        for places in (*self.days.values(), *self.hashes.values()):
            places.sort()

    def _put(self, movement: Movement) -> None:
        at = likeness.seconds(movement.at)
        for amount in came_as(movement):
            self.days[movement.asset, at // DAY_SECONDS].append((amount, at, movement.id))
        if movement.hash:
            self.hashes[movement.asset, likeness.plain_hash(movement.hash)].append((movement.amount, at, movement.id))

    def of_hash(self, out: Movement) -> Iterator[str]:
        places = self.hashes.get((out.asset, likeness.plain_hash(out.hash)), []) if out.hash else []
        yield from around(places, (out.amount, likeness.seconds(out.at), ""), NONE, FAR)

    def near(self, out: Movement) -> Iterator[str]:
        """By amount, on the days it may have taken."""
        at = likeness.seconds(out.at)
        first, last = window(out, coarse=self.coarse)
        targets = left_by(out)
        least, most = out.amount * (1 - MOST_LOST), out.amount * MORE
        for day in range((at + first) // DAY_SECONDS, (at + last) // DAY_SECONDS + 1):
            if places := self.days.get((out.asset, day)):
                for target in targets:
                    yield from around(places, (target, at, ""), least, most)


def around(places: list[Place], target: Place, least: Decimal, most: Decimal) -> Iterator[str]:
    """The nearest few to either side."""
    middle = bisect_left(places, target)
    for place in places[middle : middle + FEW]:
        if place[0] <= most:
            yield place[2]
    for place in reversed(places[max(0, middle - FEW) : middle]):
        if place[0] >= least:
            yield place[2]


def window(out: Movement, *, coarse: bool) -> tuple[int, int]:
    """In seconds, from when it left. Where a side may tell the day only, a day more is looked at."""
    before, after = (BEFORE_BY_BANK, AFTER_BY_BANK) if out.fiat else (BEFORE, AFTER)
    hidden = DAY if coarse or out.precision is Precision.DAY else timedelta(seconds=out.precision + Precision.MINUTE)
    return -(before + hidden) // likeness.SECOND, (after + hidden) // likeness.SECOND


def pairs(movements: Iterable[Movement], decided: Decided) -> Iterator[tuple[Movement, Movement]]:
    """Each possible pair once: of other wallets, near enough in time and amount, not decided against."""
    able = [movement for movement in movements if movement.kind in MOVES | LIKE_MOVES and movement.amount > 0]
    shelf = Shelf(movement for movement in able if movement.side is Side.IN)
    outs = sorted((movement for movement in able if movement.side is Side.OUT), key=lambda out: out.id)
    for out in outs:
        yield from ((out, arrived) for arrived in nearest(out, shelf, decided))


def nearest(out: Movement, shelf: Shelf, decided: Decided) -> list[Movement]:
    near = [shelf.known[name] for name in {*shelf.of_hash(out), *shelf.near(out)}]
    fit = [each for each in near if possible(out, each) and not forbidden({out.id}, {each.id}, decided)]
    return nsmallest(MOST, fit, key=partial(farness, out)) if len(fit) > MOST else fit


def farness(out: Movement, arrived: Movement) -> tuple[bool, bool, Decimal, timedelta, str]:
    known = bool(out.address) and out.address == arrived.address
    apart = min(abs(sent - came) for sent in left_by(out) for came in came_as(arrived))
    return not same_hash(out, arrived), not known, apart, abs(arrived.at - out.at), arrived.id


def possible(out: Movement, arrived: Movement) -> bool:
    if out.wallet == arrived.wallet and not (out.internal and arrived.internal):
        return False
    gap = arrived.at - out.at
    if same_hash(out, arrived):
        return abs(gap) <= WITHIN_OF_HASH
    hidden = timedelta(seconds=max(out.precision, arrived.precision) - 1)
    before, after = (BEFORE_BY_BANK, AFTER_BY_BANK) if out.fiat else (BEFORE, AFTER)
    return -before - hidden <= gap <= after + hidden and hopeful(out, arrived, gap)


def hopeful(out: Movement, arrived: Movement, gap: timedelta) -> bool:
    """Amounts that differ need little time between them, or an address, to be worth a look."""
    if abs(gap) <= SOON or out.address or out.internal or arrived.internal:
        return True
    nearly = out.amount * NEARLY
    return any(abs(sent - came) <= nearly for sent in left_by(out) for came in came_as(arrived))


def same_hash(out: Movement, arrived: Movement) -> bool:
    return bool(out.hash and arrived.hash) and likeness.plain_hash(out.hash) == likeness.plain_hash(arrived.hash)


def forbidden(outs: Iterable[str], ins: Iterable[str], decided: Decided) -> bool:
    if not decided.rejections:
        return False
    ends = Ends(frozenset(outs), frozenset(ins))
    return ends in decided.rejections or any(rejected.within(ends) for rejected in larger(ends, decided))


def larger(ends: Ends, decided: Decided) -> Iterable[Ends]:
    """Only a group can hold a rejected pair without being it."""
    return decided.rejections if len(ends.outs) + len(ends.ins) > 2 else ()  # noqa: PLR2004 - one out and one in

"""Canada: the average cost of identical property, and superficial losses (Income Tax Act, sections 47, 53(1)(f), 54).

A loss is denied as far as the same property was acquired in the period from 30 days before to 30 days after the
disposal and is still held at the end of that period: of the loss, the least of what was sold, what was acquired in the
period and what is held at its end, divided by what was sold. What is denied is added to the cost of what was acquired
instead: what came before the loss has it at once, what comes after it when it comes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from ledger.engine.desk import TOGETHER
from ledger.engine.movements import ACQUIRED, ARRIVED, DEPARTED, DISPOSED, Movement, brought
from ledger.engine.pools import Blend
from ledger.engine.types import Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from ledger.engine.desk import Desk

    Save = Callable[[date], None]
    Handler = Callable[[Desk, Movement], None]

WINDOW = 30


class Windows:
    """How much was acquired between two days, and how much was held at the end of one: by days, and by bisection."""

    __slots__ = ("_acquired", "_days", "_held", "_sums", "_times")

    def __init__(self, desk: Desk, movements: Iterable[Movement]) -> None:
        held = sum(lot.amount for lot in desk.pool(TOGETHER).lots())
        way = {link: transit.amount for link, transit in desk.transit.items()}
        self._acquired = list(desk.recent)
        self._times: list[int] = []
        self._held = [held]
        for movement in movements:
            day = desk.days.of(movement.at).toordinal()
            if stands_for(movement):
                self._acquired.append((day, movement.amount))
            held = max(0, held + change_of(movement, way))
            self._times.append(day)
            self._held.append(held)
        self._days = [day for day, _ in self._acquired]
        self._sums = list(accumulate((amount for _, amount in self._acquired), initial=0))

    def acquired(self, first: int, last: int) -> int:
        return self._sums[bisect_right(self._days, last)] - self._sums[bisect_left(self._days, first)]

    def held(self, day: int) -> int:
        return self._held[bisect_right(self._times, day)]

    def recent(self, day: int) -> list[tuple[int, int]]:
        """What a later stretch needs to know of what was acquired before `day`."""
        return [
            self._acquired[place]
            for place in range(bisect_left(self._days, day - WINDOW), bisect_left(self._days, day))
        ]


def stands_for(movement: Movement) -> bool:
    """What was acquired instead of something that was sold."""
    return movement.rank == ACQUIRED and not brought(movement, 2 * WINDOW)


def change_of(movement: Movement, way: dict[str, int]) -> int:
    """Of what is held, which never falls below nought. `way`: what is on its way, by link."""
    if movement.rank == ACQUIRED:
        return movement.amount
    if movement.rank == DISPOSED:
        return -movement.amount
    if movement.rank == ARRIVED:
        return arrived(movement, way)
    if movement.rank == DEPARTED:
        way[movement.more.link] = way.get(movement.more.link, 0) + movement.amount
        return -movement.more.fee.amount if movement.more.fee else 0
    return 0


def arrived(movement: Movement, way: dict[str, int]) -> int:
    """What arrives beyond what was sent is held, too."""
    due = min(movement.amount, way.get(movement.more.link, 0))
    way[movement.more.link] = way.get(movement.more.link, 0) - due
    return movement.amount - due


def book(
    desk: Desk, movements: Sequence[Movement], marks: Sequence[date], save: Save, handlers: Sequence[Handler]
) -> None:
    windows = Windows(desk, movements)
    waiting = sorted(marks, reverse=True)
    for day, own in groupby(movements, key=lambda movement: desk.days.of(movement.at)):
        while waiting and waiting[-1] <= day:
            mark(desk, windows, waiting.pop(), save)
        before = len(desk.takes)
        for movement in own:
            handlers[movement.rank](desk, movement)
            if desk.denied and stands_for(movement):
                bring_back(desk, movement.amount)
        deny(desk, windows, day, before)
    while waiting:
        mark(desk, windows, waiting.pop(), save)


def deny(desk: Desk, windows: Windows, day: date, since: int) -> None:
    """The losses of a day together: in how many sales it went makes no difference."""
    places = [
        place
        for place, take in enumerate(desk.takes[since:], since)
        if take.rule is Rule.AVERAGE and take.counts and take.gain < 0
    ]
    loss = -sum(desk.takes[place].gain for place in places)
    sold = sum(desk.takes[place].amount for place in places)
    amount = superficial(windows, day.toordinal(), sold) if loss else 0
    denied = loss * amount // sold if amount else 0
    if denied:
        at_once = min(amount, windows.acquired(day.toordinal() - WINDOW, day.toordinal()))
        add_to_cost(desk, denied * at_once // amount)
        if at_once < amount:
            desk.denied.append((amount - at_once, denied - denied * at_once // amount))
    for place in places:
        take = desk.takes[place]
        own = denied * -take.gain // loss
        denied, loss = denied - own, loss + take.gain
        desk.takes[place] = take._replace(adjustment=own)


def superficial(windows: Windows, day: int, sold: int) -> int:
    """Of so much that was sold, the loss is none."""
    return min(sold, windows.acquired(day - WINDOW, day + WINDOW), windows.held(day + WINDOW))


def bring_back(desk: Desk, amount: int) -> None:
    """So much of what losses were denied for has come. Of each loss, unit for unit: it may stand against several."""
    waiting: list[tuple[int, int]] = []
    for units, money in desk.denied:
        part = min(units, amount)
        add_to_cost(desk, money * part // units)
        if part < units:
            waiting.append((units - part, money - money * part // units))
    desk.denied = waiting


def add_to_cost(desk: Desk, denied: int) -> None:
    """Where nothing is held just then it waits in the empty pool for what is acquired next."""
    pool = desk.pool(TOGETHER)
    if isinstance(pool, Blend) and pool.lot:
        pool.lot.cost += denied


def mark(desk: Desk, windows: Windows, at: date, save: Save) -> None:
    desk.recent = windows.recent(at.toordinal())
    save(at)

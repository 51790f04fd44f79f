"""Books the movements of one asset from a beginning or a checkpoint: what left by what it had cost, what is held.

The loop knows no country and no method. A pool hands out lots in its method's order (`pools`), `consuming` and
`moving` do what each movement asks, `turning` rearranges what is held when another regime comes into force; `uk` and
`canada` look ahead, so a stretch of theirs is gathered first and booked as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.engine import canada, uk
from ledger.engine.checkpoints import Checkpoint, opened, saved
from ledger.engine.consuming import acquire, dispose, note
from ledger.engine.days import NEVER, changes, midnight
from ledger.engine.desk import TOGETHER, Desk
from ledger.engine.frozen import blocks, written
from ledger.engine.moving import arrive, depart
from ledger.engine.turning import turn
from ledger.engine.types import Method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from ledger.engine.movements import Movement, Receipt, Remark, Take
    from ledger.engine.pools import Holding
    from ledger.engine.types import Regime, Settings

    Handler = Callable[[Desk, Movement], None]

HANDLERS: tuple[Handler, ...] = (acquire, depart, arrive, dispose, note)  # by rank


@dataclass(frozen=True, slots=True)
class Booked:
    """What was found, and what is held: lots are listed when they are asked for."""

    takes: list[Take]
    receipts: list[Receipt]
    findings: list[Remark]
    balances: dict[str, int]
    checkpoints: list[Checkpoint]
    desk: Desk

    @property
    def lots(self) -> list[tuple[str, Holding]]:
        """With the wallet they lie in."""
        return [(wallet, lot) for wallet, pool in sorted(self.desk.pools.items()) for lot in pool.lots()]

    @property
    def on_the_way(self) -> list[tuple[str, Holding]]:
        """With the link of their transfer."""
        return [(link, lot) for link, transit in self.desk.transit.items() for lot in transit.lots]

    @property
    def texts(self) -> Mapping[str, str]:
        """The blocks that were made here, by their names; through it all others."""
        return self.desk.texts

    def held(self) -> dict[str, list[str]]:
        """The names of the blocks in which all lots are, by the wallet they lie in: on its way a lot lies in none."""
        texts = self.desk.texts
        held = {wallet: blocks(pool, texts) for wallet, pool in sorted(self.desk.pools.items())}
        moving = written((lot for _, lot in self.on_the_way), texts)
        held[TOGETHER] = [*held.get(TOGETHER, ()), *moving]
        return held


class Course:
    """The way through time: where regimes change, where the state is kept, and what is gathered meanwhile."""

    def __init__(self, desk: Desk, moments: Iterable[date]) -> None:
        self.desk = desk
        self.checkpoints: list[Checkpoint] = []
        self.pending: list[Movement] = []
        self.marks: list[date] = []
        self.stops = stops(desk, moments)
        self.handlers: Sequence[Handler] = HANDLERS
        self.enter()

    @property
    def next(self) -> datetime:
        return self.stops[-1][0] if self.stops else NEVER

    def enter(self) -> None:
        ahead = self.desk.method in {Method.UK_POOL, Method.ACB}
        self.handlers = (self.gather,) * len(HANDLERS) if ahead else HANDLERS

    def gather(self, _: Desk, movement: Movement) -> None:
        self.pending.append(movement)

    def reach(self, at: datetime) -> datetime:
        """Everything that stands in the way up to a moment, itself included."""
        while self.next <= at and self.stops:
            stop, regime, day = self.stops.pop()
            if regime:
                self.finish()
                turn(self.desk, regime, stop)
                self.enter()
            elif day and self.handlers is not HANDLERS:
                self.marks.append(day)
            elif day:
                self.save(day)
        return self.next

    def save(self, day: date) -> None:
        self.checkpoints.append(saved(self.desk, midnight(day, self.desk.settings.zone)))

    def finish(self) -> None:
        """Books what was gathered."""
        if self.desk.method is Method.UK_POOL:
            uk.book(self.desk, self.pending, self.marks, self.save)
        elif self.desk.method is Method.ACB:
            canada.book(self.desk, self.pending, self.marks, self.save, HANDLERS)
        self.pending, self.marks = [], []


def stops(desk: Desk, moments: Iterable[date]) -> list[tuple[datetime, Regime | None, date | None]]:
    """Latest first. At one moment the regime changes before the state is kept."""
    zone = desk.settings.zone
    turns = [(at, 0, regime, None) for at, regime in changes(desk.settings)]
    keeps = [(midnight(day, zone), 1, None, day) for day in moments]
    ordered = sorted((stop for stop in [*turns, *keeps] if stop[0] > desk.since), key=lambda stop: stop[:2])
    return [(at, regime, day) for at, _, regime, day in reversed(ordered)]


def book(
    asset: str,
    movements: Iterable[Movement],
    settings: Settings,
    *,
    start: Checkpoint | None = None,
    moments: Iterable[date] = (),
    until: datetime = NEVER,
    into: list[Take] | None = None,
) -> Booked:
    """`movements` of one asset, sorted, from `start` on. The state is kept at the beginning of each day of `moments`,
    none of them after `until`. Who wants to keep no takes hands in a list of their own, whose `append` writes them
    down: nothing here looks back at them, save in Canada.
    """
    desk = opened(start, settings) if start else Desk(asset, settings)
    if into is not None:
        desk.takes = into
    course = Course(desk, moments)
    handlers, stop = course.handlers, course.next
    for movement in movements:
        if movement[0] >= stop:
            stop = course.reach(movement[0])
            handlers = course.handlers
        handlers[movement[1]](desk, movement)
    course.reach(until)
    course.finish()
    return Booked(desk.takes, desk.receipts, desk.findings, desk.balances, course.checkpoints, desk)

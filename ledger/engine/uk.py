"""United Kingdom: what is disposed of is matched with what was acquired on the same day, then with what is acquired
within the 30 days after it, then with the section 104 pool (TCGA 1992, sections 104, 105 and 106A; HMRC CRYPTO22250).

All that is acquired on one day is one acquisition, and all that is disposed of on one day is one disposal. Its cost is
reckoned for the day as a whole and then shared out among the day's disposals in their order, so that each has its line.
Earlier disposals are matched first, each with the earliest days first. What leaves without being disposed of is matched
with nothing, and comes out of the pool when the day's disposals have been matched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ledger.engine.consuming import Part, kept, lower, note, nowhere, part_with, settle, taken, welcome
from ledger.engine.desk import TOGETHER
from ledger.engine.movements import ACQUIRED, ARRIVED, DEPARTED, DISPOSED, NO_MORE, Act, Movement, Origin, brought
from ledger.engine.moving import arrive, leave
from ledger.engine.pools import Holding, share
from ledger.engine.types import Rule, TransferFee

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ledger.engine.desk import Desk

    Save = Callable[[date], None]

WINDOW = 30
Used = tuple[int, int, int]  # of a day's acquisitions: amount, cost, so much of the amount at a cost nobody knows
NOTHING: Used = (0, 0, 0)


@dataclass(slots=True)
class Day:
    """What is left to match of one day."""

    day: date
    movements: list[Movement] = field(default_factory=list)
    outs: list[Movement] = field(default_factory=list)
    brought: list[Holding] = field(default_factory=list)  # acquired long before, and matched with nothing
    others: list[Movement] = field(default_factory=list)  # they leave, and are not disposed of
    origin: Origin | None = None
    came: int = 0
    cost: int = 0
    unknown: int = 0  # of what came, so much at a cost nobody knows
    gone: int = 0
    parts: list[Part] = field(default_factory=list)
    borrowed: list[tuple[date, Used]] = field(default_factory=list)  # from later days

    def give(self, amount: int, rule: Rule) -> Part:
        cost, unknown = self.cost * amount // self.came, share(self.unknown, amount, self.came)
        self.came -= amount
        self.cost -= cost
        self.unknown -= unknown
        return Part(self.lot(unknown), amount, cost, rule, unknown)

    def lot(self, unknown: int) -> Origin:
        """Of a part of what came, so much of it at a cost nobody knows."""
        assert self.origin is not None  # noqa: S101 - who has something to give has acquired it
        return self.origin._replace(known=not unknown)


def book(desk: Desk, movements: Sequence[Movement], marks: Sequence[date], save: Save) -> None:
    """`save` keeps the state as it is when a day begins."""
    days = by_day(desk, movements)
    for day in days:
        same_day(day)
        spare(day, desk.used.get(day.day, NOTHING))
    thirty_days(days)
    waiting = sorted(marks, reverse=True)
    for place, day in enumerate(days):
        while waiting and waiting[-1] <= day.day:
            mark(desk, waiting.pop(), days[:place], save)
        close(desk, day)
    while waiting:
        mark(desk, waiting.pop(), days, save)


def by_day(desk: Desk, movements: Iterable[Movement]) -> list[Day]:
    days: dict[date, Day] = {}
    for movement in movements:
        name = desk.days.of(movement.at)
        day = days.get(name)
        if day is None:
            day = days[name] = Day(name)
        day.movements.append(movement)
        if movement.rank == ACQUIRED:
            take_in(day, movement)
        elif movement.rank == DISPOSED:
            take_out(day, movement)
        elif movement.rank == DEPARTED and movement.more.fee:
            take_out(day, movement.more.fee)
    return list(days.values())


def take_in(day: Day, movement: Movement) -> None:
    cost = movement.value or 0
    known = movement.value is not None and movement.more.known
    own = (movement.at, movement.sequence, movement.id, 0, known, movement.amount, cost, movement.more.dated)
    origin = Origin(*own)
    if brought(movement, WINDOW):
        day.brought.append(Holding(origin, movement.amount, cost))
        return
    if day.origin is None:
        day.origin = origin
    else:  # several make one, which has no name of its own
        known, dated = known and day.origin.known, movement.more.dated and day.origin.dated
        amount, so_far = day.origin.amount + movement.amount, day.origin.cost + cost
        day.origin = day.origin._replace(id="", known=known, amount=amount, cost=so_far, dated=dated)
    day.came += movement.amount
    day.cost += cost
    if movement.value is None or not movement.more.known:
        day.unknown += movement.amount


def take_out(day: Day, movement: Movement) -> None:
    """A gift is a disposal, also one without a gain."""
    if movement.more.counts or movement.act is Act.GIFT:
        day.outs.append(movement)
        day.gone += movement.amount
    else:
        day.others.append(movement)


# --- matching ----------------------------------------------------------------------------------------------------


def same_day(day: Day) -> None:
    amount = min(day.came, day.gone)
    if amount:
        day.parts.append(day.give(amount, Rule.SAME_DAY))
        day.gone -= amount


def spare(day: Day, taken: Used) -> None:
    """What disposals before the beginning took of it. The day's own came first, to the last unit."""
    amount, cost, unknown = taken
    day.came -= amount
    day.cost -= cost
    day.unknown -= unknown


def thirty_days(days: Sequence[Day]) -> None:
    for place, day in enumerate(days):
        if day.gone:
            for later in within(days, place):
                amount = min(later.came, day.gone)
                if amount:
                    part = later.give(amount, Rule.THIRTY_DAYS)
                    day.parts.append(part)
                    day.borrowed.append((later.day, (amount, part.cost, part.unknown)))
                    day.gone -= amount


def within(days: Sequence[Day], place: int) -> Iterator[Day]:
    last = days[place].day + timedelta(days=WINDOW)
    for later in range(place + 1, len(days)):
        if days[later].day > last or not days[place].gone:
            return
        yield days[later]


# --- the pool ----------------------------------------------------------------------------------------------------


def close(desk: Desk, day: Day) -> None:
    """What is left of a day's acquisitions goes into the pool, and what is left of its disposals comes out of it. What
    the day's transfers cost besides is added in between: what was moved may have been bought on that day.
    """
    for movement in day.movements:
        register(desk, movement)
    pool = desk.pool(TOGETHER)
    for lot in day.brought:
        pool.push(lot)
    if day.came and day.origin:
        pool.push(Holding(day.lot(day.unknown), day.came, day.cost, day.unknown))
    held = pool.first()
    if held:
        held.cost += sum(movement.more.extra for movement in day.movements)
    if day.gone:
        day.parts += pooled(held, day.gone, day.outs[0].at)
    settle_all(desk, day.outs, day.parts)
    if day.others:
        settle_all(desk, day.others, pooled(held, sum(out.amount for out in day.others), day.others[0].at))


def pooled(lot: Holding | None, amount: int, at: datetime) -> Iterator[Part]:
    """So much out of the pool; what it does not have comes from nowhere."""
    part = min(amount, lot.amount) if lot else 0
    if lot and part:
        yield taken(lot, part, Rule.POOL)
    if part < amount:
        yield Part(nowhere(at), amount - part, 0, Rule.MISSING)


def settle_all(desk: Desk, outs: Sequence[Movement], parts: Iterable[Part]) -> None:
    for out, own in shared_out(outs, parts):
        settle(desk, out, kept_in_pool(desk, out, own))


def register(desk: Desk, movement: Movement) -> None:
    """Where it is, and what is to be said of it: what `consuming` and `moving` do besides lots."""
    if movement.rank == ACQUIRED:
        desk.balances[movement.wallet] = desk.balances.get(movement.wallet, 0) + movement.amount
        if movement.act is not Act.BOUGHT or movement.value is None or movement.more is not NO_MORE:
            welcome(desk, movement)
    elif movement.rank == DISPOSED:
        lower(desk, movement, movement.wallet, movement.amount)
        part_with(desk, movement)
    elif movement.rank == DEPARTED:
        leave(desk, movement)
        if movement.more.fee:
            lower(desk, movement.more.fee, movement.wallet, movement.more.fee.amount)
    elif movement.rank == ARRIVED:
        arrive(desk, movement)
    else:
        note(desk, movement)


def shared_out(outs: Iterable[Movement], parts: Iterable[Part]) -> Iterator[tuple[Movement, list[Part]]]:
    """Parts of a day laid along what left on it, both in their order."""
    parts = iter(parts)
    part = next(parts, None)
    for out in outs:
        wanted, own = out.amount, []
        while wanted and part:
            left = kept(part)
            own.append(taken(left, min(wanted, part.amount), part.rule))
            wanted -= own[-1].amount
            rest = Part(left.origin, left.amount, left.cost, part.rule, left.unknown)
            part = rest if rest.amount else next(parts, None)
        yield out, own


def kept_in_pool(desk: Desk, out: Movement, parts: list[Part]) -> list[Part]:
    """Where a transfer's fee is added to what arrives, its cost stays in the pool."""
    lot = desk.pool(TOGETHER).first()
    if out.act is not Act.TRANSFER_FEE or desk.settings.transfer_fee is not TransferFee.COST or not lot:
        return parts
    lot.cost += sum(part.cost for part in parts)
    return [part._replace(cost=0) for part in parts]


def mark(desk: Desk, at: date, before: Sequence[Day], save: Save) -> None:
    """What disposals before this day took of days after it is a part of the state."""
    used: dict[date, Used] = {day: taken for day, taken in desk.used.items() if day >= at}
    for day in before[-WINDOW - 1 :]:
        for later, (amount, cost, unknown) in day.borrowed:
            if later >= at:
                so_far = used.get(later, NOTHING)
                used[later] = (so_far[0] + amount, so_far[1] + cost, so_far[2] + unknown)
    former, desk.used = desk.used, used
    save(at)
    desk.used = former

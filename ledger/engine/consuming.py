"""Lots are opened and consumed; what leaves is settled against what it brought.

A part of a lot costs `cost * part // amount` of what is left of it, and the rest of the cost stays with the rest of
the lot; proceeds are shared out among the parts in the same way. So no unit of money is made or lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.movements import FEE_PART, NO_MORE, Act, Origin, Receipt, Take
from ledger.engine.pools import Blend, Holding, share
from ledger.engine.types import Problem, Rule, Term

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ledger.engine.desk import Desk
    from ledger.engine.movements import Movement
    from ledger.engine.pools import Pool


# Looked up once: to ask an enumeration for a member takes as long as booking half a movement.
BOUGHT = Act.BOUGHT
PLAIN = (Act.SOLD, Act.SPENT, Act.FEE)
SHORT, LONG, NONE = Term.SHORT, Term.LONG, Term.NONE


class Part(NamedTuple):
    """So much of a lot, with what it had cost."""

    lot: Origin
    amount: int
    cost: int
    rule: Rule
    unknown: int = 0  # so much of it at a cost nobody knows, where lots were stirred; else it is all of it or nothing


def kept(part: Part) -> Holding:
    """It goes on as a lot."""
    return Holding(part.lot, part.amount, part.cost, part.unknown)


def nowhere(at: datetime) -> Origin:
    """What stands in for the lot that there is not."""
    return Origin(acquired=at, sequence=0, id="", part=0, known=False, amount=0, cost=0, dated=False)


# --- what comes --------------------------------------------------------------------------------------------------


def acquire(desk: Desk, movement: Movement) -> None:
    at, _, sequence, name, part, act, wallet, _, amount, value, more = movement
    cost = value or 0
    known = value is not None and more.known
    acquired = more.acquired
    if acquired is None or acquired > at:  # nothing is held before it is acquired
        acquired = at
    origin = tuple.__new__(Origin, (acquired, sequence, name, part, known, amount, cost, more.dated))
    desk.pool(wallet).push(Holding(origin, amount, cost))
    desk.balances[wallet] = desk.balances.get(wallet, 0) + amount
    if act is not BOUGHT or not known or more is not NO_MORE:
        welcome(desk, movement)


def welcome(desk: Desk, movement: Movement) -> None:
    """What is to be said of it: of all but what was bought for what somebody knows, and nobody doubts."""
    act, more = movement.act, movement.more
    if act is Act.INCOME:
        receive(desk, movement)
    elif act is Act.RESULT:
        result(desk, movement, movement.value or 0)
    elif more.worth is not None and more.worth < (movement.value or 0):
        desk.gifts[movement.id] = more.worth, movement.at
    if more.long:
        desk.inherited.add(movement.id)
    if act in {Act.UNKNOWN, Act.GIVEN, Act.INHERITED} and not more.known:
        problem = Problem.LINK_OF_TWO_ASSETS if more.link else Problem.UNKNOWN_ORIGIN
        desk.remark(problem, movement, movement.amount)
    elif movement.value is None or (act is Act.INCOME and more.income is None):
        desk.remark(Problem.MISSING_PRICE, movement, movement.amount)
    doubts(desk, movement)


def doubts(desk: Desk, movement: Movement) -> None:
    """What was found before it was booked."""
    for problem, money in movement.more.remarks:
        desk.remark(problem, movement, movement.amount, money)


def note(desk: Desk, movement: Movement) -> None:
    """Money is not booked; that it is income, or a result, is."""
    if movement.act is Act.HALF:
        doubts(desk, movement)
        return
    if movement.value is None:
        desk.remark(Problem.MISSING_PRICE, movement, movement.amount)
    if movement.act is Act.INCOME:
        receive(desk, movement)
    else:
        result(desk, movement, movement.value or 0)


def receive(desk: Desk, movement: Movement) -> None:
    value = movement.more.income
    desk.receipts.append(Receipt(movement, value or 0, desk.days.of(movement.at)))


def result(desk: Desk, movement: Movement, value: int) -> None:
    """A gain with nothing behind it, or a loss with nothing for it. It moves no units: those are booked beside."""
    day = desk.days.of(movement.at)
    term = Term.SHORT if desk.terms else Term.NONE
    origin = nowhere(movement.at)._replace(known=True)
    desk.takes.append(Take(movement, origin, 0, max(value, 0), max(-value, 0), 0, term, Rule.RESULT, day))


# --- what goes ---------------------------------------------------------------------------------------------------


def dispose(desk: Desk, movement: Movement) -> None:
    wallet, amount = movement.wallet, movement.amount
    parts = gathered(desk, movement, wallet, amount)
    settle(desk, movement, parts)
    lower(desk, movement, wallet, amount)
    if movement.act not in PLAIN:
        part_with(desk, movement)


def part_with(desk: Desk, movement: Movement) -> None:
    """What goes otherwise than by being sold."""
    if movement.act is Act.RESULT:
        result(desk, movement, -(movement.value or 0))
    elif movement.act is Act.WITHDRAWN:
        problem = Problem.LINK_OF_TWO_ASSETS if movement.more.link else Problem.UNKNOWN_TARGET
        desk.remark(problem, movement, movement.amount)


def lower(desk: Desk, movement: Movement, wallet: str, amount: int) -> None:
    left = desk.balances.get(wallet, 0) - amount
    desk.balances[wallet] = left
    if left < 0:
        overdrawn(desk, movement, -left)
    elif desk.short:
        desk.short.discard(wallet)


def overdrawn(desk: Desk, movement: Movement, amount: int) -> None:
    """Said once, until the wallet is above nought again. What is on its way here explains it."""
    wallet = movement.wallet
    if coming(desk, wallet) < amount:
        if wallet not in desk.short:
            desk.short.add(wallet)
            desk.remark(Problem.NEGATIVE_BALANCE, movement, amount)
    elif desk.together:  # else `overtake` has said so, with the lots it took
        desk.remark(Problem.IN_TRANSIT, movement, min(amount, movement.amount))


def coming(desk: Desk, wallet: str) -> int:
    """What is on its way here."""
    return sum(size for transit in desk.transit.values() for target, size in transit.bound if target == wallet)


def gathered(desk: Desk, movement: Movement, wallet: str, amount: int) -> list[Part]:
    """Chosen lots first, then the method's; then what is on its way here; then nothing, which is said."""
    parts: list[Part] = []
    pool = desk.pool(wallet)
    if movement.id in desk.choices and movement.part != FEE_PART:
        amount = choose(desk, movement, pool, amount, parts)
    left = consume(pool, amount, desk.rule, parts)
    if left and desk.transit:
        left = overtake(desk, movement, wallet, left, parts)
    if left:
        parts.append(Part(nowhere(movement.at), left, 0, Rule.MISSING))
    return parts


def consume(pool: Pool, amount: int, rule: Rule, parts: list[Part]) -> int:
    """Takes lot after lot; answers what the pool did not have."""
    first, add, new = pool.first, parts.append, tuple.__new__
    while amount:
        lot = first()
        if lot is None:
            return amount
        have = lot.amount
        if have <= amount:
            add(new(Part, (lot.origin, have, lot.cost, rule, lot.unknown)))
            amount -= have
            lot.amount = lot.cost = lot.unknown = 0
        else:
            add(taken(lot, amount, rule))
            amount = 0
    return 0


def taken(lot: Holding, amount: int, rule: Rule) -> Part:
    origin, have, unknown = lot.origin, lot.amount, lot.unknown
    cost = lot.cost * amount // have
    lot.amount = have - amount
    lot.cost -= cost
    if unknown:
        unknown = share(unknown, amount, have)
        lot.unknown -= unknown
        if not lot.unknown:
            lot.origin = origin._replace(known=True)  # of what is left
    return tuple.__new__(Part, (origin, amount, cost, rule, unknown))


def choose(desk: Desk, movement: Movement, pool: Pool, amount: int, parts: list[Part]) -> int:
    """From the lots that the owner named, in that order. Answers what is left to find."""
    if isinstance(pool, Blend):
        return amount
    for choice in desk.choices[movement.id]:
        wanted = amount if choice.amount is None else min(amount, desk.units(choice.amount))
        for lot in [lot for lot in pool.lots() if lot.origin.id == choice.lot]:
            part = min(wanted, lot.amount)
            if part:
                parts.append(taken(lot, part, Rule.CHOSEN))
                wanted -= part
                amount -= part
        if wanted and choice.amount is not None:
            desk.remark(Problem.CHOICE_SHORT, movement, wanted)
    return amount


def overtake(desk: Desk, movement: Movement, wallet: str, amount: int, parts: list[Part]) -> int:
    """Something was sold here that was still on its way here: its lots are used all the same, and it is said."""
    for transit in desk.transit.values():
        due = sum(size for target, size in transit.bound if target == wallet) - transit.early.get(wallet, 0)
        part = min(amount, due, sum(lot.amount for lot in transit.lots))
        if part > 0:
            draw(transit.lots, part, desk.rule, parts)
            transit.early[wallet] = transit.early.get(wallet, 0) + part
            amount -= part
            desk.remark(Problem.IN_TRANSIT, movement, part)
    return amount


def draw(lots: list[Holding], amount: int, rule: Rule, parts: list[Part]) -> int:
    """From the front of what is on its way."""
    while amount and lots:
        lot = lots[0]
        part = min(amount, lot.amount)
        parts.append(taken(lot, part, rule))
        amount -= part
        if not lot.amount:
            lots.pop(0)
    return amount


# --- what it brought ---------------------------------------------------------------------------------------------


def settle(desk: Desk, movement: Movement, parts: Sequence[Part]) -> None:
    """Without a price nothing is gained: the proceeds are taken to be the cost. So it is with what does not count."""
    days = desk.days
    at, left, proceeds = movement.at, movement.amount, movement.value
    day = days.day if days.begin <= at < days.end else days.of(at)
    cutoff, terms, add, new = days.cutoff, desk.terms, desk.takes.append, tuple.__new__
    counts = movement.more.counts
    gifts = desk.by_market and desk.gifts
    inherited = desk.heirs_hold_long and desk.inherited
    term = NONE
    if movement.more.remarks:
        doubts(desk, movement)
    if proceeds is None and counts:
        desk.remark(Problem.MISSING_PRICE, movement, left, sum(part.cost for part in parts))
    for origin, amount, cost, rule, unknown in parts:
        if proceeds is None or not counts:
            brought = cost
        else:
            brought = proceeds * amount // left
            proceeds -= brought
        if terms:
            term = LONG if origin.acquired < cutoff or (inherited and origin.id in inherited) else SHORT
        left -= amount
        take = new(Take, (movement, origin, amount, brought, cost, 0, term, rule, day))
        add(as_given(desk, take) if gifts and brought < cost else take)
        if not origin.known and counts:
            without = unknown or amount
            desk.remark(Problem.MISSING_BASIS, movement, without, brought * without // amount)


def as_given(desk: Desk, take: Take) -> Take:
    """Of a gift that goes below what it had cost its giver: a loss is one from the market's price when it was given, on
    that day; above that price there is none.
    """
    given = None if take.lot.part else desk.gifts.get(take.lot.id)  # what came beside a gift is none
    if given is None:
        return take
    worth, at = given[0] * take.amount // take.lot.amount, given[1]
    if take.proceeds >= worth:
        return take._replace(cost=take.proceeds)
    term = Term.LONG if at < desk.days.cutoff else Term.SHORT
    return take._replace(lot=take.lot._replace(acquired=at), cost=worth, term=term)

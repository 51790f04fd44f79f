"""The second reckoning's United Kingdom and Canada: tables of days, asked again for every disposal."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from ledger.engine.types import Event, Settings, TransferFee
from tests.ledger.engine.naive import ARRIVE, COME, GO, LEAVE, Step, steps

WINDOW = 30


def of_assets(events: list[Event], settings: Settings) -> dict[str, list[Step]]:
    found = defaultdict(list)
    for step in steps(events, settings):
        found[step.asset].append(step)
        if step.fee:
            found[step.asset].append(step.fee)
    return found


def long_before(step: Step, days: int) -> bool:
    """Its owner had it for so long before, or nobody knows since when: it was not acquired when it came."""
    if step.given:
        return False
    return not step.known or (bool(step.acquired) and step.at - step.acquired > timedelta(days=days))


def surplus(own: list[Step]) -> dict[str, Fraction]:
    """What arrived beyond what was sent, by arrival."""
    way, found = defaultdict(Fraction), {}
    for step in own:
        if step.rank == LEAVE:
            way[step.link] += step.amount
        elif step.rank == ARRIVE:
            found[step.id] = max(Fraction(0), step.amount - way[step.link])
            way[step.link] -= min(step.amount, way[step.link])
    return found


def united_kingdom(own: list[Step], settings: Settings) -> tuple[dict, Fraction, Fraction]:
    """By day: proceeds and cost of what counts and of what does not; then the pool's amount and cost."""
    day = lambda step: step.at.date().toordinal()  # noqa: E731 - short
    came, cost, gone, quiet = (defaultdict(Fraction) for _ in range(4))
    for step in own:
        if step.rank == COME and not long_before(step, WINDOW):
            came[day(step)] += step.amount
            cost[day(step)] += step.money or 0
        elif step.rank == GO:
            (gone if step.counts else quiet)[day(step)] += step.amount
    price = {each: cost[each] / came[each] for each in came}
    left = dict(gone)
    spent = defaultdict(list)  # day of disposal -> amount and price
    for offsets in (range(1), range(1, WINDOW + 1)):
        for each in sorted(gone):
            for offset in offsets:
                size = min(left[each], came.get(each + offset, Fraction(0)))
                if size:
                    spent[each].append((size, price[each + offset]))
                    came[each + offset] -= size
                    left[each] -= size
    return pooled(own, settings, came, price, (left, quiet), spent)


def pooled(own, settings, came, price, leaving, spent):
    """`leaving`: what is left of disposals, and what left without being one, by day."""
    amount = cost = Fraction(0)
    lines, extra = {}, surplus(own)
    for each in sorted({step.at.date().toordinal() for step in own}):
        today = [step for step in own if step.at.date().toordinal() == each]
        amount += sum(extra[step.id] for step in today if step.rank == ARRIVE)
        for step in (step for step in today if step.rank == COME and long_before(step, WINDOW)):
            amount, cost = amount + step.amount, cost + step.money
        size = came.get(each, Fraction(0))
        amount, cost = amount + size, cost + size * price.get(each, 0)
        cost += sum(step.extra for step in today if step.rank == LEAVE) if amount else 0
        for left in leaving:
            size = min(left.get(each, Fraction(0)), amount)
            if size:
                spent[each].append((size, cost / amount))
                amount, cost = amount - size, cost - cost / amount * size
            spent[each].append((left.get(each, Fraction(0)) - size, Fraction(0)))
        for counts in (True, False):
            for step in (step for step in today if step.rank == GO and step.counts is counts):
                own_cost = laid_along(spent[each], step.amount)
                if not step.counts and step.part == 2 and settings.transfer_fee is TransferFee.COST and amount:
                    cost, own_cost = cost + own_cost, Fraction(0)
                proceeds = own_cost if step.money is None or not step.counts else step.money
                lines[step.id, step.part] = (step.amount, proceeds, own_cost)
    return lines, amount, cost


def laid_along(spent: list, amount: Fraction) -> Fraction:
    cost = Fraction(0)
    while amount:
        size, price = spent[0]
        part = min(size, amount)
        cost, amount = cost + part * price, amount - part
        spent[0] = (size - part, price)
        if not spent[0][0]:
            spent.pop(0)
    return cost


def canada(own: list[Step], settings: Settings) -> tuple[dict, Fraction, Fraction]:
    amount = cost = Fraction(0)
    lines, extra, losses, denied = {}, surplus(own), defaultdict(list), []
    days = sorted({step.at.date() for step in own})
    for day in days:
        for step in (step for step in own if step.at.date() == day):
            if step.rank == COME:
                amount, cost = amount + step.amount, cost + (step.money or 0)
                cost += 0 if long_before(step, 2 * WINDOW) else sum(each.come(step.amount) for each in denied)
            elif step.rank == ARRIVE:
                amount += extra[step.id]
            elif step.rank == LEAVE and not step.fee and amount:
                cost += step.extra
            elif step.rank == GO:
                size = min(step.amount, amount)
                own_cost = cost * size / amount if amount else Fraction(0)
                amount, cost = amount - size, cost - own_cost
                if not step.counts and step.part == 2 and settings.transfer_fee is TransferFee.COST and amount:
                    cost, own_cost = cost + own_cost, Fraction(0)
                proceeds = own_cost if step.money is None or not step.counts else step.money
                lines[step.id, step.part] = [step.amount, proceeds, own_cost]
                if size and step.counts and step.money is not None and own_cost > proceeds * size / step.amount:
                    losses[day].append((step, size, own_cost - proceeds * size / step.amount))
                amount, cost = after_fee(own, step, amount, cost)
        sold = sum(size for _, size, _ in losses[day])
        for step, _, loss in losses[day]:
            units = superficial(own, step, sold)
            lines[step.id, step.part][2] -= loss * units / sold
            denied.append(Denied(units, loss * units / sold))
            cost += denied[-1].come(acquired(own, step, after=0))
    return lines, amount, cost


def after_fee(own: list[Step], step: Step, amount: Fraction, cost: Fraction) -> tuple[Fraction, Fraction]:
    """What a transfer cost besides is added after its own fee was paid."""
    owner = next((other for other in own if other.fee is step), None)
    return (amount, cost + owner.extra) if owner and amount else (amount, cost)


@dataclass
class Denied:
    """A loss that waits for what was acquired instead."""

    units: Fraction
    money: Fraction

    def come(self, amount: Fraction) -> Fraction:
        part = min(amount, self.units)
        money = self.money * part / self.units if part else Fraction(0)
        self.units, self.money = self.units - part, self.money - money
        return money


def acquired(own: list[Step], step: Step, after: int) -> Fraction:
    days = range(step.at.date().toordinal() - WINDOW, step.at.date().toordinal() + after + 1)
    near = [other for other in own if other.at.date().toordinal() in days]
    came = (other for other in near if other.rank == COME and not long_before(other, 2 * WINDOW))
    return sum((other.amount for other in came), Fraction(0))


def superficial(own: list[Step], step: Step, sold: Fraction) -> Fraction:
    today = step.at.date().toordinal()
    until = [other for other in own if other.at.date().toordinal() <= today + WINDOW]
    held, extra = Fraction(0), surplus(own)
    for other in until:
        held += extra[other.id] if other.rank == ARRIVE else other.amount * {COME: 1, GO: -1}.get(other.rank, 0)
        held = max(Fraction(0), held)
    return min(sold, acquired(own, step, after=WINDOW), held)

"""Transfers: lots move with their dates and their cost. What stays on the way leaves as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.consuming import dispose, doubts, draw, gathered, kept, lower, settle
from ledger.engine.desk import Transit
from ledger.engine.movements import Origin
from ledger.engine.pools import Holding
from ledger.engine.types import Problem, Rule, TransferFee

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.engine.consuming import Part
    from ledger.engine.desk import Desk
    from ledger.engine.movements import Movement


def depart(desk: Desk, movement: Movement) -> None:
    """Where all wallets count together only the place changes."""
    moved: list[Holding] = []
    if not desk.together:
        moved = lots_of(gathered(desk, movement, movement.wallet, movement.amount), movement)
    leave(desk, movement).lots += moved
    if movement.more.fee:
        pay(desk, movement.more.fee, moved)
    if movement.more.extra:
        spread(movement.more.extra, moved or next_of(desk, movement))


def leave(desk: Desk, movement: Movement) -> Transit:
    transit = desk.transit.setdefault(movement.more.link, Transit())
    transit.bound = movement.more.bound
    transit.amount += movement.amount
    doubts(desk, movement)
    lower(desk, movement, movement.wallet, movement.amount)
    return transit


def lots_of(parts: Iterable[Part], movement: Movement) -> list[Holding]:
    """What was not there to be moved moves as a lot that nobody knows."""
    return [
        kept(part) if part.rule is not Rule.MISSING else Holding(unknown(movement, part.amount), part.amount, part.cost)
        for part in parts
    ]


def unknown(movement: Movement, amount: int) -> Origin:
    return Origin(
        acquired=movement.at,
        sequence=movement.sequence,
        id=movement.id,
        part=movement.part,
        known=False,
        amount=amount,
        cost=0,
        dated=False,
    )


def next_of(desk: Desk, movement: Movement) -> list[Holding]:
    lot = desk.pool(movement.wallet).first()
    return [lot] if lot else []


def pay(desk: Desk, fee: Movement, moved: Sequence[Holding]) -> None:
    if desk.settings.transfer_fee is not TransferFee.COST:
        dispose(desk, fee)
        return
    parts = gathered(desk, fee, fee.wallet, fee.amount)
    heirs = moved or next_of(desk, fee)
    if heirs:
        spread(sum(part.cost for part in parts), heirs)
        parts = [part._replace(cost=0) for part in parts]
    settle(desk, fee, parts)
    lower(desk, fee, fee.wallet, fee.amount)


def spread(money: int, lots: Sequence[Holding]) -> None:
    """Over lots by their amounts; what cannot be shared out evenly goes to those that come last."""
    left = sum(lot.amount for lot in lots)
    for lot in lots:
        if left:
            part = money * lot.amount // left
            lot.cost += part
            money -= part
            left -= lot.amount


def arrive(desk: Desk, movement: Movement) -> None:
    link, wallet = movement.more.link, movement.wallet
    transit = desk.transit.get(link) or Transit()
    due = min(movement.amount, transit.amount)
    transit.amount -= due
    transit.bound = without(transit.bound, (wallet, movement.amount))
    if not desk.together:
        land(desk, transit, wallet, due)
    surplus = movement.amount - due
    if surplus:
        desk.pool(wallet).push(Holding(unknown(movement, surplus), surplus, 0))
        desk.remark(Problem.MORE_ARRIVED, movement, surplus)
    desk.balances[wallet] = desk.balances.get(wallet, 0) + movement.amount
    if not transit.amount:
        desk.transit.pop(link, None)


def without(bound: tuple[tuple[str, int], ...], arrived: tuple[str, int]) -> tuple[tuple[str, int], ...]:
    """What has arrived is on its way no longer: nobody may use what is bound for another wallet."""
    if arrived not in bound:
        return bound
    place = bound.index(arrived)
    return (*bound[:place], *bound[place + 1 :])


def land(desk: Desk, transit: Transit, wallet: str, due: int) -> None:
    used = min(due, transit.early.get(wallet, 0))
    if used:
        transit.early[wallet] -= used
    parts: list[Part] = []
    draw(transit.lots, due - used, desk.rule, parts)
    pool = desk.pool(wallet)
    for part in parts:
        pool.push(kept(part))

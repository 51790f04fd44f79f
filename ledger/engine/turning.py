"""What is held when another regime comes into force: re-ordered, put together, or shared out among wallets.

Sharing out is what Rev. Proc. 2024-28 asks for at the beginning of 2025 in the United States: lots that were counted
together are assigned to the wallets that hold units. The plan is its owner's, and saved.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.engine.consuming import consume, kept, taken
from ledger.engine.desk import TOGETHER
from ledger.engine.movements import DISPOSED, Act, Movement
from ledger.engine.pools import Blend, pool_for, refilled
from ledger.engine.types import Allocation, Country, Problem, Rule

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.engine.consuming import Part
    from ledger.engine.desk import Desk, Transit
    from ledger.engine.pools import Holding, Pool
    from ledger.engine.types import Regime

PROPOSED = Allocation()


def turn(desk: Desk, regime: Regime, at: datetime) -> None:
    were_together = desk.together
    held = {wallet: laid_out(pool) for wallet, pool in desk.pools.items()}
    desk.pools = {}
    desk.used = {}
    desk.enter(regime)
    if were_together and not desk.together:
        share_out(desk, held.get(TOGETHER, []), at)
        return
    for wallet in sorted(held):
        refilled(desk.pool(wallet), held[wallet])
    if desk.together:
        gather_from_the_way(desk)


def laid_out(pool: Pool) -> list[Holding]:
    """An average becomes a lot like others: its cost now is what it had cost."""
    if not isinstance(pool, Blend):
        return list(pool.lots())
    return [replace(lot, origin=lot.origin._replace(amount=lot.amount, cost=lot.cost)) for lot in pool.lots()]


def gather_from_the_way(desk: Desk) -> None:
    for transit in desk.transit.values():
        refilled(desk.pool(TOGETHER), transit.lots)
        transit.lots, transit.early = [], {}


# --- shared out among wallets ------------------------------------------------------------------------------------


def share_out(desk: Desk, lots: list[Holding], at: datetime) -> None:
    plan = desk.settings.allocation or PROPOSED
    room = {wallet: amount for wallet, amount in desk.balances.items() if amount > 0}
    if plan.saved is None and len(room) > 1 and lots and desk.regime.country is Country.US:
        desk.remark(Problem.NO_PLAN, occasion(desk, at), sum(room.values()), sum(lot.cost for lot in lots))
    assign(desk, plan, lots, room, at)
    rest = refilled(pool_for(plan.method, desk.scale), lots)
    for wallet in [*(wallet for wallet in plan.wallets if wallet in room), *sorted(set(room) - set(plan.wallets))]:
        refilled(desk.pool(wallet), drawn(rest, room[wallet]))
    for transit in in_order(desk):
        transit.lots = drawn(rest, transit.amount)
    left = list(rest.lots())
    if left:  # wallets below nought: some lots lie in none
        refilled(desk.pool(TOGETHER), left)


def in_order(desk: Desk) -> list[Transit]:
    return [desk.transit[link] for link in sorted(desk.transit)]


def drawn(pool: Pool, amount: int) -> list[Holding]:
    parts: list[Part] = []
    consume(pool, amount, Rule.CHOSEN, parts)
    return [kept(part) for part in parts]


def assign(desk: Desk, plan: Allocation, lots: list[Holding], room: dict[str, int], at: datetime) -> None:
    """The shares that the plan names. What does not fit is left to the plan's order, and said."""
    for share in plan.shares:
        if share.asset != desk.asset:
            continue
        wanted = desk.units(share.amount)
        for lot in [lot for lot in lots if lot.origin.id == share.lot]:
            amount = min(wanted, lot.amount, room.get(share.wallet, 0))
            if amount:
                desk.pool(share.wallet).push(kept(taken(lot, amount, Rule.CHOSEN)))
                room[share.wallet] -= amount
                wanted -= amount
        if wanted:
            desk.remark(Problem.PLAN_DOES_NOT_FIT, occasion(desk, at, share.wallet), wanted)


def occasion(desk: Desk, at: datetime, wallet: str = TOGETHER) -> Movement:
    """Nothing moved: it stands in findings for the last moment before, to which what is found here belongs."""
    before = at - timedelta(microseconds=1)
    return Movement(before, DISPOSED, 0, "", 0, Act.ADJUSTED, wallet, desk.asset, 0, None)

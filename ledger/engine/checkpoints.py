"""The state of a desk as text, exact: to be kept, and to go on from when something after it changes.

It says everything but the lots of its pools; those lie in blocks, which states share (`frozen`).
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.engine.days import in_force
from ledger.engine.desk import NOTHING, Desk, Transit
from ledger.engine.frozen import EPOCH, MICROSECOND, blocks, packed, thawing, unpacked
from ledger.engine.pools import Blend, Heap
from ledger.engine.types import VERSION, Method

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from ledger.engine.types import Settings

LOOKING_AHEAD = {Method.UK_POOL, Method.ACB}
AHEAD = timedelta(days=31)


class Checkpoint(NamedTuple):
    """What is held of an asset once everything before `at` is booked. It holds for the settings it was made under."""

    asset: str
    at: datetime
    state: str
    blocks: Sequence[str] = ()  # the names of all, in the order of the pools
    texts: Mapping[str, str] = NOTHING  # by their names


def newest_before(checkpoints: Iterable[Checkpoint], changed: datetime, settings: Settings) -> Checkpoint | None:
    """From which to go on when something has changed at that moment. Where matching looks 30 days ahead, one that lies
    so far before it: what was disposed of in between may be matched anew.
    """
    ahead = any(regime.method in LOOKING_AHEAD for regime in settings.regimes)
    limit = changed - AHEAD if ahead else changed
    return max((each for each in checkpoints if each.at <= limit), key=lambda each: each.at, default=None)


def saved(desk: Desk, at: datetime) -> Checkpoint:
    pools = {wallet: blocks(pool, desk.texts) for wallet, pool in desk.pools.items()}
    set_aside(desk, pools)
    state = {
        "version": VERSION,
        "scale": desk.scale,
        "pools": {wallet: len(each) for wallet, each in pools.items()},
        "balances": desk.balances,
        "transit": {link: packed_transit(transit) for link, transit in desk.transit.items()},
        "short": sorted(desk.short),
        "recent": desk.recent,
        "denied": desk.denied,
        "inherited": sorted(desk.inherited),
        "gifts": {name: (worth, (at - EPOCH) // MICROSECOND) for name, (worth, at) in desk.gifts.items()},
        "used": {day.isoformat(): taken for day, taken in desk.used.items()},
    }
    names = tuple(chain.from_iterable(pools.values()))
    return Checkpoint(desk.asset, at, json.dumps(state, separators=(",", ":")), names, desk.texts)


def set_aside(desk: Desk, pools: Mapping[str, Sequence[str]]) -> None:
    """What was written down is not written again as long as nobody touches it. A heap is touched everywhere."""
    for wallet, names in pools.items():
        if not isinstance(desk.pools[wallet], Blend | Heap):
            desk.pools[wallet] = thawing(names, desk.texts, desk.method, desk.scale)


def opened(checkpoint: Checkpoint, settings: Settings) -> Desk:
    state = json.loads(checkpoint.state)
    desk = Desk(checkpoint.asset, settings, checkpoint.texts)
    if state["version"] != VERSION:
        raise ValueError("made by another version of the engine")
    desk.enter(in_force(settings, checkpoint.at))
    desk.since = checkpoint.at
    factor = 10 ** (desk.scale - state["scale"]) if desk.scale >= state["scale"] else 0
    if not factor:
        raise ValueError("an asset's decimals only grow")
    own = iter(checkpoint.blocks)
    for wallet, count in state["pools"].items():
        desk.pools[wallet] = thawing(list(islice(own, count)), desk.texts, desk.method, desk.scale, factor)
    desk.balances = {wallet: amount * factor for wallet, amount in state["balances"].items()}
    desk.transit = {link: unpacked_transit(each, factor) for link, each in state["transit"].items()}
    desk.short = set(state["short"])
    desk.recent = [(day, amount * factor) for day, amount in state["recent"]]
    desk.denied = [(amount * factor, money) for amount, money in state["denied"]]
    desk.inherited = set(state["inherited"])
    desk.gifts = {name: (worth, EPOCH + at * MICROSECOND) for name, (worth, at) in state["gifts"].items()}
    desk.used = {
        date.fromisoformat(day): (amount * factor, cost, unknown * factor)
        for day, (amount, cost, unknown) in state["used"].items()
    }
    return desk


def packed_transit(transit: Transit) -> dict[str, Any]:
    return {
        "bound": transit.bound,
        "lots": [packed(lot) for lot in transit.lots],
        "early": transit.early,
        "amount": transit.amount,
    }


def unpacked_transit(state: dict[str, Any], factor: int) -> Transit:
    return Transit(
        tuple((wallet, amount * factor) for wallet, amount in state["bound"]),
        [unpacked(lot, factor) for lot in state["lots"]],
        {wallet: amount * factor for wallet, amount in state["early"].items()},
        state["amount"] * factor,
    )

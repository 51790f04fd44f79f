"""The state of a desk as text, exact: to be kept, and to go on from when something after it changes.

The first line says everything but the lots of its pools; those follow in blocks, one a line (`frozen`).
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.engine.days import in_force
from ledger.engine.desk import Desk, Transit
from ledger.engine.frozen import blocks, packed, thawing, unpacked
from ledger.engine.types import VERSION, Method

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ledger.engine.types import Settings

LOOKING_AHEAD = {Method.UK_POOL, Method.ACB}
AHEAD = timedelta(days=31)


class Checkpoint(NamedTuple):
    """What is held of an asset once everything before `at` is booked. It holds for the settings it was made under."""

    asset: str
    at: datetime
    state: str


def newest_before(checkpoints: Iterable[Checkpoint], changed: datetime, settings: Settings) -> Checkpoint | None:
    """From which to go on when something has changed at that moment. Where matching looks 30 days ahead, one that lies
    so far before it: what was disposed of in between may be matched anew.
    """
    ahead = any(regime.method in LOOKING_AHEAD for regime in settings.regimes)
    limit = changed - AHEAD if ahead else changed
    return max((each for each in checkpoints if each.at <= limit), key=lambda each: each.at, default=None)


def saved(desk: Desk, at: datetime) -> Checkpoint:
    pools = {wallet: list(blocks(pool)) for wallet, pool in desk.pools.items()}
    state = {
        "version": VERSION,
        "scale": desk.scale,
        "pools": {wallet: len(each) for wallet, each in pools.items()},
        "balances": desk.balances,
        "transit": {link: packed_transit(transit) for link, transit in desk.transit.items()},
        "short": sorted(desk.short),
        "recent": desk.recent,
        "used": {day.isoformat(): taken for day, taken in desk.used.items()},
    }
    head = json.dumps(state, separators=(",", ":"))
    return Checkpoint(desk.asset, at, "\n".join([head, *chain.from_iterable(pools.values())]))


def opened(checkpoint: Checkpoint, settings: Settings) -> Desk:
    head, *lines = checkpoint.state.split("\n")
    state = json.loads(head)
    desk = Desk(checkpoint.asset, settings)
    if state["version"] != VERSION:
        raise ValueError("made by another version of the engine")
    desk.enter(in_force(settings, checkpoint.at))
    desk.since = checkpoint.at
    factor = 10 ** (desk.scale - state["scale"]) if desk.scale >= state["scale"] else 0
    if not factor:
        raise ValueError("an asset's decimals only grow")
    own = iter(lines)
    for wallet, count in state["pools"].items():
        desk.pools[wallet] = thawing(list(islice(own, count)), desk.method, desk.scale, factor)
    desk.balances = {wallet: amount * factor for wallet, amount in state["balances"].items()}
    desk.transit = {link: unpacked_transit(each, factor) for link, each in state["transit"].items()}
    desk.short = set(state["short"])
    desk.recent = [(day, amount * factor) for day, amount in state["recent"]]
    desk.used = {date.fromisoformat(day): (amount * factor, cost) for day, (amount, cost) in state["used"].items()}
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

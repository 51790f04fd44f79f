"""The state of a desk as text, exact: to be kept, and to go on from when something after it changes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from ledger.engine.days import in_force
from ledger.engine.desk import Desk, Transit
from ledger.engine.movements import Origin
from ledger.engine.pools import Holding, refilled
from ledger.engine.types import VERSION, Method

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.engine.types import Settings

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
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
    state = {
        "version": VERSION,
        "scale": desk.scale,
        "pools": {wallet: packed(pool.lots()) for wallet, pool in desk.pools.items()},
        "balances": desk.balances,
        "transit": {link: packed_transit(transit) for link, transit in desk.transit.items()},
        "short": sorted(desk.short),
        "recent": desk.recent,
        "used": {day.isoformat(): taken for day, taken in desk.used.items()},
    }
    return Checkpoint(desk.asset, at, json.dumps(state, separators=(",", ":")))


def opened(checkpoint: Checkpoint, settings: Settings) -> Desk:
    state = json.loads(checkpoint.state)
    desk = Desk(checkpoint.asset, settings)
    if state["version"] != VERSION:
        raise ValueError("made by another version of the engine")
    desk.enter(in_force(settings, checkpoint.at))
    desk.since = checkpoint.at
    factor = 10 ** (desk.scale - state["scale"]) if desk.scale >= state["scale"] else 0
    if not factor:
        raise ValueError("an asset's decimals only grow")
    for wallet, lots in state["pools"].items():
        refilled(desk.pool(wallet), unpacked(lots, factor))
    desk.balances = {wallet: amount * factor for wallet, amount in state["balances"].items()}
    desk.transit = {link: unpacked_transit(each, factor) for link, each in state["transit"].items()}
    desk.short = set(state["short"])
    desk.recent = [(day, amount * factor) for day, amount in state["recent"]]
    desk.used = {date.fromisoformat(day): (amount * factor, cost) for day, (amount, cost) in state["used"].items()}
    return desk


def packed(lots: Iterable[Holding]) -> list[Sequence[Any]]:
    return [
        ((o.acquired - EPOCH) // MICROSECOND, o.sequence, o.id, o.part, int(o.known), o.amount, o.cost, amount, cost)
        for o, amount, cost in ((lot.origin, lot.amount, lot.cost) for lot in lots)
    ]


def unpacked(lots: Iterable[Sequence[Any]], factor: int) -> list[Holding]:
    return [
        Holding(
            Origin(EPOCH + acquired * MICROSECOND, sequence, name, part, bool(known), whole * factor, price),
            amount * factor,
            cost,
        )
        for acquired, sequence, name, part, known, whole, price, amount, cost in lots
    ]


def packed_transit(transit: Transit) -> dict[str, Any]:
    return {
        "bound": transit.bound,
        "lots": packed(transit.lots),
        "early": transit.early,
        "amount": transit.amount,
    }


def unpacked_transit(state: dict[str, Any], factor: int) -> Transit:
    return Transit(
        tuple((wallet, amount * factor) for wallet, amount in state["bound"]),
        unpacked(state["lots"], factor),
        {wallet: amount * factor for wallet, amount in state["early"].items()},
        state["amount"] * factor,
    )

"""What one origin tells in parts, put together as another may tell it: by order, and by second."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ledger.matching.base import NONE
from ledger.matching.sameness import Unit
from ledger.readings.events import Amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Key = tuple[str, ...]


def wholes(units: Iterable[Unit]) -> Iterator[Unit]:
    groups: dict[Key, list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.order:
            groups["order", unit.origin, str(unit.ahead), unit.order, *unit.shape].append(unit)
        groups["second", unit.origin, str(unit.ahead), str(unit.first), str(unit.last), unit.kind, *unit.shape].append(
            unit
        )
    found = (together(sorted(parts, key=lambda part: part.ids)) for parts in groups.values() if len(parts) > 1)
    known = {(whole.ids, whole.ahead): whole for whole in found if len(set(whole.ids)) == len(whole.ids)}
    return iter(known.values())


def together(parts: Sequence[Unit]) -> Unit:
    first = parts[0]
    return Unit(
        tuple(name for part in parts for name in part.ids),
        first.origin,
        min(part.first for part in parts),
        max(part.last for part in parts),
        max(part.precision for part in parts),
        first.kind,
        total([part.sent for part in parts]),
        total([part.received for part in parts]),
        total([part.fee for part in parts]),
        shared([part.order for part in parts]),
        shared([part.hash for part in parts]),
        frozenset[str]().union(*(part.lists for part in parts)),
        first.ahead,
    )


def total(amounts: Sequence[Amount | None]) -> Amount | None:
    """Nothing, for fees of several assets: they have no sum."""
    told = [amount for amount in amounts if amount]
    if len({amount.asset for amount in told}) != 1:
        return None
    return Amount(sum((amount.amount for amount in told), NONE), told[0].asset)


def shared(names: Sequence[str]) -> str:
    return names[0] if len(set(names)) == 1 else ""

"""The door: events in, matches, income, lots and findings out.

`movements` makes them ready for booking; `reckon` books everything at once. Who keeps what was booked in a database
(`ledger/gains/working.py`) books an asset at a time, and goes on from a checkpoint where something has changed.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.booking import Booked, book
from ledger.engine.days import NEVER
from ledger.engine.legs import Ground, movements_of
from ledger.engine.movements import Movement
from ledger.engine.transfers import transferred

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ledger.engine.types import Event, Settings


class Reckoning(NamedTuple):
    """By asset."""

    settings: Settings
    booked: Mapping[str, Booked]


def movements(events: Iterable[Event | Movement], settings: Settings) -> dict[str, list[Movement]]:
    """By asset, in the order in which they are booked. The order of the events is nobody's concern. Of an event that
    is one movement, whoever hands it in may have made that.
    """
    ground = Ground(settings)
    linked: dict[str, list[Event]] = {}
    found: dict[str, list[Movement]] = {}
    for event in events:
        made: Sequence[Movement]
        if isinstance(event, Movement):
            made = (event,)
        elif event.link:
            linked.setdefault(event.link, []).append(event)
            continue
        else:
            made = movements_of(event, ground)
        for movement in made:
            own = found.get(movement.asset)
            if own is None:
                own = found[movement.asset] = []
            own.append(movement)
    for sides in linked.values():
        for movement in transferred(sides, ground):
            found.setdefault(movement.asset, []).append(movement)
    for each in found.values():
        each.sort()
    return found


def reckon(
    events: Iterable[Event], settings: Settings, *, moments: Sequence[date] = (), until: datetime = NEVER
) -> Reckoning:
    with undisturbed():
        found = movements(events, settings)
        return Reckoning(
            settings,
            {asset: book(asset, found[asset], settings, moments=moments, until=until) for asset in sorted(found)},
        )


@contextmanager
def undisturbed() -> Iterator[None]:
    """The collector would look at every match again and again, and there is nothing here for it to find."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

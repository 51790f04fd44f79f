"""The door: events in, matches, income, lots and findings out.

`movements` makes them ready for booking; `reckon` books everything from the beginning; `renew` goes on from what was
kept, where something has changed, and gives what `reckon` would have given.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ledger.engine.booking import Booked, book
from ledger.engine.checkpoints import newest_before
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


def renew(
    former: Reckoning,
    events: Iterable[Event],
    changed: Mapping[str, datetime],
    *,
    moments: Sequence[date] = (),
    until: datetime = NEVER,
) -> Reckoning:
    """`changed` says from when on each asset differs: the earliest of all moments at which it moved before or moves
    now. Of the events only those that touch these assets from the checkpoint on are needed; more do no harm.
    """
    with undisturbed():
        found = movements(events, former.settings)
        booked = dict(former.booked)
        for asset, at in changed.items():
            again = renewed(former, asset, found.get(asset, []), at, moments=moments, until=until)
            booked.pop(asset, None)
            if again:
                booked[asset] = again
        return Reckoning(former.settings, dict(sorted(booked.items())))


def renewed(
    former: Reckoning,
    asset: str,
    moved: Sequence[Movement],
    at: datetime,
    *,
    moments: Sequence[date],
    until: datetime,
) -> Booked | None:
    known = former.booked.get(asset)
    start = newest_before(known.checkpoints, at, former.settings) if known else None
    if known is None or start is None:
        return book(asset, moved, former.settings, moments=moments, until=until) if moved else None
    rest = [movement for movement in moved if movement.at >= start.at]
    again = book(asset, rest, former.settings, start=start, moments=moments, until=until)
    return joined(known, again, start.at)


def joined(known: Booked, again: Booked, at: datetime) -> Booked:
    """What was before a moment, and what is from it on."""
    return Booked(
        [take for take in known.takes if take.out.at < at] + again.takes,
        [receipt for receipt in known.receipts if receipt.of.at < at] + again.receipts,
        [remark for remark in known.findings if remark.of.at < at] + again.findings,
        again.balances,
        [each for each in known.checkpoints if each.at <= at] + again.checkpoints,
        again.desk,
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

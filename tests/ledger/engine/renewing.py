"""Goes on from what was kept, where something has changed: it must give what booking everything anew would give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.engine.booking import Booked, book
from ledger.engine.checkpoints import newest_before
from ledger.engine.days import NEVER
from ledger.engine.reckoning import Reckoning, movements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from ledger.engine.movements import Movement
    from ledger.engine.types import Event


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

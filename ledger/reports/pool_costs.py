"""What pools had cost at a moment that is past. No row keeps it: it is booked again, by the engine, from the newest
state before, and a month further where matching looks so far ahead.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from itertools import chain
from typing import TYPE_CHECKING

from django.db import transaction

from ledger.engine import reckoning as engine
from ledger.engine.booking import book
from ledger.engine.checkpoints import AHEAD, opened
from ledger.engine.days import midnight
from ledger.engine.shown import scale
from ledger.engine.units import money, plain
from ledger.gains import terms
from ledger.gains.working import WHOLE, starts_of
from ledger.lots_then import feed_of
from ledger.portfolio import Basis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ledger.engine.desk import Desk
    from ledger.engine.movements import Movement
    from ledger.engine.pools import Holding
    from ledger.engine.types import Settings
    from ledger.gains.working import Start
    from ledger.reports.base import Source


def bases(source: Source) -> dict[str, Basis]:
    """By asset of which something was in a pool."""
    reckoning, settings = source.reckoning, terms.told(source.owner, source.reckoning.settings)
    booked = [asset for asset in reckoning.assets if asset not in settings.money | {settings.currency}]
    starts: dict[str, Start] = dict.fromkeys(booked, WHOLE)
    if reckoning.version == terms.version():
        starts |= starts_of(reckoning, settings, dict.fromkeys(booked, source.until))
    found: dict[str, Basis] = {}
    for asset, moved in moves(source, settings, starts):
        lots = list(lots_at(asset, moved, settings, starts[asset], source.until))
        found[asset] = basis(lots, scale(asset, settings))
    return found


def basis(lots: Sequence[Holding], decimals: int) -> Basis:
    unknown = sum(0 if lot.origin.known else lot.unknown or lot.amount for lot in lots)
    return Basis(
        amount=plain(sum(lot.amount for lot in lots), decimals),
        cost=money(sum(lot.cost for lot in lots)),
        unknown=plain(unknown, decimals),
        lots=len(lots),
    )


def moves(source: Source, settings: Settings, starts: dict[str, Start]) -> Iterator[tuple[str, list[Movement]]]:
    """What moved from where each asset begins until a month after. Assets that begin together are read together."""
    together: dict[datetime, list[str]] = defaultdict(list)
    for asset, start in sorted(starts.items()):
        together[start.at].append(asset)
    limit = source.until + AHEAD
    for since, assets in together.items():
        feed = feed_of(source.reckoning, settings)
        with transaction.atomic(), closing(feed.touching(assets, since, limit)) as events:
            found = engine.movements(events, settings)
        for asset in assets:
            yield asset, [each for each in found.get(asset, ()) if since <= each.at < limit]


def lots_at(asset: str, moved: list[Movement], settings: Settings, start: Start, at: datetime) -> Iterable[Holding]:
    """What lay in wallets or was on its way. A year that is not over ends now, in the middle of a day."""
    if start.kept and start.at == at:
        return lots_of(opened(start.kept, settings))
    day = at.astimezone(settings.zone).date()
    if midnight(day, settings.zone) != at:
        return lots_of(book(asset, [each for each in moved if each.at < at], settings, start=start.kept).desk)
    kept = book(asset, moved, settings, start=start.kept, moments=[day]).checkpoints
    return lots_of(opened(kept[-1], settings)) if kept else ()


def lots_of(desk: Desk) -> Iterable[Holding]:
    pools = chain.from_iterable(pool.lots() for pool in desk.pools.values())
    return chain(pools, chain.from_iterable(transit.lots for transit in desk.transit.values()))

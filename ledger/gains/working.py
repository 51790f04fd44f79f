"""Reckons what an owner gained: everything at first, afterwards only what may have come to something else.

All that changes is written in one transaction. So whoever looks sees gains as they were, or as they are, and a worker
that dies has done nothing. Changes that are committed while it works are read by the next go: their marks stay.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import closing
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import structlog
from django.db import connection, transaction
from django.db.models import Min

from ledger import prices
from ledger.assets import everything
from ledger.engine import reckoning as engine
from ledger.engine.booking import book
from ledger.engine.checkpoints import Checkpoint as Kept
from ledger.engine.checkpoints import newest_before
from ledger.engine.days import EVER, changes, midnight
from ledger.engine.units import USUAL
from ledger.gains import asking, blocks, stale, sums, terms, writing
from ledger.gains.blocks import NotAsLeftError
from ledger.gains.feeding import Feed
from ledger.models import Checkpoint, Match, Reckoning, Stale
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from ledger.engine.movements import Movement
    from ledger.engine.types import Settings

log = structlog.get_logger(__name__)

# When the state is kept: at the beginning of each year, of the last four quarters, of some weeks, and of yesterday, for
# most changes are of the last days. A state is as large as there are lots.
QUARTERS = (1, 4, 7, 10)
WEEKS = (1, 4)
FINE = """
    SELECT leg.asset, max(scale(leg.amount)) FROM ledger_transaction AS t, LATERAL (VALUES
        (t.sent_asset, t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, t.fee_amount)
    ) AS leg (asset, amount)
    WHERE t.owner_id = %(owner)s AND leg.amount IS NOT NULL AND scale(leg.amount) > %(usual)s GROUP BY leg.asset
"""


class Start(NamedTuple):
    """From where an asset is booked anew."""

    at: datetime
    kept: Kept | None = None


WHOLE = Start(EVER)


def work(reckoning: Reckoning, *, clock: Callable[[], datetime]) -> None:
    """Whoever calls holds its lease, and beats for it."""
    began = time.monotonic()
    with transaction.atomic():
        read = list(Stale.objects.filter(owner=reckoning.owner_id).values_list("id", "asset", "since"))
        reckon(reckoning, marks(read), now=clock())
        now = clock()
        reckoning.fence(now=now)
        asking.put_in_force(reckoning, now=now)
        if reckoning.in_force:
            Stale.objects.filter(pk__in=[pk for pk, *_ in read]).delete()
        reckoning.reckoned_at, reckoning.took = now, int((time.monotonic() - began) * 1000)
        reckoning.save(
            update_fields=["reckoned_at", "took", "version", "settings", "wallets", "assets", "transactions"]
        )
        reckoning.done(now=now)


def marks(read: Sequence[tuple[int, str, datetime]]) -> dict[str, datetime]:
    earliest: dict[str, datetime] = {}
    for _, asset, since in read:
        earliest[asset] = min(since, earliest.get(asset, since))
    return earliest


def reckon(reckoning: Reckoning, changed: dict[str, datetime], *, now: datetime) -> None:
    wallets = list(Wallet.objects.filter(owner=reckoning.owner_id, binned_at=None, purged_at=None).order_by("pk"))
    here = [wallet.pk for wallet in wallets]
    settings = terms.told(reckoning.owner, reckoning.settings)
    whole = reckoning.reckoned_at is None or reckoning.version != terms.version()
    if not whole:
        changed |= came_or_went(reckoning, here, changed)
    reckoning.version, reckoning.wallets = terms.version(), here
    if whole or reckoning.transactions <= asking.LARGE:  # beyond, nobody asks how many exactly
        reckoning.transactions = asking.some_of(reckoning.owner)
    if whole or changed:
        again(reckoning, settings, None if whole else changed, now=now)


def again(reckoning: Reckoning, settings: Settings, changed: Mapping[str, datetime] | None, *, now: datetime) -> None:
    """Amounts finer than anybody thought are seen when they come; then everything is done once more. So it is where
    what was kept to go on from does not fit what is there, which is a fault of ours, but none of the figures'.
    """
    try:
        with transaction.atomic():
            booked_anew(reckoning, settings, changed, now=now)
    except NotAsLeftError:
        log.exception("gains.not_as_left", reckoning=reckoning.pk)
        booked_anew(reckoning, settings, None, now=now)
    except ValueError:
        finer = scales(reckoning)
        if finer == dict(settings.scales):
            raise
        reckoning.settings = {**reckoning.settings, "scales": finer}
        settings = terms.told(reckoning.owner, reckoning.settings)
        booked_anew(reckoning, settings, None, now=now)


def scales(reckoning: Reckoning) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(FINE, {"owner": reckoning.owner_id, "usual": USUAL})
        return dict(cursor.fetchall())


def booked_anew(
    reckoning: Reckoning, settings: Settings, changed: Mapping[str, datetime] | None, *, now: datetime
) -> None:
    kinds = {code: asset.kind for code, asset in everything().items()}
    feed = Feed(reckoning.owner_id, reckoning.wallets, settings, prices.book(reckoning.owner_id), kinds)
    writer = writing.Writer(reckoning, settings)
    with engine.undisturbed(), writer.beside():
        known = (
            from_the_beginning(feed, writer, now=now) if changed is None else gone_on(feed, writer, changed, now=now)
        )
    reckoning.assets = sorted(known if changed is None else {*reckoning.assets, *known})


def from_the_beginning(feed: Feed, writer: writing.Writer, *, now: datetime) -> list[str]:
    """Answers the assets."""
    writing.forget_all(writer.reckoning)
    with closing(feed.everything()) as events:
        moved = engine.movements(events, writer.settings)
    assets = sorted(moved)
    for asset in assets:
        one_asset(writer, asset, moved.pop(asset), WHOLE, now=now)
    writer.finish()
    sums.put_on_all(writer.reckoning)
    return assets


def gone_on(feed: Feed, writer: writing.Writer, changed: Mapping[str, datetime], *, now: datetime) -> list[str]:
    """Assets that go on from the same moment are read together."""
    money = writer.settings.money | {writer.settings.currency}
    starts = starts_of(writer.reckoning, writer.settings, changed)
    together: dict[tuple[bool, datetime], list[str]] = defaultdict(list)
    for asset, start in sorted(starts.items()):
        together[asset in money, start.at].append(asset)
    for (of_money, since), assets in together.items():
        writer.settle()  # events are read by a cursor of their own
        with closing(feed.of_money(assets) if of_money else feed.touching(assets, since)) as events:
            moved = engine.movements(events, writer.settings)
        writing.forget(writer.reckoning, assets, since)
        writer.take_up(assets)
        for asset in assets:
            one_asset(writer, asset, moved.get(asset, []), starts[asset], now=now)
    writer.finish()
    for (_, since), assets in together.items():
        sums.put_on(writer.reckoning, assets, since)
    kept_no_longer(writer.reckoning, starts, writer.settings, now=now)
    blocks.let_go(writer.reckoning, starts)
    return list(starts)


def one_asset(writer: writing.Writer, asset: str, moved: list[Movement], start: Start, *, now: datetime) -> None:
    settings = writer.settings
    rest = [movement for movement in moved if movement.at >= start.at] if start.kept else moved
    days = moments(rest, start, now, settings)
    writer.add(asset, book(asset, rest, settings, start=start.kept, moments=days), start.at)


def moments(moved: Sequence[Movement], start: Start, now: datetime, settings: Settings) -> list[date]:
    """At the beginning of which days the state is kept: of quarters, of the last weeks and days, before other rules.

    Who goes on from what was kept has forgotten all of it that follows, also where nothing moves for long.
    """
    if not (moved or start.kept):
        return []
    begins = start.at if start.kept else moved[0].at
    first = begins.astimezone(settings.zone).date()
    return sorted(day for day in grid(first.year, now, settings) if day > first)


def grid(year: int, now: datetime, settings: Settings) -> set[date]:
    """From that year on. Days fall out of it as time goes by."""
    today = now.astimezone(settings.zone).date()
    years = (date(each, 1, 1) for each in range(year, today.year + 1))
    quarters = (date(each, month, 1) for each in (today.year - 1, today.year) for month in QUARTERS)
    lately = (day for day in quarters if today - day < timedelta(days=366))
    monday = today - timedelta(days=today.weekday())
    weeks = (monday - timedelta(weeks=each) for each in WEEKS)
    # The day before other rules come into force: what a plan would make of that moment is booked from there, not anew.
    eves = (at.astimezone(settings.zone).date() - timedelta(days=1) for at, _ in changes(settings)[1:])
    return {day for day in (*years, *lately, *weeks, *eves, today - timedelta(days=1)) if day <= today}


def kept_no_longer(reckoning: Reckoning, assets: Iterable[str], settings: Settings, *, now: datetime) -> None:
    kept = Checkpoint.objects.filter(reckoning=reckoning, asset__in=list(assets))
    first = kept.aggregate(first=Min("at"))["first"]
    if first:
        days = grid(first.astimezone(settings.zone).year, now, settings)
        kept.exclude(at__in=[midnight(day, settings.zone) for day in days]).delete()


def starts_of(reckoning: Reckoning, settings: Settings, changed: Mapping[str, datetime]) -> dict[str, Start]:
    """Money has no lots, and always begins at the beginning."""
    money = settings.money | {settings.currency}
    booked = [asset for asset in changed if asset not in money]
    kept: dict[str, list[Kept]] = defaultdict(list)
    for asset, at in Checkpoint.objects.filter(reckoning=reckoning, asset__in=booked).values_list("asset", "at"):
        kept[asset].append(Kept(asset, at, ""))
    newest = {asset: newest_before(kept[asset], changed[asset], settings) for asset in booked}
    return {asset: start_at(reckoning, newest.get(asset)) for asset in changed}


def start_at(reckoning: Reckoning, newest: Kept | None) -> Start:
    if newest is None:
        return WHOLE
    kept = Checkpoint.objects.get(reckoning=reckoning, asset=newest.asset, at=newest.at)
    names = [each.hex for each in kept.blocks]
    texts = blocks.Kept(reckoning, newest.asset, names)
    return Start(newest.at, Kept(newest.asset, newest.at, blocks.unpacked(bytes(kept.state)), names, texts))


def came_or_went(reckoning: Reckoning, here: Sequence[UUID], changed: Mapping[str, datetime]) -> dict[str, datetime]:
    """Wallets went into the bin, or came out of it: what they hold counts from their first transaction on."""
    moved = set(here) ^ set(reckoning.wallets)
    found = dict(changed)
    for wallet in moved:
        for asset, since in first_of(reckoning.owner_id, wallet):
            found[asset] = min(since, found.get(asset, since))
        gone = Match.objects.filter(reckoning=reckoning, wallet=wallet)  # its transactions may be gone altogether
        for asset, since in gone.values_list("asset").annotate(since=Min("disposed")):
            found[asset] = min(since, found.get(asset, since))
    return found


def first_of(owner_id: int, wallet: UUID) -> list[tuple[str, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(stale.PLAINLY)
        cursor.execute(stale.OF_WALLET, {"owner": owner_id, "wallet": wallet})
        return list(cursor.fetchall())

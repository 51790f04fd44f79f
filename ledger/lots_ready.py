"""Lots that may be chosen are booked again from the newest state before. Where very much was traded since, that would
keep a page waiting: then a worker keeps the state of that moment first, and the page waits for it, and not long.

What is asked for lies in the cache. If it is lost, the page that waits asks again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import transaction

from config.queue import wake
from ledger import lots_then
from ledger.engine.checkpoints import saved
from ledger.gains import blocks, terms
from ledger.models import Block, Checkpoint, Reckoning, Transaction

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from ledger.engine.types import Settings

WORK, WANTED = "ledger.lots", "ledger.lots_wanted"
LIGHT = 3_000  # transactions that are booked within a page
MOST, LASTING = 50, 600  # wanted at once, and for how many seconds
LEGS = ("sent_asset", "received_asset", "fee_asset")


def is_ready(read: Reckoning, each: Transaction) -> bool:
    """Whether a page can book it by itself; else a worker is asked to make it so."""
    start = lots_then.start_of(read, settings_of(read), each)
    here = Transaction.objects.filter(
        owner=each.owner_id, occurred_at__gte=start.at, occurred_at__lte=each.occurred_at, wallet__in=read.wallets
    )
    if sum(here.filter(**{leg: each.sent_asset})[:LIGHT].count() for leg in LEGS) < LIGHT:
        return True
    ask(read.pk, each.pk)
    return False


def settings_of(read: Reckoning) -> Settings:
    return terms.told(read.owner, read.settings)


def ask(reckoning_id: int, transaction_id: UUID) -> None:
    named = [reckoning_id, str(transaction_id)]
    others = [each for each in cache.get(WANTED) or [] if each != named]
    cache.set(WANTED, [*others, named][-MOST:], timeout=LASTING)
    wake(WORK)


def work(_now: datetime) -> bool:
    named = cache.get(WANTED) or []
    cache.delete(WANTED)
    for reckoning_id, transaction_id in named:
        read = Reckoning.objects.filter(pk=reckoning_id).select_related("owner").first()
        each = read and Transaction.objects.filter(pk=transaction_id, owner=read.owner_id).first()
        if read and each and read.version == terms.version():
            keep(read, each)
    return False


def keep(read: Reckoning, each: Transaction) -> None:
    """Only where nothing was reckoned meanwhile. What was made of transactions that have changed goes with the next
    reckoning, as other states do.
    """
    then = lots_then.then(read, each)
    if then is None or then.start.at == each.occurred_at:
        return
    before = [movement for movement in then.before if movement.at < each.occurred_at]
    booked = lots_then.booked_to(then.of.asset, before, then.settings, then.start, each.occurred_at)
    state = saved(booked.desk, each.occurred_at)
    own = {"reckoning": read, "asset": then.of.asset}
    kept = Checkpoint(**own, at=state.at, state=blocks.packed(state.state), blocks=state.blocks)
    made = [Block(**own, name=name, lots=blocks.packed(text)) for name, text in booked.texts.items()]
    with transaction.atomic():
        same = Reckoning.objects.filter(pk=read.pk, reckoned_at=read.reckoned_at, lease_token=None)
        if same.select_for_update(skip_locked=True, no_key=True).exists():
            Checkpoint.objects.bulk_create([kept], ignore_conflicts=True)
            Block.objects.bulk_create(made, ignore_conflicts=True)

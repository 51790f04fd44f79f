"""What something had cost that came from nobody knows where: its owner's word, kept and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from ledger.engine.types import Kind
from ledger.gains import stale, terms
from ledger.models import KnownCost
from wallets.free_text import refuse_treasure

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from accounts.audit import Actor
    from ledger.models import Transaction


def of(each: Transaction) -> KnownCost | None:
    return KnownCost.objects.filter(owner=each.owner_id, key=each.pk).first()


def may_be_said(each: Transaction) -> bool:
    """Of what came in. A transfer carries its cost along by itself, and money costs what it is."""
    came = each.received_amount is not None and each.received_asset not in terms.money()
    return came and each.kind != Kind.TRANSFER


def say(
    *,
    by: Actor,
    each: Transaction,
    cost: Decimal,
    currency: str,
    acquired_at: datetime | None,
    note: str,
    now: datetime,
) -> KnownCost:
    """In place of what was said before. Raises TreasureError."""
    refuse_treasure(note, by=by, owner=each.owner, now=now, place="A note on a cost")
    facts = {"cost": cost, "currency": currency, "acquired_at": acquired_at, "note": note, "created_at": now}
    with transaction.atomic():
        said, _ = KnownCost.objects.update_or_create(owner_id=each.owner_id, key_id=each.pk, defaults=facts)
        told(by, each, Action.COST_SAID, now)
    return said


@transaction.atomic
def take_back(*, by: Actor, each: Transaction, now: datetime) -> bool:
    gone, _ = KnownCost.objects.filter(owner=each.owner_id, key=each.pk).delete()
    if gone:
        told(by, each, Action.COST_TAKEN_BACK, now)
    return bool(gone)


def told(by: Actor, each: Transaction, action: Action, now: datetime) -> None:
    record(by=by, action=action, owner=each.owner, now=now, subject=each.received_asset, about=each.pk)
    stale.decided({each.pk})

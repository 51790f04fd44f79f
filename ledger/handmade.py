"""Transactions that an owner writes down: rows of the ledger like any other, so that edits and undo work alike."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat

from accounts.audit import Action, record
from ledger import edits, intake, journal
from ledger.fields import BadFieldError, cleaned
from ledger.models import Journal, Sighting, SourceRow, Transaction, TransactionKey
from ledger.readings.hand import FAMILY
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User

TOLD = ("kind", "category", "occurred_at", "sent", "received", "fee", "value")  # the rest is the owner's word about it
Sight = Sighting.Kind


class WrittenAlreadyError(Exception):
    """From the same page, in the same words: its button was pressed twice."""

    def __init__(self, key: TransactionKey) -> None:
        super().__init__()
        self.key = key


def add(
    *, by: Actor, wallet: Wallet, fields: Mapping[str, Any], now: datetime, once: UUID | None = None
) -> Transaction:
    """Raises BadFieldError where a field is missing or cannot be taken, TurnTakenError where much is yet to be read.

    `once` names the page it was written on; WrittenAlreadyError says that it wrote this one before.
    """
    said = cleaned(fields)
    for name, words in (("kind", "Say what happened."), ("occurred_at", "Say when it happened.")):
        if name not in said:
            raise BadFieldError(name, "required", words)
    if not any(said.get(name) for name in ("sent", "received", "fee")):
        raise BadFieldError("received", "required", "Say what came in or went out: at least one amount is needed.")
    edits.refuse_words(said, by=by, owner=wallet.owner, now=now)
    return _added(by=by, wallet=wallet, said=said, now=now, name=_name(once, wallet, said))


def _name(once: UUID | None, wallet: Wallet, said: Mapping[str, Any]) -> str:
    """What was written on one page and then changed is another one."""
    if once is None:
        return uuid.uuid4().hex
    return uuid.uuid5(once, json.dumps([wallet.book.hex, said], sort_keys=True, default=str)).hex


@transaction.atomic
def _added(*, by: Actor, wallet: Wallet, said: Mapping[str, Any], now: datetime, name: str) -> Transaction:
    raw = {field: said.get(field) for field in TOLD}
    at = datetime.fromisoformat(said["occurred_at"])
    told = intake.store(wallet, [Record(FAMILY, name, at, raw)], stream=FAMILY, now=now, origin=SourceRow.Origin.HAND)
    journal.catch_up_soon(wallet, now=now)
    key = TransactionKey.objects.get(book=wallet.book, anchor=f"{FAMILY}:{name}")
    if told.same and not told.back:  # one that lay in the bin is back by that
        raise WrittenAlreadyError(key)
    record(by=by, action=Action.TRANSACTION_ADDED, owner=wallet.owner, now=now, subject=wallet.label, about=key.pk)
    extra = {field: said[field] for field in ("note", "tags", "ignored") if said.get(field)}
    if extra:
        edits.edit(by=by, owner=wallet.owner, ids=[key.pk], changes=extra, now=now)
    return Transaction.objects.select_related("wallet").get(pk=key.pk)


def is_handmade(each: Transaction) -> bool:
    return each.origins == [SourceRow.Origin.HAND]


@transaction.atomic
def put_in_bin(*, by: Actor, each: Transaction, now: datetime) -> None:
    """It counts no longer; its row and what was said about it stay, and it can come back."""
    _sight(by=by, each=each, kind=Sight.UNDONE, action=Action.TRANSACTION_BINNED, now=now)


def _sight(*, by: Actor, each: Transaction, kind: Sighting.Kind, action: Action, now: datetime) -> None:
    Journal.objects.fall_behind(each.wallet)
    Sighting.objects.bulk_create(
        [Sighting(owner=each.owner, wallet=each.wallet, row_id=row, kind=kind, seen_at=now) for row in each.rows]
    )
    journal.catch_up_soon(each.wallet, now=now)
    record(by=by, action=action, owner=each.owner, now=now, subject=each.wallet.label, about=each.pk)


def put_away(*, by: Actor, each: Transaction, now: datetime) -> bool:
    """True: it went to the bin. What others tell stays where it is, and is left out."""
    if is_handmade(each):
        put_in_bin(by=by, each=each, now=now)
        return True
    edits.edit(by=by, owner=each.owner, ids=[each.pk], changes={"ignored": True}, now=now)
    return False


@dataclass(frozen=True, slots=True)
class Binned:
    """One that was written by hand and lies in the bin."""

    key: TransactionKey
    wallet: Wallet
    row: SourceRow


MANY = 100  # of the bin are shown on its page


def lying(owner: User) -> QuerySet[Any]:
    """Rows of the bin, each with the transaction's name (`key_id`) and since when it lies there (`binned_at`)."""
    last = Sighting.objects.filter(row=OuterRef("pk")).order_by("-id")
    anchor = Concat(Value(f"{FAMILY}:"), OuterRef("external_id"))
    keys = TransactionKey.objects.filter(owner=owner, book=OuterRef("wallet__book"), anchor=anchor)
    rows = SourceRow.objects.filter(wallet__in=Wallet.objects.for_user(owner).kept(), family=FAMILY)
    named = rows.annotate(key_id=Subquery(keys.values("pk")[:1]), seen=Subquery(last.values("kind")[:1]))
    return named.annotate(binned_at=Subquery(last.values("seen_at")[:1])).filter(seen=Sight.UNDONE)


def binned(owner: User) -> list[Binned]:
    """The newest first."""
    gone = list(lying(owner).select_related("wallet").order_by("-occurred_at", "-id")[:MANY])
    keys = TransactionKey.objects.in_bulk([row.key_id for row in gone])
    return [Binned(keys[row.key_id], row.wallet, row) for row in gone]


def lies_in_bin(owner: User, transaction_id: UUID) -> Binned | None:
    row = lying(owner).filter(key_id=transaction_id).select_related("wallet").first()
    return Binned(TransactionKey.objects.get(pk=transaction_id), row.wallet, row) if row else None


@transaction.atomic
def restore(*, by: Actor, key: TransactionKey, wallet: Wallet, now: datetime) -> Transaction:
    name = key.anchor.removeprefix(f"{FAMILY}:")
    row = SourceRow.objects.filter(wallet=wallet, family=FAMILY, external_id=name).latest("revision")
    Journal.objects.fall_behind(wallet)
    Sighting.objects.create(owner=wallet.owner, wallet=wallet, row=row, kind=Sight.BACK, seen_at=now)
    journal.catch_up_soon(wallet, now=now)
    record(by=by, action=Action.TRANSACTION_RESTORED, owner=wallet.owner, now=now, subject=wallet.label, about=key.pk)
    return Transaction.objects.select_related("wallet").get(pk=key.pk)

"""What an owner does with a wallet short of removing it, and the bin: nothing here deletes a row of its history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from uuid import uuid4, uuid5

from django.db import transaction

from accounts import notices
from accounts.audit import Action, record
from config import turns
from wallets import catalogue, credentials, health
from wallets.free_text import refuse_treasure
from wallets.models import Wallet, WalletState
from wallets.notice_kinds import Kind
from wallets.records import Cause

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User
    from wallets.catalogue import Way

BIN_DAYS = timedelta(days=30)
ROTATIONS = (3, 6, 12)  # months
# What is said of a wallet that is read with a key.
OF_A_KEY = (
    *(Kind.WALLET_NEEDS_YOU, Kind.NOT_READ, Kind.RIGHTS_GAINED),
    *(Kind.KEY_DUE, Kind.KEY_ENDS_SOON, Kind.STAGED_REFUSED),
)


class NotNowError(Exception):
    """The wallet is not in a state in which this can be done: somebody else was quicker, or it is in the bin."""


def locked(wallet: Wallet, *, binned: bool = False) -> Wallet:
    """The row as it is now, held until the transaction ends."""
    held = Wallet.objects.held(wallet.pk)
    if bool(held.binned_at) is not binned:
        raise NotNowError
    return held


def rename(*, by: Actor, wallet: Wallet, label: str, now: datetime) -> Wallet:
    refuse_treasure(label, by=by, owner=wallet.owner, now=now, place="the name of a wallet")
    return _renamed(by=by, wallet=wallet, label=label, now=now)


@transaction.atomic
def _renamed(*, by: Actor, wallet: Wallet, label: str, now: datetime) -> Wallet:
    held = locked(wallet)
    if held.label != label:
        record(
            by=by,
            action=Action.WALLET_RENAMED,
            owner=held.owner,
            now=now,
            subject=label,
            about=held.pk,
            former=held.label,
        )
        held.label = label
        held.save(update_fields=["label"])
    return held


def annotate(*, by: Actor, wallet: Wallet, note: str, now: datetime) -> Wallet:
    refuse_treasure(note, by=by, owner=wallet.owner, now=now, place="the note of a wallet")
    return _annotated(by=by, wallet=wallet, note=note, now=now)


@transaction.atomic
def _annotated(*, by: Actor, wallet: Wallet, note: str, now: datetime) -> Wallet:
    held = locked(wallet)
    if held.note != note:
        held.note = note
        held.save(update_fields=["note"])
        record(by=by, action=Action.WALLET_NOTED, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return held


def open_by_hand(
    *,
    by: Actor,
    owner: User,
    exchange: str,
    way: Way | Literal["manual"],
    label: str,
    now: datetime,
    once: UUID | None = None,
) -> Wallet:
    """A wallet that no exchange feeds: by files, or by what the owner writes down. `once` names the page it was asked
    for on, which makes one of that name and no second.
    """
    refuse_treasure(label, by=by, owner=owner, now=now, place="the name of a wallet")
    name = uuid5(once, f"{owner.pk} {exchange} {way} {label}") if once else uuid4()
    return _opened(by=by, owner=owner, exchange=exchange, way=way, label=label, now=now, name=name)


@transaction.atomic
def _opened(*, by: Actor, owner: User, exchange: str, way: str, label: str, now: datetime, name: UUID) -> Wallet:
    turns.take(f"wallet:{name}")
    made = Wallet.objects.filter(pk=name).first()
    if made and not made.binned_at:
        return made
    wallet = Wallet.objects.create(
        pk=uuid4() if made else name,
        owner=owner, exchange=exchange, way=way, label=label, created_at=now, health=WalletState.WORKING,
    )  # fmt: skip
    record(by=by, action=Action.WALLET_CONNECTED, owner=owner, now=now, subject=label, about=wallet.pk, way=way)
    return wallet


@transaction.atomic
def pause(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    return _stop(wallet, by=by, action=Action.WALLET_PAUSED, column="paused_at", now=now)


@transaction.atomic
def archive(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    return _stop(wallet, by=by, action=Action.WALLET_ARCHIVED, column="archived_at", now=now)


@transaction.atomic
def resume(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """Back from a pause or the archive. A wallet that was detached has no key: it is connected anew."""
    held = locked(wallet)
    if held.detached_at:
        raise NotNowError
    if held.paused_at or held.archived_at:
        held.paused_at = held.archived_at = None
        held.next_try_at = now
        held.save(update_fields=["paused_at", "archived_at", "next_try_at"])
        record(by=by, action=Action.WALLET_RESUMED, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return held


@transaction.atomic
def detach(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The key goes and the history stays."""
    held = _stop(wallet, by=by, action=Action.WALLET_DETACHED, column="detached_at", now=now)
    credentials.take_out_of_force(held, now=now)
    return _without_key(held, Cause.NO_KEY, now=now)


@transaction.atomic
def leaked(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The key is not used from this moment on, except to see whether it is dead. The wallet waits for a new one."""
    held = locked(wallet)
    credentials.take_out_of_force(held, now=now, leaked=True)
    record(by=by, action=Action.CREDENTIAL_LEAKED, owner=held.owner, now=now, subject=held.label, about=held.pk)
    exchange = catalogue.named(held.exchange)
    notices.tell(owner=held.owner, kind=Kind.KEY_LEAKED, now=now, label=held.label, exchange=exchange)
    return _without_key(held, Cause.KEY_LEAKED, now=now)


@transaction.atomic
def to_files(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """Fed by files from now on. The way back is a new key or sign-in, which goes on with the same history."""
    held = locked(wallet)
    if held.way == catalogue.Way.CSV:
        return held
    credentials.take_out_of_force(held, now=now)
    held.way, held.detached_at = catalogue.Way.CSV, None
    held.save(update_fields=["way", "detached_at"])
    record(by=by, action=Action.WALLET_TO_FILES, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return _without_key(held, None, now=now)


@transaction.atomic
def put_in_bin(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """For 30 days everything can come back as it was, the key excepted: that goes at once."""
    held = locked(wallet)
    credentials.take_out_of_force(held, now=now)
    _without_key(held, Cause.NO_KEY if held.is_connected else None, now=now)
    held.binned_at = now
    held.save(update_fields=["binned_at"])
    record(by=by, action=Action.WALLET_BINNED, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return held


@transaction.atomic
def restore(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    held = locked(wallet, binned=True)
    if held.purged_at or Wallet.objects.filter(owner=held.owner, book=held.book, binned_at=None).exists():
        raise NotNowError
    held.binned_at = None
    held.save(update_fields=["binned_at"])
    record(by=by, action=Action.WALLET_RESTORED, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return held


@transaction.atomic
def remind_of_rotation(*, by: Actor, wallet: Wallet, months: int | None, now: datetime) -> Wallet:
    held = locked(wallet)
    held.rotate_months = months if months in ROTATIONS else None
    held.save(update_fields=["rotate_months"])
    record(
        by=by,
        action=Action.ROTATION_CHANGED,
        owner=held.owner,
        now=now,
        subject=held.label,
        about=held.pk,
        months=months,
    )
    return held


def _without_key(wallet: Wallet, cause: Cause | None, *, now: datetime) -> Wallet:
    """What it shows when nothing is read with any key. The owner knows: they did it, so no notice goes out."""
    wallet.health = WalletState.NEEDS_YOU if cause else WalletState.WORKING
    wallet.cause, wallet.cause_right, wallet.excused, wallet.failures, wallet.refusals = cause or "", "", "", 0, 0
    wallet.next_try_at = None
    wallet.failing_since = (wallet.failing_since or now) if cause else None
    wallet.save(update_fields=health.COLUMNS)
    for kind in OF_A_KEY:
        notices.close(owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now)
    return wallet


def _stop(wallet: Wallet, *, by: Actor, action: Action, column: str, now: datetime) -> Wallet:
    held = locked(wallet)
    if getattr(held, column) is None:
        setattr(held, column, now)
        held.next_try_at = None
        held.save(update_fields=[column, "next_try_at"])
        # Whoever stopped it wants no reminder. That a key may do more than read stays said.
        for kind in (Kind.WALLET_NEEDS_YOU, Kind.NOT_READ):
            notices.close(owner=held.owner, kind=kind, topic=str(held.pk), now=now)
        record(by=by, action=action, owner=held.owner, now=now, subject=held.label, about=held.pk)
    return held

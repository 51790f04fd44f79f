"""What an owner does with a wallet short of removing it, and the bin: nothing here deletes a row of its history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from wallets.models import Credential, Wallet, WalletState
from wallets.records import Cause

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit import Actor

BIN_DAYS = timedelta(days=30)
ROTATIONS = (3, 6, 12)  # months


class NotNowError(Exception):
    """The wallet is not in a state in which this can be done: somebody else was quicker, or it is in the bin."""


def locked(wallet: Wallet, *, binned: bool = False) -> Wallet:
    """The row as it is now, held until the transaction ends."""
    held = Wallet.objects.select_for_update().get(pk=wallet.pk)
    if bool(held.binned_at) is not binned:
        raise NotNowError
    return held


@transaction.atomic
def rename(*, by: Actor, wallet: Wallet, label: str, now: datetime) -> Wallet:
    held = locked(wallet)
    if held.label != label:
        record(by=by, action=Action.WALLET_RENAMED, owner=held.owner, now=now, subject=label, former=held.label)
        held.label = label
        held.save(update_fields=["label"])
    return held


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
        record(by=by, action=Action.WALLET_RESUMED, owner=held.owner, now=now, subject=held.label)
    return held


@transaction.atomic
def detach(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The key is wiped and the history stays."""
    wipe(wallet, now=now)
    return _stop(wallet, by=by, action=Action.WALLET_DETACHED, column="detached_at", now=now)


@transaction.atomic
def leaked(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The key is not used from this moment on; the wallet waits for a new one."""
    held = locked(wallet)
    wipe(held, now=now)
    held.health, held.cause, held.next_try_at = WalletState.NEEDS_YOU, Cause.KEY_REVOKED, None
    held.failing_since = held.failing_since or now
    held.save(update_fields=["health", "cause", "next_try_at", "failing_since"])
    record(by=by, action=Action.CREDENTIAL_LEAKED, owner=held.owner, now=now, subject=held.label)
    return held


@transaction.atomic
def put_in_bin(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """For 30 days everything can come back as it was, the key excepted: that is wiped at once."""
    held = locked(wallet)
    wipe(held, now=now)
    held.binned_at, held.next_try_at = now, None
    held.save(update_fields=["binned_at", "next_try_at"])
    record(by=by, action=Action.WALLET_BINNED, owner=held.owner, now=now, subject=held.label)
    return held


@transaction.atomic
def restore(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    held = locked(wallet, binned=True)
    if Wallet.objects.filter(owner=held.owner, book=held.book, binned_at=None).exists():
        raise NotNowError
    held.binned_at, held.health = None, WalletState.NEEDS_YOU
    held.save(update_fields=["binned_at", "health"])
    record(by=by, action=Action.WALLET_RESTORED, owner=held.owner, now=now, subject=held.label)
    return held


@transaction.atomic
def remind_of_rotation(*, by: Actor, wallet: Wallet, months: int | None, now: datetime) -> Wallet:
    held = locked(wallet)
    held.rotate_months = months if months in ROTATIONS else None
    held.save(update_fields=["rotate_months"])
    record(by=by, action=Action.ROTATION_CHANGED, owner=held.owner, now=now, subject=held.label, months=months)
    return held


def wipe(wallet: Wallet, *, now: datetime) -> None:
    """Inside a transaction: no credential of this wallet can be opened any more."""
    held = Credential.objects.filter(wallet=wallet, sealed__isnull=False)
    held.update(sealed=None, wiped_at=now, standing=Credential.Standing.FORMER)


def _stop(wallet: Wallet, *, by: Actor, action: Action, column: str, now: datetime) -> Wallet:
    held = locked(wallet)
    if getattr(held, column) is None:
        setattr(held, column, now)
        held.next_try_at = None
        held.save(update_fields=[column, "next_try_at"])
        record(by=by, action=action, owner=held.owner, now=now, subject=held.label)
    return held

"""A second key beside the one in force. It passed its test and lies in reserve; the next sync reads with it, and after
its first clean one it takes over. If it fails, the one in force goes on and the owner is told why.

Nothing is read twice and nothing is lost either way: only the credential changes, never the bookmarks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts import notices
from accounts.audit import SYSTEM, Action, record
from wallets import catalogue, credentials
from wallets.diagnosis import diagnose
from wallets.keeping import NotNowError, locked
from wallets.models import Credential, Wallet
from wallets.notice_kinds import Kind
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from accounts.audit import Actor
    from wallets.records import ConnectorError

KEPT_REFUSED = timedelta(days=14)  # for the owner to mend it at the exchange; then it is wiped
# What the key in force would suffer as well: it says nothing about the one in reserve, which waits for the next sync.
NOT_THE_KEYS = {
    Cause.ACCOUNT_EMPTY,
    Cause.ACCOUNT_FROZEN,
    Cause.ACCOUNT_KIND,
    Cause.CLOCK_SKEW,
    Cause.EXCHANGE_RETIRED,
    Cause.MAINTENANCE,
    Cause.NETWORK,
    Cause.RATE_LIMITED,
    Cause.REGION_BLOCKED,
}
# What may be a fault of the key, and may be nothing: believed when it came so often in a row, to it alone.
DOUBTFUL = {Cause.NONCE_CLASH, Cause.UNEXPECTED_REPLY}
BELIEVED_AFTER = 3
Standing = Credential.Standing


def staged_of(wallet: Wallet) -> Credential | None:
    return Credential.objects.filter(wallet=wallet, standing=Standing.STAGED).first()


def in_turn(wallet: Wallet) -> Credential | None:
    """The one the next sync reads with. What was refused waits for its owner."""
    staged = staged_of(wallet)
    return staged if staged and not staged.cause else None


def stage(wallet: Wallet, *, values: Mapping[str, str], now: datetime, confirmed: str = "") -> Credential:
    """Inside a transaction that holds the wallet. An earlier one in reserve makes room."""
    if _put_away(wallet, now=now):
        _record(wallet, Action.STAGED_DROPPED, by=SYSTEM, now=now)
    return credentials.kept(wallet, Standing.STAGED, way=catalogue.Way.KEY, values=values, now=now, confirmed=confirmed)


def promote(wallet: Wallet, staged: Credential, *, now: datetime) -> None:
    """Inside the transaction in which its first clean sync ends: the former goes and this one comes, both or neither.
    The owner alone can delete the old key where it was made.
    """
    former = credentials.current_of(wallet)
    credentials.take_out_of_force(wallet, now=now, replaced_by=catalogue.Way(staged.way), sparing=staged)
    staged.standing = Standing.CURRENT
    staged.save(update_fields=["standing"])
    wallet.way = staged.way
    wallet.save(update_fields=["way"])
    _record(wallet, Action.CREDENTIAL_PROMOTED, by=SYSTEM, now=now)
    for kind in (Kind.STAGED_REFUSED, Kind.KEY_DUE, Kind.KEY_ENDS_SOON):
        notices.close(owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now)
    if former and former.way == catalogue.Way.KEY:
        _tell(wallet, Kind.OLD_KEY, now=now)


def failed(wallet: Wallet, staged: Credential, failure: ConnectorError, *, now: datetime) -> None:
    """Inside a transaction that holds the wallet. What may be nothing costs it this turn; it has the next one."""
    staged.doubts = staged.doubts + 1 if failure.cause in DOUBTFUL else 0
    if 0 < staged.doubts < BELIEVED_AFTER:
        staged.save(update_fields=["doubts"])
    else:
        refuse(wallet, staged, failure, now=now)


def doubt_no_more(wallet: Wallet) -> None:
    """The one in force hears the same: it lies with the exchange."""
    Credential.objects.filter(wallet=wallet, standing=Standing.STAGED, doubts__gt=0).update(doubts=0)


def refuse(wallet: Wallet, staged: Credential, failure: ConnectorError, *, now: datetime) -> None:
    """It is not used any more until its owner has acted."""
    staged.cause, staged.cause_right = failure.cause, failure.right[:80]
    staged.ends_at = now + KEPT_REFUSED
    staged.save(update_fields=["cause", "cause_right", "ends_at"])
    _record(wallet, Action.STAGED_REFUSED, by=SYSTEM, now=now, cause=failure.cause)
    said = diagnose(failure.cause, exchange=catalogue.named(wallet.exchange), right=failure.right, way=staged.way)
    _tell(wallet, Kind.STAGED_REFUSED, now=now, title=said.title, remedy=said.remedy)


# --- the owner acts ------------------------------------------------------------------------------------------------


@transaction.atomic
def drop(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The one in reserve is wiped; the one in force stays."""
    held = locked(wallet)
    if not _put_away(held, now=now):
        raise NotNowError
    _record(held, Action.STAGED_DROPPED, by=by, now=now)
    return held


@transaction.atomic
def try_again(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """It was mended at the exchange: the next sync reads with it again."""
    held = locked(wallet)
    staged = staged_of(held)
    if staged is None or not staged.cause:
        raise NotNowError
    staged.cause, staged.cause_right, staged.ends_at, staged.doubts = "", "", None, 0
    staged.save(update_fields=["cause", "cause_right", "ends_at", "doubts"])
    notices.close(owner=held.owner, kind=Kind.STAGED_REFUSED, topic=str(held.pk), now=now)
    due_at_once(held, now=now)
    _record(held, Action.STAGED_RETRIED, by=by, now=now)
    return held


@transaction.atomic
def old_key_deleted(*, by: Actor, wallet: Wallet, now: datetime) -> Wallet:
    """The owner's own word, so the reminder ends."""
    held = locked(wallet)
    if not notices.close(owner=held.owner, kind=Kind.OLD_KEY, topic=str(held.pk), now=now):
        raise NotNowError
    _record(held, Action.OLD_KEY_DELETED, by=by, now=now)
    return held


def due_at_once(wallet: Wallet, *, now: datetime) -> None:
    if not wallet.paused_at and not wallet.archived_at:
        wallet.next_try_at = now
        wallet.save(update_fields=["next_try_at"])


def sweep(*, now: datetime) -> None:
    """What was refused and not mended in its time."""
    for staged in Credential.objects.filter(standing=Standing.STAGED, ends_at__lte=now).select_related("wallet"):
        with transaction.atomic():
            held = Wallet.objects.held(staged.wallet_id)
            over = Credential.objects.filter(pk=staged.pk, standing=Standing.STAGED, ends_at__lte=now)
            if over.exists() and _put_away(held, now=now):
                _record(held, Action.STAGED_DROPPED, by=SYSTEM, now=now)


def _put_away(wallet: Wallet, *, now: datetime) -> bool:
    staged = staged_of(wallet)
    if staged is None:
        return False
    credentials.wipe(staged, now=now)
    notices.close(owner=wallet.owner, kind=Kind.STAGED_REFUSED, topic=str(wallet.pk), now=now)
    return True


def _tell(wallet: Wallet, kind: Kind, *, now: datetime, **facts: Any) -> None:
    exchange = catalogue.named(wallet.exchange)
    notices.tell(
        owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now, label=wallet.label, exchange=exchange, **facts
    )


def _record(wallet: Wallet, action: Action, *, by: Actor, now: datetime, **facts: str) -> None:
    record(by=by, action=action, owner=wallet.owner, now=now, subject=wallet.label, about=wallet.pk, **facts)

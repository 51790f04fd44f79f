"""Work that comes by itself: reminding of keys, and of the yearly look at all connections."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max

from accounts import notices, recovery
from accounts.audit import Action
from accounts.models import AuditEvent, User
from wallets import catalogue
from wallets.models import Credential, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from datetime import datetime

ENDS_SOON = timedelta(days=14)
MONTH = timedelta(days=30)
YEAR = timedelta(days=365)


def remind(now: datetime) -> None:
    """Once a day: keys the owner wants to replace, keys the exchange ends soon, the yearly look."""
    live = Credential.objects.filter(
        standing=Credential.Standing.CURRENT, wallet__binned_at=None, owner__purge_at=None
    ).select_related("wallet__owner")
    for credential in live.filter(wallet__rotate_months__isnull=False, way="key").iterator():
        if is_due(credential.wallet, credential, now=now):
            _tell(credential.wallet, Kind.KEY_DUE, now=now, months=credential.wallet.rotate_months)
    for credential in live.filter(expires_at__gt=now, expires_at__lte=now + ENDS_SOON).iterator():
        when = notices.say_when(credential.expires_at or now, credential.wallet.owner)
        _tell(
            credential.wallet,
            Kind.KEY_ENDS_SOON,
            now=now,
            when=when,
            exchange=catalogue.named(credential.wallet.exchange),
        )
    remind_of_review(now=now)


def is_due(wallet: Wallet, credential: Credential, *, now: datetime) -> bool:
    """Older than its owner wants a key to be."""
    return bool(wallet.rotate_months) and credential.created_at + (wallet.rotate_months or 0) * MONTH <= now


def _tell(wallet: Wallet, kind: Kind, *, now: datetime, **facts: Any) -> None:
    notices.tell(owner=wallet.owner, kind=kind, topic=str(wallet.pk), now=now, label=wallet.label, **facts)


def remind_of_review(*, now: datetime) -> None:
    """Owners whose connections, and whose last look at them, are more than a year old."""
    connected = User.objects.filter(
        wallets__credentials__standing=Credential.Standing.CURRENT, wallets__credentials__created_at__lt=now - YEAR
    )
    for owner in connected.filter(purge_at=None).distinct().iterator():
        looked = last_review(owner)
        if (looked is None or looked < now - YEAR) and not recovery.frozen(owner):
            notices.tell(owner=owner, kind=Kind.CONNECTIONS_DUE, now=now)


def last_review(owner: User) -> datetime | None:
    """The trail is the memory."""
    looked = AuditEvent.objects.filter(owner=owner, action=Action.CONNECTIONS_REVIEWED)
    found: datetime | None = looked.aggregate(at=Max("at"))["at"]
    return found

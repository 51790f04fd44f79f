"""The browsers and phones an owner is signed in on: listed, and ended one by one or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from accounts.models import Session

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User


def devices_of(owner: User, *, now: datetime) -> QuerySet[Session]:
    """Newest use first. The one that asks is the row whose `public_id` is `request.session.public_id`."""
    return Session.objects.filter(owner=owner, expire_date__gt=now).order_by("-seen_at", "-public_id")


@transaction.atomic
def end_device(*, by: Actor, owner: User, public_id: UUID, now: datetime) -> bool:
    """True if there was such a session of this owner. It is over at once: its next request is a stranger's."""
    row = devices_of(owner, now=now).filter(public_id=public_id).first()
    if row is None:
        return False
    row.delete()
    record(by=by, action=Action.SESSION_ENDED, owner=owner, now=now, subject=row.agent, door=row.door)
    return True


@transaction.atomic
def end_devices(*, by: Actor, owner: User, now: datetime, keep: UUID | None = None) -> int:
    """Ends all sessions of this owner but `keep` (the `public_id` of the one that asks). Returns how many."""
    going = Session.objects.filter(owner=owner)
    ended, _ = (going.exclude(public_id=keep) if keep else going).delete()
    if ended:
        record(by=by, action=Action.SESSIONS_ENDED, owner=owner, now=now, ended=ended)
    return ended

"""Who of the owners is staff. Said on the machine only: no page and no stolen session can make anybody staff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, Actor, record
from accounts.models import User

if TYPE_CHECKING:
    from datetime import datetime


@transaction.atomic
def appoint(*, by: Actor, user: User, now: datetime) -> bool:
    """False: they are already. The console opens to them once they have a second factor."""
    return _change(by=by, user=user, now=now, is_staff=True, action=Action.STAFF_APPOINTED)


@transaction.atomic
def dismiss(*, by: Actor, user: User, now: datetime) -> bool:
    """False: they are not. Their own account stays what it is."""
    return _change(by=by, user=user, now=now, is_staff=False, action=Action.STAFF_DISMISSED)


def _change(*, by: Actor, user: User, now: datetime, is_staff: bool, action: Action) -> bool:
    held = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if held.is_staff == is_staff:
        return False
    held.is_staff = held.is_superuser = is_staff  # all of staff may do all that the console offers
    held.save(update_fields=["is_staff", "is_superuser"])
    record(by=by, action=action, owner=held, now=now)
    return True

"""An owner takes the account back: whatever was let in before is put out, browsers, phones and programs alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts import devices, tokens

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.audit import Actor
    from accounts.models import User

NAMED = 5  # tokens that are called by name


@transaction.atomic
def end_all(*, by: Actor, owner: User, now: datetime, keep: UUID | None = None) -> str:
    """What was ended, in words for the owner. `keep`: the session that asks, where it goes on for its answer."""
    devices.end_devices(by=by, owner=owner, now=now, keep=keep)
    ended = [f"“{token.name}”" for token in tokens.revoke_all(by=by, owner=owner, now=now)]
    if not ended:
        return "All devices were signed out."
    more = [f"{len(ended) - NAMED} more"] if len(ended) > NAMED else []
    return (
        "All devices were signed out. These access tokens no longer work; programs that used them need new ones: "
        f"{', '.join([*ended[:NAMED], *more])}."
    )

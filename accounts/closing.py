"""Closing an account, and the port through which everything that belongs to an owner is reached.

Closing is said first, then done at once: tokens, other devices, credentials, exports. The rows stay for thirty days, in
which the owner may come back; then a daily job purges every row, the trail included. What stays is one count without a
name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from django.db import transaction

from accounts.audit import SYSTEM, Action, record
from accounts.devices import end_devices
from accounts.models import User
from accounts.notices import Kind, close, say_when, tell
from config.append_only import purging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from django.db.models import Model

    from accounts.audit import Actor

GRACE = timedelta(days=30)


class Belonging(Protocol):
    """What one kind of owned row must be able to do. Apps above register theirs in `AppConfig.ready`."""

    @property
    def model(self) -> type[Model]: ...

    def export(self, owner: User) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
        """Files of the export: a name without its ending, and its rows. No secrets, and never all rows in memory."""

    def by_hand(self, owner: User) -> Iterable[str]:
        """Said before and after closing: what only the owner can do, such as deleting a key at an exchange."""

    def close(self, owner: User, *, by: Actor, now: datetime) -> None:
        """At once, when closing starts: wipe, revoke, stop."""

    def purge(self, owner: User) -> int:
        """All rows, for good. Called in the reverse order of registration. Returns how many."""


OWNED: list[Belonging] = []


@dataclass(frozen=True, slots=True)
class Table:
    """A file of the export that is made to be read as it is, beside the rows. Apps above register theirs likewise."""

    name: str
    words: str  # what it is, for the archive's README
    made_by: str  # where that lies which makes it of an owner, in pieces of text: only who makes an export loads it


TABLES: list[Table] = []


def register(*belongings: Belonging) -> None:
    OWNED.extend(belongings)


def left_to_do(owner: User) -> list[str]:
    """In the owner's hands: known before closing, and shown again after."""
    return [line for belonging in OWNED for line in belonging.by_hand(owner)]


@transaction.atomic
def start_closing(*, by: Actor, owner: User, now: datetime, keep_session: UUID | None = None) -> datetime:
    """Returns when everything is purged. A second call changes nothing."""
    fresh = _locked(owner.pk)
    if fresh.purge_at:
        return fresh.purge_at
    purge_at = fresh.purge_at = owner.purge_at = now + GRACE
    fresh.save(update_fields=["purge_at"])
    for belonging in OWNED:
        belonging.close(fresh, by=by, now=now)
    end_devices(by=by, owner=fresh, now=now, keep=keep_session)
    record(by=by, action=Action.CLOSING_STARTED, owner=fresh, now=now, purge_at=purge_at.isoformat())
    tell(owner=fresh, kind=Kind.ACCOUNT_CLOSING, now=now, purge_on=say_when(purge_at, fresh))
    return purge_at


@transaction.atomic
def cancel_closing(*, by: Actor, owner: User, now: datetime) -> bool:
    """The account stays. What was wiped and revoked stays so: nothing of it can be brought back."""
    fresh = _locked(owner.pk)
    if fresh.purge_at is None:
        return False
    fresh.purge_at = owner.purge_at = None
    fresh.save(update_fields=["purge_at"])
    record(by=by, action=Action.CLOSING_CANCELLED, owner=fresh, now=now)
    close(owner=fresh, kind=Kind.ACCOUNT_CLOSING, now=now)
    tell(owner=fresh, kind=Kind.CLOSING_CANCELLED, now=now)
    return True


def purge_due(now: datetime) -> bool:
    """The daily work: one owner at a time, whoever it is: one that fails, or takes longer than a task may, must not
    stand before all others each day anew. True: there may be more.
    """
    owner_id = User.objects.filter(purge_at__lte=now).order_by("?").values_list("pk", flat=True).first()
    if owner_id is None:
        return False
    purge(owner_id=owner_id, now=now)
    return True


@transaction.atomic
def purge(*, owner_id: int, now: datetime) -> int:
    """Every row of this owner, in one transaction. Nothing happens to an account that was kept at the last moment."""
    owner = User.objects.select_for_update().filter(pk=owner_id, purge_at__lte=now).first()  # to be deleted
    if owner is None:
        return 0
    purging(owner.pk)
    rows = sum(belonging.purge(owner) for belonging in reversed(OWNED))
    owner.delete()
    record(by=SYSTEM, action=Action.ACCOUNT_PURGED, owner=None, now=now, rows=rows + 1)
    return rows + 1


def _locked(owner_id: int) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=owner_id)

"""A lease: a row that one worker at a time may work on, and that comes back when that worker dies.

The row is the queue's memory. A worker claims it (`FOR UPDATE SKIP LOCKED`: nobody waits for anybody), gets a token
nobody had before, and from then on proves with `fence` inside every transaction that the row is still its own. Attempts
are counted when a row is claimed, before anything runs, so that work which kills its worker is counted too. `sweep`
frees the rows of the dead. Everything takes `now`: nothing here looks at the clock.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from django.db import models, transaction

if TYPE_CHECKING:
    from datetime import datetime

FIRST_BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)


class LeaseLostError(Exception):
    """The row is no longer ours: it was swept, released or claimed by somebody else. Stop, and commit nothing."""


Row = TypeVar("Row", bound="Leased")


class LeaseQuerySet(models.QuerySet[Row], Generic[Row]):
    def due(self, *, now: datetime) -> Self:
        """Waiting, and nobody's. A row whose lease ran out is not due: `sweep` decides whether it gets another try."""
        return self.filter(finished_at=None, lease_token=None, not_before__lte=now)

    def expired(self, *, now: datetime) -> Self:
        return self.filter(lease_token__isnull=False, lease_until__lte=now)

    def in_turn(self) -> Self:
        """Whose turn it is: who waited longest. Subclasses may be fair in other ways."""
        return self.order_by("not_before", "pk")

    def claim(self, *, now: datetime) -> Row | None:
        """The row whose turn it is, now ours and one attempt older; nothing if all are taken or none is due."""
        with transaction.atomic(using=self.db):
            row = self.due(now=now).in_turn().select_for_update(skip_locked=True, of=("self",), no_key=True).first()
            if row is not None:
                row.lease_token = uuid.uuid4()
                row.lease_until = now + row.LASTING
                row.attempts += 1
                row.save(update_fields=["lease_token", "lease_until", "attempts"])
        return row

    def sweep(self, *, now: datetime) -> list[Row]:
        """Free what the dead held: another try later, or given up when it has had its attempts. Answers the rows."""
        with transaction.atomic(using=self.db):
            free = self.expired(now=now).select_for_update(skip_locked=True, of=("self",), no_key=True)
            rows = list(free.order_by("pk"))
            for row in rows:
                row.fell(now=now)
        return rows


class Leased(models.Model):
    """What a row needs to be worked on by one worker at a time. Subclasses add their own state, in their own words."""

    # How long a claim holds without a heartbeat. Longer than the longest time a task may run (settings: Q_CLUSTER),
    # except where the worker's heart beats for it: then the rows of the dead come back sooner.
    LASTING: ClassVar[timedelta] = timedelta(minutes=3)
    BEATS: ClassVar[bool] = False
    # After so many claims that ended in the worker's death the row is given up. 0: never.
    MAX_ATTEMPTS: ClassVar[int] = 5

    not_before = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True)
    failed = models.BooleanField(default=False)

    objects = LeaseQuerySet.as_manager()

    class Meta:
        abstract = True

    def fence(self, *, now: datetime, **still: object) -> None:
        """Inside a transaction: prove that the row is still ours, keep it so until commit, and lengthen the lease.

        `still` are further conditions on the row (say, the credential version the work began with). If no row
        matches, LeaseLostError: the transaction must not commit.
        """
        if not transaction.get_connection(type(self).objects.db).in_atomic_block:
            raise RuntimeError("A fence outside a transaction proves nothing.")
        self._change(_still=still, lease_until=now + self.LASTING)

    def heartbeat(self, *, now: datetime, lasting: timedelta | None = None) -> None:
        """Still alive: the lease ends so much later, between transactions."""
        self._change(lease_until=now + (lasting or self.LASTING))

    def done(self, *, now: datetime) -> None:
        self._change(finished_at=now, failed=False, lease_token=None, lease_until=None)

    def give_up(self, *, now: datetime) -> None:
        self._change(finished_at=now, failed=True, lease_token=None, lease_until=None)

    def again(self, *, at: datetime, fresh: bool = False) -> None:
        """Back to waiting. `fresh`: what was done counts as progress, so attempts are counted from nought again."""
        self._change(not_before=at, attempts=0 if fresh else self.attempts, lease_token=None, lease_until=None)

    def back_off(self) -> timedelta:
        """30 s, 1 min, 2 min ... an hour, by the attempts made so far."""
        doublings = min(max(self.attempts - 1, 0), 20)
        return min(FIRST_BACK_OFF * float(2**doublings), LONGEST_BACK_OFF)

    def fell(self, *, now: datetime) -> None:
        """Our worker died with this row in hand (called by `sweep`, the row locked).

        Subclasses that keep a state of their own extend this, and look at `failed`.
        """
        if self.MAX_ATTEMPTS and self.attempts >= self.MAX_ATTEMPTS:
            self.give_up(now=now)
        else:
            self.again(at=now + self.back_off())

    def _change(self, *, _still: dict[str, object] | None = None, **changes: Any) -> None:
        mine = type(self).objects.filter(pk=self.pk, lease_token=self.lease_token, lease_token__isnull=False)
        if not mine.filter(**(_still or {})).update(**changes):
            raise LeaseLostError(f"{type(self).__name__} {self.pk}")
        for name, value in changes.items():
            setattr(self, name, value)

"""What the floor keeps: keys that data is sealed with, who is alive, and cache, limits, jobs and mail in between."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models

from config.leases import Leased

if TYPE_CHECKING:
    from datetime import datetime


class KeyCanary(models.Model):
    """A known text sealed with one encryption key: whoever starts with other keys notices before touching data."""

    # Of the key, never the key: see `config.keys.fingerprint`.
    fingerprint = models.CharField(max_length=16, unique=True)
    sealed = models.TextField()
    planted_at = models.DateTimeField()
    # Nobody may start writing with it any more.
    closed_at = models.DateTimeField(null=True)
    # rotate_keys has proved that nothing is sealed with it any more: the keys may do without it.
    retired_at = models.DateTimeField(null=True)


class ProcessBeat(models.Model):
    """A process of the service that is alive, idle or not. `seen` is the database's time, so clocks may differ."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16)  # web, worker, ...
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    started = models.DateTimeField()
    seen = models.DateTimeField()
    # Fingerprint of the key it seals with: rotate_keys is not finished while a live process writes with an old one.
    write_key = models.CharField(max_length=16)

    class Meta:
        indexes = (models.Index(fields=["kind", "-seen"], name="beats_by_kind"),)


class CacheEntry(models.Model):
    """The cache of a service without Redis (config.cache). A table, so that limits hold across processes."""

    key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField()
    expires_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        db_table = "cache"


class RateBucket(models.Model):
    """One limit for one caller (config.limits): when the bucket will be empty again. The key is a keyed hash."""

    key = models.CharField(primary_key=True, max_length=64)
    empty_at = models.DateTimeField(db_index=True)


class PeriodicJob(Leased):
    """When a periodic job is due next. Leased, so that it runs once across all clusters, and again after a crash."""

    MAX_ATTEMPTS: ClassVar[int] = 0

    name = models.CharField(primary_key=True, max_length=60)

    def fell(self, *, now: datetime) -> None:
        """At once: its lease was wait enough, and others may depend on it to come back themselves."""
        self.again(at=now)


class WorkerBeat(models.Model):
    """The last sign of life of one cluster of workers, written by a task that ran in it (config.queue)."""

    cluster = models.CharField(primary_key=True, max_length=120)
    beat_at = models.DateTimeField()
    # A long task keeps a worker from beating; until then silence is no sign of death.
    busy_until = models.DateTimeField(null=True)


class OutgoingMail(Leased):
    """A message on its way to the mail server (config.mail). Sealed, because it may hold a code; gone when sent."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=3)
    MAX_ATTEMPTS: ClassVar[int] = 12

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.TextField()
    created_at = models.DateTimeField()

    def give_up(self, *, now: datetime) -> None:
        """What nobody will send need not be kept."""
        super().give_up(now=now)
        type(self).objects.filter(pk=self.pk).update(sealed="")

    class Meta:
        indexes = (models.Index(fields=["not_before"], condition=models.Q(finished_at=None), name="mail_waiting"),)

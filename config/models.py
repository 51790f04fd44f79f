"""What the floor itself keeps: which keys the data is sealed with, and which processes are alive."""

from __future__ import annotations

import uuid

from django.db import models


class KeyCanary(models.Model):
    """A known text sealed with one encryption key: whoever starts with other keys notices before touching data."""

    # Of the key, never the key: see `config.keys.fingerprint`.
    fingerprint = models.CharField(max_length=16, unique=True)
    sealed = models.TextField()
    planted_at = models.DateTimeField()
    # Set when rotate_keys has proved that nothing is sealed with it any more. Nobody may start writing with it again.
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

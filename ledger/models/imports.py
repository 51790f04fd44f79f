"""Files that owners bring: looked at row by row first, kept as a whole or not at all, and taken back exactly."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from config.leases import Leased, LeaseQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class ImportQuerySet(LeaseQuerySet["ImportFile"]):
    def for_user(self, user: User) -> ImportQuerySet:
        return self.filter(owner=user)


class ImportFile(Leased):
    """One file, and how far it has come. Workers read, commit and undo; in between it waits for its owner."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=1)
    BEATS: ClassVar[bool] = True  # config.pulse: a step lasts as long as it must
    MAX_ATTEMPTS: ClassVar[int] = 3

    class State(models.TextChoices):
        READING = "reading"
        QUESTIONS = "questions"
        PREVIEW = "preview"
        REFUSED = "refused"
        COMMITTING = "committing"
        COMMITTED = "committed"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.READING)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    digest = models.CharField(max_length=64)  # of its bytes: the same file again is told
    heavy = models.BooleanField(default=False)  # takes longer than one task may: the long lane works on it
    formats = models.JSONField(default=list)  # what it was recognised as: [{name, title, exchange}]
    mapping = models.JSONField(null=True)  # how its columns are to be read, where nobody knows it
    options = models.JSONField(default=dict)  # what the owner answered
    questions = models.JSONField(default=list)
    notes = models.JSONField(default=list)
    columns = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    done_rows = models.PositiveIntegerField(default=0)  # of the step under way
    all_rows = models.PositiveIntegerField(null=True)
    code = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=500, blank=True)  # why it was refused, or failed
    created_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ImportQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-created_at", "-id"], name="imports_of_owner"),
            models.Index(fields=["-created_at", "-id"], name="imports_of_all"),
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="imports_waiting"),
        )

    def back_off(self) -> timedelta:
        """Once at once: machines are started anew. Longer only where the file itself may be what kills them."""
        return timedelta(0) if self.attempts <= 1 else super().back_off()


class ImportChunk(models.Model):
    """A piece of the file itself, kept until it is committed or given up."""

    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="chunks", db_index=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    body = models.BinaryField()  # zlib

    class Meta:
        constraints = (models.UniqueConstraint(fields=["file", "place"], name="one_chunk_per_place"),)


class ImportRow(models.Model):
    """One line, and what becomes of it. After the commit, `row` is what keeps its words."""

    class State(models.TextChoices):
        NEW = "new"
        DUPLICATE = "duplicate"
        SKIPPED = "skipped"
        FAILED = "failed"

    pk = models.CompositePrimaryKey("file", "number")
    file = models.ForeignKey(ImportFile, models.CASCADE, related_name="lines", db_index=False)
    # The file's: the database looks at that, and not twice for each of a million lines.
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State.choices)
    column = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    original = models.TextField(blank=True)
    family = models.CharField(max_length=32, blank=True)
    external_id = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(null=True)
    raw = models.JSONField(null=True)
    told = models.JSONField(default=list)  # what would move, in short
    edits = models.JSONField(default=dict)  # the owner's own words, as another program kept them
    same_as = models.UUIDField(null=True)  # the transaction that tells the same
    row = models.ForeignKey("ledger.SourceRow", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        indexes = (
            models.Index(fields=["file", "state", "number"], name="import_rows_by_state"),
            models.Index(fields=["row"], condition=Q(row__isnull=False), name="import_rows_of_row"),
        )


class ImportTemplate(models.Model):
    """How an owner read a file that nobody knew: the same columns again are read so again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    columns = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="templates_of_owner"),)

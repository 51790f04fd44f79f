"""What owners say about their gains, what they have filed, and the papers that were made of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q

from accounts.models import OwnedQuerySet
from config.leases import Leased, LeaseQuerySet
from ledger.models.exact import ExactField, MaybeExactField

if TYPE_CHECKING:
    from accounts.models import User


class GainChoices(models.Model):
    """How this owner wants gains to be reckoned, beside method and country."""

    class TransferFee(models.TextChoices):
        DISPOSAL = "disposal", "It was spent: a gain or loss of its own"
        COST = "cost", "It adds to the cost of what arrives"
        NOTHING = "nothing", "It goes with its cost, without gain or loss"

    owner = models.OneToOneField("accounts.User", models.PROTECT, primary_key=True, related_name="+")
    transfer_fee = models.CharField(max_length=8, choices=TransferFee.choices, default=TransferFee.DISPOSAL)
    # How lots are shared out among wallets (Rev. Proc. 2024-28): {saved, method, wallets, shares}; none: as proposed.
    allocation = models.JSONField(null=True)
    changed_at = models.DateTimeField()


class LotChoice(models.Model):
    """From this lot the owner takes so much for that disposal; no amount: as much as is there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    disposal = models.ForeignKey("ledger.TransactionKey", models.PROTECT, related_name="+")
    lot = models.ForeignKey("ledger.TransactionKey", models.PROTECT, related_name="+")
    place = models.PositiveIntegerField()
    amount = MaybeExactField()
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["disposal", "lot"], name="one_choice_per_lot"),)
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="choices_of_owner"),)


class KnownCost(models.Model):
    """What something had cost that came from nobody knows where, and when it was acquired: the owner's word."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    key = models.OneToOneField("ledger.TransactionKey", models.PROTECT, related_name="+")
    cost = ExactField()
    currency = models.CharField(max_length=16)
    acquired_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="known_costs_of_owner"),)


class ReportQuerySet(LeaseQuerySet["Report"]):
    def for_user(self, user: User) -> ReportQuerySet:
        return self.filter(owner=user)


class Report(Leased):
    """A paper, made once and frozen: what it was made of, how, and the hash of its bytes."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=1)
    BEATS: ClassVar[bool] = True
    MAX_ATTEMPTS: ClassVar[int] = 3

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=24)
    year = models.PositiveSmallIntegerField(null=True)
    settings = models.JSONField(default=dict)  # under which it was reckoned
    version = models.CharField(max_length=40, blank=True)  # of the engine
    inputs = models.CharField(max_length=64, blank=True)  # a hash of all matches and income in it
    figures = models.JSONField(default=dict)  # its totals
    name = models.CharField(max_length=120, blank=True)  # of the file
    size = models.BigIntegerField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # of its bytes
    words = models.CharField(max_length=300, blank=True)  # why it could not be made
    done_rows = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)

    objects = ReportQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        indexes = (
            models.Index(fields=["owner", "-asked_at", "-id"], name="reports_of_owner"),
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="reports_waiting"),
        )


class ReportChunk(models.Model):
    """A piece of its file: in the database, so that any web machine can hand it out."""

    report = models.ForeignKey(Report, models.CASCADE, related_name="chunks", db_index=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    place = models.PositiveIntegerField()
    body = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["report", "place"], name="one_report_chunk_per_place"),)


class YearLock(models.Model):
    """A year that was filed: its figures as they were then. Nothing is forbidden afterwards; what would now differ is
    shown.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    settings = models.JSONField(default=dict)
    version = models.CharField(max_length=40)
    inputs = models.CharField(max_length=64)
    figures = models.JSONField(default=dict)
    # What each asset came to, so that it can be said where it would now differ: {asset: {term: [proceeds, cost, gain]}}
    assets = models.JSONField(default=dict)
    note = models.CharField(max_length=200, blank=True)
    locked_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)  # taken back by its owner

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "year"], condition=Q(opened_at=None), name="one_lock_per_year"),
        )


class BrokerLine(models.Model):
    """A line of a form 1099-DA, as a broker reported it to the tax office and to the owner."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, null=True, related_name="+")
    year = models.PositiveSmallIntegerField()
    file = models.UUIDField()  # all lines that came at once
    file_name = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    broker = models.CharField(max_length=120, blank=True)
    asset = models.CharField(max_length=64)
    amount = MaybeExactField()
    acquired = models.DateField(null=True)
    sold = models.DateField()
    proceeds = ExactField()
    cost = MaybeExactField()
    withheld = MaybeExactField()
    covered = models.BooleanField(null=True)  # whether the cost went to the tax office
    term = models.CharField(max_length=5, blank=True)
    raw = models.JSONField(default=dict)
    # How the owner settled what could not be matched: "mine" (ours is right), "theirs", "seen".
    verdict = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["file", "number"], name="one_broker_line_per_number"),)
        indexes = (models.Index(fields=["owner", "year", "sold", "id"], name="broker_lines_of_year"),)

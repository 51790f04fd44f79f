"""What was gained, as it was reckoned last. All of it is made again from transactions, prices and words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from config.leases import Leased, LeaseQuerySet
from ledger.models.exact import ExactField

if TYPE_CHECKING:
    from accounts.models import User


class ReckoningQuerySet(LeaseQuerySet["Reckoning"]):
    def for_user(self, user: User) -> ReckoningQuerySet:
        return self.filter(owner=user)


class Reckoning(Leased):
    """All gains of one owner under one set of settings. One of them is in force; others are looks at what another
    method, country or currency would give, and are forgotten after a while.
    """

    LASTING: ClassVar[timedelta] = timedelta(minutes=1)
    BEATS: ClassVar[bool] = True
    MAX_ATTEMPTS: ClassVar[int] = 5

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    in_force = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)  # of the settings
    settings = models.JSONField(default=dict)  # regimes, currency, zone, the owner's choices
    version = models.CharField(max_length=40, blank=True)  # of the engine and of what feeds it
    wallets = ArrayField(models.UUIDField(), default=list)  # whose transactions it counts
    assets = ArrayField(models.CharField(max_length=64), default=list)  # of which it knows something
    transactions = models.BigIntegerField(default=0)
    asked_at = models.DateTimeField()
    reckoned_at = models.DateTimeField(null=True)  # none: never yet, nothing is to be read from it
    took = models.PositiveIntegerField(null=True)  # milliseconds, the last time
    expires_at = models.DateTimeField(null=True)  # of a look

    objects = ReckoningQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["owner", "digest"], name="one_reckoning_per_settings"),
            models.UniqueConstraint(fields=["owner"], condition=Q(in_force=True), name="one_reckoning_in_force"),
        )
        indexes = (
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="reckonings_waiting"),
            GinIndex(fields=["assets"], name="reckonings_by_asset"),
        )


class OfReckoning(models.ForeignKey[Reckoning, Reckoning] if TYPE_CHECKING else models.ForeignKey):  # type: ignore[misc]
    """Goes with its reckoning. The database does not check it: it would look at each of a million rows anew."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given = {"to": Reckoning, "on_delete": models.CASCADE, "db_constraint": False, "db_index": False, **kwargs}
        super().__init__(*args, **given)


class Stale(models.Model):
    """From then on, an asset of an owner may come to something else. Only ever added; taken away once reckoned."""

    id = models.BigAutoField(primary_key=True)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    asset = models.CharField(max_length=64)
    since = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["owner", "asset"], name="stale_of_owner"),)


class Match(models.Model):
    """A part of what left, and the part of a lot that it met. `gain` = proceeds - cost + adjustment."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="matches")
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField()
    disposal = models.UUIDField()  # the transaction
    part = models.PositiveSmallIntegerField()  # of the transaction: what was sent, or its fee
    act = models.CharField(max_length=12)
    lot = models.UUIDField(null=True)  # the transaction that brought it; none: a pool, or nothing
    amount = ExactField()
    acquired = models.DateTimeField(null=True)
    disposed = models.DateTimeField()
    day = models.DateField()
    year = models.PositiveSmallIntegerField()  # the tax year
    proceeds = ExactField()
    cost = ExactField()
    adjustment = ExactField()  # a denied loss, given back
    term = models.CharField(max_length=5, blank=True)
    rule = models.CharField(max_length=12)
    counts = models.BooleanField()  # no: it left without a gain being reckoned
    known = models.BooleanField()  # no: nobody says what it had cost

    class Meta:
        indexes = (
            models.Index(fields=["reckoning", "asset", "disposed"], name="matches_of_asset"),
            models.Index(fields=["reckoning", "year", "disposed", "disposal", "part"], name="matches_of_year"),
        )


class Earning(models.Model):
    """Income: what came, and what it was worth when it came."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="earnings")
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField()
    transaction = models.UUIDField()
    part = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    day = models.DateField()
    year = models.PositiveSmallIntegerField()
    amount = ExactField()
    value = ExactField()
    category = models.CharField(max_length=40, blank=True)
    known = models.BooleanField()  # no: nobody says what it was worth

    class Meta:
        indexes = (
            models.Index(fields=["reckoning", "asset", "at"], name="earnings_of_asset"),
            models.Index(fields=["reckoning", "year", "at", "transaction"], name="earnings_of_year"),
        )


class Lot(models.Model):
    """What is left of an acquisition. No wallet: all wallets count together, or it is on its way."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="lots")
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField(null=True)
    origin = models.UUIDField(null=True)  # the transaction that brought it; none: a pool
    part = models.PositiveSmallIntegerField()
    acquired = models.DateTimeField()
    amount = ExactField()
    cost = ExactField()
    known = models.BooleanField()

    class Meta:
        indexes = (models.Index(fields=["reckoning", "asset", "acquired", "id"], name="lots_of_asset"),)


class Holding(models.Model):
    """What all lots of an asset in a wallet amount to and cost. No wallet: as with lots."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="holdings")
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField(null=True)
    amount = ExactField()
    cost = ExactField()
    unknown = ExactField()  # so much of the amount at a cost nobody knows
    lots = models.PositiveIntegerField()
    blocks = ArrayField(models.UUIDField(), default=list)  # in which they are written

    class Meta:
        indexes = (models.Index(fields=["reckoning", "asset"], name="holdings_of_asset"),)


class GainSum(models.Model):
    """What a tax year came to, per asset, wallet, term and act: kept, never summed on a page."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="sums")
    year = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField()
    term = models.CharField(max_length=5, blank=True)
    act = models.CharField(max_length=12)
    proceeds = ExactField()
    cost = ExactField()
    adjustment = ExactField()
    gains = ExactField()  # of the matches with a gain
    losses = ExactField()  # of those with a loss, above nought
    matches = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["reckoning", "year", "asset"], name="gain_sums_of_year"),)


class DaySum(models.Model):
    """For a country where what is sold of an asset in a day is one disposal: on how many days, with what gains."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="day_sums")
    year = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=64)
    days = models.PositiveIntegerField()
    gains = ExactField()
    losses = ExactField()

    class Meta:
        indexes = (models.Index(fields=["reckoning", "year", "asset"], name="day_sums_of_year"),)


class EarningSum(models.Model):
    """What income of a category came to in a tax year, per asset: kept, as with gains."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="earning_sums")
    year = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=64)
    category = models.CharField(max_length=40, blank=True)
    value = ExactField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["reckoning", "year", "asset"], name="earning_sums_of_year"),)


class Finding(models.Model):
    """Something about the data worth knowing, and the money it touches."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="findings")
    problem = models.CharField(max_length=24)
    asset = models.CharField(max_length=64)
    wallet = models.UUIDField(null=True)
    transaction = models.UUIDField(null=True)
    at = models.DateTimeField()
    year = models.PositiveSmallIntegerField()
    amount = ExactField()
    money = ExactField()

    class Meta:
        indexes = (
            models.Index(fields=["reckoning", "year", "problem", "at", "id"], name="findings_of_year"),
            models.Index(fields=["reckoning", "asset", "at"], name="findings_of_asset"),
        )


class FindingSum(models.Model):
    """How many findings of a kind a tax year has, per asset, and the money they touch: kept, as with gains."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="finding_sums")
    year = models.PositiveSmallIntegerField()
    asset = models.CharField(max_length=64)
    problem = models.CharField(max_length=24)
    money = ExactField()
    count = models.PositiveIntegerField()

    class Meta:
        indexes = (models.Index(fields=["reckoning", "year", "asset"], name="finding_sums_of_year"),)


class Checkpoint(models.Model):
    """What was held of an asset at a moment, exact, as the engine wrote it: to go on from."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="checkpoints")
    asset = models.CharField(max_length=64)
    at = models.DateTimeField()
    state = models.BinaryField()  # zlib
    blocks = ArrayField(models.UUIDField(), default=list)  # the lots it held

    class Meta:
        constraints = (models.UniqueConstraint(fields=["reckoning", "asset", "at"], name="one_checkpoint_per_moment"),)


class Block(models.Model):
    """Lots of an asset, exact, as the engine wrote them: checkpoints and holdings that have them in common share it."""

    id = models.BigAutoField(primary_key=True)
    reckoning = OfReckoning(related_name="blocks")
    asset = models.CharField(max_length=64)
    name = models.UUIDField()  # after what it says
    lots = models.BinaryField()  # zlib

    class Meta:
        constraints = (models.UniqueConstraint(fields=["reckoning", "asset", "name"], name="one_block_per_name"),)

"""What things were worth: candles that exchanges tell anybody, a central bank's rates, and owners' own prices.

Candles are nobody's in particular. They lie in runs, one close for each hour or day by its place, so that it is known
exactly what was asked about, also where nothing was traded; only the run that somebody asks about is ever read.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from config.leases import Leased, LeaseQuerySet
from ledger.models.exact import ExactField, MaybeExactField

if TYPE_CHECKING:
    from typing import Self

    from accounts.models import User


class PriceSeries(models.Model):
    """One pair at one exchange, in hours or in days. `symbol` is what the asset was called there then."""

    asset = models.CharField(max_length=64)
    quote = models.CharField(max_length=16)
    source = models.CharField(max_length=32)
    symbol = models.CharField(max_length=64)
    span = models.PositiveIntegerField()  # seconds
    last_at = models.DateTimeField(null=True)  # the newest candle with a price, its beginning
    last_price = MaybeExactField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["asset", "span", "source", "quote", "symbol"], name="one_series_per_pair"),
        )
        indexes = (models.Index(fields=["quote"], name="series_by_quote"),)


class PriceRun(models.Model):
    """What the exchange told from `begins` until just before `ends`, within one period of `ledger.pricing.runs`."""

    series = models.ForeignKey(PriceSeries, models.CASCADE, related_name="runs", db_index=False)
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    closes = models.TextField()  # parted by commas, one for each span; empty where nothing was traded

    class Meta:
        constraints = (models.UniqueConstraint(fields=["series", "begins"], name="one_run_per_beginning"),)


class WantQuerySet(LeaseQuerySet["PriceWant"]):
    def in_turn(self) -> Self:
        """What shows today's worth first, then the years back, then the hours around transactions."""
        return self.order_by("aim", "not_before", "pk")


class PriceWant(Leased):
    """An asset whose prices somebody needs, and how far they are fetched."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=3)
    MAX_ATTEMPTS: ClassVar[int] = 0

    class Aim(models.IntegerChoices):
        LATEST = 1
        DAYS = 2
        HOURS = 3

    asset = models.CharField(max_length=64)
    aim = models.PositiveSmallIntegerField(choices=Aim.choices)
    since = models.DateTimeField()  # nobody needs anything older
    periods = ArrayField(models.IntegerField(), default=list)  # of hours: those with transactions in them
    sources = models.CharField(max_length=200, blank=True)  # who told, when it was last whole
    trouble = models.CharField(max_length=200, blank=True)  # why it is not
    whole_at = models.DateTimeField(null=True)

    objects = WantQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        constraints = (models.UniqueConstraint(fields=["asset", "aim"], name="one_want_per_asset"),)
        indexes = (models.Index(fields=["aim", "not_before"], name="wants_in_turn"),)


class PriceSource(models.Model):
    """An exchange that is asked for candles: what is traded there, and whether it answers."""

    exchange = models.CharField(max_length=32, primary_key=True)
    pairs = models.JSONField(default=dict)  # "BTC/USD" -> the exchange's own name for it
    pairs_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)  # it failed, and is left alone until then
    failures = models.PositiveIntegerField(default=0)  # in a row
    cause = models.CharField(max_length=40, blank=True)
    code = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)


class OfficialRates(models.Model):
    """The central bank's own file, newer than the packaged one: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    body = models.BinaryField(default=bytes)  # as the bank packs it
    last_day = models.DateField(null=True)
    fetched_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    cause = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="one_file_of_rates"),)


class OwnPriceQuerySet(models.QuerySet["OwnPrice"]):
    def for_user(self, user: User) -> OwnPriceQuerySet:
        return self.filter(owner=user)

    def standing(self) -> OwnPriceQuerySet:
        return self.filter(ended_at=None)


class OwnPrice(models.Model):
    """What its owner says an asset was worth. A later word about the same time ends it, and so does taking it back."""

    class Reach(models.TextChoices):
        HOUR = "hour"
        DAY = "day"
        ONWARD = "onward"  # from then on, until another word

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    asset = models.CharField(max_length=64)
    quote = models.CharField(max_length=16)
    at = models.DateTimeField()
    reach = models.CharField(max_length=6, choices=Reach.choices)
    price = ExactField()
    note = models.CharField(max_length=500, blank=True)
    actor_kind = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = OwnPriceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "asset", "quote", "at", "reach"],
                condition=Q(ended_at=None),
                name="one_own_price_at_a_time",
            ),
        )
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="own_prices_of_owner"),)

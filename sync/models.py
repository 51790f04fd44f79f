"""Runs are the memory of the queue; stream states say how far each stream came; incidents, that it is not just you."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Count, F, IntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from config.leases import Leased, LeaseQuerySet

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


class RunQuerySet(LeaseQuerySet["Run"]):
    def for_user(self, user: User) -> Self:
        return self.filter(owner=user)

    def unfinished(self) -> Self:
        return self.filter(finished_at=None)

    def due(self, *, now: datetime) -> Self:
        """What staff holds waits, also in the middle."""
        return super().due(now=now).exclude(exchange__in=HeldExchange.objects.values("exchange"))

    def in_turn(self) -> Self:
        """Fair by owner: who has fewer wallets under way comes first, then who waited longer."""
        under_way = (
            Run.objects.filter(owner=OuterRef("owner"), lease_token__isnull=False)
            .order_by()
            .values("owner")
            .annotate(many=Count("pk"))
            .values("many")
        )
        busy = Coalesce(Subquery(under_way, output_field=IntegerField()), 0)
        return self.annotate(busy=busy).order_by("busy", "not_before", "pk")


class Run(Leased):
    """One synchronisation of one wallet, in as many slices as it takes. At most one is unfinished."""

    LASTING: ClassVar[timedelta] = timedelta(minutes=1)
    BEATS: ClassVar[bool] = True  # sync.lanes
    MAX_ATTEMPTS: ClassVar[int] = 5  # that ended in a worker's death, without a page between them

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"  # for its turn at the exchange; `not_before` says until when
        DONE = "done"
        PARTLY = "partly"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+", db_index=False)
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="runs")
    exchange = models.CharField(max_length=32)
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    asked_by = models.CharField(max_length=8)  # owner, staff, system
    # What was asked for: what is new; or everything again; or a stretch of one stream again.
    full = models.BooleanField(default=False)
    stream = models.CharField(max_length=80, blank=True)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    then = models.JSONField(default=list)  # what was asked for while it ran and it does not bring: a run each, after it
    credential = models.UUIDField(null=True)  # the one it reads with, from its beginning on
    plan = models.JSONField(default=list)  # the streams, as the connector named them at the beginning
    new = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    vanished = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    cause = models.CharField(max_length=24, blank=True)
    cause_right = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=40, blank=True)  # the exchange's own, or a word of ours
    summary = models.JSONField(default=list)  # how each stream ended
    # Of what is pulled again: several runs may be at one pull, each after one that was broken off (`sync.pulls`).
    pull = models.UUIDField(null=True)
    goes_on_until = models.DateTimeField(null=True)  # only the last of them has it: until when another may take it over
    followed_by = models.UUIDField(null=True)  # the run that made up for this one, or that its owner stopped
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()  # type: ignore[misc]  # the stubs take a manager for a row's own

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["wallet"], condition=Q(finished_at=None), name="one_unfinished_run"),
        )
        indexes = (
            models.Index(fields=["wallet", "-created_at", "-id"], name="runs_of_wallet"),
            models.Index(fields=["owner", "-created_at", "-id"], name="runs_of_owner"),
            models.Index(fields=["not_before"], condition=Q(finished_at=None), name="runs_waiting"),
            models.Index(fields=["owner"], condition=Q(lease_token__isnull=False), name="runs_under_way"),
            models.Index(fields=["exchange", "finished_at"], name="runs_of_exchange"),
            # What staff look at: all runs, and the failures of the last day.
            models.Index(fields=["-created_at", "-id"], name="runs_newest"),
            models.Index(fields=["finished_at", "exchange"], condition=Q(state="failed"), name="runs_failed"),
            models.Index(fields=["goes_on_until"], condition=Q(goes_on_until__isnull=False), name="runs_at_a_pull"),
        )

    @property
    def is_stretch(self) -> bool:
        return bool(self.since or self.until)

    @property
    def waiting_behind(self) -> int:
        return len(self.then)

    def asks_for(self, moment: datetime) -> bool:
        """Both ends are included."""
        return (not self.since or moment >= self.since) and (not self.until or moment <= self.until)

    def back_off(self) -> timedelta:
        """Once at once: machines are started anew. Longer only where the run itself may be what kills them."""
        return timedelta(0) if self.attempts <= 1 else super().back_off()


class StreamState(models.Model):
    """How far one stream of one wallet came, by one way in. A change of way begins anew; the rows stay."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="stream_states")
    way = models.CharField(max_length=8)
    stream = models.CharField(max_length=80)
    cursor = models.TextField(blank=True)  # empty: from the beginning
    complete_to = models.DateTimeField(null=True)
    walk_began_at = models.DateTimeField(null=True)  # of the walk under way: what came later, the next one brings
    sides_held = models.JSONField(default=list)  # of a market, when it was last to be asked
    # Of the run that is, or was, at it:
    run = models.UUIDField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    reached = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    cause = models.CharField(max_length=24, blank=True)
    cause_right = models.CharField(max_length=80, blank=True)
    # A pull goes its own way, so that breaking it off costs the stream nothing.
    pull = models.UUIDField(null=True)
    pull_cursor = models.TextField(blank=True)
    pulled_from = models.DateTimeField(null=True)  # the oldest row it brought
    pull_began_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["wallet", "way", "stream"], name="one_state_per_stream"),)


class Incident(models.Model):
    """The same cause at one exchange, for many owners at once: theirs, not yours."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    exchange = models.CharField(max_length=32)
    cause = models.CharField(max_length=24)
    owners = models.PositiveIntegerField()  # how many it touched when it was last looked at
    began_at = models.DateTimeField()
    probed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    believed = models.BooleanField(default=False, db_default=False)  # it ended because keys were blamed for so long

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["exchange"], condition=Q(ended_at=None), name="one_open_incident"),
        )
        indexes = (models.Index(F("began_at").desc(), name="incidents_latest"),)


class HeldExchange(models.Model):
    """Staff holds an exchange: no run begins or goes on there until they let it go."""

    exchange = models.CharField(max_length=32, primary_key=True)
    why = models.CharField(max_length=200)
    held_at = models.DateTimeField()

"""What the matchers found and did not dare to decide. Made again whenever they look; gone once it is decided."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ledger.models.words import Clocked

if TYPE_CHECKING:
    from accounts.models import User


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def for_user(self, user: User) -> ProposalQuerySet:
        return self.filter(owner=user)


class Proposal(models.Model):
    class About(models.TextChoices):
        DUPLICATES = "duplicates"
        TRANSFERS = "transfers"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    about = models.CharField(max_length=10, choices=About.choices)
    ones = ArrayField(models.UUIDField())  # of a transfer: what left
    others = ArrayField(models.UUIDField())
    score = models.PositiveSmallIntegerField()
    reasons = models.JSONField(default=list)  # [{code, words}]
    at = models.DateTimeField()  # when the first of them happened

    objects = ProposalQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["owner", "about", "-at", "-id"], name="proposals_of_owner"),)


class ClockQuestionQuerySet(models.QuerySet["ClockQuestion"]):
    def for_user(self, user: User) -> ClockQuestionQuerySet:
        return self.filter(owner=user)

    def kept(self) -> ClockQuestionQuerySet:
        """Not about a wallet in the bin."""
        return self.filter(wallet__binned_at=None)


class ClockQuestion(Clocked):
    """Pairs that would all be one if one clock were put right: asked once, not once for each."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    wallet = models.ForeignKey("wallets.Wallet", models.PROTECT, related_name="+")
    ones = ArrayField(models.UUIDField())  # as `against` tells them, each with the same of `others`
    others = ArrayField(models.UUIDField())

    objects = ClockQuestionQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["wallet", "origin", "against", "seconds"], name="asked_once_of_a_clock"),
        )
        indexes = (models.Index(fields=["owner", "-until", "-id"], name="clocks_asked_of_owner"),)

    @property
    def pairs(self) -> int:
        return len(self.ones)

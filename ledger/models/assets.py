"""What owners say about symbols. What everybody knows of assets comes from `ledger.naming`."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class AliasQuerySet(models.QuerySet["AssetAlias"]):
    def for_user(self, user: User) -> AliasQuerySet:
        return self.filter(owner=user)


class AssetAlias(models.Model):
    """On this exchange (none: on any), from then until then, this symbol is that asset. The owner's word goes first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    exchange = models.CharField(max_length=32, blank=True)
    symbol = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    objects = AliasQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="aliases_of_owner"),)

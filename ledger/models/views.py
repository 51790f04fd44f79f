"""Lists that owners come back to: a name, and the filters behind it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class ViewQuerySet(models.QuerySet["SavedView"]):
    def for_user(self, user: User) -> ViewQuerySet:
        return self.filter(owner=user)


class SavedView(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)  # as an address carries them: {"kind": "reward", "q": "pool"}
    created_at = models.DateTimeField()

    objects = ViewQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="one_view_per_name"),)
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="views_of_owner"),)

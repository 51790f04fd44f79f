"""A table with secrets, as wallets will have one: only tests have it."""

from __future__ import annotations

import uuid

from django.db import models

from config.fields import SealedField


class Vault(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner_id = models.BigIntegerField()  # no foreign key: the table is made before the migrations run
    label = models.CharField(max_length=80, blank=True)
    secret = SealedField(purpose="test secret", null=True)
    phrase = SealedField(purpose="test passphrase", null=True)
    turns = models.PositiveIntegerField(default=0)

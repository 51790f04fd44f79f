"""Who somebody is, what programs may do for them, what was done, and what they should know."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from config.append_only import AppendOnly
from config.leases import Leased

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    AnyLookup = models.Lookup[str]
    AnyEmailField = models.EmailField[str, str]
else:  # Django's classes take their parameters in the type checker only
    AnyLookup, AnyEmailField = models.Lookup, models.EmailField

Owned = TypeVar("Owned", bound=models.Model)


class Address(AnyEmailField):
    """Written in any case. Whoever asks for one, libraries too, is answered by the index of `one_user_per_email`."""

    def deconstruct(self) -> Any:
        """To the database it is what it was."""
        name, _, given, options = super().deconstruct()
        return name, "django.db.models.EmailField", given, options


@Address.register_lookup
class SameAddress(AnyLookup):
    lookup_name = "exact"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        ours, given = self.process_lhs(compiler, connection)
        theirs, asked = self.process_rhs(compiler, connection)
        return f"LOWER({ours}) = LOWER({theirs})", (*given, *asked)


@Address.register_lookup
class SameAddressInAnyCase(SameAddress):
    lookup_name = "iexact"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """An owner. The e-mail address signs in, whatever its case."""

    email = Address(max_length=254)
    base_currency = models.CharField(max_length=3, default="USD")
    time_zone = models.CharField(max_length=64, default="UTC")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # Set while the account is closing: everything of it is purged at that time unless the owner comes back before.
    purge_at = models.DateTimeField(null=True, blank=True)
    # Set while two addresses claim the account (`accounts.email_changes`): until one is chosen every page leads there.
    contested_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self) -> str:
        return self.email


class OwnedQuerySet(models.QuerySet[Owned]):
    def for_user(self, user: User) -> Self:
        return self.filter(owner=user)


class Session(AbstractBaseSession):
    """A signed-in browser or phone. `session_key` holds the hash of what the client carries, and the data is sealed
    with a key drawn from it, so that whoever reads this table can neither sign in with it nor see inside.
    """

    # What the owner and the API may call it by: the key itself, hashed or not, goes nowhere.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True)
    owner = models.ForeignKey("accounts.User", models.CASCADE, null=True, related_name="sessions")
    door = models.CharField(max_length=8, choices=[("browser", "Browser"), ("phone", "Phone app")], default="browser")
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["owner", "-seen_at"], name="sessions_of_owner"),)


class AuditEvent(models.Model):
    """One thing somebody did: to whose account, who, from where. Written by `accounts.audit.record`, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="audit_events")
    action = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=8)
    actor = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    subject = models.CharField(max_length=200, blank=True)
    about = models.UUIDField(null=True)  # the id of what it was done to, where that has a trail of its own
    details = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (
            AppendOnly(
                name="audit_append_only",
                may_purge="SELECT purge_at IS NOT NULL FROM accounts_user WHERE id = OLD.owner_id",
                forget="actor_id",
            ),
        )
        indexes = (
            models.Index(fields=["owner", "-at", "-id"], name="audit_of_owner"),
            models.Index(fields=["owner", "action", "-at", "-id"], name="audit_of_owner_by_action"),
            models.Index(fields=["-at", "-id"], name="audit_by_time"),
            models.Index(
                fields=["owner", "about", "-at", "-id"],
                condition=models.Q(about__isnull=False),
                name="audit_of_one_thing",
            ),
        )


class ApiToken(models.Model):
    """A script's way in. Only the digest is kept; the token itself is shown once, when it is made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=16))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        indexes = (models.Index(fields=["owner", "-created_at", "-id"], name="tokens_of_owner"),)


class IdempotencyRecord(models.Model):
    """The answer to a write that a client may repeat. Keeps a keyed hash of the body, never the body."""

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    key = models.CharField(max_length=64)  # keyed hash of the door and the client's key
    request = models.CharField(max_length=64)  # keyed hash of method, path and body
    status = models.PositiveSmallIntegerField()
    answer = models.TextField(null=True)  # noqa: DJ001 -- none: it carried a secret and was not kept; empty: no body
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="one_answer_per_key"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_by_age"),)


class Notice(models.Model):
    """Something the owner should know, in the app and, unless muted, by e-mail."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=40)
    # What it is about; a second notice of the same kind and topic while one is open is the same notice.
    topic = models.CharField(max_length=80, blank=True)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # Where its mail goes; empty: wherever the owner's address is by then. A changed address is told to the former one.
    mail_to = models.EmailField(max_length=254, blank=True)
    # None: no mail (left) to send. While a worker holds the row this is the end of its claim, and its fencing token.
    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)  # of the mail that is due, counted when claimed
    mails_sent = models.PositiveSmallIntegerField(default=0)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "kind", "topic"], condition=models.Q(closed_at=None), name="one_open_notice_per_topic"
            ),
        )
        indexes = (
            models.Index(fields=["owner", "-created_at", "-id"], name="notices_of_owner"),
            models.Index(fields=["-created_at", "-id"], name="notices_of_all"),
            models.Index(fields=["owner"], condition=models.Q(read_at=None), name="notices_unread"),
            models.Index(fields=["mail_due_at"], condition=models.Q(mail_due_at__isnull=False), name="notices_to_mail"),
        )


class MutedNotice(models.Model):
    """A kind of notice the owner does not want by e-mail. It still shows in the app."""

    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="muted_notices")
    kind = models.CharField(max_length=40)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "kind"], name="muted_once"),)


class TaxSettings(models.Model):
    """Dated: what holds from a tax year on. The newest row whose `from_year` is reached is in force."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="tax_settings")
    from_year = models.PositiveSmallIntegerField()
    country = models.CharField(max_length=8)
    method = models.CharField(max_length=16)
    scope = models.CharField(max_length=16)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "from_year"], name="one_setting_per_year"),)


class CoinbaseLink(models.Model):
    """Signing in with Coinbase: whose Coinbase user id it is. No token is kept, and e-mail addresses never link."""

    owner = models.OneToOneField("accounts.User", models.PROTECT, related_name="coinbase_link")
    coinbase_user_id = models.CharField(max_length=64, unique=True)
    linked_at = models.DateTimeField()

    objects = OwnedQuerySet.as_manager()


class EmailChange(models.Model):
    """An address gave way to another one. Who reads the former may contest it for a while; then a second factor decides
    which of the two stays.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="email_changes")
    former = models.EmailField(max_length=254)
    present = models.EmailField(max_length=254)  # of a contested one: what the account had when it was contested
    changed_at = models.DateTimeField()
    contested_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(contested_at__isnull=False, settled_at=None),
                name="one_contested_change_per_owner",
            ),
        )


class FactorRecoveryQuerySet(OwnedQuerySet["FactorRecovery"]):
    def waiting(self) -> Self:
        """Those whose link was opened, so that the 72 hours run."""
        return self.filter(cancelled_at=None, used_at=None, confirmed_at__isnull=False)


class FactorRecovery(models.Model):
    """A lost second factor: password, mail, then 72 hours in which every notice carries a way to stop it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="factor_recoveries")
    started_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, related_name="+"
    )  # staff, else the owner
    started_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)  # the mailed link was opened; from here the 72 hours run
    due_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    due_mailed_at = models.DateTimeField(null=True)  # the link that ends it was sent by itself, once

    objects = FactorRecoveryQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(cancelled_at=None, used_at=None),
                name="one_open_recovery_per_owner",
            ),
        )

    @property
    def is_open(self) -> bool:
        return self.cancelled_at is None and self.used_at is None

    def is_due(self, now: datetime) -> bool:
        return self.is_open and self.due_at is not None and self.due_at <= now


class Export(Leased):
    """Everything of an owner in one file, made by a worker, kept for a day."""

    MAX_ATTEMPTS = 3

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey("accounts.User", models.PROTECT, related_name="exports")
    asked_at = models.DateTimeField()
    size = models.BigIntegerField(null=True)  # bytes, once it is made
    expires_at = models.DateTimeField(null=True)  # the chunks go then
    wiped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["owner"], condition=models.Q(finished_at=None), name="one_unfinished_export_per_owner"
            ),
        )
        indexes = (models.Index(fields=["owner", "-asked_at", "-id"], name="exports_of_owner"),)

    @property
    def state(self) -> str:
        """making, ready, failed, or gone: an export past its day is gone from the worker's next round on."""
        if self.wiped_at:
            return "gone"
        if self.failed:
            return "failed"
        return "ready" if self.finished_at else "making"


class ExportChunk(models.Model):
    """A piece of the file: in the database, so that any web machine can hand it out."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["export", "number"], name="one_chunk_per_number"),)

"""What this app, and the libraries it stands on, keep of an owner: how it is exported, closed and purged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry

from accounts import models, notices
from accounts.exports import wipe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import Model, QuerySet

    from accounts.audit import Actor
    from accounts.models import User

BATCH = 2000  # rows held in memory at a time


@dataclass(frozen=True)
class Rows:
    """The plain case: rows that point at their owner. Only the fields named are exported; none named, no file."""

    model: type[Model]
    file: str = ""
    fields: tuple[str, ...] = ()
    owner_field: str = "owner"
    order: str = "pk"
    points_at: str = ""  # a second pointer at a person, emptied when that person is purged

    def of(self, owner: User) -> QuerySet[Any]:
        return self.model._default_manager.filter(**{self.owner_field: owner.pk})  # noqa: SLF001 - public in Django's docs

    def export(self, owner: User) -> Iterator[tuple[str, Iterable[dict[str, object]]]]:
        if self.file:
            rows = self.of(owner).order_by(self.order).values(*self.fields)
            yield self.file, rows.iterator(chunk_size=BATCH)

    def by_hand(self, owner: User) -> Iterable[str]:  # noqa: ARG002 - the port's signature
        return ()

    def close(self, owner: User, *, by: Actor, now: datetime) -> None:
        """Nothing to stop."""

    def purge(self, owner: User) -> int:
        if self.points_at:
            others = self.model._default_manager.filter(**{self.points_at: owner})  # noqa: SLF001 - as above
            others.update(**{self.points_at: None})
        return self.of(owner).delete()[0]


class Tokens(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - the trail says it once: closing
        models.ApiToken.objects.filter(owner=owner, revoked_at=None).update(revoked_at=now)


class Notices(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        notices.hush(owner)


class Exports(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        wipe(owner=owner, now=now)


class Person(Rows):
    def purge(self, owner: User) -> int:  # noqa: ARG002 - as above
        return 0  # last of all, by the verb itself


BELONGINGS = (
    Person(models.User, "profile", ("email", "base_currency", "time_zone", "date_joined"), owner_field="pk"),
    Rows(EmailAddress, "email_addresses", ("email", "verified", "primary"), owner_field="user"),
    Rows(Authenticator, "second_factors", ("type", "created_at", "last_used_at"), owner_field="user"),
    Rows(models.Session, "sessions", ("door", "ip", "agent", "created_at", "seen_at")),
    Rows(
        models.AuditEvent,
        "trail",
        ("at", "action", "actor_kind", "subject", "details", "ip", "agent"),
        order="at",
        points_at="actor",
    ),
    Tokens(models.ApiToken, "access_tokens", ("name", "scopes", "created_at", "expires_at", "used_at", "revoked_at")),
    Rows(models.IdempotencyRecord),  # keyed hashes of former requests: nothing a person could read
    Notices(
        models.Notice, "notices", ("created_at", "kind", "topic", "facts", "read_at", "closed_at"), order="created_at"
    ),
    Rows(models.MutedNotice, "muted_notices", ("kind",)),
    Rows(models.TaxSettings, "tax_settings", ("from_year", "country", "method", "scope", "created_at")),
    Rows(models.CoinbaseLink, "coinbase_sign_in", ("coinbase_user_id", "linked_at")),
    Rows(
        models.FactorRecovery,
        "recoveries",
        ("started_at", "confirmed_at", "due_at", "cancelled_at", "used_at"),
        points_at="started_by",
    ),
    Rows(
        models.EmailChange,
        "email_changes",
        ("former", "present", "changed_at", "contested_at", "settled_at"),
        order="changed_at",
    ),
    Exports(models.Export),  # the export itself
    Rows(LogEntry, owner_field="user"),  # what a member of staff did in the admin; the trail has it too
)

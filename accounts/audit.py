"""The audit trail: who did what to whose account, when, from where."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from accounts.models import AuditEvent

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from accounts.models import User


class Action(StrEnum):
    """Every kind of act that is recorded, with the words the owner reads."""

    SIGNED_UP = "signed_up", "Account opened"
    SIGNED_IN = "signed_in", "Signed in"

    words: str

    def __new__(cls, value: str, words: str) -> Action:
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member


class ActorKind(StrEnum):
    OWNER = "owner"
    TOKEN = "token"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where. Every verb takes one."""

    kind: ActorKind
    user: User | None = None
    ip: str | None = None
    agent: str = ""
    label: str = field(default="")  # the token's name, or the job's


SYSTEM = Actor(ActorKind.SYSTEM)


def record(
    *, by: Actor, action: Action, owner: User | None, now: datetime, subject: str = "", **details: object
) -> AuditEvent:
    return AuditEvent.objects.create(
        owner=owner,
        action=action,
        actor_kind=by.kind,
        actor=by.user,
        subject=subject or by.label,
        details=details,
        ip=by.ip,
        agent=by.agent[:200],
        at=now,
    )


def actor_of(request: HttpRequest, kind: ActorKind = ActorKind.OWNER) -> Actor:
    """The person behind a page request."""
    raise NotImplementedError

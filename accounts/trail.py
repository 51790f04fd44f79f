"""An audit event as the owner reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts import tax_settings
from accounts.agents import device_words
from accounts.audit import Action, ActorKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import AuditEvent

WORDS = {action.value: action.words for action in Action}
MOVED = {"undo": "taken back", "redo": "done again"}


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    what: str
    subject: str
    who: str
    where: str
    by_staff: bool

    @property
    def origin(self) -> str:
        return ", ".join(filter(None, [self.who, self.where]))


def lines_of(events: Iterable[AuditEvent]) -> list[Line]:
    return [
        Line(
            at=event.at,
            what=WORDS.get(event.action, event.action),
            subject=subject_of(event),
            who=_who(event) + _what_for(event),
            where=_where(event),
            by_staff=event.actor_kind == ActorKind.STAFF,
        )
        for event in events
    ]


def subject_of(event: AuditEvent) -> str:
    return event.subject or _how_many(event) or _from_what_to_what(event)


def _from_what_to_what(event: AuditEvent) -> str:
    former, changed = event.details.get("former"), event.details.get("changed")
    if event.action == Action.PROFILE_CHANGED and isinstance(former, dict) and isinstance(changed, dict):
        return "; ".join(f"{name.replace('_', ' ')} {former.get(name)}, now {value}" for name, value in changed.items())
    if event.action == Action.TAX_SETTINGS_CHANGED and isinstance(former, list) and isinstance(changed, list):
        lines = [each for each in changed if each not in former] or changed
        return "; ".join(filter(None, (tax_settings.told(str(each)) for each in lines)))
    return ""


def _how_many(event: AuditEvent) -> str:
    """Of what was done to many at once, which has no name: 21,198 (kind, category), taken back."""
    told = event.details
    many, fields = told.get("transactions"), str(told.get("fields", "")).replace("occurred_at", "time")
    if not isinstance(many, int):
        return ""
    named = f"{many:,} ({fields})" if fields else f"{many:,}"
    return ", ".join(filter(None, [named, MOVED.get(str(told.get("move")), "")]))


def _who(event: AuditEvent) -> str:
    by = event.details.get("by", "")
    if event.actor_kind == ActorKind.STAFF:
        return f"Holdfast staff ({event.actor.email})" if event.actor else "Holdfast staff"
    if event.actor_kind == ActorKind.TOKEN:
        return f"Access token “{by}”" if by else "An access token"
    if event.actor_kind == ActorKind.SYSTEM:
        return "Holdfast"
    if event.actor_id is None:
        return f"Somebody with {by}" if by else "Somebody not signed in"
    return "You"


def _what_for(event: AuditEvent) -> str:
    """Of a secret that was opened: that somebody used a key is a fright, that Holdfast tested it is none."""
    opened = event.action == Action.SECRET_OPENED and event.details.get("purpose")
    return f", to {opened}" if opened else ""


def _where(event: AuditEvent) -> str:
    if event.ip and event.agent:
        return f"{event.ip}, {device_words(event.agent)}"
    return event.ip or ""

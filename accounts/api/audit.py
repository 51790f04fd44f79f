"""`audit/`: the trail of what was done to the account, by whom, from where. Nobody can change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts.api.frame import Call, api
from accounts.audit import Action, ActorKind
from accounts.models import AuditEvent
from config.api.fields import Choice, Facts, Shape, UtcTime

if TYPE_CHECKING:
    from django.db.models import QuerySet

WORDS = {action.value: action.words for action in Action}
ACTIONS = list(WORDS.items())


class Event(Shape):
    id = serializers.CharField()
    action = Choice(ACTIONS)
    words = serializers.SerializerMethodField(help_text="The same, as the owner reads it.")
    actor = Choice([kind.value for kind in ActorKind], source="actor_kind")
    subject = serializers.CharField(help_text="What it was done to, as the owner calls it.")
    details = Facts(help_text="Facts that differ by action; never a secret.")
    ip = serializers.CharField(allow_null=True)
    agent = serializers.CharField()
    at = UtcTime()

    example = {
        "id": "77e1…",
        "action": "token_minted",
        "words": "Access token made",
        "actor": "owner",
        "subject": "Portfolio sheet",
        "details": {"scopes": ["read"]},
        "ip": "203.0.113.7",
        "agent": "Holdfast for Android 1.0",
        "at": "2026-03-01T12:30:00Z",
    }

    def get_words(self, event: AuditEvent) -> str:
        return WORDS.get(event.action, event.action)


class EventFilters(Shape):
    action = Choice(ACTIONS, required=False)
    since = UtcTime(required=False, help_text="From this time on.")
    until = UtcTime(required=False, help_text="Before this time.")


@api("GET", scope="read", query=EventFilters, gives=Event, order=("-at", "-id"))
def index(call: Call) -> QuerySet[AuditEvent]:
    """List what was done to your account, the newest first."""
    columns = {"action": "action", "since": "at__gte", "until": "at__lt"}
    return AuditEvent.objects.filter(owner=call.owner, **{columns[name]: value for name, value in call.query.items()})

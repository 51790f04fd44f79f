"""`sessions/`: the browsers and phones that are signed in. Scripts may look, but only a person ends one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.http import Http404
from rest_framework import serializers

from accounts import devices
from accounts.api.doors import Phone
from accounts.api.frame import Call, api
from config.api.fields import Choice, Shape, UtcTime

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.models import Session


class SignedIn(Shape):
    id = serializers.CharField(source="public_id")
    door = Choice([("browser", "Browser"), ("phone", "Phone app")])
    ip = serializers.CharField(allow_null=True)
    agent = serializers.CharField(help_text="What it called itself.")
    current = serializers.BooleanField(help_text="This request came through it.")
    created_at = UtcTime()
    seen_at = UtcTime(help_text="To the minute.")
    expires_at = UtcTime(source="expire_date")

    example = {
        "id": "0f2a…",
        "door": "phone",
        "ip": "203.0.113.7",
        "agent": "Holdfast for Android 1.0",
        "current": True,
        "created_at": "2026-03-01T12:30:00Z",
        "seen_at": "2026-03-02T08:00:00Z",
        "expires_at": "2026-03-15T12:30:00Z",
    }


@api("GET", scope="read", gives=SignedIn, order=("-created_at", "-public_id"))
def index(call: Call) -> QuerySet[Session]:
    """List where you are signed in, the latest sign-in first."""
    return devices.devices_of(call.owner, now=call.now).annotate(current=Q(public_id=own(call)))


@api("DELETE")
def end_others(call: Call) -> None:
    """End every other session. The one that asks goes on."""
    devices.end_devices(by=call.by, owner=call.owner, now=call.now, keep=own(call))


@api("DELETE")
def end(call: Call) -> None:
    """End one session.

    It is over with its next request. Ending your own is signing out.
    """
    if not devices.end_device(by=call.by, owner=call.owner, public_id=call.path["session_id"], now=call.now):
        raise Http404


def own(call: Call) -> UUID | None:
    return call.request.auth.session.public_id if isinstance(call.request.auth, Phone) else None

"""`export/`: everything of an owner as one archive, made in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import TextChoices
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import exports
from accounts.api.frame import ACCOUNT_CLOSING, Call, api, read_at
from accounts.models import Export
from config.api.fields import Choice, Shape, UtcTime
from config.api.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


class State(TextChoices):
    MAKING = "making", "Being made"
    READY = "ready", "Ready to download"
    FAILED = "failed", "Could not be made"
    GONE = "gone", "Deleted here"


class Archive(Shape):
    id = serializers.CharField()
    state = serializers.SerializerMethodField()
    asked_at = UtcTime()
    expires_at = UtcTime(allow_null=True, help_text="After this it is deleted here.")
    size = serializers.IntegerField(allow_null=True, help_text="In bytes.")
    file = serializers.SerializerMethodField(help_text="Where to download it; null unless it is ready.")

    example = {
        "id": "9a3e…",
        "state": "ready",
        "asked_at": "2026-03-01T12:30:00Z",
        "expires_at": "2026-03-02T12:30:09Z",
        "size": 481516,
        "file": "/api/v1/export/9a3e…/file/",
    }

    @extend_schema_field(Choice(State.choices))
    def get_state(self, export: Export) -> str:
        return state_of(export, timezone.now())

    def get_file(self, export: Export) -> str | None:
        ready = state_of(export, timezone.now()) == State.READY
        return reverse("api:export-one-file", args=[export.pk]) if ready else None


def state_of(export: Export, now: datetime) -> State:
    if export.finished_at is None:
        return State.MAKING
    if export.failed and export.wiped_at is None:
        return State.FAILED
    usable = export.wiped_at is None and export.expires_at is not None and export.expires_at > now
    return State.READY if usable else State.GONE


@api("GET", fresh=True, gives=Archive, order=("-asked_at", "-id"))
def index(call: Call) -> QuerySet[Export]:
    """List your exports, the newest first."""
    return Export.objects.filter(owner=call.owner)


@api("POST", fresh=True, gives=Archive, status=202, polled=read_at("api:export-one"))
def ask(call: Call) -> Export:
    """Ask for everything as one archive.

    It is made in the background: read the object again until its state is `ready`. While one is being made, asking
    again answers that one.
    """
    try:
        return exports.ask(by=call.by, owner=call.owner, now=call.now)
    except exports.AccountClosingError:
        raise Problem(ACCOUNT_CLOSING) from None


@api("GET", fresh=True, gives=Archive)
def show(call: Call) -> Export:
    """Read how far an export is."""
    return get_object_or_404(Export, owner=call.owner, pk=call.path["export_id"])


@api("GET", fresh=True, files=("application/zip",))
def download(call: Call) -> StreamingHttpResponse:
    """Download an export that is ready."""
    found = exports.hand_out(by=call.by, owner=call.owner, export_id=call.path["export_id"], now=call.now)
    if found is None:
        raise Http404
    export, pieces = found
    headers = {
        "Content-Disposition": f'attachment; filename="holdfast-{export.asked_at:%Y-%m-%d}.zip"',
        "Content-Length": str(export.size),
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)

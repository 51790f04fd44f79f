"""`notices/`: what the owner should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404
from rest_framework import serializers

from accounts import notices
from accounts.api.frame import Call, api
from accounts.models import Notice
from accounts.notice_kinds import CATALOGUE
from config.api.fields import Shape, UtcTime

if TYPE_CHECKING:
    from django.db.models import QuerySet


class NoticeShape(Shape):
    id = serializers.CharField()
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    created_at = UtcTime()
    read_at = UtcTime(allow_null=True)
    open = serializers.SerializerMethodField(help_text="What it tells of still lasts.")

    example = {
        "id": "c1d4…",
        "kind": "token_minted",
        "title": "Access token made",
        "sentence": "A program can now reach your account with the access token “Portfolio sheet”.",
        "created_at": "2026-03-01T12:30:00Z",
        "read_at": None,
        "open": False,
    }

    def get_title(self, notice: Notice) -> str:
        return CATALOGUE[notice.kind].title

    def get_sentence(self, notice: Notice) -> str:
        return notices.sentence_of(notice)

    def get_open(self, notice: Notice) -> bool:
        return notice.closed_at is None


class NoticeFilters(Shape):
    unread = serializers.BooleanField(required=False, help_text="Only those not read yet, or only those read.")


@api("GET", scope="read", query=NoticeFilters, gives=NoticeShape, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[Notice]:
    """List your notices, the newest first."""
    mine = Notice.objects.filter(owner=call.owner, kind__in=CATALOGUE)
    return mine.filter(read_at__isnull=call.query["unread"]) if "unread" in call.query else mine


@api("GET", scope="read", gives=NoticeShape)
def show(call: Call) -> Notice:
    """Read one notice."""
    return one(call)


@api("POST", scope="write", gives=NoticeShape)
def read(call: Call) -> Notice:
    """Mark one notice as read."""
    notices.mark_read(owner=call.owner, now=call.now, ids=[one(call).pk])
    return one(call)


@api("POST", scope="write")
def read_all(call: Call) -> None:
    """Mark all notices as read."""
    notices.mark_read(owner=call.owner, now=call.now)


def one(call: Call) -> Notice:
    return get_object_or_404(Notice, owner=call.owner, kind__in=CATALOGUE, pk=call.path["notice_id"])

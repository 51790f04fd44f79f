"""How far a wallet's history reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts.api.frame import Call, api
from config.api.fields import Shape, UtcTime
from sync.coverage import spans_of
from wallets.api import wallets

if TYPE_CHECKING:
    from sync.coverage import Span


class HoleShape(Shape):
    since = UtcTime()
    until = UtcTime()

    example = {"since": "2025-09-01T08:00:00Z", "until": "2025-12-03T12:30:00Z"}


class SpanShape(Shape):
    name = serializers.CharField()
    first_row_at = UtcTime(allow_null=True)
    last_row_at = UtcTime(allow_null=True)
    since = UtcTime(
        allow_null=True, help_text="The exchange hands out nothing older; a file has it. Null: from the beginning."
    )
    until = UtcTime(allow_null=True, help_text="Complete until then, but for what is `missing`.")
    hidden_by_key = serializers.BooleanField(
        help_text="True: what is older is there, but the key was made with a date. One without dates brings it."
    )
    lists = serializers.IntegerField(help_text="Lists of this kind, as trades of many markets.")
    not_read = serializers.IntegerField(help_text="So many of them were never read yet: nothing of these is here.")
    why = serializers.CharField(help_text="Why, where some were not read; for people. Else empty.")
    certain = serializers.BooleanField(help_text="False: that limit is remembered, not documented.")
    missing = HoleShape(
        many=True,
        help_text="In between: nobody asked until the exchange no longer told it, as with a long pause. A file has it.",
    )

    example = {
        "name": "Ledger",
        "first_row_at": "2021-02-03T08:00:00Z",
        "last_row_at": "2026-03-01T12:00:00Z",
        "since": None,
        "until": "2026-03-01T12:30:00Z",
        "hidden_by_key": False,
        "lists": 1,
        "not_read": 0,
        "why": "",
        "certain": True,
        "missing": [HoleShape.example],
    }


@api("GET", scope="read", gives=SpanShape, whole=True)
def show(call: Call) -> list[Span]:
    """Read how far each kind of record reaches, and what is missing."""
    return spans_of(wallets.one(call))

"""`tokens/`: what lets scripts in. Never reached by a token itself, and only with a fresh second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts import tokens
from accounts.api.frame import Call, api
from accounts.models import ApiToken
from config.api.fields import Choice, Shape, Text, UtcTime

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Token(Shape):
    id = serializers.CharField()
    name = serializers.CharField()
    prefix = serializers.SerializerMethodField(help_text="How the token begins, to tell it from others.")
    scopes = serializers.ListField(child=Choice(tokens.Scope.choices))
    state = serializers.SerializerMethodField()
    created_at = UtcTime()
    expires_at = UtcTime()
    used_at = UtcTime(allow_null=True, help_text="To the minute.")
    revoked_at = UtcTime(allow_null=True)

    example = {
        "id": "5b0c…",
        "name": "Portfolio sheet",
        "prefix": "hf_3fGh8Kq2",
        "scopes": ["read"],
        "state": "works",
        "created_at": "2026-03-01T12:30:00Z",
        "expires_at": "2026-05-30T12:30:00Z",
        "used_at": None,
        "revoked_at": None,
    }

    def get_prefix(self, token: ApiToken) -> str:
        return tokens.start_of(token)

    @extend_schema_field(Choice(tokens.State.choices))
    def get_state(self, token: ApiToken) -> str:
        return tokens.state_of(token, timezone.now())


class MintedToken(Token):
    token = serializers.CharField(help_text="Shown this once. Keep it like a password.")

    example = {**Token.example, "token": "hf_3fGh8Kq2_…"}


class TokenWish(Shape):
    name = Text(max_length=80, help_text="What it is for.")
    scopes = serializers.ListField(child=Choice(tokens.Scope.choices), min_length=1, max_length=len(tokens.Scope))
    expires_at = UtcTime(
        required=False,
        help_text="At most a year from now, with connect at most 90 days. Left out: 90 days from now.",
    )

    example = {"name": "Portfolio sheet", "scopes": ["read"]}


@api("GET", fresh=True, gives=Token, order=("-created_at", "-id"))
def index(call: Call) -> QuerySet[ApiToken]:
    """List your tokens, the newest first; those that no longer work too."""
    return ApiToken.objects.filter(owner=call.owner)


@api("POST", fresh=True, takes=TokenWish, gives=MintedToken, status=201, secret=True)
def create(call: Call) -> ApiToken:
    """Make a token.

    The answer holds the token itself, this once. `write` and `connect` include `read`; neither includes the other.
    """
    wanted: dict[str, Any] = {"expires_at": call.now + tokens.USUAL, **call.data}
    token, presented = tokens.mint(by=call.by, owner=call.owner, now=call.now, **wanted)
    token.token = presented  # type: ignore[attr-defined] # for this one answer; the row has no such column
    return token


@api("GET", fresh=True, gives=Token)
def show(call: Call) -> ApiToken:
    """Read about one token."""
    return one(call)


@api("DELETE", fresh=True)
def revoke(call: Call) -> None:
    """Revoke a token.

    It stops working with its next request. Revoking it again changes nothing.
    """
    tokens.revoke(by=call.by, token=one(call), now=call.now)


def one(call: Call) -> ApiToken:
    return get_object_or_404(ApiToken, owner=call.owner, pk=call.path["token_id"])

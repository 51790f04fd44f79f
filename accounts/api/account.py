"""`account/`: close it, or keep it. All that still answers while the account is closing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from rest_framework import serializers

from accounts import closing
from accounts.api.frame import Call, api
from accounts.api.sessions import own
from config.api.fields import Choice, Shape, UtcTime

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


class Account(Shape):
    state = Choice([("open", "Open"), ("closing", "Closing")])
    purge_at = UtcTime(allow_null=True, help_text="When everything is deleted; until then it can be kept.")
    by_hand = serializers.ListField(
        child=serializers.CharField(), help_text="What only you can do, such as deleting a key at an exchange."
    )

    example = {"state": "closing", "purge_at": "2026-03-31T12:30:00Z", "by_hand": []}


@dataclass(frozen=True, slots=True)
class Standing:
    purge_at: datetime | None
    by_hand: list[str]

    @property
    def state(self) -> str:
        return "closing" if self.purge_at else "open"


def standing_of(owner: User) -> Standing:
    return Standing(owner.purge_at, closing.left_to_do(owner))


@api("GET", fresh=True, while_closing=True, gives=Account)
def show(call: Call) -> Standing:
    """Read whether the account is closing, and what closing leaves for you to do."""
    return standing_of(call.owner)


@api("DELETE", fresh=True, while_closing=True, gives=Account, status=202, polled=lambda _: reverse("api:account"))
def close(call: Call) -> Standing:
    """Close the account.

    At once: tokens, other sessions, credentials and exports are gone. After thirty days everything else is deleted;
    until then POST here keeps the account.
    """
    closing.start_closing(by=call.by, owner=call.owner, now=call.now, keep_session=own(call))
    return standing_of(call.owner)


@api("POST", fresh=True, while_closing=True, gives=Account)
def keep(call: Call) -> Standing:
    """Keep an account that is closing.

    What was revoked and wiped stays so; tokens and connections are made anew.
    """
    closing.cancel_closing(by=call.by, owner=call.owner, now=call.now)
    return standing_of(call.owner)

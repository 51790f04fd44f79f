"""`account/address/`: which e-mail address stays, where who reads the former one said that it was not the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rest_framework import serializers

from accounts import email_changes
from accounts.api.frame import Call, api
from accounts.email_changes import Keep
from config.api.fields import Choice, Shape, UtcTime
from config.api.problem import CONFLICT, Problem

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User


class Address(Shape):
    contested_at = UtcTime(allow_null=True, help_text="Since when two addresses claim the account.")
    former = serializers.CharField(
        allow_null=True, help_text="The one of before the change, if it is in question and may still be kept."
    )
    present = serializers.CharField(help_text="The one the account was changed to; if nothing is in question, its own.")

    example = {
        "contested_at": "2026-03-01T12:30:00Z",
        "former": "ada@example.com",
        "present": "ada.new@example.com",
    }


class Decision(Shape):
    keep = Choice([(str(keep), str(keep).capitalize()) for keep in Keep], help_text="The other one is given up.")

    example = {"keep": "former"}


@dataclass(frozen=True, slots=True)
class Standing:
    contested_at: datetime | None
    former: str | None
    present: str


def standing_of(owner: User) -> Standing:
    offered = email_changes.offers(owner)
    return Standing(owner.contested_at, offered.get(Keep.FORMER), offered.get(Keep.PRESENT, owner.email))


@api("GET", fresh=True, while_contested=True, while_closing=True, gives=Address)
def show(call: Call) -> Standing:
    """Read which addresses claim the account.

    Who reads the address of before a change may say, for three days, that it was not the owner. Until one is chosen
    both sign in, and nothing else answers.
    """
    return standing_of(call.owner)


@api(
    "POST",
    fresh=True,
    while_contested=True,
    while_closing=True,
    takes=Decision,
    gives=Address,
    problems=(CONFLICT,),
)
def decide(call: Call) -> Standing:
    """Say which address is yours.

    The other one signs in no more. The second factor has to be one that you had before the change.
    """
    try:
        email_changes.decide(by=call.by, owner=call.owner, keep=Keep(call.data["keep"]), now=call.now)
    except email_changes.NotContestedError:
        raise Problem(CONFLICT, "That address is not in question.") from None
    return standing_of(call.owner)

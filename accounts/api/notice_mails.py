"""`notices/mails/`: of what the owner is mailed, beside being told in the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from accounts import notices
from accounts.api.frame import Call, api, require_unchanged
from accounts.models import User
from accounts.notice_kinds import CATALOGUE
from config.api.fields import Shape, Texts
from config.api.problem import invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 100


class MailKindShape(Shape):
    kind = serializers.CharField(help_text="As notices have it.")
    about = serializers.CharField()
    mailed = serializers.BooleanField()
    can_be_off = serializers.BooleanField(help_text="False: it guards the account, and is always mailed.")

    example = {
        "kind": "not_read",
        "about": "A wallet that has not been read for a while",
        "mailed": True,
        "can_be_off": True,
    }


class MailsShape(Shape):
    kinds = MailKindShape(many=True)

    example = {"kinds": [MailKindShape.example]}


class MailsWish(Shape):
    off = Texts(max_length=MOST, help_text="Exactly these are not mailed afterwards. Left out: as it is.")

    example = {"off": ["not_read"]}


@api("GET", scope="read", gives=MailsShape)
def show(call: Call) -> dict[str, Any]:
    """Read of which kinds of notices you are mailed. In the app all of them are told."""
    return told(call.owner)


@api("PATCH", scope="write", takes=MailsWish, gives=MailsShape, conditional=True)
def change(call: Call) -> dict[str, Any]:
    """Turn mails of some kinds off, and those of all others on."""
    owner = User.objects.select_for_update(no_key=True).get(pk=call.owner.pk)
    require_unchanged(call, MailsShape, told(owner))
    if "off" in call.data:
        notices.set_mutes(by=call.by, owner=owner, muted=checked(call.data["off"]), now=call.now)
    return told(owner)


def told(owner: User) -> dict[str, Any]:
    off = notices.muted_kinds(owner)
    return {
        "kinds": [
            {
                "kind": kind,
                "about": entry.about,
                "mailed": not entry.mutable or kind not in off,
                "can_be_off": entry.mutable,
            }
            for kind, entry in CATALOGUE.items()
        ]
    }


def checked(off: Sequence[str]) -> set[str]:
    for place, kind in enumerate(off):
        if kind not in CATALOGUE:
            raise invalid(f"off.{place}", "invalid_choice", "There is no such kind of notice.")
        if not CATALOGUE[kind].mutable:
            raise invalid(f"off.{place}", "stays_on", "This guards your account: it is always mailed.")
    return set(off)

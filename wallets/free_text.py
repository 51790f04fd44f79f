"""What owners write in their own words: names, notes, questions. Nothing of it is kept when a treasure stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit import Action, record
from wallets import treasure

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User


class TreasureError(Exception):
    """A seed phrase or a wallet's key stands among the words: they are not kept."""


def refuse_treasure(text: str, *, by: Actor, owner: User, now: datetime, place: str) -> None:
    """Called before a verb opens its transaction: that it was refused is recorded, and the record must stand."""
    if treasure.find(text):
        record_treasure(by=by, owner=owner, now=now, place=place)
        raise TreasureError


def record_treasure(*, by: Actor, owner: User, now: datetime, place: str) -> None:
    record(by=by, action=Action.TREASURE_REFUSED, owner=owner, now=now, subject=place)

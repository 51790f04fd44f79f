"""What sync tells owners; each kind has its mail in templates/emails/."""

from __future__ import annotations

from enum import StrEnum

from accounts import notice_kinds
from accounts.notice_kinds import Entry


class Kind(StrEnum):
    HISTORY_COMPLETE = "history_complete"
    INCIDENT = "incident"


ENTRIES: dict[StrEnum, Entry] = {
    Kind.HISTORY_COMPLETE: Entry(
        title="A history is complete",
        sentence="Everything that {exchange} hands out of “{label}” is in: {what}.{missing}",
        button="See your wallets",
        target="wallets:index",
        about="A history that is complete",
        mutable=True,
    ),
    Kind.INCIDENT: Entry(
        title="An exchange has trouble",
        sentence="{exchange} has trouble just now, for many at once. It is not your key: there is nothing to do, and "
        "everything goes on by itself.",
        button="See your wallets",
        target="wallets:index",
        about="Trouble at an exchange that is not yours",
        mutable=True,
        lasts=True,
    ),
}


def register() -> None:
    notice_kinds.register(ENTRIES)

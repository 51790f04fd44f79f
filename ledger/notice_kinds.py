"""What this app tells its owners; each kind has its mail in templates/emails/."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse

from accounts import notice_kinds
from accounts.notice_kinds import LINKS, Entry, Link

if TYPE_CHECKING:
    from accounts.models import Notice


class Kind(StrEnum):
    FORMER_ACCOUNT = "former_account"
    EDITS_BACK = "edits_back"


ENTRIES: dict[StrEnum, Entry] = {
    Kind.FORMER_ACCOUNT: Entry(
        title="An account you had removed?",
        sentence="“{label}” looks like the account that you removed on {when}. What you said {what} is kept: say "
        "whether it comes back. Nothing is lost until then.",
        button="See your wallets",
        target="wallets:index",
        about="An account that looks like one you had removed",
        mutable=True,
        lasts=True,
        repeat_days=(7,),
    ),
    Kind.EDITS_BACK: Entry(
        title="Your edits are back",
        sentence="“{label}” is the account that you removed on {when}. What you had said {what} holds again.",
        button="See your wallets",
        target="wallets:index",
        about="Edits that came back with their account",
        mutable=True,
    ),
}


def register() -> None:
    notice_kinds.register(ENTRIES)
    LINKS[Kind.FORMER_ACCOUNT] = Link("Answer this", address_of)


def address_of(notice: Notice) -> str:
    """Whole, for mails carry it too."""
    return f"{settings.PUBLIC_URL}{reverse('former:page', args=[notice.topic])}"

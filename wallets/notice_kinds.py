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
    KEY_FIRST_USED = "key_first_used"
    WALLET_NEEDS_YOU = "wallet_needs_you"
    NOT_READ = "not_read"
    RIGHTS_GAINED = "rights_gained"
    KEY_LEAKED = "key_leaked"
    KEY_DUE = "key_due"
    KEY_ENDS_SOON = "key_ends_soon"
    STAGED_REFUSED = "staged_refused"
    OLD_KEY = "old_key"
    SIGN_IN_LEFT = "sign_in_left"
    CONNECTIONS_DUE = "connections_due"
    HELP_ANSWERED = "help_answered"


ENTRIES: dict[StrEnum, Entry] = {
    Kind.KEY_FIRST_USED: Entry(
        title="A key was used for the first time",
        sentence="Holdfast used the key of “{label}” for the first time on {when}, from {addresses}. If {exchange} "
        "mails you about a new key or a new address, that was us.",
        button="See your wallets",
        target="wallets:index",
        about="A key used for the first time",
        mutable=True,
    ),
    Kind.WALLET_NEEDS_YOU: Entry(
        title="A connection needs you",
        sentence="“{label}”: {title}. Your history and your edits are safe.",
        button="See your wallets",
        target="wallets:index",
        about="A connection that needs you",
        mutable=True,
        lasts=True,
        repeat_days=(1, 3, 7),
    ),
    Kind.NOT_READ: Entry(
        title="A wallet has not been read for a while",
        sentence="{what} has not been read since {since}: {title}. What happened there since then is missing here so "
        "far, also in your figures. {remedy}",
        button="See your wallets",
        target="wallets:index",
        about="A wallet that has not been read for a while",
        mutable=True,
        lasts=True,
    ),
    Kind.RIGHTS_GAINED: Entry(
        title="A key may do more than read",
        sentence="The key of “{label}” may now do this: {right}. Holdfast has stopped using it.",
        button="See your wallets",
        target="wallets:index",
        about="A key that may do more than read",
        lasts=True,
        repeat_days=(1, 3, 7),
    ),
    Kind.KEY_LEAKED: Entry(
        title="A key was reported as leaked",
        sentence="The key of “{label}” was reported as leaked, and Holdfast no longer uses it. Delete it at "
        "{exchange}.",
        button="See your wallets",
        target="wallets:index",
        about="A key reported as leaked",
    ),
    Kind.KEY_DUE: Entry(
        title="Time for a new key",
        sentence="The key of “{label}” is {months} months old. You asked to be reminded: make a new one and put it in "
        "its place. Your history stays.",
        button="See your wallets",
        target="wallets:index",
        about="A key that you want to replace",
        mutable=True,
        lasts=True,
        repeat_days=(7, 30),
    ),
    Kind.KEY_ENDS_SOON: Entry(
        title="A key ends soon",
        sentence="{exchange} ends the key of “{label}” on {when}. Put a new one in its place before, and nothing is "
        "missed.",
        button="See your wallets",
        target="wallets:index",
        about="A key that its exchange ends soon",
        mutable=True,
        lasts=True,
        repeat_days=(7, 12),
    ),
    Kind.STAGED_REFUSED: Entry(
        title="A new key was not taken",
        sentence="The new key of “{label}” did not work in its first sync: {title}. The present key stays in "
        "force, and nothing was missed. {remedy}",
        button="See your wallets",
        target="wallets:index",
        about="A new key that was not taken",
        mutable=True,
        lasts=True,
        repeat_days=(3, 7),
    ),
    Kind.OLD_KEY: Entry(
        title="Delete the old key",
        sentence="The new key of “{label}” has read its first sync and is in force now. The old one was wiped "
        "here, but it still works at {exchange}: please delete it there.",
        button="See your wallets",
        target="wallets:index",
        about="An old key that you can delete",
        mutable=True,
        lasts=True,
        repeat_days=(7, 30),
    ),
    Kind.CONNECTIONS_DUE: Entry(
        title="Look through your connections",
        sentence="Once a year it is good to look at what is connected, with which rights, and to delete what you no "
        "longer use.",
        button="Look through them",
        target="wallets:connections",
        about="The yearly look at your connections",
        mutable=True,
        lasts=True,
        repeat_days=(14,),
    ),
    Kind.SIGN_IN_LEFT: Entry(
        title="Remove Holdfast at an exchange",
        sentence="A sign-in at {exchange} that Holdfast no longer uses was wiped here, but could not be taken back "
        "there. Remove Holdfast at {exchange}, among the apps that may reach your account.",
        button="See your wallets",
        target="wallets:index",
        about="A sign-in that could not be taken back at its exchange",
    ),
    Kind.HELP_ANSWERED: Entry(
        title="An answer to your question",
        sentence="Holdfast staff answered your question about “{subject}”.",
        button="Read the answer",
        target="wallets:help_index",
        about="An answer by Holdfast staff",
    ),
}


# Their topic is the wallet, and they lead to it.
OF_A_WALLET = (
    *(Kind.WALLET_NEEDS_YOU, Kind.NOT_READ, Kind.RIGHTS_GAINED, Kind.KEY_DUE, Kind.KEY_ENDS_SOON),
    *(Kind.STAGED_REFUSED, Kind.OLD_KEY),
)


def register() -> None:
    notice_kinds.register(ENTRIES)
    for kind in OF_A_WALLET:
        LINKS[kind] = Link("Go to this wallet", address_of)


def address_of(notice: Notice) -> str:
    """Whole, for mails carry it too."""
    return f"{settings.PUBLIC_URL}{reverse('wallets:wallet', args=[notice.topic])}"

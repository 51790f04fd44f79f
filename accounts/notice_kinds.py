"""Every kind of notice: its words, where its button leads, whether its mails can be muted, when they repeat."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from accounts.models import Notice


class Kind(StrEnum):
    """What the accounts app tells. Apps above make their own enum and `register` it."""

    NEW_SIGN_IN = "new_sign_in"
    SECOND_FACTOR_REFUSED = "second_factor_refused"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_STARTED = "recovery_started"
    RECOVERY_CANCELLED = "recovery_cancelled"
    RECOVERY_USED = "recovery_used"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind of notice
    PASSWORD_RESET = "password_reset"  # noqa: S105 - a kind of notice
    EMAIL_CHANGED = "email_changed"
    EMAIL_CONTESTED = "email_contested"
    EMAIL_SETTLED = "email_settled"
    COINBASE_LINKED = "coinbase_linked"
    COINBASE_UNLINKED = "coinbase_unlinked"
    TOKEN_MINTED = "token_minted"  # noqa: S105 - a kind of notice
    ACCOUNT_CLOSING = "account_closing"
    CLOSING_CANCELLED = "closing_cancelled"
    EXPORT_READY = "export_ready"
    EXPORT_FAILED = "export_failed"
    STAFF_ACTED = "staff_acted"


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of a kind. Its mail is `templates/emails/<kind>-{subject,text,html}`."""

    title: str
    sentence: str  # str.format over the notice's facts
    button: str
    target: str  # URL name
    about: str  # what the owner may mute, as the settings page says it
    mutable: bool = False
    # A state lasts until somebody calls `close`; an event is over when it is told, so two of them are two notices.
    lasts: bool = False
    repeat_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A further way out, with an address of its own for each notice, such as the one that cancels a recovery."""

    label: str
    address: Callable[[Notice], str]
    grave: bool = False
    mail_only: bool = False  # for who reads the mail, and for nobody who is signed in; it ends by itself


CATALOGUE: dict[str, Entry] = {}
LINKS: dict[str, Link] = {}


def register(entries: Mapping[StrEnum, Entry]) -> None:
    CATALOGUE.update({str(kind): entry for kind, entry in entries.items()})


register(
    {
        Kind.NEW_SIGN_IN: Entry(
            title="New sign-in",
            sentence="Somebody signed in to your account from {ip} with {device}.",
            button="See your devices",
            target="accounts:settings_security",
            about="A sign-in from a new device",
        ),
        Kind.SECOND_FACTOR_REFUSED: Entry(
            title="A sign-in stopped at your second factor",
            sentence="{proof} was given from {ip} with {device}, then a wrong second factor. Nobody got in.",
            button="See your security settings",
            target="accounts:settings_security",
            about="A sign-in that stopped at your second factor",
            lasts=True,
        ),
        Kind.FACTOR_ADDED: Entry(
            title="Second factor added",
            sentence="{factor} was added to your account.",
            button="See your second factors",
            target="accounts:settings_security",
            about="A second factor added",
        ),
        Kind.FACTOR_REMOVED: Entry(
            title="Second factor removed",
            sentence="{factor} was removed from your account.",
            button="See your second factors",
            target="accounts:settings_security",
            about="A second factor removed",
        ),
        Kind.RECOVERY_STARTED: Entry(
            title="Recovery of your second factor was started",
            sentence="Unless it is cancelled, whoever has your password and your mailbox can remove your second "
            "factors from {due} on.",
            button="See your security settings",
            target="accounts:settings_security",
            about="Recovery of a lost second factor started",
            lasts=True,
            repeat_days=(1, 2),
        ),
        Kind.RECOVERY_CANCELLED: Entry(
            title="Recovery cancelled",
            sentence="The recovery of your second factor was cancelled. Your second factors stay as they were.",
            button="See your security settings",
            target="accounts:settings_security",
            about="Recovery of a lost second factor cancelled",
        ),
        Kind.RECOVERY_USED: Entry(
            title="Your account is recovered",
            sentence="Your former second factors were removed after the 72 hours. {ended}",
            button="See your security settings",
            target="accounts:settings_security",
            about="Recovery of a lost second factor completed",
        ),
        Kind.PASSWORD_CHANGED: Entry(
            title="Password changed",
            sentence="The password of your account was changed.",
            button="See your security settings",
            target="accounts:settings_security",
            about="Password changed",
        ),
        Kind.PASSWORD_RESET: Entry(
            title="New password set",
            sentence="A new password was set for your account, with a code from your mail. {ended}",
            button="See your security settings",
            target="accounts:settings_security",
            about="A new password set with a code from your mail",
        ),
        Kind.EMAIL_CHANGED: Entry(
            title="E-mail address changed",
            sentence="Your account now signs in with {email}.",
            button="See your security settings",
            target="accounts:settings_security",
            about="E-mail address changed",
        ),
        Kind.EMAIL_CONTESTED: Entry(
            title="Your e-mail address is in question",
            sentence="Whoever reads mail at {former} says that it was not you who changed the address of your account. "
            "{ended}",
            button="Sign in and decide",
            target="accounts:email_decide",
            about="A change of your e-mail address was contested",
            lasts=True,
        ),
        Kind.EMAIL_SETTLED: Entry(
            title="Your e-mail address was decided",
            sentence="Your account signs in with {email}, and with no other address.",
            button="See your security settings",
            target="accounts:settings_security",
            about="It was decided which e-mail address stays",
        ),
        Kind.COINBASE_LINKED: Entry(
            title="Sign-in with Coinbase turned on",
            sentence="Your Coinbase account can now stand in for your password. Your second factor is still asked for.",
            button="See your security settings",
            target="accounts:settings_security",
            about="Sign-in with Coinbase turned on",
        ),
        Kind.COINBASE_UNLINKED: Entry(
            title="Sign-in with Coinbase turned off",
            sentence="Your Coinbase account no longer signs in here.",
            button="See your security settings",
            target="accounts:settings_security",
            about="Sign-in with Coinbase turned off",
        ),
        Kind.TOKEN_MINTED: Entry(
            title="Access token made",
            sentence="A program can now reach your account with the access token “{name}”.",
            button="See your access tokens",
            target="accounts:settings_security",
            about="An access token made",
        ),
        Kind.ACCOUNT_CLOSING: Entry(
            title="Your account is closing",
            sentence="Everything in it is deleted on {purge_on}. Until then you can change your mind.",
            button="See what happens",
            target="accounts:closing",
            about="Your account is closing",
            lasts=True,
            repeat_days=(23, 29),
        ),
        Kind.CLOSING_CANCELLED: Entry(
            title="Your account stays open",
            sentence="The closing of your account was cancelled. Access tokens and connections have to be made again.",
            button="Go to your account",
            target="accounts:home",
            about="Closing cancelled",
        ),
        Kind.EXPORT_READY: Entry(
            title="Your export is ready",
            sentence="You can download it until {until}. After that it is deleted here.",
            button="Download it",
            target="accounts:settings_data",
            about="An export is ready",
            mutable=True,
        ),
        Kind.EXPORT_FAILED: Entry(
            title="Your export could not be made",
            sentence="Something went wrong on our side. Please ask for it again.",
            button="Ask again",
            target="accounts:settings_data",
            about="An export could not be made",
            mutable=True,
        ),
        Kind.STAFF_ACTED: Entry(
            title="Holdfast staff changed something in your account",
            sentence="{what}",
            button="See what was done",
            target="accounts:audit",
            about="Holdfast staff changed something",
        ),
    }
)

"""Owners made by a command: for development, for people who write clients, for looking around. Never in production."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from accounts import notices, tax_settings, tokens
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.models import Notice, Session, User
from accounts.notices import Kind
from accounts.sessions import SessionStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LAPTOP = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"
OFFICE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"

# Where that lies which apps above add to a demonstration account: f(owner, now), such as wallets of the sandbox.
FURTHER: list[str] = []
# And what happens to it once workers have done their part: f(owner, clock) yields steps. A story may be told again: it
# goes on where it was left.
STORIES: list[str] = []
PATIENCE = timedelta(minutes=5)  # with one step


@dataclass(frozen=True, slots=True)
class Step:
    """What an account waits for, in words, and whether it is over."""

    words: str
    over: Callable[[], bool]


class NotYetError(Exception):
    """Something is missing that the story cannot do without; it says what to do."""


class ProductionError(Exception):
    """An account whose password somebody else has seen has no place among real ones."""


@dataclass(frozen=True, slots=True)
class ReadyMade:
    owner: User
    password: str
    totp_secret: str
    token: str


@transaction.atomic
def make(*, email: str, now: datetime) -> ReadyMade:
    """An owner with all doors open: address proven, second factor on, codes saved, a token with all scopes."""
    if settings.PRODUCTION:
        raise ProductionError
    from accounts.enrolment import mark_codes_saved  # noqa: PLC0415 - brings passkeys; apps that add to a demo have none

    password, secret = secrets.token_urlsafe(15), totp.generate_totp_secret()
    owner = User.objects.create_user(email, password)
    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    totp.TOTP.activate(owner, secret)
    RecoveryCodes.activate(owner)
    mark_codes_saved(owner)
    record(by=SYSTEM, action=Action.SIGNED_UP, owner=owner, now=now, how="by command")
    scopes = [str(scope) for scope in tokens.Scope]
    _, token = tokens.mint(
        by=SYSTEM, owner=owner, name="Ready made", scopes=scopes, expires_at=now + timedelta(days=90), now=now
    )
    return ReadyMade(owner, password, secret, token)


@transaction.atomic
def open_again(*, owner: User) -> tuple[str, str]:
    """A fresh password for an account made by this command, and the secret of its app as it is."""
    if settings.PRODUCTION:
        raise ProductionError
    password = secrets.token_urlsafe(15)
    owner.set_password(password)
    owner.purge_at = None
    owner.save(update_fields=["password", "purge_at"])
    factor = Authenticator.objects.get(user=owner, type=Authenticator.Type.TOTP)
    return password, get_adapter().decrypt(factor.data["secret"])


def code_now(totp_secret: str) -> str:
    """What the authenticator app shows at this moment."""
    earlier_now_later = list(totp.yield_hotp_counters_from_time())
    step = earlier_now_later[len(earlier_now_later) // 2]
    return str(totp.format_hotp_value(totp.hotp_value(totp_secret, step)))


# --- a life ------------------------------------------------------------------------------------------------------


@transaction.atomic
def fill(*, owner: User, now: datetime) -> None:
    """A few weeks as an owner might have had them."""
    laptop = Actor(ActorKind.OWNER, user=owner, ip="203.0.113.24", agent=LAPTOP)
    phone = Actor(ActorKind.OWNER, user=owner, ip="198.51.100.7", agent=PHONE)
    office = Actor(ActorKind.OWNER, user=owner, ip="192.0.2.61", agent=OFFICE)
    _record_weeks(owner, now, laptop, phone)
    tax_settings.set_from(
        by=laptop,
        owner=owner,
        from_year=2023,
        country="US",
        method="fifo",
        scope="universal",
        now=now - timedelta(days=20),
    )
    for actor, days in ((phone, 1), (office, 6)):
        _sign_in(owner, actor, now - timedelta(days=days))
    _tell(owner, now)
    for further in FURTHER:
        import_string(further)(owner, now)


def _record_weeks(owner: User, now: datetime, laptop: Actor, phone: Actor) -> None:
    for days in range(28, 0, -3):
        at = now - timedelta(days=days, hours=days % 7, minutes=days * 11 % 60)
        record(by=phone if days % 2 else laptop, action=Action.SIGNED_IN, owner=owner, now=at)
    steps = (
        (27, Action.RECOVERY_CODES_MADE, ""),
        (26, Action.PROFILE_CHANGED, ""),
        (12, Action.SIGN_IN_FAILED, ""),
        (9, Action.PASSKEY_ADDED, "Passkey “Laptop”"),
        (4, Action.STEPPED_UP, ""),
    )
    for days, action, subject in steps:
        record(by=laptop, action=action, owner=owner, now=now - timedelta(days=days), subject=subject)


def _sign_in(owner: User, by: Actor, at: datetime) -> None:
    """A device in the list. Nobody holds its key."""
    store = SessionStore()
    store.create()
    seen = {"owner": owner, "ip": by.ip, "agent": by.agent, "created_at": at, "seen_at": at}
    Session.objects.filter(pk=store.row.pk if store.row else None).update(**seen)


def _tell(owner: User, now: datetime) -> None:
    """Told in the app only: a demonstration mails nobody."""
    days = timedelta(days=1)
    notices.tell(owner=owner, kind=Kind.NEW_SIGN_IN, now=now - 6 * days, ip="192.0.2.61", device="Chrome on Windows")
    notices.tell(owner=owner, kind=Kind.FACTOR_ADDED, now=now - 9 * days, factor="The passkey “Laptop”")
    notices.tell(owner=owner, kind=Kind.TOKEN_MINTED, now=now - 12 * days, name="Backup script")
    notices.mark_read(owner=owner, now=now - 5 * days)
    notices.tell(owner=owner, kind=Kind.NEW_SIGN_IN, now=now - days, ip="198.51.100.7", device="Safari on iPhone")
    Notice.objects.filter(owner=owner).update(mail_due_at=None)


# --- what follows ------------------------------------------------------------------------------------------------


def see_through(
    owner: User, *, clock: Callable[[], datetime], say: Callable[[str], object], rest: Callable[[], object]
) -> bool:
    """Waits for workers, step by step, and does what comes after each. False: one took longer than anybody waits.
    Raises NotYetError.
    """
    for story in STORIES:
        for step in import_string(story)(owner, clock):
            say(step.words)
            until = clock() + PATIENCE
            while not step.over():
                if clock() > until:
                    return False
                rest()
    return True

"""What happens at allauth's doors, written into the trail and told to the owner.

allauth tells by signals; they are a library's and may be received. Our own verbs record for themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth.signals import user_logged_out
from django.db import connection, transaction
from django.utils import timezone

from accounts import devices, email_changes, knocks, known_devices, notices, recovery, ways_in
from accounts.audit import Action, Actor, ActorKind, actor_of, origin_of, record
from accounts.models import User
from accounts.notices import Kind
from accounts.second_factor import has_factor

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from allauth.account.models import EmailAddress
    from django.http import HttpRequest

TOTP, PASSKEY, CODES = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
ADDED = {TOTP: Action.TOTP_ADDED, PASSKEY: Action.PASSKEY_ADDED}
REMOVED = {TOTP: Action.TOTP_REMOVED, PASSKEY: Action.PASSKEY_REMOVED}
COINBASE = "coinbase"  # among the steps of a sign-in: it stood in for the password


def stand_by() -> None:
    """Called in AppConfig.ready."""
    account.user_signed_up.connect(signed_up)
    account.user_logged_in.connect(signed_in)
    account.password_changed.connect(password_changed)
    account.password_set.connect(password_changed)
    account.password_reset.connect(password_reset)
    account.email_changed.connect(email_changed)
    user_logged_out.connect(signed_out)
    mfa.authenticator_added.connect(factor_added)
    mfa.authenticator_removed.connect(factor_removed)
    mfa.authenticator_reset.connect(codes_made)
    mfa.authenticator_used.connect(factor_used)
    mfa.authentication_failed.connect(factor_refused)


# --- coming in and going out ---------------------------------------------------------------------------------------


def signed_up(request: HttpRequest, user: User, **_: object) -> None:
    record(by=_as(request, user), action=Action.SIGNED_UP, owner=user, now=timezone.now())


@transaction.atomic
def signed_in(request: HttpRequest, user: User, **facts: Any) -> None:
    now, by = timezone.now(), _as(request, user)
    device = known_devices.look(request, user, response=facts.get("response"))
    if device.is_new:
        notices.tell(owner=user, kind=Kind.NEW_SIGN_IN, now=now, ip=by.ip or "an unknown address", device=device.name)
    record(by=by, action=Action.SIGNED_IN, owner=user, now=now, subject=device.name, method=_method(request, user))
    knocks.put_right(request, user, now=now)


def sign_in_refused(request: HttpRequest, email: str) -> None:
    """Known address or not: the same work, so that the time it takes tells nothing.

    Nobody's row is taken back: it would grow with every knock, and no purge could ever remove it.
    """
    owner = User.objects.filter(email__iexact=email).first()
    ip, agent = origin_of(request)
    by = Actor(ActorKind.OWNER, ip=ip, agent=agent)
    with transaction.atomic():
        _wait_for_no_disk()
        record(by=by, action=Action.SIGN_IN_FAILED, owner=owner, now=timezone.now())
        transaction.set_rollback(owner is None)


def _wait_for_no_disk() -> None:
    """What is taken back waits for none. A database that dies at this moment costs the trail one knock."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def signed_out(request: HttpRequest, user: User | None, **_: object) -> None:
    if user is not None:
        record(by=_as(request, user), action=Action.SIGNED_OUT, owner=user, now=timezone.now())


# --- password and address ------------------------------------------------------------------------------------------


@transaction.atomic
def password_changed(request: HttpRequest, user: User, **_: object) -> None:
    """By the owner, with a second factor at hand: programs that were let in go on."""
    now, by = timezone.now(), _as(request, user)
    _password_is_new(by, user, now, how="changed")
    devices.end_devices(by=by, owner=user, now=now, keep=_here(request))
    notices.tell(owner=user, kind=Kind.PASSWORD_CHANGED, now=now)


@transaction.atomic
def password_reset(request: HttpRequest, user: User, **_: object) -> None:
    """By who reads the mail: the owner takes the account back, maybe from somebody who let programs in."""
    now, by = timezone.now(), _as(request, user)
    _password_is_new(by, user, now, how="reset")
    ended = ways_in.end_all(by=by, owner=user, now=now, keep=_here(request))
    notices.tell(owner=user, kind=Kind.PASSWORD_RESET, now=now, ended=ended, unguarded=not has_factor(user))


def _here(request: HttpRequest) -> UUID | None:
    return request.session.public_id if request.user.is_authenticated else None  # type: ignore[attr-defined] # our engine's


def _password_is_new(by: Actor, user: User, now: datetime, how: str) -> None:
    """The former password's sessions are dead already; they are taken off the owner's list as well."""
    record(by=by, action=Action.PASSWORD_CHANGED, owner=user, now=now, how=how)
    notices.close(owner=user, kind=Kind.SECOND_FACTOR_REFUSED, now=now)


@transaction.atomic
def email_changed(
    request: HttpRequest,
    user: User,
    from_email_address: EmailAddress | None,
    to_email_address: EmailAddress,
    **_: object,
) -> None:
    former = from_email_address.email if from_email_address else ""
    if former.lower() in {"", to_email_address.email.lower()}:
        return  # the first address, proven at sign-up
    now = timezone.now()
    record(by=_as(request, user), action=Action.EMAIL_CHANGED, owner=user, now=now)
    present = to_email_address.email
    change = email_changes.note(owner=user, former=former, present=present, now=now)
    topic = str(change.pk) if change else ""
    notices.tell(owner=user, kind=Kind.EMAIL_CHANGED, topic=topic, now=now, mail_to=former, email=present)


# --- second factors ------------------------------------------------------------------------------------------------


@transaction.atomic
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    if authenticator.type == CODES:
        codes_made(request, user)
        return
    now, name = timezone.now(), _name(authenticator)
    record(by=_as(request, user), action=ADDED[authenticator.type], owner=user, now=now, subject=name)
    notices.tell(owner=user, kind=Kind.FACTOR_ADDED, now=now, factor=name)


@transaction.atomic
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    if authenticator.type in REMOVED:
        now, name = timezone.now(), _name(authenticator)
        record(by=_as(request, user), action=REMOVED[authenticator.type], owner=user, now=now, subject=name)
        notices.tell(owner=user, kind=Kind.FACTOR_REMOVED, now=now, factor=name)


def codes_made(request: HttpRequest, user: User, **_: object) -> None:
    record(by=_as(request, user), action=Action.RECOVERY_CODES_MADE, owner=user, now=timezone.now())


@transaction.atomic
def factor_used(
    request: HttpRequest, user: User, authenticator: Authenticator, *, reauthenticated: bool, **_: object
) -> None:
    """Whoever shows a factor has not lost it, so a recovery that runs is over."""
    now, by = timezone.now(), _as(request, user)
    if authenticator.type == CODES:
        left = len(authenticator.wrap().get_unused_codes())
        record(by=by, action=Action.RECOVERY_CODE_USED, owner=user, now=now, left=left)
    if reauthenticated:
        record(by=by, action=Action.STEPPED_UP, owner=user, now=now, subject=_name(authenticator))
    recovery.cancel_because_found(by=by, owner=user, now=now)


def factor_refused(
    request: HttpRequest, user: User, authenticator: Authenticator, *, reauthentication: bool, **_: object
) -> None:
    _factor_is_wrong(request, user, _name(authenticator), reauthentication=reauthentication)


def passkey_refused(request: HttpRequest, user: User, *, reauthentication: bool) -> None:
    """Of these allauth tells nobody."""
    _factor_is_wrong(request, user, "A passkey", reauthentication=reauthentication)


@transaction.atomic
def _factor_is_wrong(request: HttpRequest, user: User, factor: str, *, reauthentication: bool) -> None:
    """At the door it may be anybody who came so far, and they are not called the owner."""
    now, by = timezone.now(), _as(request, user)
    if reauthentication:
        record(by=by, action=Action.STEP_UP_FAILED, owner=user, now=now, subject=factor)
        return
    proof = "your Coinbase account" if _method(request, user) == COINBASE else "your password"
    somebody = Actor(by.kind, ip=by.ip, agent=by.agent, label=proof)
    record(by=somebody, action=Action.SIGN_IN_FAILED, owner=user, now=now, subject=factor)
    knocks.heard(request, user, by=somebody, now=now)


def _as(request: HttpRequest, user: User) -> Actor:
    """The person at the door: known already, though perhaps not signed in yet."""
    by = actor_of(request)
    return Actor(by.kind, user=user, ip=by.ip, agent=by.agent)


def _method(request: HttpRequest, user: User) -> str:
    steps = [record.get("type") or record["method"] for record in get_authentication_records(request, user)]
    return "+".join(dict.fromkeys(steps))


def _name(authenticator: Authenticator) -> str:
    if authenticator.type == PASSKEY:
        return f"The passkey “{authenticator.wrap().name}”"
    return "A recovery code" if authenticator.type == CODES else "An authenticator app"

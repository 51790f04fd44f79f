"""The people who look at pages when pictures are taken. Development and tests only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import login
from django.test import RequestFactory

from accounts import closing, email_changes, notices, profile, tax_settings, tokens
from accounts.audit import Actor, ActorKind
from accounts.enrolment import mark_codes_saved
from accounts.models import CoinbaseLink, EmailChange, Session, User
from accounts.notice_kinds import Kind
from accounts.sessions import SessionStore
from accounts.views_coinbase import NEWCOMER_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PASSWORD = "a calm long passphrase"  # noqa: S105 - of people who exist in pictures only
REGISTERED = "registered@example.test"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Safari/604.1"


def registered(now: datetime) -> Mapping[str, str]:
    """Has an account with everything, and is not signed in."""
    owner(now, REGISTERED)
    return {}


def newcomer(now: datetime) -> Mapping[str, str]:
    return _signed_in(_person("newcomer@example.test"), now, factor_age=None)


def enrolling(now: datetime) -> Mapping[str, str]:
    """Has a factor and has not yet said that the recovery codes are saved."""
    return _signed_in(_with_factor("enrolling@example.test"), now)


def owner(now: datetime, email: str = "owner@example.test") -> Mapping[str, str]:
    user = _with_factor(email)
    mark_codes_saved(user)
    return _signed_in(user, now)


def owner_full(now: datetime) -> Mapping[str, str]:
    """Has been here for a while: settings changed, notices, two tokens, a second device."""
    cookies = owner(now, "full@example.test")
    user = User.objects.get(email="full@example.test")
    by = Actor(ActorKind.OWNER, user, ip="203.0.113.7", agent=PHONE)
    profile.change(by=by, owner=user, now=now, base_currency="EUR", time_zone="Europe/Berlin")
    tax_settings.set_from(by=by, owner=user, now=now, from_year=2024, country="DE", method="fifo", scope="per_wallet")
    Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "Laptop", "credential": {}})
    for name, scopes in (("Spreadsheet at home", ["read"]), ("Nightly import", ["read", "write"])):
        tokens.mint(by=by, owner=user, name=name, scopes=scopes, now=now, expires_at=now + timedelta(days=60))
    notices.tell(owner=user, kind=Kind.NEW_SIGN_IN, now=now, ip="203.0.113.7", device="Safari on an iPhone")
    notices.tell(owner=user, kind=Kind.FACTOR_ADDED, now=now, factor="Authenticator app")
    Session.objects.create(
        session_key="another-device", owner=user, agent=PHONE, ip="203.0.113.7", expire_date=now + timedelta(days=9)
    )
    return cookies


def owner_closing(now: datetime) -> Mapping[str, str]:
    cookies = owner(now, "closing@example.test")
    user = User.objects.get(email="closing@example.test")
    kept = Session.objects.get(owner=user).public_id
    closing.start_closing(by=Actor(ActorKind.OWNER, user), owner=user, now=now, keep_session=kept)
    return cookies


def owner_contested(now: datetime) -> Mapping[str, str]:
    """Somebody at the former address said that it was not the owner who changed it."""
    owner(now, "contested@example.test")
    user = User.objects.get(email="contested@example.test")
    EmailAddress.objects.filter(user=user).update(email="contested.new@example.test")
    former, user.email = user.email, "contested.new@example.test"
    user.save(update_fields=["email"])
    change = EmailChange.objects.create(owner=user, former=former, present=user.email, changed_at=now)
    email_changes.contest(by=Actor(ActorKind.OWNER), change=change, now=now)
    return _signed_in(User.objects.get(pk=user.pk), now)


def owner_stale(now: datetime) -> Mapping[str, str]:
    """Gave the second factor an hour ago."""
    user = _with_factor("stale@example.test")
    mark_codes_saved(user)
    return _signed_in(user, now, factor_age=timedelta(hours=1))


def from_coinbase(now: datetime) -> Mapping[str, str]:
    """Coinbase has said who it is, and nobody here is linked to that."""
    session = SessionStore()
    session[NEWCOMER_KEY] = {"id": "somebody", "at": now.isoformat()}
    session.save()
    return {settings.SESSION_COOKIE_NAME: str(session.session_key)}


def owner_linked(now: datetime) -> Mapping[str, str]:
    cookies = owner(now, "linked@example.test")
    linked = User.objects.get(email="linked@example.test")
    CoinbaseLink.objects.create(owner=linked, coinbase_user_id="somebody", linked_at=now)
    return cookies


def _person(email: str) -> User:
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def _with_factor(email: str) -> User:
    user = _person(email)
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    return user


def _signed_in(user: User, now: datetime, factor_age: timedelta | None = timedelta()) -> Mapping[str, str]:
    request = RequestFactory().get("/")
    request.session = SessionStore()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    if factor_age is not None:
        record_authentication(request, user, method="mfa", type="totp")
        request.session[AUTHENTICATION_METHODS_SESSION_KEY][-1]["at"] = (now - factor_age).timestamp()
    request.session.save()
    return {settings.SESSION_COOKIE_NAME: str(request.session.session_key)}

"""The pages of this app as pictures are taken of them, and the people who look at them. Development and tests only."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, record_authentication
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.contrib.auth import login
from django.test import RequestFactory

from accounts.enrolment import mark_codes_saved
from accounts.models import CoinbaseLink, User
from accounts.sessions import SessionStore
from accounts.views_coinbase import NEWCOMER_KEY
from config.album import View, add_views, add_visitor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PASSWORD = "a calm long passphrase"  # noqa: S105  # of people who exist in pictures only
REGISTERED = "registered@example.test"


def register() -> None:
    add_visitor("registered", registered)
    add_visitor("newcomer", newcomer)
    add_visitor("enrolling", enrolling)
    add_visitor("owner", owner)
    add_visitor("owner-stale", owner_stale)
    add_visitor("from-coinbase", from_coinbase)
    add_visitor("owner-linked", owner_linked)
    add_views(*STRANGERS, *ENROLMENT, *OWNERS, *COINBASE)


STRANGERS = (
    View("landing", "accounts:landing"),
    View("api-docs", "api-docs"),
    View("sign-in", "account_login"),
    View(
        "sign-in-wrong",
        "account_login",
        fills={"#id_login": "nobody@example.test", "#id_password": "not this one"},
        press="main form button[type=submit]",
    ),
    View("sign-up", "account_signup"),
    View(
        "sign-up-wrong",
        "account_signup",
        fills={"#id_email": "new@example.test", "#id_password1": "password"},
        press="main form button[type=submit]",
    ),
    View(
        "sign-up-code",
        "account_signup",
        fills={"#id_email": "new@example.test", "#id_password1": PASSWORD},
        press="main form button[type=submit]",
    ),
    View(
        "second-factor",
        "account_login",
        visitor="registered",
        fills={"#id_login": REGISTERED, "#id_password": PASSWORD},
        press="main form button[type=submit]",
    ),
    View("password-reset", "account_reset_password"),
    View("recovery", "accounts:recovery_start"),
    View("recovery-sent", "accounts:recovery_sent"),
)
ENROLMENT = (
    View("enrol", "accounts:enrol", visitor="newcomer"),
    View("enrol-app", "accounts:enrol_totp", visitor="newcomer"),
    View(
        "enrol-app-wrong",
        "accounts:enrol_totp",
        visitor="newcomer",
        fills={"#id_code": "000000"},
        press="main form button[type=submit]",
    ),
    View("enrol-passkey", "accounts:enrol_passkey", visitor="newcomer"),
    View("enrol-codes", "accounts:enrol_codes", visitor="enrolling"),
)
OWNERS = (
    View("codes", "accounts:enrol_codes", visitor="owner"),
    View("step-up", "accounts:step_up", visitor="owner-stale"),
    View("sign-out", "account_logout", visitor="owner"),
    View("password-change", "account_change_password", visitor="owner"),
    View("email-change", "account_email", visitor="owner"),
)
COINBASE = (
    View("coinbase-new", "accounts:coinbase_new", visitor="from-coinbase"),
    View(
        "coinbase-new-wrong",
        "accounts:coinbase_new",
        visitor="from-coinbase",
        fills={"#id_email": "not an address"},
        press="main form button[type=submit]",
    ),
    View("coinbase-trouble", "/sign-in/coinbase/trouble/not-answering/"),
    View("coinbase-on", "accounts:coinbase_settings", visitor="owner-linked"),
)


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

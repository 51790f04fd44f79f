"""The phone's door: JSON only, no cookies, the same rules as the pages, and as little told to strangers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.core import mail
from django.test import Client

from accounts.models import AuditEvent, Session
from accounts.second_factor import missing_step
from tests.accounts.people import WRONG, app_code, code_of, mailed_code, recovery_code_of
from tests.conftest import signed_in
from tests.factories import PASSWORD

BASE = "/_allauth/app/v1/"
NEW = "another calm passphrase"


class Phone:
    """Speaks HTTP, keeps the session token, knows no cookies."""

    def __init__(self, token: str = "", ip: str = "127.0.0.1") -> None:
        self.token, self.ip = token, ip

    def __call__(self, method: str, path: str, data: object = None, **headers: str) -> Any:
        client = Client(REMOTE_ADDR=self.ip)
        body = {} if data is None else {"data": json.dumps(data), "content_type": "application/json"}
        sent = {"X-Session-Token": self.token} if self.token else {}
        answer = client.generic(method, BASE + path, **body, headers=sent | headers)
        assert not answer.cookies, "a phone is never given a cookie"
        assert answer["Content-Type"] == "application/json"
        meta = answer.json().get("meta") or {}
        self.token = meta.get("session_token", self.token)
        return answer

    def sign_in(self, user: Any, code: str = "") -> Any:
        self("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        return self("POST", "auth/2fa/authenticate", {"code": code or code_of(user)})


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def alices_phone(alice) -> Phone:
    return Phone(signed_in(alice).session.session_key)


@pytest.fixture
def stale_phone(alice) -> Phone:
    return Phone(signed_in(alice, factor_age=3600).session.session_key)


@pytest.fixture
def newcomers_phone(newcomer) -> Phone:
    return Phone(signed_in(newcomer, factor_age=None).session.session_key)


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.json()["errors"]]


def flows(answer: Any) -> set[str]:
    return {flow["id"] for flow in answer.json()["data"]["flows"]}


def test_an_app_that_is_turned_on_twice_at_once_is_turned_on_once(alice):
    """The second of two taps finds the key in the session all the same; it was a 500."""
    browser, key = signed_in(alice), generate_totp_secret()
    session = browser.session
    session[SECRET_SESSION_KEY] = key
    session.save()

    answer = Phone(session.session_key)("POST", "account/authenticators/totp", {"code": app_code(key)})

    assert (answer.status_code, codes(answer)) == (409, ["already_on"])


@pytest.mark.parametrize(
    "path",
    [
        "auth/reauthenticate",
        "auth/code/request",
        "auth/phone/verify",
        "account/phone",
        "tokens/refresh",
        "auth/webauthn/signup",
    ],
)
def test_what_we_do_not_open_is_not_there(alice, path):
    assert Client().post(BASE + path).status_code == 404


def test_the_browser_client_is_not_there(alice):
    assert Client().get("/_allauth/browser/v1/config").status_code == 404


def test_broken_json_is_refused_in_json(phone, db):
    answer = Client().post(BASE + "auth/login", "{", content_type="application/json")

    assert answer.status_code == 400
    assert codes(answer) == ["invalid_json"]


def test_a_wrong_method_is_refused_in_json(phone, db):
    assert codes(phone("DELETE", "auth/login", {"email": "a@example.test", "password": "x"})) in (
        ["method_not_allowed"],
        ["email_password_mismatch"],
    )
    assert phone("PUT", "config").status_code == 405


def test_signing_in_wants_both_factors(phone, alice):
    asked = phone("POST", "auth/login", {"email": alice.email, "password": PASSWORD})
    assert asked.status_code == 401
    assert "mfa_authenticate" in flows(asked)

    opened = phone("POST", "auth/2fa/authenticate", {"code": code_of(alice)})

    assert opened.status_code == 200
    assert phone("GET", "auth/session").json()["meta"]["is_authenticated"]
    assert AuditEvent.objects.filter(owner=alice, action="signed_in").exists()


def test_the_token_changes_when_the_door_opens(phone, alice):
    phone("POST", "auth/login", {"email": alice.email, "password": PASSWORD})
    before = phone.token

    phone("POST", "auth/2fa/authenticate", {"code": code_of(alice)})

    assert phone.token != before
    assert Phone(before)("GET", "auth/session").status_code == 410


def test_a_code_works_once(alice):
    code = code_of(alice)

    assert Phone().sign_in(alice, code).status_code == 200
    assert codes(Phone().sign_in(alice, code)) == ["incorrect_code"]


def test_a_recovery_code_works_once(alice):
    code = recovery_code_of(alice)

    assert Phone().sign_in(alice, code).status_code == 200
    assert Phone().sign_in(alice, code).status_code == 400


def test_signing_out_ends_the_token(alices_phone):
    assert alices_phone("DELETE", "auth/session").status_code == 401
    assert alices_phone("GET", "auth/session").status_code == 410
    assert not Session.objects.exists()


class TestStepUp:
    grave = [
        ("POST", "account/email", {"email": "new@example.test"}),
        ("POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW}),
        ("GET", "account/authenticators/recovery-codes", None),
        ("POST", "account/authenticators/recovery-codes", {}),
        ("DELETE", "account/authenticators/totp", None),
        ("GET", "account/authenticators/webauthn", None),
    ]

    @pytest.mark.parametrize(("method", "path", "data"), grave, ids=str)
    def test_grave_changes_want_a_fresh_factor_and_never_only_a_password(self, alice, stale_phone, method, path, data):
        answer = stale_phone(method, path, data)

        assert answer.status_code == 401
        assert "mfa_reauthenticate" in flows(answer)
        assert "reauthenticate" not in flows(answer)
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)
        assert Authenticator.objects.filter(user=alice).count() == 2

    def test_giving_it_opens_them(self, alice, stale_phone):
        assert stale_phone("POST", "auth/2fa/reauthenticate", {"code": code_of(alice)}).status_code == 200

        changed = stale_phone("POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW})

        assert changed.status_code == 200
        alice.refresh_from_db()
        assert alice.check_password(NEW)

    def test_a_code_that_signed_in_does_not_step_up(self, alice):
        phone, code = Phone(), code_of(alice)
        phone.sign_in(alice, code)

        assert codes(phone("POST", "auth/2fa/reauthenticate", {"code": code})) == ["incorrect_code"]

    def test_wrong_ones_are_limited(self, alice, stale_phone):
        answers = [stale_phone("POST", "auth/2fa/reauthenticate", {"code": WRONG}) for _ in range(6)]

        assert codes(answers[-1]) == ["too_many_login_attempts"]


class TestFactors:
    def test_the_last_one_stays(self, alice, alices_phone):
        answer = alices_phone("DELETE", "account/authenticators/totp")

        assert answer.status_code == 409
        assert codes(answer) == ["last_factor"]
        assert Authenticator.objects.filter(user=alice, type="totp").exists()

    def test_two_passkeys_cannot_go_at_once_when_they_are_all(self, alice, alices_phone):
        Authenticator.objects.filter(user=alice, type="totp").delete()
        data = {"name": "Key", "credential": {}}
        keys = [Authenticator.objects.create(user=alice, type="webauthn", data=data).pk for _ in range(2)]

        both = alices_phone("DELETE", "account/authenticators/webauthn", {"authenticators": keys})
        one = alices_phone("DELETE", "account/authenticators/webauthn", {"authenticators": keys[:1]})

        assert both.status_code == 409
        assert one.status_code == 200

    def test_strangers_passkeys_are_not_there(self, alice, bob, alices_phone):
        data = {"name": "Key", "credential": {}}
        theirs = Authenticator.objects.create(user=bob, type="webauthn", data=data)

        answer = alices_phone("DELETE", "account/authenticators/webauthn", {"authenticators": [theirs.pk]})

        assert answer.status_code == 400
        assert Authenticator.objects.filter(pk=theirs.pk).exists()

    @pytest.mark.parametrize("credential", [None, [], {}, "x", {"id": 1}, {"response": {"userHandle": "eA"}}])
    @pytest.mark.parametrize(
        "path", ["auth/webauthn/login", "auth/webauthn/reauthenticate", "account/authenticators/webauthn"]
    )
    def test_passkeys_made_up_are_bad_input(self, alices_phone, path, credential):
        alices_phone("GET", path)

        assert alices_phone("POST", path, {"credential": credential, "name": "Key"}).status_code in (400, 409)

    def test_passkey_options_are_given(self, alices_phone, phone):
        assert alices_phone("GET", "account/authenticators/webauthn").json()["data"]["creation_options"]
        assert phone("GET", "auth/webauthn/login").json()["data"]["request_options"]


class TestBeforeEnrolment:
    @pytest.mark.parametrize(
        ("method", "path", "data"),
        [
            ("POST", "account/email", {"email": "new@example.test"}),
            ("DELETE", "account/email", {"email": "newcomer@example.test"}),
            ("POST", "account/password/change", {"current_password": PASSWORD, "new_password": NEW}),
        ],
    )
    def test_nothing_but_enrolment_is_open(self, newcomer, newcomers_phone, method, path, data):
        answer = newcomers_phone(method, path, data)

        assert answer.status_code == 403
        assert codes(answer) == ["second_factor_required"]
        newcomer.refresh_from_db()
        assert newcomer.check_password(PASSWORD)


class TestEnumeration:
    def answers(self, steps: list[tuple[str, str, object]], email: str) -> list[tuple[int, object]]:
        phone, seen = Phone(ip=f"10.0.0.{ord(email[0])}"), []  # limits per address of the network are another matter
        for method, path, data in steps:
            headers = data if method == "GET" and isinstance(data, dict) else {}
            body = None if method == "GET" else json.loads(json.dumps(data).replace("EMAIL", email))
            answer = phone(method, path, body, **headers)
            found = answer.json()
            found.get("meta", {}).pop("session_token", None)
            seen.append((answer.status_code, found))
        return seen

    signup = [
        ("POST", "auth/signup", {"email": "EMAIL", "password": NEW}),
        ("GET", "auth/session", None),
        ("POST", "account/email", {"email": "other@example.test"}),
        ("POST", "auth/email/verify", {"key": "BBBB-BBBB"}),
        ("GET", "auth/email/verify", {"X-Email-Verification-Key": "BBBB-BBBB"}),
        ("POST", "auth/email/verify", {"key": "BBBB-BBBB"}),
        ("POST", "auth/email/verify", {"key": "BBBB-BBBB"}),
    ]
    reset = [
        ("POST", "auth/password/request", {"email": "EMAIL"}),
        ("GET", "auth/password/reset", {"X-Password-Reset-Key": "BBBB-BBBB"}),
        ("POST", "auth/password/reset", {"key": "BBBB-BBBB", "password": "short"}),
        ("POST", "auth/password/reset", {"key": "BBBB-BBBB", "password": NEW}),
        ("GET", "auth/password/reset", {"X-Password-Reset-Key": "BBBB-BBBB"}),
        ("POST", "auth/password/reset", {"key": "BBBB-BBBB", "password": NEW}),
    ]
    login = [("POST", "auth/login", {"email": "EMAIL", "password": "wrong"})] * 7

    @pytest.mark.parametrize("steps", [signup, reset, login], ids=["signup", "reset", "login"])
    def test_a_known_address_is_answered_like_an_unknown_one(self, alice, steps):
        known, unknown = self.answers(steps, alice.email), self.answers(steps, "fresh@example.test")

        assert json.dumps(known).replace(alice.email, "") == json.dumps(unknown).replace("fresh@example.test", "")

    def test_a_missing_key_to_reset_is_bad_input(self, alice):
        for email in [alice.email, "nobody@example.test"]:
            phone = Phone()
            phone("POST", "auth/password/request", {"email": email})
            assert phone("GET", "auth/password/reset").status_code == 400


def test_a_reset_password_works_and_ends_other_devices(alice, alices_phone):
    phone = Phone()
    phone("POST", "auth/password/request", {"email": alice.email})

    done = phone("POST", "auth/password/reset", {"key": mailed_code(), "password": NEW})

    assert done.status_code == 401
    assert alices_phone("GET", "auth/session").status_code == 410
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_changing_the_address_takes_a_code(alice, alices_phone):
    alices_phone("POST", "account/email", {"email": "alice.new@example.test"})
    assert mail.outbox[-1].to == ["alice.new@example.test"]

    alices_phone("POST", "auth/email/verify", {"key": mailed_code()})

    alice.refresh_from_db()
    assert alice.email == "alice.new@example.test"


def test_codes_are_shown_once_asked_with_a_fresh_factor_and_count_as_saved(newcomer, newcomers_phone):
    secret = newcomers_phone("GET", "account/authenticators/totp").json()["meta"]["secret"]
    turned_on = newcomers_phone("POST", "account/authenticators/totp", {"code": app_code(secret)})
    shown = newcomers_phone("GET", "account/authenticators/recovery-codes")

    assert turned_on.status_code == 200
    assert len(shown.json()["data"]["unused_codes"]) == 10
    assert missing_step(newcomer) is None

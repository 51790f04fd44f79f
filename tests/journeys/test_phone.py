"""A phone's whole way in, over HTTP alone: no cookie, no page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY

from accounts.sessions import SessionStore
from tests.accounts.people import app_code, mailed_code
from tests.factories import PASSWORD
from tests.journeys.reader import Reader

if TYPE_CHECKING:
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.journey

EMAIL = "phone@example.test"


class Phone:
    def __init__(self, address: str) -> None:
        self.address, self.token = address, ""

    def __call__(self, method: str, path: str, body: object = None) -> requests.Response:
        headers = {"X-Session-Token": self.token} if self.token else {}
        answer = requests.request(method, self.address + path, json=body, headers=headers, timeout=20)
        assert "Set-Cookie" not in answer.headers
        assert answer.status_code < 500
        self.token = ((answer.json() if answer.content else {}).get("meta") or {}).get("session_token", self.token)
        return answer

    def door(self, method: str, path: str, body: object = None) -> requests.Response:
        return self(method, f"/_allauth/app/v1/{path}", body)


@pytest.fixture
def phone(live_server: LiveServer) -> Phone:
    return Phone(live_server.url)


def pending(answer: requests.Response) -> list[str]:
    return [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")]


def enrolled(phone: Phone) -> tuple[str, list[str]]:
    """Signs up and turns on a second factor; the app's secret and the recovery codes."""
    asked = phone.door("POST", "auth/signup", {"email": EMAIL, "password": PASSWORD})
    assert pending(asked) == ["verify_email"]
    assert phone.door("POST", "auth/email/verify", {"key": mailed_code()}).status_code == 200
    refused = phone("GET", "/api/v1/me/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor_required")
    secret = phone.door("GET", "account/authenticators/totp").json()["meta"]["secret"]
    assert phone.door("POST", "account/authenticators/totp", {"code": app_code(secret)}).status_code == 200
    codes = phone.door("GET", "account/authenticators/recovery-codes").json()["data"]["unused_codes"]
    return secret, codes


def sign_in(phone: Phone, code: str) -> requests.Response:
    phone.token = ""
    asked = phone.door("POST", "auth/login", {"email": EMAIL, "password": PASSWORD})
    assert pending(asked) == ["mfa_authenticate"]
    return phone.door("POST", "auth/2fa/authenticate", {"code": code})


def test_a_phone_signs_up_enrols_and_comes_back_with_app_and_recovery_code(phone: Phone) -> None:
    secret, codes = enrolled(phone)
    assert phone("GET", "/api/v1/me/").json()["email"] == EMAIL

    assert phone.door("DELETE", "auth/session").status_code == 401
    assert phone("GET", "/api/v1/me/").status_code == 401

    assert sign_in(phone, app_code(secret)).status_code == 200
    assert phone("GET", "/api/v1/me/").status_code == 200
    phone.door("DELETE", "auth/session")

    assert sign_in(phone, codes[0]).status_code == 200
    assert sign_in(phone, codes[0]).status_code == 400
    assert sign_in(phone, codes[1]).status_code == 200
    assert phone("GET", "/api/v1/me/").json()["email"] == EMAIL


def test_a_phone_signs_in_with_a_passkey_alone_as_second_factor_and_steps_up(phone: Phone) -> None:
    enrolled(phone)
    reader = Reader(phone.address)
    options = phone.door("GET", "account/authenticators/webauthn?passwordless=true").json()["data"]
    made = {"name": "This phone", "credential": reader.make(options["creation_options"])}
    assert phone.door("POST", "account/authenticators/webauthn", made).status_code == 200
    sign_out(phone)

    alone = signed(phone, reader, "login")
    assert alone.status_code == 200
    assert phone("GET", "/api/v1/me/").json()["email"] == EMAIL
    _let_minutes_pass(phone)
    assert phone("GET", "/api/v1/tokens/").json()["code"] == "step_up_required"
    assert signed(phone, reader, "reauthenticate").status_code == 200
    assert phone("GET", "/api/v1/tokens/").status_code == 200
    sign_out(phone)

    phone.door("POST", "auth/login", {"email": EMAIL, "password": PASSWORD})
    assert signed(phone, reader, "authenticate").status_code == 200
    assert phone("GET", "/api/v1/me/").status_code == 200


def sign_out(phone: Phone) -> None:
    phone.door("DELETE", "auth/session")
    phone.token = ""


def signed(phone: Phone, reader: Reader, door: str) -> requests.Response:
    options = phone.door("GET", f"auth/webauthn/{door}").json()["data"]["request_options"]
    return phone.door("POST", f"auth/webauthn/{door}", {"credential": reader.sign(options)})


def test_a_second_phone_is_ended_from_the_first_and_a_forgotten_password_set_anew(phone: Phone) -> None:
    _secret, codes = enrolled(phone)
    second = Phone(phone.address)
    assert sign_in(second, codes[0]).status_code == 200
    assert phone("GET", "/api/v1/me/").status_code == 200
    (other,) = [found for found in phone("GET", "/api/v1/sessions/").json()["results"] if not found["current"]]

    assert phone("DELETE", f"/api/v1/sessions/{other['id']}/").status_code == 204
    assert second("GET", "/api/v1/me/").json()["code"] == "invalid_session"

    third, new = Phone(phone.address), "another calm passphrase"
    third.door("POST", "auth/password/request", {"email": EMAIL})
    third.door("POST", "auth/password/reset", {"key": mailed_code(), "password": new})
    asked = third.door("POST", "auth/login", {"email": EMAIL, "password": new})
    assert pending(asked) == ["mfa_authenticate"]
    assert third.door("POST", "auth/2fa/authenticate", {"code": codes[1]}).status_code == 200
    assert third("GET", "/api/v1/me/").json()["email"] == EMAIL
    assert phone("GET", "/api/v1/me/").status_code == 401


def test_a_phone_changes_what_it_signs_in_with_after_a_step_up(phone: Phone) -> None:
    _secret, codes = enrolled(phone)
    _let_minutes_pass(phone)
    new = {"current_password": PASSWORD, "new_password": "another calm passphrase"}

    refused = phone.door("POST", "account/password/change", new)
    wrong = phone.door("POST", "auth/2fa/reauthenticate", {"code": "00000000"})
    right = phone.door("POST", "auth/2fa/reauthenticate", {"code": codes[0]})
    changed = phone.door("POST", "account/password/change", new)
    asked = phone.door("POST", "account/email", {"email": "new@example.test"})
    moved = phone.door("POST", "auth/email/verify", {"key": mailed_code()})

    assert [answer.status_code for answer in (refused, wrong, right, changed, asked, moved)] == [
        401,
        400,
        200,
        200,
        200,
        200,
    ]
    assert phone("GET", "/api/v1/me/").json()["email"] == "new@example.test"


def _let_minutes_pass(phone: Phone) -> None:
    """The factor given at enrolment is no longer fresh."""
    session = SessionStore(phone.token)
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 600
    session.save()

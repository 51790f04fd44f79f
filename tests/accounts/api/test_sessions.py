"""`sessions/`: where somebody is signed in; scripts look, people end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.audit import Action
from accounts.models import AuditEvent, Session
from tests.conftest import signed_in

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient

    from accounts.models import User

SESSIONS = "/api/v1/sessions/"
ME = "/api/v1/me/"


def test_the_list_says_which_one_asks(phone: APIClient, alices_browser: Client) -> None:
    rows = phone.get(SESSIONS).json()["results"]

    assert sorted((row["door"], row["current"]) for row in rows) == [("browser", False), ("phone", True)]


def test_a_script_sees_them_and_is_none_of_them(reader: APIClient, alices_browser: Client) -> None:
    assert [row["current"] for row in reader.get(SESSIONS).json()["results"]] == [False]


def test_no_key_of_a_session_is_shown(phone: APIClient, alice: User) -> None:
    text = phone.get(SESSIONS).content.decode()

    assert Session.objects.get().session_key not in text


def test_ending_one_signs_that_device_out(phone: APIClient, alices_browser: Client, alice: User) -> None:
    browser = Session.objects.get(door="browser")

    assert phone.delete(f"{SESSIONS}{browser.public_id}/").status_code == 204
    assert alices_browser.get("/home/").status_code == 302
    assert AuditEvent.objects.filter(owner=alice, action=Action.SESSION_ENDED).count() == 1


def test_ending_your_own_is_signing_out(phone: APIClient) -> None:
    own = phone.get(SESSIONS).json()["results"][0]["id"]

    assert phone.delete(f"{SESSIONS}{own}/").status_code == 204
    assert phone.get(ME).json()["code"] == "invalid_session"


def test_ending_all_others_keeps_the_one_that_asks(phone: APIClient, alice: User, bob: User) -> None:
    for _ in range(3):
        signed_in(alice)
    signed_in(bob)

    assert phone.delete(SESSIONS).status_code == 204
    assert len(phone.get(SESSIONS).json()["results"]) == 1
    assert Session.objects.filter(owner=bob).count() == 1


def test_a_strangers_session_is_not_there(bobs_phone: APIClient, alices_browser: Client, alice: User) -> None:
    session = Session.objects.get(owner=alice)

    assert bobs_phone.delete(f"{SESSIONS}{session.public_id}/").status_code == 404
    assert Session.objects.filter(owner=alice).exists()

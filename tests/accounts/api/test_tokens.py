"""`tokens/`: made once, shown once, listed, revoked; never by a token, never without a fresh second factor."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tokens
from accounts.audit import Action
from accounts.models import ApiToken, AuditEvent, Notice
from accounts.notice_kinds import Kind

if TYPE_CHECKING:
    from accounts.models import User

TOKENS = "/api/v1/tokens/"


def wish(**facts: Any) -> dict[str, Any]:
    return {"name": "sheet", "scopes": ["read"], **facts}


def test_a_token_made_opens_the_door_and_is_shown_once(phone: APIClient, alice: User) -> None:
    made = phone.post(TOKENS, wish())

    assert made.status_code == 201
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {made.json()['token']}")
    assert script.get("/api/v1/me/").json()["email"] == alice.email
    shown = phone.get(f"{TOKENS}{made.json()['id']}/")
    assert made.json()["token"] not in shown.content.decode()
    assert {**shown.json(), "token": made.json()["token"], "used_at": None} == made.json()


def test_making_one_is_in_the_trail_and_told(phone: APIClient, alice: User) -> None:
    secret = phone.post(TOKENS, wish()).json()["token"]

    event = AuditEvent.objects.get(owner=alice, action=Action.TOKEN_MINTED)
    assert event.subject == "sheet"
    assert secret not in str(event.details)
    assert Notice.objects.get(owner=alice, kind=Kind.TOKEN_MINTED).facts == {"name": "sheet"}


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        (wish(name=""), "name", "blank"),
        (wish(name="x" * 81), "name", "max_length"),
        ({"scopes": ["read"]}, "name", "required"),
        (wish(scopes=[]), "scopes", "min_length"),
        (wish(scopes=["admin"]), "scopes.0", "invalid_choice"),
        (wish(scopes="read"), "scopes", "not_a_list"),
        (wish(expires_at="2020-01-01T00:00:00Z"), "expires_at", "past"),
        (wish(expires_at="2999-01-01T00:00:00Z"), "expires_at", "too_far"),
        (wish(expires_at="2026-13-01T00:00:00Z"), "expires_at", "invalid"),
        (wish(expires_at="2027-01-01T00:00:00"), "expires_at", "no_zone"),
        (wish(expires_at=7), "expires_at", "invalid"),
        (wish(token="hf_mine"), "token", "unknown_field"),
    ],
)
def test_bad_input_names_the_field(phone: APIClient, sent: dict[str, Any], field: str, code: str) -> None:
    answer = phone.post(TOKENS, sent)

    assert answer.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]
    assert not ApiToken.objects.exists()


def test_connect_lasts_at_most_ninety_days(phone: APIClient) -> None:
    too_far = (timezone.now() + timedelta(days=91)).isoformat()

    assert phone.post(TOKENS, wish(scopes=["connect"], expires_at=too_far)).status_code == 400
    assert phone.post(TOKENS, wish(scopes=["write"], expires_at=too_far)).status_code == 201


def test_the_list_pages_through_all_of_them_newest_first(phone: APIClient) -> None:
    names = [f"script {number}" for number in range(5)]
    for name in names:
        phone.post(TOKENS, wish(name=name))

    found, address = [], f"{TOKENS}?limit=2"
    while address:
        page = phone.get(address).json()
        assert len(page["results"]) <= 2
        found += [row["name"] for row in page["results"]]
        address = page["next"]

    assert found == names[::-1]


def test_revoking_holds_from_the_next_request_and_twice_is_once(phone: APIClient, alice: User) -> None:
    made = phone.post(TOKENS, wish()).json()
    script = APIClient()
    script.credentials(HTTP_AUTHORIZATION=f"Bearer {made['token']}")

    answers = [phone.delete(f"{TOKENS}{made['id']}/").status_code for _ in range(2)]

    assert answers == [204, 204]
    assert script.get("/api/v1/me/").json()["code"] == "token_revoked"
    assert phone.get(f"{TOKENS}{made['id']}/").json()["state"] == "revoked"
    assert AuditEvent.objects.filter(owner=alice, action=Action.TOKEN_REVOKED).count() == 1


def test_a_strangers_token_is_not_there(phone: APIClient, bobs_phone: APIClient) -> None:
    path = f"{TOKENS}{phone.post(TOKENS, wish()).json()['id']}/"

    assert (bobs_phone.get(path).status_code, bobs_phone.delete(path).status_code) == (404, 404)
    assert bobs_phone.get(TOKENS).json()["results"] == []
    assert ApiToken.objects.get().revoked_at is None


def test_there_is_an_end_to_how_many_work_at_once(phone: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "MOST_LIVE", 2)
    first = phone.post(TOKENS, wish()).json()
    phone.post(TOKENS, wish())

    assert phone.post(TOKENS, wish()).json()["errors"][0]["code"] == "too_many"
    phone.delete(f"{TOKENS}{first['id']}/")
    assert phone.post(TOKENS, wish()).status_code == 201

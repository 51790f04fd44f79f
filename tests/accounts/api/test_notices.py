"""`notices/`: listed, filtered, read one by one or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts import notices
from accounts.models import Notice
from accounts.notice_kinds import Kind

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

NOTICES = "/api/v1/notices/"


@pytest.fixture
def told(alice: User) -> Notice:
    return notices.tell(owner=alice, kind=Kind.FACTOR_ADDED, now=timezone.now(), factor="A passkey")


def test_a_notice_says_what_happened_in_words(phone: APIClient, told: Notice) -> None:
    (row,) = phone.get(NOTICES).json()["results"]

    assert (row["id"], row["title"], row["read_at"]) == (str(told.pk), "Second factor added", None)
    assert row["sentence"] == "A passkey was added to your account."
    assert row == phone.get(f"{NOTICES}{told.pk}/").json()


def test_reading_one_takes_it_from_the_unread(phone: APIClient, told: Notice) -> None:
    assert phone.post(f"{NOTICES}{told.pk}/read/").json()["read_at"]

    assert phone.get(f"{NOTICES}?unread=true").json()["results"] == []
    assert len(phone.get(f"{NOTICES}?unread=false").json()["results"]) == 1


def test_reading_all_leaves_strangers_alone(phone: APIClient, told: Notice, bob: User) -> None:
    notices.tell(owner=bob, kind=Kind.FACTOR_ADDED, now=timezone.now(), factor="A passkey")

    assert phone.post(f"{NOTICES}read/").status_code == 204
    assert [notice.owner for notice in Notice.objects.filter(read_at=None)] == [bob]


def test_a_strangers_notice_is_not_there(bobs_phone: APIClient, told: Notice) -> None:
    assert bobs_phone.get(f"{NOTICES}{told.pk}/").status_code == 404
    assert bobs_phone.post(f"{NOTICES}{told.pk}/read/").status_code == 404
    assert bobs_phone.get(NOTICES).json()["results"] == []


def test_a_filter_that_makes_no_sense_is_named(phone: APIClient) -> None:
    answer = phone.get(f"{NOTICES}?unread=perhaps")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "unread"


# --- which of them are mailed ----------------------------------------------------------------------------------------

MAILS = f"{NOTICES}mails/"


def mailed(client: APIClient) -> dict[str, bool]:
    return {each["kind"]: each["mailed"] for each in client.get(MAILS).json()["kinds"]}


def test_kinds_are_listed_and_mails_of_some_turned_off_and_on(phone: APIClient, alice: User) -> None:
    kinds = {each["kind"]: each for each in phone.get(MAILS).json()["kinds"]}
    assert all(each["mailed"] and each["about"] for each in kinds.values())
    off = next(kind for kind, each in kinds.items() if each["can_be_off"])

    answer = phone.patch(MAILS, {"off": [off]}, format="json")
    assert (answer.status_code, answer.json()) == (200, phone.get(MAILS).json())
    assert [kind for kind, on in mailed(phone).items() if not on] == [off]
    assert notices.is_muted(alice, off)

    phone.patch(MAILS, {"off": []}, format="json")
    assert all(mailed(phone).values())


def test_mails_that_guard_the_account_stay_on_and_what_is_no_kind_is_named(phone: APIClient, alice: User) -> None:
    for wrong, code in (("password_changed", "stays_on"), ("nonsense", "invalid_choice")):
        refused = phone.patch(MAILS, {"off": [wrong]}, format="json")
        assert [(each["field"], each["code"]) for each in refused.json()["errors"]] == [("off.0", code)]
    assert phone.patch(MAILS, {}, format="json").json() == phone.get(MAILS).json()
    assert notices.muted_kinds(alice) == set()


def test_whoever_saw_it_otherwise_changes_no_mails(phone: APIClient, bobs_phone: APIClient) -> None:
    seen = phone.get(MAILS)["ETag"]
    off = next(each["kind"] for each in phone.get(MAILS).json()["kinds"] if each["can_be_off"])
    assert phone.patch(MAILS, {"off": [off]}, format="json", headers={"If-Match": seen}).status_code == 200
    assert phone.patch(MAILS, {"off": []}, format="json", headers={"If-Match": seen}).status_code == 412
    assert all(mailed(bobs_phone).values())

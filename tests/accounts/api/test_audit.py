"""`audit/`: the trail, newest first, filtered, in pages that hold still while it grows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM, Action, record

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

AUDIT = "/api/v1/audit/"
START = timezone.now().replace(year=2020, microsecond=0)


@pytest.fixture
def acts(alice: User) -> None:
    """Seven, of which three share an instant."""
    for number in range(7):
        at = START + timedelta(minutes=max(0, number - 2))
        action = Action.SIGNED_IN if number % 2 else Action.SIGNED_OUT
        record(by=SYSTEM, action=action, owner=alice, now=at, subject=str(number))


def pages(client: APIClient, address: str | None) -> list[list[dict[str, Any]]]:
    found = []
    while address:
        answer = client.get(address).json()
        found.append(answer["results"])
        address = answer["next"]
    return found


def test_pages_hold_every_act_once_in_order(phone: APIClient, acts: None) -> None:
    whole = pages(phone, AUDIT)[0]

    by_twos = [row for page in pages(phone, f"{AUDIT}?limit=2") for row in page]

    assert by_twos == whole
    assert [row["at"] for row in whole] == sorted((row["at"] for row in whole), reverse=True)


def test_what_happens_meanwhile_moves_no_page(phone: APIClient, alice: User, acts: None) -> None:
    first = phone.get(f"{AUDIT}?limit=3").json()
    record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=timezone.now())

    rest = pages(phone, first["next"])

    ids = [row["id"] for page in [first["results"], *rest] for row in page]
    assert len(ids) == len(set(ids)) == 7


def test_filters_narrow_and_are_kept_from_page_to_page(phone: APIClient, acts: None) -> None:
    found = pages(phone, f"{AUDIT}?action=signed_in&limit=1")

    assert [row["action"] for page in found for row in page] == ["signed_in"] * 3


def test_a_span_begins_with_its_start_and_ends_before_its_end(phone: APIClient, acts: None) -> None:
    since, until = START + timedelta(minutes=1), START + timedelta(minutes=3)

    (rows,) = pages(phone, f"{AUDIT}?since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}")

    assert [row["subject"] for row in rows] == ["4", "3"]


def test_times_are_in_utc_and_say_so(phone: APIClient, acts: None) -> None:
    assert all(row["at"].endswith("Z") for row in phone.get(AUDIT).json()["results"])


def test_a_stranger_sees_nothing_of_it(bobs_phone: APIClient, acts: None) -> None:
    assert bobs_phone.get(AUDIT).json() == {"results": [], "next": None}


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "", "1.5", "٣", "9" * 400])
def test_a_limit_beyond_reason_is_refused(phone: APIClient, limit: str) -> None:
    answer = phone.get(AUDIT, {"limit": limit})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "limit"


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: "x" + text, lambda text: "é", lambda text: ""])
def test_a_cursor_tampered_with_is_refused(phone: APIClient, acts: None, change: Any) -> None:
    cursor = phone.get(f"{AUDIT}?limit=1").json()["next"].split("cursor=")[1].split("&")[0]

    answer = phone.get(AUDIT, {"cursor": change(cursor.replace("%3A", ":"))})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_of_another_list_is_refused(phone: APIClient, acts: None) -> None:
    address = phone.get(f"{AUDIT}?limit=1").json()["next"]

    answer = phone.get(address.replace("audit", "notices"))

    assert answer.json()["code"] == "bad_cursor"


def test_a_longer_list_costs_no_more_queries(
    phone: APIClient, alice: User, acts: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(10, exact=False) as few:
        phone.get(f"{AUDIT}?limit=1")
    with django_assert_num_queries(len(few), exact=True):
        phone.get(f"{AUDIT}?limit=7")

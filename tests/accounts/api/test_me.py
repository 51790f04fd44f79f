"""`me/`: read, change, refused, and what happens when two change at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from accounts import tax_settings
from accounts.api.me import me_of
from accounts.audit import SYSTEM, Action
from accounts.models import AuditEvent

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

ME = "/api/v1/me/"


def test_the_owner_reads_who_they_are(reader: APIClient, alice: User) -> None:
    answer = reader.get(ME)

    assert answer.status_code == 200
    assert answer.json() == {
        "id": str(alice.pk),
        "email": "alice@example.test",
        "base_currency": "USD",
        "time_zone": "UTC",
        "tax_country": "US",
        "basis_method": "fifo",
        "basis_scope": "per_wallet",
    }


@pytest.mark.parametrize(("day", "country"), [((2026, 4, 5), "US"), ((2026, 4, 6), "GB")])
def test_tax_fields_are_those_of_the_tax_year_that_runs(alice: User, day: tuple[int, int, int], country: str) -> None:
    british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    now = datetime(*day, 12, 0, tzinfo=UTC)
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2026, **british, now=now)

    assert me_of(alice, now)["tax_country"] == country


def test_a_change_holds_and_is_in_the_trail(phone: APIClient, alice: User) -> None:
    answer = phone.patch(ME, {"base_currency": "EUR", "time_zone": "Europe/Berlin"})

    assert answer.status_code == 200
    alice.refresh_from_db()
    assert (alice.base_currency, alice.time_zone) == ("EUR", "Europe/Berlin")
    event = AuditEvent.objects.get(owner=alice, action=Action.PROFILE_CHANGED)
    assert event.details["former"] == {"base_currency": "USD", "time_zone": "UTC"}


def test_what_is_not_sent_stays(writer: APIClient, alice: User) -> None:
    writer.patch(ME, {"base_currency": "EUR"})
    writer.patch(ME, {"time_zone": "Asia/Tokyo"})

    answer = writer.get(ME).json()
    assert (answer["base_currency"], answer["time_zone"]) == ("EUR", "Asia/Tokyo")


def test_nothing_sent_changes_nothing(writer: APIClient, alice: User) -> None:
    assert writer.patch(ME, {}).status_code == 200
    assert not AuditEvent.objects.filter(action__in=[Action.PROFILE_CHANGED, Action.TAX_SETTINGS_CHANGED]).exists()


def test_tax_fields_hold_for_all_years(writer: APIClient, alice: User) -> None:
    answer = writer.patch(ME, {"tax_country": "US", "basis_method": "hifo", "basis_scope": "universal"})

    assert answer.status_code == 200
    assert answer.json()["basis_scope"] == "universal"
    assert {tax_settings.in_force(alice, year).method for year in (2015, 2024, 2025, 2026)} == {"hifo"}
    assert {tax_settings.in_force(alice, year).scope for year in (2015, 2024, 2025, 2026)} == {"universal"}


def test_a_new_country_brings_the_method_it_asks_for(writer: APIClient) -> None:
    answer = writer.patch(ME, {"tax_country": "GB"}).json()

    assert (answer["tax_country"], answer["basis_method"], answer["basis_scope"]) == ("GB", "uk_pool", "universal")


def test_a_method_the_country_does_not_know_is_refused_by_the_wires_name(writer: APIClient) -> None:
    answer = writer.patch(ME, {"tax_country": "GB", "basis_method": "hifo"})

    assert answer.status_code == 400
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("basis_method", "not_in_this_country")]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"base_currency": "XXX"}, "invalid_choice"),
        ({"base_currency": None}, "null"),
        ({"time_zone": "Mars/Base"}, "invalid_choice"),
        ({"time_zone": ["UTC"]}, "invalid"),
        ({"tax_country": {}}, "invalid_choice"),
        ({"email": "mallory@example.test"}, "read_only"),
        ({"id": "2"}, "read_only"),
        ({"is_staff": True}, "unknown_field"),
    ],
)
def test_bad_input_names_the_field(writer: APIClient, sent: dict[str, object], code: str) -> None:
    answer = writer.patch(ME, sent)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid"
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(next(iter(sent)), code)]


def test_a_lost_race_is_told_and_overwrites_nothing(phone: APIClient, writer: APIClient, alice: User) -> None:
    seen = phone.get(ME)["ETag"]
    writer.patch(ME, {"base_currency": "EUR"})

    answer = phone.patch(ME, {"base_currency": "CHF"}, HTTP_IF_MATCH=seen)

    assert answer.status_code == 412
    assert answer.json()["code"] == "precondition_failed"
    alice.refresh_from_db()
    assert alice.base_currency == "EUR"


def test_the_answer_to_a_change_carries_the_etag_for_the_next(phone: APIClient) -> None:
    first = phone.patch(ME, {"base_currency": "EUR"}, HTTP_IF_MATCH=phone.get(ME)["ETag"])

    second = phone.patch(ME, {"base_currency": "CHF"}, HTTP_IF_MATCH=first["ETag"])

    assert (first.status_code, second.status_code) == (200, 200)
    assert second["ETag"] == phone.get(ME)["ETag"]


def test_a_reader_may_not_change(reader: APIClient) -> None:
    answer = reader.patch(ME, {"base_currency": "EUR"})

    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")

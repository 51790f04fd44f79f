"""`tax-settings/`: dated, checked against the country, replaced where a year is set again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from accounts import tax_settings
from accounts.audit import Action
from accounts.models import AuditEvent
from accounts.tax_settings import RULES, BasisScope, Country, Method

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

TAX = "/api/v1/tax-settings/"


def setting(**facts: Any) -> dict[str, Any]:
    return {"from_year": 2025, "country": "US", "method": "fifo", "scope": "per_wallet", **facts}


def test_who_has_set_nothing_sees_what_holds(reader: APIClient) -> None:
    answer = reader.get(TAX).json()

    assert answer == {
        "results": [
            {**setting(from_year=2009, scope="universal"), "advice": ""},
            {**setting(from_year=2025), "advice": ""},
        ],
        "next": None,
    }


def test_a_setting_holds_from_its_year_until_the_next(writer: APIClient, alice: User) -> None:
    writer.post(TAX, setting(from_year=2020, method="hifo", scope="universal"))

    in_force = {year: tax_settings.in_force(alice, year).method for year in (2009, 2019, 2020, 2024, 2025)}

    assert in_force == {2009: "fifo", 2019: "fifo", 2020: "hifo", 2024: "hifo", 2025: "hifo"}
    assert tax_settings.in_force(alice, 2025).scope == "per_wallet"


def test_another_country_chosen_before_2025_stays_in_force(writer: APIClient, alice: User) -> None:
    writer.post(TAX, setting(from_year=2024, country="DE", method="fifo", scope="per_wallet"))

    assert {year: tax_settings.in_force(alice, year).country for year in (2023, 2024, 2025, 2030)} == {
        2023: "US",
        2024: "DE",
        2025: "DE",
        2030: "DE",
    }


def test_a_later_choice_of_the_owners_own_is_kept(writer: APIClient, alice: User) -> None:
    writer.post(TAX, setting(from_year=2025))
    writer.post(TAX, setting(from_year=2020, country="DE", method="fifo", scope="per_wallet"))

    assert tax_settings.in_force(alice, 2025).country == "US"


def test_a_year_set_again_has_the_new_setting(writer: APIClient) -> None:
    writer.post(TAX, setting(method="hifo"))
    writer.post(TAX, setting(method="lifo"))

    rows = writer.get(TAX).json()["results"]

    assert [(row["from_year"], row["method"]) for row in rows] == [(2009, "fifo"), (2025, "lifo")]


def test_the_trail_says_what_held_before(writer: APIClient, alice: User) -> None:
    writer.post(TAX, setting(method="hifo"))

    event = AuditEvent.objects.get(owner=alice, action=Action.TAX_SETTINGS_CHANGED)
    assert event.details["former"][-1] == "from 2025: US, fifo, per_wallet"
    assert event.details["changed"][-1] == "from 2025: US, hifo, per_wallet"


def test_a_choice_the_tax_office_does_not_share_is_kept_with_a_word_of_warning(writer: APIClient) -> None:
    answer = writer.post(TAX, setting(scope="universal"))

    assert answer.status_code == 201
    assert "2025" in answer.json()["advice"]


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        (setting(from_year=2008), "from_year", "min_value"),
        (setting(from_year=2100), "from_year", "max_value"),
        (setting(from_year="soon"), "from_year", "invalid"),
        (setting(from_year=10**400), "from_year", "max_value"),
        (setting(country="FR"), "country", "invalid_choice"),
        (setting(method="guess"), "method", "invalid_choice"),
        (setting(country="GB"), "method", "not_in_this_country"),
        (setting(country="DE", scope="universal"), "scope", "not_in_this_country"),
        (setting(year=2020), "year", "unknown_field"),
        ({}, "from_year", "required"),
    ],
)
def test_bad_input_names_the_field(writer: APIClient, sent: dict[str, Any], field: str, code: str) -> None:
    answer = writer.post(TAX, sent)

    assert answer.status_code == 400
    assert (field, code) in [(error["field"], error["code"]) for error in answer.json()["errors"]]


def test_a_stranger_has_settings_of_their_own(writer: APIClient, bobs_phone: APIClient) -> None:
    writer.post(TAX, setting(method="hifo"))

    assert bobs_phone.get(TAX).json()["results"][-1]["method"] == "fifo"


def test_every_country_has_its_rules_and_every_method_a_country() -> None:
    assert set(RULES) == set(Country)
    assert {method for rules in RULES.values() for method in rules.methods} == set(Method)
    assert {scope for rules in RULES.values() for scope in rules.scopes} == set(BasisScope)
    assert all(rules.reason for rules in RULES.values())


@pytest.mark.parametrize("country", list(Country))
def test_moving_to_any_country_leaves_settings_it_accepts(alice: User, writer: APIClient, country: Country) -> None:
    assert writer.patch("/api/v1/me/", {"tax_country": country}).status_code == 200

    for row in tax_settings.dated(alice):
        assert row.country == country
        assert row.method in RULES[country].methods
        assert row.scope in RULES[country].scopes


def test_a_list_that_is_given_whole_takes_a_limit_as_every_list_does(reader: APIClient) -> None:
    """Who follows pages does it for all lists alike."""
    whole = reader.get(TAX).json()
    assert reader.get(f"{TAX}?limit=1").json() == whole
    for limit in ("0", "501", "many"):
        refused = reader.get(f"{TAX}?limit={limit}")
        assert [error["field"] for error in refused.json()["errors"]] == ["limit"]

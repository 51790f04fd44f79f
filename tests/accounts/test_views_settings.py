"""Settings pages: profile, taxes, security, devices, tokens."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import tax_settings, tokens
from accounts.audit import SYSTEM, Action
from accounts.devices import devices_of
from accounts.forms import CURRENCY_NAMES
from accounts.models import ApiToken, AuditEvent
from accounts.profile import CURRENCIES
from tests.conftest import signed_in

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PROFILE, TAXES, SECURITY = "/settings/", "/settings/taxes/", "/settings/security/"
NEW_TOKEN = "/settings/security/tokens/new/"
PAGES = [
    "/home/",
    "/notices/",
    PROFILE,
    TAXES,
    SECURITY,
    "/settings/notifications/",
    "/settings/data/",
    f"{SECURITY}trail/",
]


def actions_of(owner: User) -> list[str]:
    return list(AuditEvent.objects.filter(owner=owner).order_by("at").values_list("action", flat=True))


def mint(owner: User, name: str = "Backup script") -> ApiToken:
    now = timezone.now()
    return tokens.mint(
        by=SYSTEM, owner=owner, name=name, scopes=["read"], expires_at=now + timedelta(days=30), now=now
    )[0]


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_an_owner_sees_the_page(alices_browser: Client, path: str) -> None:
    assert alices_browser.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_led_to_the_door(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]


@pytest.mark.parametrize("path", PAGES)
def test_somebody_without_a_second_factor_is_led_to_enrolment(newcomers_browser: Client, path: str) -> None:
    assert newcomers_browser.get(path)["Location"] == "/enrol/"


@pytest.mark.parametrize("path", [NEW_TOKEN, "/settings/data/export/", "/settings/data/close/"])
def test_what_is_grave_asks_for_a_fresh_second_factor(stale_browser: Client, path: str) -> None:
    asked, refused = stale_browser.get(path), stale_browser.post(path, {"name": "x"})

    assert asked["Location"].startswith("/step-up/")
    assert refused.status_code == 403


# --- profile ---------------------------------------------------------------------------------------------------------


def test_every_currency_offered_has_its_name() -> None:
    assert set(CURRENCY_NAMES) == set(CURRENCIES)


@pytest.mark.parametrize("said", ["Europe/Lisbon", "lisbon", " LISBON "])
def test_currency_and_time_zone_are_kept(alice: User, alices_browser: Client, said: str) -> None:
    answer = alices_browser.post(PROFILE, {"base_currency": "EUR", "time_zone": said})

    alice.refresh_from_db()
    assert answer.status_code == 302
    assert (alice.base_currency, alice.time_zone) == ("EUR", "Europe/Lisbon")
    assert actions_of(alice) == [Action.PROFILE_CHANGED]


@pytest.mark.parametrize(("currency", "zone"), [("BTC", "UTC"), ("EUR", "Nowhere/Town"), ("", ""), ("EUR", "a" * 65)])
def test_what_is_not_there_is_refused_at_its_field(alice: User, alices_browser: Client, currency, zone) -> None:
    answer = alices_browser.post(PROFILE, {"base_currency": currency, "time_zone": zone})

    alice.refresh_from_db()
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert (alice.base_currency, alice.time_zone) == ("USD", "UTC")


# --- taxes -----------------------------------------------------------------------------------------------------------


def test_tax_settings_hold_for_all_years(alice: User, alices_browser: Client) -> None:
    alices_browser.post(TAXES, {"country": "GB", "method": "uk_pool", "scope": "universal", "from_year": ""})

    assert {setting.country for setting in tax_settings.dated(alice)} == {"GB"}


@pytest.mark.parametrize("country", ["GB", "CA", "DE", "AU", "other"])
@pytest.mark.parametrize("from_year", ["", "2024"])
def test_who_only_says_the_country_gets_what_is_proposed_there(
    alice: User, alices_browser: Client, country: str, from_year: str
) -> None:
    """The form bears the method of the default, which another country may not know: nobody chose that."""
    page = alices_browser.get(TAXES).text
    assert "You have not said yet where you pay tax" in page
    standing = {"method": "fifo", "scope": "per_wallet"}  # as they stand in the form

    answer = alices_browser.post(TAXES, {"country": country, **standing, "from_year": from_year}, follow=True)

    assert "Your tax settings are kept" in answer.text
    assert "You have not said yet" not in answer.text
    held, rules = tax_settings.in_force(alice, 2026), tax_settings.RULES[tax_settings.Country(country)]
    assert held.country == country
    assert held.method in rules.methods
    assert held.scope in rules.scopes


def test_who_only_says_that_the_default_is_right_changes_no_year(alice: User, alices_browser: Client) -> None:
    """Before 2025 all holdings counted together: the line of now, kept for all years, would have parted them."""
    before = tax_settings.dated(alice)

    alices_browser.post(TAXES, {"country": "US", "method": "fifo", "scope": "per_wallet", "from_year": ""})

    assert tax_settings.has_said(alice)
    assert tax_settings.dated(alice) == before


def test_what_is_refused_is_named_as_on_the_page(alices_browser: Client) -> None:
    page = alices_browser.post(TAXES, {"country": "GB", "method": "lifo", "scope": "universal"}).text

    assert "Choose “UK share pooling: same day, 30 days, pool”" in page
    assert "uk_pool." not in page


def test_who_moves_is_told_of_a_line_for_a_later_year_that_stays(alices_browser: Client, alice: User) -> None:
    american = {"country": "US", "method": "fifo", "scope": "per_wallet", "from_year": "2025"}
    british = {"country": "GB", "method": "uk_pool", "scope": "universal", "from_year": "2024"}
    assert "another line of yours" not in alices_browser.post(TAXES, american, follow=True).content.decode()

    page = alices_browser.post(TAXES, british, follow=True).content.decode()
    assert "From 2025 on another line of yours holds, that of United States." in page

    page = alices_browser.post(TAXES, {**british, "from_year": "2025"}, follow=True).content.decode()
    assert "another line of yours" not in page
    assert tax_settings.in_force(alice, 2026).country == "GB"


def test_tax_settings_hold_from_a_year_on(alice: User, alices_browser: Client) -> None:
    alices_browser.post(TAXES, {"country": "DE", "method": "fifo", "scope": "per_wallet", "from_year": "2024"})

    assert tax_settings.in_force(alice, 2023).country == "US"
    assert tax_settings.in_force(alice, 2024).country == "DE"


@pytest.mark.parametrize(
    ("country", "zone", "moment", "reached"),
    [
        ("GB", "Europe/London", datetime(2026, 4, 5, 22, 59, tzinfo=UTC), False),
        ("GB", "Europe/London", datetime(2026, 4, 5, 23, 0, tzinfo=UTC), True),  # summer time: 6 April already
        ("AU", "Australia/Sydney", datetime(2026, 6, 30, 13, 59, tzinfo=UTC), False),
        ("AU", "Australia/Sydney", datetime(2026, 6, 30, 14, 0, tzinfo=UTC), True),
        ("DE", "Europe/Berlin", datetime(2025, 12, 31, 22, 59, tzinfo=UTC), False),
        ("DE", "Europe/Berlin", datetime(2025, 12, 31, 23, 0, tzinfo=UTC), True),
        ("CA", "America/Vancouver", datetime(2026, 1, 1, 7, 59, tzinfo=UTC), False),
        ("CA", "America/Vancouver", datetime(2026, 1, 1, 8, 0, tzinfo=UTC), True),
    ],
)
def test_a_line_holds_once_the_tax_year_of_its_country_has_begun(alice, country, zone, moment, reached) -> None:
    alice.time_zone = zone
    rules = tax_settings.RULES[tax_settings.Country(country)]
    chosen = {"country": country, "method": rules.methods[0], "scope": rules.scopes[0]}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2026, **chosen, now=NOW)

    assert tax_settings.present(alice, now=moment).country == (country if reached else "US")


def test_in_the_first_months_the_tax_year_that_runs_is_the_one_of_the_spring_before(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2026, **british, now=NOW)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 2, 1, 12, 0, tzinfo=UTC))
    browser = signed_in(alice)

    page = browser.get(TAXES).content.decode()

    assert re.search(r"2026/27\s*</td>", page)
    assert re.search(r">\s*2025 <span[^>]*>.*?Now", page)
    assert re.search(r"Tax rules.*?United States", browser.get("/home/").content.decode(), re.DOTALL)


@pytest.mark.parametrize(
    "said",
    [
        {"country": "GB", "method": "lifo", "scope": "universal"},
        {"country": "XX", "method": "fifo", "scope": "universal"},
        {"country": "US", "method": "fifo", "scope": "universal", "from_year": "1066"},
        {},
    ],
)
def test_a_method_the_country_does_not_know_is_refused_with_the_reason(alice, alices_browser, said) -> None:
    before = tax_settings.dated(alice)

    answer = alices_browser.post(TAXES, said)

    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert tax_settings.dated(alice) == before


# --- devices ---------------------------------------------------------------------------------------------------------


def test_devices_are_listed_and_this_one_is_marked(alice: User, alices_browser: Client) -> None:
    other = signed_in(alice)
    other.get("/home/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")

    page = alices_browser.get(SECURITY).text

    assert page.count("This one") == 1


def test_another_device_is_signed_out(alice: User, alices_browser: Client) -> None:
    other = signed_in(alice)
    public_id = other.session.public_id

    answer = alices_browser.post(f"/settings/security/devices/{public_id}/end/")

    assert answer.status_code == 302
    assert other.get("/home/").status_code == 302
    assert alices_browser.get("/home/").status_code == 200


def test_a_device_of_somebody_else_is_not_there(bob: User, alices_browser: Client, bobs_browser: Client) -> None:
    public_id = bobs_browser.session.public_id

    assert alices_browser.post(f"/settings/security/devices/{public_id}/end/").status_code == 404
    assert bobs_browser.get("/home/").status_code == 200


def test_all_other_devices_are_signed_out(alice: User, alices_browser: Client) -> None:
    others = [signed_in(alice) for _ in range(3)]

    alices_browser.post("/settings/security/devices/end/")

    assert [other.get("/home/").status_code for other in others] == [302, 302, 302]
    assert alices_browser.get("/home/").status_code == 200
    assert devices_of(alice, now=timezone.now()).count() == 1


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_works(alice: User, alices_browser: Client) -> None:
    answer = alices_browser.post(NEW_TOKEN, {"name": "Backup", "scopes": ["read", "write"], "days": "30"})

    (presented,) = set(re.findall(r"hf_[0-9A-Za-z]+_[0-9A-Za-z]+", answer.text))
    assert isinstance(tokens.check(presented, now=timezone.now()), tokens.Allowed)
    assert "no-store" in answer["Cache-Control"]
    assert presented not in alices_browser.get(SECURITY).text


def test_one_page_makes_one_token_and_shows_it_at_each_press(alice: User, alices_browser: Client) -> None:
    said = {"name": "Backup", "scopes": ["read"], "days": "30"}
    said["once"] = str(alices_browser.get(NEW_TOKEN).context["form"]["once"].value())

    presses = [re.search(r"hf_[0-9A-Za-z]+_[0-9A-Za-z]+", alices_browser.post(NEW_TOKEN, said).text) for _ in range(2)]
    (shown,) = {press and press[0] for press in presses}
    token = ApiToken.objects.get(owner=alice)
    assert isinstance(tokens.check(str(shown), now=timezone.now()), tokens.Allowed)
    assert actions_of(alice).count("token_minted") == 1

    tokens.revoke(by=SYSTEM, token=token, now=timezone.now())
    assert str(shown) not in alices_browser.post(NEW_TOKEN, said).text  # what is revoked is not shown as good
    alices_browser.post(NEW_TOKEN, {**said, "days": "90"})
    assert tokens.live(alice, timezone.now()).count() == 2


@pytest.mark.parametrize(
    "said",
    [
        {"name": "Backup", "scopes": ["connect"], "days": "365"},
        {"name": "", "scopes": ["read"], "days": "30"},
        {"name": "Backup", "scopes": [], "days": "30"},
        {"name": "Backup", "scopes": ["everything"], "days": "30"},
        {"name": "Backup", "scopes": ["read"], "days": "9999"},
        {"name": "a\x00b", "scopes": ["read"], "days": "30"},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(alice: User, alices_browser: Client, said: dict) -> None:
    answer = alices_browser.post(NEW_TOKEN, said)

    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not ApiToken.objects.filter(owner=alice).exists()


def test_a_token_is_revoked_by_its_owner_only(alice: User, alices_browser: Client, bobs_browser: Client) -> None:
    token = mint(alice)
    path = f"/settings/security/tokens/{token.pk}/revoke/"

    assert bobs_browser.post(path).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None

    assert alices_browser.post(path).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_revoking_what_is_not_there_is_404(alices_browser: Client) -> None:
    assert alices_browser.post(f"/settings/security/tokens/{uuid4()}/revoke/").status_code == 404


def test_security_asks_no_more_questions_for_thirty_tokens_and_devices(
    alice: User, alices_browser: Client, django_assert_num_queries, django_assert_max_num_queries
) -> None:
    mint(alice)
    alices_browser.get(SECURITY)
    with django_assert_max_num_queries(25) as one:
        alices_browser.get(SECURITY)
    for number in range(29):
        mint(alice, name=f"Token {number}")
        signed_in(alice)

    with django_assert_num_queries(len(one)):
        page = alices_browser.get(SECURITY).text

    assert page.count("/revoke/") == 30


# --- factors ---------------------------------------------------------------------------------------------------------


def test_the_page_shows_factors_and_no_secret_of_them(alice: User, alices_browser: Client) -> None:
    page = alices_browser.get(SECURITY).text

    assert "10 left" in page
    assert "The last second factor cannot be removed" in page
    for factor in alice.authenticator_set.all():
        secret = factor.data.get("secret") or factor.data.get("seed")
        assert secret not in page

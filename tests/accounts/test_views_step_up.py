"""Showing a second factor again: asked on GET, refused on POST, never by a password, never twice by one code."""

from __future__ import annotations

import json
import time

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, suspend_request
from allauth.core.exceptions import ReauthenticationRequired
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.middleware import SecondFactorMiddleware
from accounts.models import AuditEvent, Session
from tests.accounts.people import WRONG, code_of, recovery_code_of, sign_in
from tests.conftest import as_request, signed_in
from tests.factories import PASSWORD

STEP_UP = reverse("accounts:step_up")
GRAVE = reverse("account_change_password")
CANARY = "canary-9f4c1e7a-passphrase"


def test_a_grave_page_asks_for_it_and_returns(alice, stale_browser):
    asked = stale_browser.get(GRAVE)
    page = stale_browser.get(asked.url)
    back = stale_browser.post(STEP_UP, {"code": code_of(alice), "next": GRAVE})

    assert asked.url == f"{STEP_UP}?next=%2Faccounts%2Fpassword%2Fchange%2F"
    assert f'name="next" value="{GRAVE}"' in page.text
    assert back.url == GRAVE
    assert stale_browser.get(GRAVE).status_code == 200
    assert AuditEvent.objects.filter(owner=alice, action="stepped_up").exists()


def test_a_recovery_code_does_it_too(alice, stale_browser):
    assert stale_browser.post(STEP_UP, {"code": recovery_code_of(alice), "next": GRAVE}).url == GRAVE


def test_a_wrong_code_says_what_to_do_and_is_recorded(alice, stale_browser):
    page = stale_browser.post(STEP_UP, {"code": WRONG, "next": GRAVE})

    assert "Wait for the next one" in page.text
    assert stale_browser.get(GRAVE).status_code == 302
    assert AuditEvent.objects.filter(owner=alice, action="step_up_failed").exists()


def test_guessing_is_limited_even_for_the_right_code(alice, stale_browser):
    for _ in range(5):
        stale_browser.post(STEP_UP, {"code": WRONG})

    page = stale_browser.post(STEP_UP, {"code": code_of(alice)})

    assert "Too many tries" in page.text
    assert stale_browser.get(GRAVE).status_code == 302


def test_the_code_that_signed_in_does_not_step_up_as_well(alice):
    browser, code = Client(), code_of(alice)
    sign_in(browser, alice, code)

    page = browser.post(STEP_UP, {"code": code, "next": GRAVE})

    assert "was used already" in page.text


def test_one_code_steps_up_one_device_only(alice):
    one, other = signed_in(alice, factor_age=3600), signed_in(alice, factor_age=3600)
    code = code_of(alice)

    assert one.post(STEP_UP, {"code": code, "next": GRAVE}).url == GRAVE
    assert other.post(STEP_UP, {"code": code, "next": GRAVE}).status_code == 200


def test_signing_in_with_a_factor_is_fresh(alice):
    browser = Client()
    sign_in(browser, alice)

    assert browser.get(GRAVE).status_code == 200


@pytest.mark.parametrize(("age", "status"), [(0, 200), (295, 200), (305, 302), (3600, 302)])
def test_it_lasts_five_minutes(alice, age, status):
    assert signed_in(alice, factor_age=age).get(GRAVE).status_code == status


def test_a_password_never_counts(alice, stale_browser):
    with as_request(stale_browser, alice) as request:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY].append(
            {"method": "password", "at": time.time(), "reauthenticated": True}
        )

    assert stale_browser.get(GRAVE).status_code == 302
    assert stale_browser.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 200
    assert stale_browser.get(GRAVE).status_code == 302


def test_a_post_is_refused_and_nothing_of_it_is_kept_anywhere(alice, stale_browser):
    page = stale_browser.post(GRAVE, {"oldpassword": CANARY, "password1": CANARY})

    assert page.status_code == 403
    assert "nothing of what you sent was kept" in page.text
    assert f"{STEP_UP}?next=%2Faccounts%2Fpassword%2Fchange%2F" in page.text
    assert CANARY not in page.text
    assert CANARY not in json.dumps(dict(stale_browser.session.items()))


def test_positive_control_allauths_own_way_would_keep_it(alice, stale_browser):
    """What our middleware is before: this is what ends up in the session without it."""
    with as_request(stale_browser, alice) as kept:
        request = RequestFactory().post(GRAVE, {"password1": CANARY})
        request.user, request.session = alice, kept.session
        suspend_request(request, "/")

    assert CANARY in json.dumps(dict(stale_browser.session.items()))


def test_allauths_exception_never_reaches_its_own_middleware(alice, stale_browser):
    """The five minutes may run out between our guard and allauth's check."""
    with as_request(stale_browser, alice) as kept:
        request = RequestFactory().post(GRAVE, {"password1": CANARY})
        request.user, request.session = alice, kept.session
        answer = SecondFactorMiddleware(lambda _: None).process_exception(request, ReauthenticationRequired())

    assert answer.status_code == 403
    assert STATE_SESSION_KEY not in stale_browser.session


def test_our_middleware_stands_inside_allauths(settings):
    """Exceptions pass the last middleware first."""
    order = settings.MIDDLEWARE

    assert order.index("accounts.middleware.SecondFactorMiddleware") > order.index(
        "allauth.account.middleware.AccountMiddleware"
    )


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http:///evil.example", "\\\\evil.example", ""],
)
def test_it_returns_to_our_own_pages_only(alice, stale_browser, target):
    page = stale_browser.post(STEP_UP, {"code": code_of(alice), "next": target})

    assert page.url == reverse("accounts:home")


def test_htmx_is_sent_to_the_whole_page_and_back_to_where_it_was(alice, stale_browser):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/?tab=2"}

    asked = stale_browser.post(GRAVE, {"password1": CANARY}, headers=headers)
    back = stale_browser.post(STEP_UP, {"code": code_of(alice), "next": "/settings/"}, headers=headers)

    assert asked.status_code == 403
    assert asked["HX-Redirect"] == f"{STEP_UP}?next=%2Fsettings%2F%3Ftab%3D2"
    assert back["HX-Redirect"] == "/settings/"


def test_a_button_leads_back_to_the_page_it_stood_on(alice, stale_browser):
    """What it posts to cannot be looked at."""
    page, button = reverse("accounts:settings_security"), reverse("accounts:codes_new")

    refused = stale_browser.post(button, headers={"Referer": f"http://testserver{page}"})
    stranger = Client().post(button, headers={"Referer": f"http://testserver{page}?tab=2"})

    assert f"{STEP_UP}?next=%2Fsettings%2Fsecurity%2F" in refused.text
    assert stranger.url == f"{reverse('account_login')}?next=/settings/security/%3Ftab%3D2"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_who_was_signed_out_in_the_middle_of_a_form_hears_that_nothing_of_it_was_kept(client, headers):
    """What was typed is gone, and the door said "Sign in" and nothing else."""
    headers = headers | {"Referer": "http://testserver/settings/"}

    client.post(reverse("accounts:settings_profile"), {"base_currency": "EUR", "time_zone": "UTC"}, headers=headers)
    door = client.get(f"{reverse('account_login')}?next=/settings/")

    assert "nothing of what you sent was kept" in door.text
    assert "nothing of what you sent" not in client.get(reverse("account_login")).text


def test_who_only_looks_hears_nothing_of_it(client):
    client.get(reverse("accounts:settings_profile"))

    assert "nothing of what you sent" not in client.get(reverse("account_login")).text


def test_htmx_is_told_so_where_a_second_factor_is_asked_for_again(stale_browser):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/"}

    asked = stale_browser.post(GRAVE, {"password1": CANARY}, headers=headers)

    assert "nothing of what you sent was kept" in stale_browser.get(asked["HX-Redirect"]).text


@pytest.mark.parametrize("before", ["http://evil.example/settings/", "http://[", "", "/settings/", "nonsense"])
@pytest.mark.parametrize("name", ["Referer", "HX-Current-URL"])
def test_only_a_page_of_ours_is_led_back_to(stale_browser, name, before):
    htmx = {"HX-Request": "true"} if name.startswith("HX") else {}

    asked = stale_browser.post(GRAVE, headers={name: before, **htmx})

    assert asked.status_code == 403
    assert "next=%2Faccounts%2Fpassword%2Fchange%2F" in asked.get("HX-Redirect", asked.text)


def test_the_session_of_one_owner_is_not_fresh_for_another(alice, bob):
    browser = signed_in(alice)
    session = browser.session
    records = session[AUTHENTICATION_METHODS_SESSION_KEY]
    other = signed_in(bob, factor_age=None)
    with as_request(other, bob) as request:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records

    assert other.get(GRAVE).status_code == 302
    assert Session.objects.filter(owner=bob).exists()


def test_strangers_and_newcomers_are_sent_where_they_belong(client, newcomers_browser):
    assert client.get(STEP_UP).url.startswith(reverse("account_login"))
    assert newcomers_browser.get(STEP_UP).url == reverse("accounts:enrol")


@pytest.mark.parametrize("credential", ["null", "[]", "{}", '{"id": "x", "rawId": 5}', "not json"])
def test_a_passkey_made_up_is_refused(stale_browser, credential):
    stale_browser.get(STEP_UP)

    page = stale_browser.post(STEP_UP, {"credential": credential, "next": GRAVE})

    assert page.status_code == 200
    assert stale_browser.get(GRAVE).status_code == 302

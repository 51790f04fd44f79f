"""Sign-up, sign-in and linking with Coinbase in a real browser: consent page, strict CSP and second factor included."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import CoinbaseLink, User
from tests.accounts.people import app_code, code_of, mailed_code
from tests.factories import PASSWORD, OwnerFactory

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

    from tests.playground import Playground

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.fixture(autouse=True)
def at_coinbase(sandbox: Playground, live_server: LiveServer, settings: SettingsWrapper) -> Playground:
    settings.PUBLIC_URL = live_server.url
    sandbox.register(f"{live_server.url}/sign-in/coinbase/return/")
    return sandbox


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def allow_as(page: Page, name: str) -> None:
    expect(page.get_by_text("This is not Coinbase")).to_be_visible()
    press(page, f"Allow as {name}")


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()


def next_code(user: User) -> str:
    """Half a minute passes, as far as the app and the door are concerned: a code works once."""
    cache.clear()
    return code_of(user)


def test_a_person_opens_an_account_with_coinbase_and_comes_back_with_it(page: Page) -> None:
    page.goto("/accounts/signup/")
    follow(page, "Continue with Coinbase")
    allow_as(page, "Ada Moreno")
    page.get_by_label("E-mail address").fill("ada@example.test")
    press(page, "Send the code")
    page.get_by_label("Code").fill(mailed_code())
    press(page, "Confirm")

    expect(page).to_have_url(re.compile("/enrol/$"))
    follow(page, "Use an authenticator app")
    page.get_by_text("I cannot scan it").click()
    key = page.locator(".key-by-hand").inner_text().split("\n")[0].replace(" ", "")
    page.get_by_label("Code").fill(app_code(re.sub(r"[^A-Z2-7]", "", key)))
    press(page, "Turn on")
    page.get_by_role("checkbox").check()
    press(page, "Finish")
    expect(page).to_have_url(re.compile("/home/$"))

    sign_out(page)
    page.goto("/accounts/login/")
    follow(page, "Sign in with Coinbase")
    allow_as(page, "Ada Moreno")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
    page.goto("/home/")
    expect(page.get_by_role("heading", name="Second factor")).to_be_visible()

    page.get_by_label("Code").fill(next_code(User.objects.get()))
    press(page, "Continue")
    expect(page).to_have_url(re.compile("/home/$"))


def test_an_owner_links_coinbase_from_the_settings_and_turns_it_off_again(page: Page, db: None) -> None:
    owner = OwnerFactory(email="owner@example.test")
    page.goto("/accounts/login/?next=/settings/security/")
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    press(page, "Sign in")
    page.get_by_label("Code").fill(code_of(owner))
    press(page, "Continue")

    follow(page, "Open sign-in with Coinbase")
    press(page, "Link a Coinbase account")
    allow_as(page, "Ben Okafor")
    expect(page.get_by_text("Sign-in with Coinbase is on.")).to_be_visible()
    assert CoinbaseLink.objects.get().owner == owner

    press(page, "Turn off")
    expect(page.get_by_text("Sign-in with Coinbase is off.")).to_be_visible()
    assert not CoinbaseLink.objects.exists()


def test_saying_no_ends_on_a_calm_page_with_a_way_on(page: Page) -> None:
    page.goto("/accounts/login/")
    follow(page, "Sign in with Coinbase")
    press(page, "Refuse")

    expect(page.get_by_role("heading", name="Coinbase was told not to share")).to_be_visible()
    follow(page, "Sign in with e-mail")
    expect(page).to_have_url(re.compile("/accounts/login/$"))

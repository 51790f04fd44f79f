"""People enter with two factors, in a real browser: by hand, as they would, page after page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Session, User
from accounts.sessions import SessionStore
from config.camera import context_for, watch
from tests.accounts.people import WRONG, app_code
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page
    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.journey

EMAIL = "jo@example.test"
HOME = re.compile(r"^[^?]+/home/$")


@pytest.fixture(autouse=True)
def mailbox(settings: SettingsWrapper, tmp_path: Path) -> None:
    """As in development: mails are kept in files, and `/_mail/` shows them."""
    settings.EMAIL_BACKEND, settings.DATA_DIR = "config.mail.FileBackend", tmp_path


def mailed_code(page: Page) -> str:
    """Reads it in another tab, as one does."""
    tab = page.context.new_page()
    tab.goto("/_mail/")
    tab.get_by_role("link", name=re.compile("code")).first.click()
    code = tab.locator("#mail-code").inner_text()
    tab.close()
    return code


@pytest.fixture
def window(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[], Page]]:
    """Opens further browsers, each a device of its own; none of them may complain."""
    opened: list[tuple[BrowserContext, list[str]]] = []

    def open_one() -> Page:
        context = context_for(browser, live_server.url, {})
        page = context.new_page()
        opened.append((context, watch(page)))
        return page

    yield open_one
    for context, complaints in opened:
        context.close()
        assert not complaints


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def type_in(page: Page, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).fill(text)


def sign_up(page: Page) -> None:
    page.goto(reverse("account_signup"))
    type_in(page, "E-mail address", EMAIL)
    type_in(page, "Password", PASSWORD)
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
    type_in(page, "Code from the e-mail", mailed_code(page))
    press(page, "Confirm")
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()


def enrol_app(page: Page) -> str:
    page.get_by_role("link", name="Use an authenticator app").click()
    expect(page.get_by_alt_text("The picture your authenticator app scans", exact=False)).to_be_visible()
    page.get_by_text("I cannot scan it").click()
    secret = page.locator("#totp-key").inner_text().replace(" ", "")
    type_in(page, "Code", app_code(secret))
    press(page, "Turn on")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def save_codes(page: Page) -> list[str]:
    codes = page.locator(".codes-list code").all_inner_texts()
    with page.expect_download() as download:
        page.get_by_role("link", name="Save as a file").click()
    assert codes[0] in download.value.path().read_text()
    page.get_by_label("I have saved these codes", exact=False).check()
    press(page, "Finish")
    expect(page).to_have_url(HOME)
    return codes


def sign_out(page: Page) -> None:
    page.goto(reverse("account_logout"))
    press(page, "Sign out")
    page.goto(reverse("accounts:home"))
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def sign_in(page: Page, code: str, password: str = PASSWORD) -> None:
    page.goto(reverse("account_login"))
    type_in(page, "E-mail address", EMAIL)
    type_in(page, "Password", password)
    press(page, "Sign in")
    type_in(page, "Code", code)
    press(page, "Continue")


def with_authenticator(page: Page) -> None:
    """A fingerprint reader that always agrees."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def let_minutes_pass(page: Page) -> None:
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(key)
    for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
        record["at"] -= 600
    session.save()


def test_from_a_strangers_first_page_to_coming_back_with_each_factor(page: Page) -> None:
    sign_up(page)
    secret = enrol_app(page)
    codes = save_codes(page)

    sign_out(page)
    sign_in(page, app_code(secret))
    expect(page).to_have_url(HOME)

    sign_out(page)
    sign_in(page, codes[0])
    expect(page).to_have_url(HOME)


def test_a_passkey_enrols_signs_in_alone_and_as_second_factor_and_steps_up(page: Page) -> None:
    with_authenticator(page)
    sign_up(page)
    page.get_by_role("link", name="Use a passkey").click()
    type_in(page, "Name", "Laptop")
    press(page, "Make a passkey")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    save_codes(page)

    sign_out(page)
    press(page, "Sign in with a passkey")
    expect(page).to_have_url(HOME)

    sign_out(page)
    type_in(page, "E-mail address", EMAIL)
    type_in(page, "Password", PASSWORD)
    press(page, "Sign in")
    press(page, "Use a passkey")
    expect(page).to_have_url(HOME)

    let_minutes_pass(page)
    page.goto(reverse("account_change_password"))
    press(page, "Use a passkey")
    expect(page.get_by_label("Current password", exact=True)).to_be_visible()


def test_every_page_before_enrolment_leads_back_to_it(page: Page) -> None:
    sign_up(page)

    for name in ["home", "settings_profile", "settings_security", "settings_data", "notices", "audit", "step_up"]:
        page.goto(reverse(f"accounts:{name}"))
        expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()


def test_a_second_device_is_ended_from_the_first(page: Page, window: Callable[[], Page]) -> None:
    sign_up(page)
    enrol_app(page)
    codes = save_codes(page)
    second = window()
    sign_in(second, codes[0])
    expect(second).to_have_url(HOME)

    page.goto(reverse("accounts:settings_security"))
    page.get_by_role("row").filter(has=page.get_by_role("button", name="Sign out", exact=True)).get_by_role(
        "button", name="Sign out", exact=True
    ).click()
    page.wait_for_load_state()

    second.goto(reverse("accounts:home"))
    expect(second.get_by_role("heading", name="Sign in")).to_be_visible()
    assert Session.objects.filter(owner=User.objects.get(email=EMAIL)).count() == 1


def test_a_forgotten_password_is_set_anew_and_the_second_factor_is_still_asked(page: Page) -> None:
    sign_up(page)
    enrol_app(page)
    codes = save_codes(page)
    sign_out(page)

    page.get_by_role("link", name="Forgot your password?").click()
    type_in(page, "E-mail address", EMAIL)
    press(page, "Send a code")
    expect(page.get_by_role("heading", name="Check your e-mail")).to_be_visible()
    type_in(page, "Code from the e-mail", mailed_code(page))
    press(page, "Continue")
    type_in(page, "New password", "another calm passphrase")
    press(page, "Save the new password")
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()

    sign_in(page, codes[0], "another calm passphrase")
    expect(page).to_have_url(HOME)


def test_step_up_is_asked_wrong_and_right(page: Page) -> None:
    sign_up(page)
    enrol_app(page)
    codes = save_codes(page)
    let_minutes_pass(page)

    page.goto(reverse("account_change_password"))
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    type_in(page, "Code", WRONG)
    press(page, "Continue")
    expect(page.get_by_text("That code is not right")).to_be_visible()
    type_in(page, "Code", codes[0])
    press(page, "Continue")

    expect(page.get_by_label("Current password", exact=True)).to_be_visible()

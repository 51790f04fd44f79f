"""The small modules that make components act, on the page that shows them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.fixture
def gallery(page: Page) -> Page:
    page.goto("/_ui/")
    return page


def test_what_is_printed_is_dark_on_white_whatever_theme_is_chosen(gallery: Page) -> None:
    """Browsers leave grounds out on paper: pale words of the dark theme would stand on white."""
    gallery.evaluate("document.documentElement.dataset.theme = 'dark'")
    gallery.emulate_media(media="print")

    ink = gallery.evaluate("getComputedStyle(document.body).color")

    assert ink == "rgb(19, 32, 28)"
    expect(gallery.locator(".tabs").first).to_be_hidden()


def test_the_chosen_theme_is_there_in_the_first_answer(gallery: Page) -> None:
    button = gallery.locator("[data-theme-button]").first

    button.click()
    button.click()
    answer = gallery.reload()

    assert answer
    assert 'data-theme="dark"' in answer.text()
    expect(button).to_have_attribute("aria-label", "Theme: dark")


def test_a_third_click_follows_the_device_again(gallery: Page) -> None:
    button = gallery.locator("[data-theme-button]").first

    for _ in range(3):
        button.click()
    answer = gallery.reload()

    assert answer
    assert "data-theme=" not in answer.text().split(">", 2)[1]


def test_a_form_waits_for_the_answer_to_its_question(gallery: Page) -> None:
    gallery.get_by_role("button", name="Remove this wallet").click()
    expect(gallery.locator("#confirm")).to_be_visible()

    gallery.get_by_role("button", name="Cancel").click()

    expect(gallery.locator("#confirm")).to_be_hidden()
    assert not gallery.url.endswith("?")


def test_a_form_goes_out_once_the_question_is_answered(gallery: Page) -> None:
    gallery.get_by_role("button", name="Remove this wallet").click()

    with gallery.expect_navigation():
        gallery.locator("#confirm").get_by_role("button", name="Remove this wallet").click()

    assert gallery.url.endswith("?")


def test_a_dialog_opens_and_closes(gallery: Page) -> None:
    gallery.get_by_role("button", name="Open a dialog").click()
    dialog = gallery.get_by_role("dialog", name="What hangs on this wallet")
    expect(dialog).to_be_visible()

    dialog.get_by_role("button", name="Close").click()

    expect(dialog).to_be_hidden()


def test_a_menu_closes_on_escape_and_gives_the_focus_back(gallery: Page) -> None:
    menu = gallery.locator(".menu", has=gallery.locator("[aria-label='More for the passkey Laptop']"))
    menu.locator("summary").click()
    expect(menu.get_by_role("link", name="Rename")).to_be_visible()

    gallery.keyboard.press("Escape")

    expect(menu.get_by_role("link", name="Rename")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_a_value_is_copied(gallery: Page) -> None:
    gallery.context.grant_permissions(["clipboard-read", "clipboard-write"])

    gallery.get_by_role("button", name="Copy the token").click()

    expect(gallery.get_by_text("Copied")).to_be_visible()
    assert gallery.evaluate("navigator.clipboard.readText()") == "hf_live_7Qk2mV9sT4xZ"


def test_a_password_can_be_looked_at(gallery: Page) -> None:
    password = gallery.locator("#id_password")
    password.fill("a calm long passphrase")

    gallery.get_by_role("button", name="Show password").first.click()

    expect(password).to_have_attribute("type", "text")


def test_recovery_codes_are_saved_as_a_file(gallery: Page) -> None:
    with gallery.expect_download() as saving:
        gallery.get_by_role("button", name="Save as a file").click()

    assert saving.value.suggested_filename == "holdfast-recovery-codes.txt"
    assert saving.value.path().read_text().splitlines()[0] == "7f3k-92ma"

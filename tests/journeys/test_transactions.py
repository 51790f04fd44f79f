"""Transactions in a real browser: edited, undone, decided, changed at once, by keyboard alone; on a phone too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from config.camera import WIDTHS, context_for, watch
from config.turns import TurnTakenError
from ledger import edits, visitors
from ledger.models import Transaction
from ledger.visitors import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.fixture(params=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The bookkeeper's window, of one width; nothing may complain or stick out."""
    context = context_for(browser, live_server.url, visitors.bookkeeper(timezone.now()))
    across, down = WIDTHS[request.param]
    opened = context.new_page()
    opened.set_viewport_size({"width": across, "height": down})
    complaints = watch(opened)
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth") <= across
    context.close()
    assert not complaints


def test_one_is_opened_beside_the_list_decided_edited_and_undone(page: Page) -> None:
    page.goto("/transactions/?needs_attention=1")
    page.get_by_role("link", name="Trade").click()
    drawer = page.locator("#drawer")
    expect(drawer.get_by_text("The source says something else now")).to_be_visible()

    drawer.get_by_role("button", name="Take the source's").click()
    expect(drawer.get_by_text("What the source says holds.")).to_be_visible()
    assert Transaction.objects.get(pk=known("bought")).conflicts == []

    drawer.get_by_label("Change note").click()
    drawer.get_by_role("textbox", name="Note").fill("Looked at twice")
    drawer.get_by_role("button", name="Keep").click()
    expect(drawer.get_by_text("Kept.")).to_be_in_viewport()
    drawer.get_by_label("Change sent").click()
    amount = drawer.get_by_role("textbox", name="Sent: amount")
    amount.fill("a lot")
    drawer.get_by_role("button", name="Keep").click()
    expect(drawer.get_by_text("Write a plain figure")).to_be_in_viewport()
    expect(amount).to_be_focused()
    drawer.get_by_role("button", name="Undo").click()
    expect(drawer.get_by_text("Taken back.")).to_be_visible()
    assert Transaction.objects.get(pk=known("bought")).note.startswith("For the savings plan")

    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.locator("#list").get_by_text("Nothing matches")).to_be_visible()  # the list behind has followed


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The same on a phone, of which a refused request may complain."""
    context = context_for(browser, live_server.url, visitors.bookkeeper(timezone.now()))
    opened = context.new_page()
    opened.set_viewport_size({"width": 360, "height": 740})
    yield opened
    context.close()


def test_an_edit_that_was_not_taken_is_said_not_to_be_and_stays_where_it_was_typed(
    phone: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a file is taken into its wallet. Nothing was said, and whoever closed the drawer took it for kept."""
    page = phone
    page.goto("/transactions/?needs_attention=1")
    page.get_by_role("link", name="Trade").click()
    drawer = page.locator("#drawer")
    drawer.get_by_label("Change note").click()
    note = drawer.get_by_role("textbox", name="Note")
    note.fill("Looked at twice")

    with monkeypatch.context() as busy:
        busy.setattr(edits, "edit", taken)
        drawer.get_by_role("button", name="Keep", exact=True).click()
        expect(drawer.get_by_role("alert")).to_contain_text("nothing else in it can be changed")
        expect(drawer.get_by_role("alert")).to_be_in_viewport()
        expect(note).to_have_value("Looked at twice")
    drawer.get_by_role("button", name="Keep", exact=True).click()

    expect(drawer.get_by_text("Kept.")).to_be_in_viewport()
    expect(drawer.get_by_role("alert")).to_have_count(0)
    assert Transaction.objects.get(pk=known("bought")).note == "Looked at twice"


def taken(**_: object) -> None:
    raise TurnTakenError


def test_many_are_narrowed_looked_at_changed_and_taken_back(page: Page) -> None:
    page.goto("/transactions/")
    page.get_by_label("Kind").select_option("Reward")
    expect(page.locator("[data-line]")).to_have_count(10)
    expect(page).to_have_url(re.compile(r"/transactions/\?kind=reward$"))
    page.locator("[data-line] [name=id]").first.check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Change all that match").click()

    page.get_by_label("Add tags").fill("income")
    page.get_by_role("button", name="See what it touches").click()
    expect(page.get_by_text("10 transactions will change")).to_be_visible()
    assert not Transaction.objects.filter(tags=["income"]).exists()
    page.get_by_role("button", name="Change them").click()
    expect(page.get_by_text("10 transactions changed")).to_be_visible()
    page.get_by_role("button", name="Undo all of it").click()
    expect(page.get_by_text("It is taken back")).to_be_visible()
    assert not Transaction.objects.filter(tags=["income"]).exists()


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_by_keyboard_alone(page: Page) -> None:
    page.goto("/transactions/")
    page.keyboard.press("?")
    letters = page.get_by_label("Letters and signs act on this page")
    letters.uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Shortcuts").press("Enter")
    letters.check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("courtesy")
    expect(page.locator("[data-line]")).to_have_count(1)
    expect(page.get_by_label("Search")).to_be_focused()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer").get_by_text("Where it comes from")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Trade")).to_be_focused()


FOCUSED = """() => {
  const here = document.activeElement;
  return here.getAttribute("aria-label") || here.labels?.[0]?.innerText || here.innerText || "";
}"""


def tab_to(page: Page, name: str) -> None:
    """As far as it takes; whoever has no mouse should not have to go through the whole page for it."""
    for _ in range(25):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).strip() == name:
            return
    raise AssertionError(name)


@pytest.mark.parametrize("page", ["wide"], indirect=True)
def test_a_conflict_is_decided_an_edit_made_and_undone_by_keyboard_alone(page: Page) -> None:
    page.goto("/transactions/?needs_attention=1")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    drawer = page.locator("#drawer")
    expect(drawer.get_by_text("The source says something else now")).to_be_visible()
    tab_to(page, "Take the source's")
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("What the source says holds.")).to_be_visible()
    assert Transaction.objects.get(pk=known("bought")).conflicts == []

    tab_to(page, "Change note")
    page.keyboard.press("Enter")
    expect(drawer.get_by_role("textbox", name="Note")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("Looked at twice")
    tab_to(page, "Keep")
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("Kept.")).to_be_visible()
    assert Transaction.objects.get(pk=known("bought")).note == "Looked at twice"
    tab_to(page, "Undo")
    page.keyboard.press("Enter")
    expect(drawer.get_by_text("Taken back.")).to_be_visible()
    assert Transaction.objects.get(pk=known("bought")).note.startswith("For the savings plan")

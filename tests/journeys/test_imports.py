"""A file is brought, asked about, taken in and taken back; one that nobody knows is mapped; by keyboard too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import visitors
from accounts.models import User
from config.camera import WIDTHS, context_for, watch
from ledger.models import Transaction
from tests.ledger.bringing import BOUGHT, UNKNOWN, kraken_file, work
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]
OWNER = "files@example.test"


@pytest.fixture(params=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    context = context_for(browser, live_server.url, visitors.owner(timezone.now(), OWNER))
    across, down = WIDTHS[request.param]
    opened = context.new_page()
    opened.set_viewport_size({"width": across, "height": down})
    complaints = watch(opened)
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth") <= across
    context.close()
    assert not complaints


def bring(page: Page, name: str, body: bytes) -> None:
    page.goto("/imports/")
    page.get_by_label("File", exact=True).set_input_files({"name": name, "mimeType": "text/csv", "buffer": body})
    press(page, page.get_by_role("button", name="Look at the file"))
    go_on(page)


def go_on(page: Page) -> None:
    """A worker's part; the page notices by itself."""
    expect(page.locator("#under-way")).to_be_visible()
    work()


def press(page: Page, what: Locator) -> None:
    """By keyboard."""
    what.focus()
    page.keyboard.press("Enter")


def test_a_file_is_asked_about_taken_in_and_taken_back(page: Page) -> None:
    bring(page, "ledgers.csv", kraken_file(*BOUGHT))
    expect(page.get_by_text("Whose history is this?")).to_be_visible()
    page.get_by_label("A new wallet, fed by files").focus()
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Go on"))
    go_on(page)
    expect(page.get_by_role("heading", name="This is what it would bring")).to_be_visible()
    expect(page.get_by_text("+0.5")).to_be_visible()
    assert not Transaction.objects.exists()

    press(page, page.get_by_role("button", name="Take them in"))
    go_on(page)
    expect(page.get_by_role("heading", name="Imported", exact=True)).to_be_visible()
    assert Transaction.objects.count() == 1
    press(page, page.get_by_role("link", name="Take the import back"))
    expect(page.get_by_text("lines that only this file told")).to_be_visible()
    press(page, page.get_by_role("button", name="Take it back"))
    go_on(page)
    expect(page.get_by_role("heading", name="This import was taken back")).to_be_visible()
    assert not Transaction.objects.exists()


def test_an_unknown_file_is_mapped_with_what_it_becomes_beside_it(page: Page) -> None:
    owner = User.objects.get(email=OWNER)
    Wallet.objects.create(owner=owner, way="manual", label="Paper", created_at=timezone.now())
    bring(page, "mine.csv", UNKNOWN)
    press(page, page.get_by_role("link", name="Go through the columns"))
    for column, role in (("when", "Date, or date and time"), ("how much", "Amount (minus: it left)")):
        page.get_by_label(column, exact=True).select_option(role)
    page.get_by_label("of what", exact=True).select_option("Asset of the amount")
    page.get_by_label("what", exact=True).select_option("What kind of line it is")
    page.get_by_label("buy", exact=True).select_option("Reward: staking")
    expect(page.get_by_text(re.compile("Reward")).last).to_be_visible()
    press(page, page.get_by_role("button", name="Read the file so"))
    go_on(page)
    expect(page.get_by_text("How are dates written?")).to_be_visible()
    page.get_by_label(re.compile("The day comes first")).check()
    page.get_by_label("Paper (").check()
    press(page, page.get_by_role("button", name="Go on"))
    go_on(page)
    expect(page.get_by_role("heading", name="This is what it would bring")).to_be_visible()
    expect(page.get_by_text("+1.5")).to_be_visible()

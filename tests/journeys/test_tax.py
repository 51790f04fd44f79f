"""From a tax year to the raw row behind it; methods compared; lots chosen: by keyboard, on a desk and on a phone."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.models import LotChoice
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_matching import press, reach
from tests.ledger.gains.books import buys, day, named, reckon, sells, tell
from tests.ledger.matched import another

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.fixture
def sold(owner: User) -> User:
    """1 BTC for 100, 1 BTC for 300; 1.5 sold for 600, all in 2024."""
    told = [*buys("B1", "1", "100", day(0)), *buys("B2", "1", "300", day(1)), *sells("S1", "1.5", "600", day(30))]
    tell(another(owner, "Kraken"), *told)
    return owner


def follow(page: Page, name: str) -> None:
    reach(page, page.get_by_role("link", name=name).first)
    page.keyboard.press("Enter")


def test_from_the_years_down_to_the_raw_row(page: Page, sold: User) -> None:
    page.goto("/tax/")
    expect(page.get_by_text("Your gains are being reckoned")).to_be_visible()
    reckon(sold)
    expect(page.get_by_role("link", name="2024")).to_be_visible()  # it asks by itself
    fits(page)

    follow(page, "2024")
    expect(page.get_by_role("heading", name="Gains and losses")).to_be_visible()
    fits(page)
    follow(page, "Short-term")
    expect(page.get_by_role("heading", name="2024")).to_be_visible()
    fits(page)
    follow(page, "Sold 1.5")
    expect(page.get_by_role("heading", name="The lots it met")).to_be_visible()
    fits(page)
    follow(page, "1 BTC")
    expect(page.get_by_role("heading", name="Where it comes from")).to_be_visible()
    reach(page, page.locator("summary", has_text="ledger").first)
    page.keyboard.press("Enter")
    expect(page.locator("pre", has_text="XXBT").or_(page.locator("pre", has_text="ZUSD")).first).to_be_visible()


def test_methods_are_compared_and_one_is_used(page: Page, sold: User) -> None:
    reckon(sold)
    page.goto("/tax/2024/methods/")
    expect(page.get_by_text("Being reckoned").first).to_be_visible()
    reckon(sold)
    row = page.get_by_role("row", name="Highest cost first")
    expect(row).to_contain_text("+250.00")  # the table fills by itself
    expect(row).to_contain_text("\u2212100.00")  # a minus
    fits(page)
    follow(page, "Figures")
    expect(page.get_by_text("First in, first out")).to_be_visible()  # looking changed nothing
    expect(page.get_by_role("row", name="In all")).to_contain_text("+350.00")
    page.go_back()

    follow(page, "Use this method: Highest cost first")
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    expect(page.get_by_role("row", name="2024")).to_contain_text("+250.00")
    fits(page)
    press(page, "Use this method")

    expect(page.get_by_text("From 2024 on: Highest cost first.")).to_be_visible()


def test_lots_are_chosen_by_hand_and_taken_back(page: Page, sold: User) -> None:
    reckon(sold)
    page.goto(f"/tax/disposals/{named(sold, 'S1').pk}/")
    follow(page, "Choose lots yourself")
    expect(page.get_by_text("Gain by the method")).to_be_visible()
    fits(page)

    reach(page, page.get_by_role("textbox", name="Take of the lot of 11 Jan 2024"))
    page.keyboard.type("2")
    press(page, "See what it comes to")
    expect(page.get_by_text("This lot held 1 then.").first).to_be_visible()
    reach(page, page.get_by_role("textbox", name="Take of the lot of 11 Jan 2024"))
    page.keyboard.press("Control+A")
    page.keyboard.type("1")
    press(page, "See what it comes to")
    expect(page.locator(".tax-sums div", has_text="Gain with your choice")).to_contain_text("250.00")
    expect(page.locator(".tax-sums div", has_text="Difference")).to_contain_text("\u2212100.00")
    assert not LotChoice.objects.exists()
    fits(page)
    press(page, "Keep this choice")
    expect(page.get_by_text("Your choice is kept.")).to_be_visible()
    assert LotChoice.objects.count() == 1

    reckon(sold)
    page.reload()
    expect(page.get_by_text("Chosen by you").first).to_be_visible()
    expect(page.locator(".tax-sums div", has_text="Gain")).to_contain_text("+250.00")
    press(page, "Take your choice back")
    expect(page.get_by_text("Your choice is taken back")).to_be_visible()
    assert not LotChoice.objects.exists()

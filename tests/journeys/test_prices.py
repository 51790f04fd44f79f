"""A price is doubted, said otherwise, and taken back: worth and gain follow each time; on a desk and on a phone."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.pricing.candles import DAY
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.ledger.gains.books import buys, day, named, reckon, sells, tell
from tests.ledger.matched import another
from tests.ledger.priced import quoted

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


def gained(page: Page, owner: User, figure: str) -> None:
    """What the swap came to, as its page says once it is reckoned."""
    reckon(owner)
    page.goto(f"/tax/disposals/{named(owner, 'S1').pk}/")
    expect(page.locator(".tax-sums div", has_text="Gain")).to_contain_text(figure)


def test_a_price_is_said_otherwise_and_taken_back(page: Page, owner: User) -> None:
    quoted("BTC", "USD", day(20), "200", "200", span=DAY)
    bought, swapped = buys("B1", "1", "100", day(0)), sells("S1", "1", "10", day(21), money="SOL")
    tell(another(owner, "Kraken"), *bought, *swapped)
    gained(page, owner, "+100.00")

    page.get_by_role("link", name="Price of BTC then").click()
    worth = page.locator(".fact", has_text="One BTC")
    expect(worth).to_contain_text("200 USD")
    fits(page)
    page.get_by_role("textbox", name="Price of one").fill("250")
    page.get_by_label("It holds for").select_option("this whole day")
    page.get_by_role("button", name="Keep my price").click()
    expect(page.get_by_text("Your price of BTC is kept.")).to_be_visible()
    expect(worth).to_contain_text("250 USD")
    fits(page)
    gained(page, owner, "+150.00")

    page.get_by_role("link", name="Price of BTC then").click()
    page.get_by_role("button", name="Take back: 250 USD, that whole day").click()
    expect(page.get_by_text("Your price of BTC is taken back.")).to_be_visible()
    expect(worth).to_contain_text("200 USD")
    gained(page, owner, "+100.00")

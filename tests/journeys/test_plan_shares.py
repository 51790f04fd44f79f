"""Lots shared out among wallets one by one: refused, mended, kept, and what was gained follows; by keyboard.

On a desk and on a phone.
"""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.models import GainChoices
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_matching import press, reach
from tests.journeys.test_tax import follow
from tests.ledger.gains.books import buys, day, reckon, sells, tell
from tests.ledger.matched import another

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]
CHEAP, DEAR = "10 Jan 2024, 12:00", "11 Jan 2024, 12:00"


@pytest.fixture
def held(owner: User) -> User:
    """1 BTC for 100 in one wallet, 1 BTC for 900 in the other, which sold its own for 1000 in 2025."""
    kraken, savings = sorted((another(owner, "One"), another(owner, "Other")), key=lambda wallet: str(wallet.pk))
    # Without a plan the oldest lot goes to the first of them, by the names that nobody sees.
    for wallet, label in ((kraken, "Kraken"), (savings, "Savings")):
        wallet.label = label
        wallet.save()
    tell(kraken, *buys("B1", "1", "100", day(0)))
    tell(savings, *buys("B2", "1", "900", day(1)), *sells("S1", "1", "1000", day(400)))
    reckon(owner)
    return owner


def write(page: Page, lot: str, wallet: str, amount: str) -> None:
    reach(page, page.get_by_role("textbox", name=f"Of the lot of {lot} for {wallet}"))
    page.keyboard.press("Control+A")
    page.keyboard.type(amount) if amount else page.keyboard.press("Delete")


def written(page: Page, lot: str, wallet: str, amount: str) -> None:
    expect(page.get_by_role("textbox", name=f"Of the lot of {lot} for {wallet}")).to_have_value(amount)


def gained(page: Page, figure: str) -> None:
    page.goto("/tax/2025/")
    expect(page.get_by_role("row", name="In all")).to_contain_text(figure)
    fits(page)


def test_lots_are_shared_out_by_hand_kept_and_left_to_the_order_again(page: Page, held: User) -> None:
    gained(page, "+100.00")
    page.goto("/tax/plan/")
    expect(page.get_by_text("You have not saved a plan yet")).to_be_visible()
    fits(page)
    follow(page, "Share BTC out lot by lot")
    expect(page.get_by_role("heading", name="Share out BTC")).to_be_visible()
    fits(page)

    write(page, CHEAP, "Kraken", "0.25")
    press(page, "Save it as my plan")
    expect(page.get_by_text("Kraken held 1 then, and gets 0.25. Share out exactly what it held.")).to_be_visible()
    written(page, CHEAP, "Kraken", "0.25")
    assert not GainChoices.objects.exists()
    fits(page)
    write(page, CHEAP, "Savings", "0.75")
    write(page, DEAR, "Kraken", "0.75")
    write(page, DEAR, "Savings", "0.25")
    press(page, "Save it as my plan")
    expect(page.get_by_text("Your lots of BTC are shared out as you said")).to_be_visible()
    expect(page.get_by_text("You have a plan")).to_be_visible()
    expect(page.get_by_text("You shared these out lot by lot")).to_be_visible()
    fits(page)
    assert len(GainChoices.objects.get().allocation["shares"]) == 4

    reckon(held)
    gained(page, "+700.00")
    page.goto("/tax/plan/")
    follow(page, "look at it, or change it")
    written(page, CHEAP, "Kraken", "0.25")
    written(page, DEAR, "Savings", "0.25")
    press(page, "Let the order share it out again")
    expect(page.get_by_text("Your lots of BTC go by the plan's order again.")).to_be_visible()
    follow(page, "Share BTC out lot by lot")
    written(page, CHEAP, "Kraken", "1")
    reckon(held)
    gained(page, "+100.00")

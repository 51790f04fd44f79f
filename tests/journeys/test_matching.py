"""Transfers are accepted and turned down, a duplicate is resolved, a difference is closed: all by keyboard.

On a desk and on a phone.
"""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ledger.models import Decision, Transaction
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.ledger.conftest import NOW
from tests.ledger.matched import another, doubled, suggested
from tests.ledger.test_views_reconcile import report
from wallets.models import Wallet

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]
# Words of a cell that do not stand on one line: an asset's code, an amount.
BROKEN = """(cells) => cells.flatMap((cell) => cell.textContent.trim().split(/\\s+/).filter((word) => {
  const range = document.createRange(), text = cell.firstChild, at = text.data.indexOf(word);
  range.setStart(text, at);
  range.setEnd(text, at + word.length);
  return range.getClientRects().length > 1;
}))"""
MANY = 80  # presses of Tab, at most, to reach anything


def reach(page: Page, wanted: Locator) -> None:
    """With the Tab key alone, from wherever the focus is."""
    for _ in range(MANY):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"The keyboard does not reach {wanted}")


def press(page: Page, name: str) -> None:
    reach(page, page.get_by_role("button", name=name, exact=True).first)
    page.keyboard.press("Enter")


@pytest.fixture
def wallet(owner: User) -> Wallet:
    return another(owner, "Kraken")


def test_transfers_are_accepted_and_turned_down(page: Page, owner: User, wallet: Wallet) -> None:
    suggested(wallet, another(owner, "Savings"))
    page.goto("/transactions/transfers/")
    expect(page.get_by_role("region", name="Suggestion 2")).to_be_visible()
    fits(page)

    press(page, "Keep them apart")
    expect(page.get_by_text("They stay apart.")).to_be_visible()
    press(page, "Link them")
    expect(page.get_by_text("Linked. What left here arrived there.")).to_be_visible()

    assert Transaction.objects.filter(kind="transfer").count() == 2
    reach(page, page.get_by_role("link", name="Linked", exact=True))
    page.keyboard.press("Enter")
    press(page, "Take the link apart")
    expect(page.get_by_text("The link is taken apart.")).to_be_visible()
    assert Transaction.objects.filter(kind="transfer").count() == 0
    fits(page)


def test_several_transfers_are_decided_at_once_and_taken_back(page: Page, owner: User, wallet: Wallet) -> None:
    suggested(wallet, another(owner, "Savings"), count=2)
    page.goto("/transactions/transfers/")
    everything = page.get_by_label("Select all on this page")
    reach(page, everything)
    page.keyboard.press("Space")
    expect(page.get_by_text("4 selected")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_text("Tick several to decide them at once")).to_be_visible()
    for number in (1, 3):
        reach(page, page.get_by_label(f"Select suggestion {number}"))
        page.keyboard.press("Space")
    expect(page.get_by_text("2 selected")).to_be_visible()
    fits(page)

    press(page, "Link all selected")
    expect(page.get_by_text("2 transfers of 4 transactions will be linked.")).to_be_visible()
    fits(page)
    press(page, "Link them")
    expect(page.get_by_text("2 transfers are linked")).to_be_visible()
    fits(page)
    assert Transaction.objects.filter(kind="transfer").count() == 4

    press(page, "Undo all of it")
    expect(page.get_by_text("It is taken back: 2 are open again")).to_be_visible()
    assert Transaction.objects.filter(kind="transfer").count() == 0
    press(page, "Do it again")
    expect(page.get_by_text("2 transfers are linked")).to_be_visible()
    assert Transaction.objects.filter(kind="transfer").count() == 4


def test_a_duplicate_is_resolved_and_taken_back(page: Page, wallet: Wallet) -> None:
    doubled(wallet, bought="0.010299", paid="718.1029245")
    page.goto("/transactions/duplicates/")
    expect(page.get_by_text("differs").first).to_be_visible()
    fits(page)
    assert page.locator(".sides td").evaluate_all(BROKEN) == []

    press(page, "They are the same")
    expect(page.get_by_text("They are one now.")).to_be_visible()
    assert Transaction.objects.count() == 1

    reach(page, page.get_by_role("link", name="Decided", exact=True))
    page.keyboard.press("Enter")
    press(page, "They are different")
    expect(page.get_by_text("They are two again.")).to_be_visible()
    assert Decision.objects.latest("id").kind == "different"


def test_several_duplicates_are_decided_at_once_and_taken_back(page: Page, wallet: Wallet) -> None:
    doubled(wallet, count=3)
    page.goto("/transactions/duplicates/")
    reach(page, page.get_by_label("Select all on this page"))
    page.keyboard.press("Space")
    expect(page.get_by_text("3 selected")).to_be_visible()
    reach(page, page.get_by_label("Select pair 2"))
    page.keyboard.press("Space")
    expect(page.get_by_text("2 selected")).to_be_visible()
    fits(page)

    press(page, "All selected are the same")
    expect(page.get_by_text("2 pairs of 4 transactions will be one transaction each.")).to_be_visible()
    fits(page)
    press(page, "They are the same")
    expect(page.get_by_text("2 pairs are one transaction each.")).to_be_visible()
    fits(page)
    assert Transaction.objects.count() == 4

    press(page, "Undo all of it")
    expect(page.get_by_text("It is taken back: 2 are open again")).to_be_visible()
    assert Transaction.objects.count() == 6


def test_all_duplicates_of_the_same_reasons_are_decided_at_once(page: Page, wallet: Wallet) -> None:
    doubled(wallet, count=3)
    page.goto("/transactions/duplicates/")
    reach(page, page.locator("summary", has_text="All that rest on the same reasons").first)
    page.keyboard.press("Enter")
    fits(page)
    press(page, "All of these are different")
    expect(page.get_by_text("3 pairs of 6 transactions will stay two")).to_be_visible()
    fits(page)
    press(page, "They are different")
    expect(page.get_by_text("3 pairs are kept as two")).to_be_visible()
    assert Decision.objects.filter(kind="different").count() == 3


def test_a_difference_is_found_and_closed(page: Page, wallet: Wallet) -> None:
    report(wallet, at=NOW, XXBT="2.5")
    Wallet.objects.update(streams=[{"stream": "ledger", "state": "done"}])  # a run has come to its end
    page.goto(f"/wallets/{wallet.pk}/")
    expect(page.get_by_text("1 asset differs")).to_be_visible()

    page.goto(f"/wallets/{wallet.pk}/balances/")
    expect(page.get_by_text("Not everything adds up")).to_be_visible()
    fits(page)
    reach(page, page.locator("summary", has_text="As a last resort"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("An opening balance of 2.5")).to_be_visible()
    fits(page)
    press(page, "Add this row")

    expect(page.get_by_text("Everything adds up")).to_be_visible()
    assert Transaction.objects.get().category == "opening balance"

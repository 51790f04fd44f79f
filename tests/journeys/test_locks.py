"""A year is filed, its past changed behind it, what would differ seen, and the paper still says what was filed."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from ledger import reporting
from ledger.models import Report, YearLock
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_tax import sold  # noqa: F401 # pytest looks here
from tests.ledger.gains.books import named, reckon

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


def made(owner: User) -> None:
    """A worker makes what was ordered."""
    while report := Report.objects.filter(owner=owner).select_related("owner").claim(now=timezone.now()):
        reporting.work(report, clock=timezone.now, tell=lambda _: None)


def downloaded(page: Page) -> str:
    """The paper, as it is read from the file that came."""
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    return "\n".join(each.extract_text() for each in PdfReader(coming.value.path()).pages)


def test_a_year_is_filed_changed_behind_compared_and_opened_again(page: Page, sold: User) -> None:
    reckon(sold)
    page.goto("/tax/2024/")
    page.get_by_role("link", name="Filing").click()
    expect(page.get_by_role("heading", name="Mark this year as filed")).to_be_visible()
    fits(page)
    page.get_by_role("textbox", name="Note").fill("Sent by post")
    page.get_by_role("button", name="Mark as filed").click()
    expect(page.get_by_role("heading", name="Filed, and still so")).to_be_visible()
    expect(page.get_by_text("Your note: Sent by post")).to_be_visible()
    made(sold)

    sale = f"/transactions/{named(sold, 'S1').pk}/"
    page.goto(sale)
    page.get_by_label("Change received").click()
    page.locator("#id_received_amount").fill("700")
    page.get_by_role("button", name="Keep", exact=True).locator("visible=true").click()
    expect(page.get_by_text("Kept.")).to_be_visible()
    reckon(sold)

    page.goto("/tax/")
    fits(page)
    page.get_by_role("link", name="Would now differ").click()
    expect(page.get_by_role("heading", name="Filed, and would now differ")).to_be_visible()
    row = page.get_by_role("row", name="Short-term: Gain or loss")
    expect(row).to_contain_text("350.00")
    expect(row).to_contain_text("450.00")
    expect(row).to_contain_text("+100.00")
    expect(page.get_by_role("link", name="Open: Transactions edited")).to_have_attribute("href", sale)
    fits(page)
    paper = downloaded(page)
    assert "600.00" in paper
    assert "700.00" not in paper

    page.get_by_role("button", name="No longer filed").click()
    page.locator("#confirm").get_by_role("button", name="No longer filed").click()
    expect(page.get_by_text("2024 is no longer marked as filed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Filed before, and taken back")).to_be_visible()
    fits(page)
    assert not YearLock.objects.filter(owner=sold, opened_at=None).exists()

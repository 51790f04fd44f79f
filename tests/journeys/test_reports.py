"""Form 8949 is ordered, watched while it is made, and brought home: it says what the page says."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_locks import downloaded, made
from tests.journeys.test_tax import sold  # noqa: F401 # pytest looks here
from tests.ledger.gains.books import reckon

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


def test_form_8949_is_ordered_and_says_what_the_page_says(page: Page, sold: User) -> None:
    reckon(sold)
    page.goto("/tax/2024/")
    told = re.findall(r"[0-9,]+\.[0-9]{2}", page.get_by_role("row", name="Short-term").first.inner_text())
    assert told == ["600.00", "250.00", "350.00"]

    page.get_by_role("link", name="Reports").click()
    page.get_by_role("button", name="Make it: Form 8949 and Schedule D, to print").click()
    expect(page.get_by_text("Being made")).to_be_visible()
    fits(page)
    made(sold)
    expect(page.get_by_text("Ready")).to_be_visible()  # it asks by itself
    fits(page)
    paper = downloaded(page)

    assert [figure for figure in told if figure not in paper] == []
    assert "Form 8949" in paper

"""From what is held to what it is made of: along the chart by keyboard, to an asset, its lot, and the row behind it."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.pricing.candles import DAY, HOUR
from tests.journeys.test_connecting import exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_matching import reach
from tests.ledger.gains.books import buys, moved, reckon, tell
from tests.ledger.matched import another
from tests.ledger.priced import hours, quoted

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from accounts.models import User

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.mark.turns(1)  # what is told differs, not the width alone
@pytest.mark.parametrize(
    ("streams", "said"),
    [
        ([{"stream": "ledger", "state": "done"}], "in a day, by prices of what you hold now"),
        ([], "what “Kraken” holds is not all here yet"),
    ],
    ids=["read", "being-read"],
)
def test_the_first_page_stays_where_it_is_when_the_sum_comes_in(
    page: Page, owner: User, streams: list[dict[str, str]], said: str
) -> None:
    """With all that can be said of it: the page below must not move under a finger."""
    now = timezone.now()
    quoted("BTC", "USD", now - hours(26), *["200"] * 26, "250", span=HOUR)
    wallet = another(owner, "Kraken", streams=streams)
    tell(wallet, *moved("D1", "500", now - timedelta(days=35), asset="ZUSD"), *buys("T1", "2", "100", now))
    reckon(owner)
    wait: list[Route] = []
    page.route("**/portfolio/glance/", lambda route: wait.append(route))  # noqa: PLW0108  # playwright marks it
    with page.expect_response("**/wallets/strip/"):
        page.goto("/home/")
    below = page.get_by_role("heading", name="Where your account stands")
    page.wait_for_timeout(200)  # until it is drawn
    before = below.bounding_box()
    link = page.get_by_role("link", name="See the portfolio").element_handle()
    while not wait:
        page.wait_for_timeout(20)
    wait[0].continue_()
    expect(page.get_by_text(said)).to_be_visible()
    expect(page.get_by_text("costs reckoned")).to_be_visible()

    assert below.bounding_box() == before
    assert link.evaluate("(link) => link.isConnected")  # pressed before and let go of after, it still leads there


def test_large_holdings_whose_cost_is_not_known_stay_on_the_page(page: Page, owner: User) -> None:
    """The words beside a cost were one line, and pushed the last column out of its card."""
    now = timezone.now()
    quoted("BTC", "USD", now - hours(26), *["55838.18"] * 26, "55830.18", span=HOUR)
    bought = buys("T1", "809949.52331019", "21580041.93", now - timedelta(days=30))
    came = [*moved("D1", "43160083.86", now - timedelta(days=35), asset="ZUSD"), *moved("D2", "53067.57585586", now)]
    tell(another(owner, "Kraken"), *came, *bought)
    reckon(owner)

    page.goto("/portfolio/")

    expect(page.get_by_role("link", name="Cost of 53,067.57585586 not known")).to_be_visible()
    fits(page)
    page.set_viewport_size({"width": 1024, "height": 800})
    fits(page)


def test_a_figure_opens_down_to_the_row_it_is_made_of(page: Page, owner: User) -> None:
    now = timezone.now()
    quoted("BTC", "USD", now - timedelta(days=40), *["200"] * 39, "210", span=DAY)
    quoted("BTC", "USD", now - hours(26), *["200"] * 26, "250", span=HOUR)
    wallet = another(owner, "Kraken")
    came = moved("D1", "500", now - timedelta(days=35), asset="ZUSD")
    tell(wallet, *came, *buys("T1", "2", "100", now - timedelta(days=30)))

    page.goto("/home/")
    page.get_by_role("link", name="See the portfolio").click()
    expect(page.get_by_text("being reckoned for the first time")).to_be_visible()
    reckon(owner)
    expect(page.get_by_text("+400.00").first).to_be_visible()  # by itself
    expect(page.get_by_text("being reckoned for the first time")).to_have_count(0)
    fits(page)

    plot = page.get_by_role("slider", name="Net worth over time, in USD")
    expect(plot).to_have_attribute("aria-valuetext", "Now \u00b7 900.00 USD")
    reach(page, plot)
    page.keyboard.press("ArrowLeft")
    expect(plot).to_have_attribute("aria-valuetext", re.compile("820.00 USD"))
    expect(page.locator("[data-chart-read]")).to_contain_text("820.00 USD")
    page.keyboard.press("Home")
    expect(page.locator("[data-chart-read]")).to_contain_text("500.00 USD")

    page.get_by_role("link", name="1 week").click()
    expect(page.get_by_role("link", name="1 week")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuemax", str(7 * 24))
    fits(page)

    page.locator("#holdings").get_by_role("link", name="BTC").click()
    expect(page.get_by_role("heading", name="Lots that are left")).to_be_visible()
    expect(page.get_by_role("slider")).to_be_visible()
    fits(page)
    page.locator("#lots tbody th a").click()
    expect(page).to_have_url(re.compile("/transactions/[0-9a-f-]{36}/$"))
    fits(page)
    page.locator("summary", has_text="T1B").click()
    expect(page.locator("pre", has_text="XXBT")).to_be_visible()  # the row, as the exchange wrote it

"""A second key tried beside the one in force, in a real browser: it takes over, or it is said why it does not.

The one is walked on a desk, the other on a phone.
"""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sync import lanes, schedule
from sync.models import Run
from tests.journeys.test_connecting import (  # noqa: F401 # pytest looks for fixtures here
    connected,
    exchanges,
    fits,
    follow,
    owner,
    page,
    paste,
    press,
    told,
    work,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.playground import Playground

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]
NEW = {"id": "account-" + "k" * 20, "secret": "s" * 28, "uncounted": True}
BESIDE = "Try it beside the current key first"


def sync() -> None:
    """A worker reads what is due."""
    now = timezone.now()
    schedule.plan_due(now)
    while run := Run.objects.claim(now=timezone.now()):
        lanes.work(run, until=now + timedelta(minutes=1), clock=timezone.now)


def put_in_reserve(page: Page, exchanges: Playground, wallet: Any) -> None:
    exchanges.control("gemini", {"key": NEW})
    page.goto(f"/wallets/{wallet.pk}/key/")
    paste(page, {"API key": NEW["id"], "API secret": NEW["secret"]}, then=BESIDE)
    work()
    told(page, "The new key of “Gemini” lies in reserve")
    follow(page, "Open “Gemini”")
    expect(page.get_by_text("A new key lies in reserve")).to_be_visible()
    fits(page)


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_a_key_in_reserve_takes_over_after_its_first_sync(
    page: Page,
    connected: Any,
    exchanges: Playground,
) -> None:
    wallet = connected("gemini")
    put_in_reserve(page, exchanges, wallet)

    sync()

    page.goto("/notices/")
    expect(page.get_by_role("heading", name="Delete the old key")).to_be_visible()
    follow(page, "Go to this wallet")
    expect(page.get_by_text("Delete the old key at Gemini")).to_be_visible()
    fits(page)
    press(page, "I have deleted it")
    expect(page.get_by_text("Delete the old key at Gemini")).to_have_count(0)
    expect(page.get_by_text("The key in reserve took over after its first clean sync")).to_be_visible()


@pytest.mark.parametrize("page", [360], indirect=True)
def test_one_that_fails_is_explained_and_dropped_and_the_present_one_goes_on(
    page: Page,
    connected: Any,
    exchanges: Playground,
) -> None:
    wallet = connected("gemini")
    put_in_reserve(page, exchanges, wallet)
    exchanges.control("gemini", {"key": {**NEW, "roles": {"isAuditor": True, "isTrader": True}}})

    sync()

    page.reload()
    expect(page.get_by_text("The new key was not taken")).to_be_visible()
    expect(page.get_by_text("Working", exact=True).first).to_be_visible()
    fits(page)
    press(page, "Drop it")
    expect(page.get_by_text("The key in reserve was wiped. The present one stays in force.")).to_be_visible()

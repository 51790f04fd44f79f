"""A history comes in while its owner watches; the exchange breaks, is said to, and heals without anybody's doing."""

# ruff: noqa: F811 - parameters name the fixtures of another journey
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sync import lanes, schedule
from sync.models import Run
from tests.journeys.test_connecting import connected, exchanges, fits, owner, page  # noqa: F401 # pytest looks here
from tests.journeys.test_staging import sync
from wallets.diagnosis import diagnose
from wallets.models import Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.playground import Playground

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


def begin(wallet: Wallet) -> Run:
    """A worker whose time is up before the first page."""
    schedule.plan_due(timezone.now())
    run = Run.objects.claim(now=timezone.now())
    assert run
    lanes.work(run, until=timezone.now(), clock=timezone.now)
    return run


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
def test_a_first_history_is_watched_until_it_is_complete(page: Page, connected: Any) -> None:
    wallet = connected("gemini")
    page.goto(f"/sync/wallets/{wallet.pk}/")

    begin(wallet)
    expect(page.get_by_text("Under way", exact=True).first).to_be_visible()
    fits(page)
    sync()

    # Nobody loads the page again: it asks by itself.
    expect(page.get_by_text("Complete", exact=True).first).to_be_visible()
    page.reload()  # what it reaches back to is not live
    expect(page.get_by_role("cell", name="the beginning").first).to_be_visible()
    fits(page)


@pytest.mark.parametrize("page", [1280, 360], indirect=True)
def test_an_exchange_that_is_down_is_said_to_be_and_heals_by_itself(
    page: Page, connected: Any, exchanges: Playground
) -> None:
    wallet = connected("gemini")
    sync()
    exchanges.fault("status", provider="gemini", status=503, body="down")
    due_now(wallet)
    sync()

    page.goto(f"/wallets/{wallet.pk}/")
    words = diagnose(Cause.MAINTENANCE, exchange="Gemini")
    expect(page.get_by_role("heading", name=words.title)).to_be_visible()
    expect(page.get_by_role("link", name="Update API key")).to_have_count(0)
    fits(page)

    exchanges.control("gemini/faults", method="DELETE")
    due_now(wallet)
    sync()

    # Nobody loads this page again, either.
    expect(page.get_by_role("heading", name="Working")).to_be_visible(timeout=15_000)


def due_now(wallet: Wallet) -> None:
    """Time passes."""
    Wallet.objects.filter(pk=wallet.pk).update(next_try_at=timezone.now() - timedelta(seconds=1))

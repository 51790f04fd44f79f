"""Django's admin pages in a real browser: under the strict policy, and nothing complains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import visitors
from accounts.models import User
from config.camera import context_for, watch
from sync import visitors_staff

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.journey


def test_staff_look_around_and_the_browser_has_nothing_to_say(browser: Browser, live_server: LiveServer) -> None:
    cookies = visitors.owner_full(timezone.now())
    User.objects.update(is_staff=True)
    staff = User.objects.get()
    context = context_for(browser, live_server.url, cookies)
    page = context.new_page()
    complaints = watch(page)

    for path in (
        "/admin/",
        "/admin/accounts/user/?q=example",
        f"/admin/accounts/user/{staff.pk}/change/",
        "/admin/accounts/auditevent/?action=staff_looked",
        "/admin/accounts/notice/",
        "/admin/accounts/factorrecovery/",
        "/admin/sync/run/?state=failed",
        "/admin/sync/incident/",
        "/admin/sync/heldexchange/",
        "/admin/wallets/wallet/?failing=hour",
    ):
        answer = page.goto(live_server.url + path)
        assert answer
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    context.close()
    assert complaints == []


def test_staff_sees_what_fails_has_it_tried_again_and_pauses_an_exchange(
    browser: Browser, live_server: LiveServer
) -> None:
    context = context_for(browser, live_server.url, visitors_staff.staff(timezone.now()))
    page = context.new_page()
    complaints = watch(page)
    page.goto("/admin/")

    page.get_by_role("link", name="Failing wallets").click()
    expect(page.get_by_role("img", name="Runs that failed in each of the last 24 hours")).to_have_count(3)
    page.get_by_role("button", name="Try again: Binance is down for the moment").click()
    expect(page.get_by_text("9 wallets are due. One is tried now")).to_be_visible()

    page.get_by_label("Exchange:").select_option("OKX")
    page.get_by_label("Reason:").fill("They asked us to")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#okx").get_by_text("They asked us to")).to_be_visible()
    expect(page.get_by_role("button", name="Try again: The key may not be used")).to_have_count(0)

    page.get_by_role("button", name="End the pause of OKX").click()
    expect(page.get_by_text("The pause is over.")).to_be_visible()
    context.close()
    assert complaints == []

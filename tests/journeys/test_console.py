"""Django's admin pages in a real browser: under the strict policy, and nothing complains."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from accounts import visitors
from accounts.models import User
from config.camera import context_for, watch

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
    ):
        answer = page.goto(live_server.url + path)
        assert answer
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]

    context.close()
    assert complaints == []

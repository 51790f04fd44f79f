"""A real browser before a real server: the static files, the strict CSP, a database that other connections see."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from config.camera import chromium, chromium_program, context_for, watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

# Playwright keeps an event loop in this thread, which makes Django refuse queries here. Tests may ask the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
expect.set_options(timeout=20_000)  # the machine may be busy with other tests


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not chromium_program():
        pytest.skip("chromium is not installed: no journey was walked")
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A stranger's window; paths are relative to the live server. Any error in its console fails the test."""
    context = context_for(browser, live_server.url, {})
    opened = context.new_page()
    complaints = watch(opened)
    yield opened
    context.close()
    assert not complaints

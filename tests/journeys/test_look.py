"""Every page, wide and on a phone, light and dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.journey


def test_the_landing_page_opens(page: Page) -> None:
    page.goto("/")

    assert page.title()

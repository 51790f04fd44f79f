"""Every page of the album, wide and on a phone, light and dark: nothing sticks out, complains, or hides the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from config.album import VIEWS, VISITORS, View
from config.camera import SIGHTS, context_for, turn_to, visit, watch
from config.libraries import NpmMissingError, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.journey

STICKING_OUT = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  return [...document.body.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > edge + 1)
    .map((element) => element.outerHTML.slice(0, 120));
}"""

# All rules for one theme of each layout; what the other theme can change is contrast only.
WHOLE = {("wide", "light"), ("phone", "dark")}
WRONG = """async (rules) => (await axe.run(document, { resultTypes: ['violations'], ...rules })).violations
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} (${node.failureSummary})`))"""

FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const ring = [element, element.closest('.control')].filter(Boolean).map((one) => getComputedStyle(one));
  const seen = ring.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
  return { name: element.outerHTML.slice(0, 120), seen };
}"""


@pytest.fixture(scope="session")
def axe() -> str:
    try:
        return (installed(with_tools=True) / "axe-core/axe.min.js").read_text()
    except NpmMissingError as reason:
        pytest.skip(str(reason))


@pytest.fixture(params=VIEWS.values(), ids=lambda view: view.name)
def opened(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    view: View = request.param
    context = context_for(browser, live_server.url, VISITORS[view.visitor](timezone.now()))
    page = context.new_page()
    complaints = watch(page)
    assert visit(page, view) == view.status
    yield page
    context.close()
    assert not complaints


def test_every_page_looks_right(opened: Page, axe: str) -> None:
    opened.evaluate(axe)

    for width, theme in SIGHTS:
        turn_to(opened, width, theme)

        assert opened.evaluate(STICKING_OUT) == [], f"sticks out: {width}"
        rules = {} if (width, theme) in WHOLE else {"runOnly": ["color-contrast"]}
        assert opened.evaluate(WRONG, rules) == [], f"axe: {width}, {theme}"

    assert list(unseen_focus(opened)) == []


def unseen_focus(page: Page, most: int = 60) -> Iterator[str]:
    """Walks through the page with the Tab key; what has the focus but does not show it."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            return
        if not focused["seen"]:
            yield focused["name"]

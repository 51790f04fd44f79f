"""Every page of the album, wide and on a phone, light and dark: nothing sticks out, complains, or hides the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from config import album
from config.camera import SIGHTS, bring_only, context_for, turn_to, visit, watch
from config.libraries import NpmMissingError, installed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

    from config.album import View

pytestmark = pytest.mark.journey
VIEWS, VISITORS = album.opened()

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


# One visitor sees all of his pages in one test, and in one window, as a person does: making people, emptying the
# database and opening windows is what takes the time.
@pytest.mark.parametrize("visitor", VISITORS)
def test_every_page_looks_right(visitor: str, browser: Browser, live_server: LiveServer, axe: str) -> None:
    cookies = VISITORS[visitor](timezone.now())
    views = [view for view in VIEWS.values() if view.visitor == visitor]
    context = context_for(browser, live_server.url, cookies)
    context.add_init_script(axe)
    page = context.new_page()
    complaints = watch(page)

    wrong = {}
    for view in views:
        bring_only(context, live_server.url, cookies)  # whatever the page before has changed
        wrong[view.name] = look_at(view, page, complaints)
    context.close()

    assert {name: found for name, found in wrong.items() if found} == {}


def look_at(view: View, page: Page, complaints: list[str]) -> list[str]:
    turn_to(page, *SIGHTS[0])
    complaints.clear()
    if (status := visit(page, view)) != view.status:
        complaints.append(f"answers {status}")
    found = [fault for width, theme in SIGHTS for fault in faults(page, width, theme)]
    found += [f"focus is not seen: {name}" for name in unseen_focus(page)]
    return complaints + found


def faults(page: Page, width: str, theme: str) -> Iterator[str]:
    turn_to(page, width, theme)
    rules = {} if (width, theme) in WHOLE else {"runOnly": ["color-contrast"]}
    yield from (f"sticks out, {width}: {what}" for what in page.evaluate(STICKING_OUT))
    yield from (f"axe, {width}, {theme}: {what}" for what in page.evaluate(WRONG, rules))


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

"""Every page of the album, wide and on a phone, light and dark: nothing sticks out, complains, or hides the focus.

A thorough run looks in all four ways, and asks all rules of each layout. The usual one looks wide and light, or on a
phone in the dark: by their names, pages take turns.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest
from django.utils import timezone

from config import album
from config.camera import SIGHTS, bring_only, context_for, turn_to, visit, watch
from config.libraries import NpmMissingError, installed
from tests.strength import THOROUGH
from wallets.models import Wallet

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

# Words in a column so narrow that they break within themselves: in the layout is a fault that sticks out nowhere.
SQUEEZED = """() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
  const found = [];
  while (words.nextNode()) {
    const away = words.currentNode.parentElement.closest('thead, .unseen')?.getBoundingClientRect();
    if (words.currentNode.data.trim().length < 4 || away?.width < 2) continue;
    range.selectNodeContents(words.currentNode);
    const { width, height } = range.getBoundingClientRect();
    if (width > 2 && width < 48 && height > 4 * width) found.push(words.currentNode.data.trim().slice(0, 80));
  }
  return found;
}"""

# All rules for one theme of each layout; what the other theme can change is contrast only.
WHOLE = (("wide", "light"), ("phone", "dark"))
CONTRAST = {"runOnly": ["color-contrast"], "preload": False}
ALL_RULES = {"preload": THOROUGH}  # to load sounds and styles once more is for two rules, of which pages give no cause
WRONG = """async (rules) => (await axe.run(document, { resultTypes: ['violations'], ...rules })).violations
  .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} (${node.failureSummary})`))"""

# Notes what has the focus but does not show it; `over` is true once the focus has left the page or begun again.
FOLLOW_THE_FOCUS = """() => {
  document.activeElement.blur();
  const walk = window.walk = { met: new Set(), unseen: [], over: false };
  document.addEventListener('focusin', ({ target }) => {
    if (walk.met.has(target)) walk.over = true;
    if (walk.over) return;
    walk.met.add(target);
    const ring = [target, target.closest('.control')].filter(Boolean).map((one) => getComputedStyle(one));
    const seen = ring.some((style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0);
    if (!seen) walk.unseen.push(target.outerHTML.slice(0, 120));
  });
}"""
WALKED = """() => ({
  unseen: walk.unseen.splice(0),
  over: walk.over || !document.activeElement || document.activeElement === document.body,
})"""


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
    found = [fault for sight, rules in sights_of(view) for fault in faults(page, *sight, rules)]
    found += [f"focus is not seen: {name}" for name in unseen_focus(page)]
    return complaints + found


def sights_of(view: View) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    if THOROUGH:
        return [(sight, ALL_RULES if sight in WHOLE else CONTRAST) for sight in SIGHTS]
    return [(WHOLE[crc32(view.name.encode()) % 2], ALL_RULES)]


def faults(page: Page, width: str, theme: str, rules: dict[str, Any]) -> Iterator[str]:
    turn_to(page, width, theme)
    yield from (f"sticks out, {width}: {what}" for what in page.evaluate(STICKING_OUT))
    yield from (f"squeezed, {width}: {what}" for what in page.evaluate(SQUEEZED))
    yield from (f"axe, {width}, {theme}: {what}" for what in page.evaluate(WRONG, rules))


def unseen_focus(page: Page, most: int = 60, at_once: int = 10) -> Iterator[str]:
    """Walks through the page with the Tab key."""
    page.evaluate(FOLLOW_THE_FOCUS)
    for _ in range(0, most, at_once):
        for _ in range(at_once):
            page.keyboard.press("Tab")
        walked = page.evaluate(WALKED)
        yield from walked["unseen"]
        if walked["over"]:
            return


LONG = f"{'W' * 40} {'x' * 39}"  # as long as a wallet's name may be, and nowhere to break


@pytest.mark.turns(2)
@pytest.mark.parametrize("visitor", ["bookkeeper", "investor", "taxpayer", "matchmaker", "holder", "keeper"])
def test_a_long_name_of_a_wallet_pushes_nothing_out(visitor: str, browser: Browser, live_server: LiveServer) -> None:
    """On a phone, and in a thorough run where there is more room, too."""
    cookies = VISITORS[visitor](timezone.now())
    Wallet.objects.update(label=LONG)
    context = context_for(browser, live_server.url, cookies)
    page = context.new_page()

    wrong = {}
    for view in (each for each in VIEWS.values() if each.visitor == visitor and each.status == HTTPStatus.OK):
        turn_to(page, *SIGHTS[0])
        visit(page, view)
        wrong[view.name] = [what for sight in WHOLE[not THOROUGH :] for what in sticking_out(page, *sight)]
    context.close()

    assert {name: found for name, found in wrong.items() if found} == {}


def sticking_out(page: Page, width: str, theme: str) -> list[str]:
    turn_to(page, width, theme)
    return [f"{width}: {what}" for what in page.evaluate(STICKING_OUT)][:3]

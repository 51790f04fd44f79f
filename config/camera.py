"""A real browser for looking at pages: Debian's chromium driven by playwright. Development only."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from http import HTTPStatus
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

    from config.album import View

WIDTHS = {"wide": (1280, 800), "phone": (360, 740)}
THEMES = ("light", "dark")
SIGHTS = tuple(product(WIDTHS, THEMES))
# The first is Debian's same browser without windows, toolbars and menus: nobody sees them here.
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_program() -> str | None:
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_program(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def context_for(browser: Browser, address: str, cookies: Mapping[str, str]) -> BrowserContext:
    """A fresh window at `address`, with the visitor's cookies; nothing moves in it."""
    context = browser.new_context(base_url=address, reduced_motion="reduce", locale="en-GB", timezone_id="UTC")
    bring_only(context, address, cookies)
    return context


def bring_only(context: BrowserContext, address: str, cookies: Mapping[str, str]) -> None:
    """The window's cookies are now these and no others."""
    host = urlsplit(address).hostname
    context.clear_cookies()
    context.add_cookies(
        [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items()]
    )


def watch(page: Page) -> list[str]:
    """What the page complains of from now on: script errors, refused styles and scripts, files that are not there."""
    complaints: list[str] = []

    def on_console(said: ConsoleMessage) -> None:
        # A page that answers 403 or 404 on purpose is reported here as well; its pieces are watched below.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            complaints.append(f"console: {said.text}")

    def on_response(answer: Response) -> None:
        if answer.status >= HTTPStatus.BAD_REQUEST and not answer.request.is_navigation_request():
            complaints.append(f"{answer.status}: {answer.url}")

    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("console", on_console)
    page.on("response", on_response)
    return complaints


def visit(page: Page, view: View) -> int:
    """Opens the page and does what the view says; the status of the last page loaded."""
    answer = page.goto(view.path)
    for selector, value in view.fills.items():
        page.fill(selector, value)
    for selector in view.press[:-1]:
        page.click(selector)
    for selector in view.press[-1:]:
        with page.expect_navigation() as going:
            page.click(selector)
        answer = going.value
    page.wait_for_selector(".htmx-request", state="detached")
    return answer.status if answer else 0


def turn_to(page: Page, width: str, theme: str) -> None:
    across, down = WIDTHS[width]
    page.set_viewport_size({"width": across, "height": down})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")


def _open_up(page: Page) -> None:
    """Makes the window as tall as the page, so that what is fixed to its edges stands where it belongs."""
    tall = page.evaluate("Math.max(innerHeight, document.documentElement.scrollHeight)")
    page.set_viewport_size({"width": page.evaluate("innerWidth"), "height": tall})


def photograph(page: Page, folder: Path, name: str) -> list[Path]:
    taken = []
    for width, theme in SIGHTS:
        turn_to(page, width, theme)
        _open_up(page)
        taken.append(folder / f"{name}-{width}-{theme}.png")
        page.screenshot(path=taken[-1], full_page=True)
    return taken

"""A broken wallet is understood, mended, kept, removed and brought back, in a real browser, on a screen and a phone.

The sandbox plays the exchange; the worker's work runs here, between two presses, as it would beside them.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import visitors
from accounts.models import User
from config.camera import WIDTHS, context_for, watch
from config.fields import seal
from wallets import catalogue, tasks
from wallets.models import Credential, CredentialTest, HelpRequest, Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route
    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

    from tests.playground import Playground

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]

OWNER = "keeper@example.test"
READING = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]


@pytest.fixture(autouse=True)
def exchanges(playground: Playground, settings: SettingsWrapper) -> Playground:
    """All of them played, from a fresh start."""
    playground.control("reset")
    settings.EXCHANGE_ORIGINS = {name: playground.at(name) for name in catalogue.load()}
    return playground


@pytest.fixture(params=["wide", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """An owner who just gave the second factor, before a window of one width; nothing may complain or stick out."""
    context = context_for(browser, live_server.url, visitors.owner(timezone.now(), OWNER))
    across, down = WIDTHS[request.param]
    opened = context.new_page()
    opened.set_viewport_size({"width": across, "height": down})
    complaints = watch(opened)
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth") <= across
    context.close()
    assert not complaints


@pytest.fixture
def key(exchanges: Playground) -> dict[str, str]:
    """The key that Kraken knows, with the rights it needs."""
    told = exchanges.state("kraken")["keys"][0]
    return {"key": told["id"], "secret": told["secret"]}


@pytest.fixture
def wallet(page: Page, key: dict[str, str]) -> Wallet:
    """Connected for a while, and never looked at since."""
    owner, now = User.objects.get(email=OWNER), timezone.now()
    made = Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="Savings", created_at=now)
    credential = Credential(owner=owner, wallet=made, version=1, way="key", standing="current", created_at=now)
    seal(credential, sealed=json.dumps(key))
    credential.save()
    return made


def work() -> None:
    """What workers do, until nothing is due."""
    while tasks.examine_credentials(timezone.now()):
        pass


def press(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("button", name=name).first.click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("main").get_by_role("link", name=name).first.click()


def open_wallet(page: Page, wallet: Wallet) -> None:
    page.goto("/wallets/")
    follow(page, wallet.label)
    expect(page.get_by_role("heading", name=wallet.label, level=1)).to_be_visible()


def choose(page: Page, entry: str) -> None:
    """From the wallet's menu."""
    page.get_by_role("main").get_by_text("More", exact=True).click()
    menu = page.locator(".page-actions .menu-items")
    expect(menu).to_be_in_viewport(ratio=0.5)
    menu.get_by_text(entry, exact=True).click()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words)).to_be_visible()


def test_removing_offers_all_else_first_and_what_was_removed_comes_back_and_asks_for_a_key(
    page: Page, wallet: Wallet
) -> None:
    open_wallet(page, wallet)
    choose(page, "Remove")

    heading(page, "Perhaps one of these is enough")
    offers = page.locator(".card").first.locator("dt").all_inner_texts()
    assert [offer.split("\n")[0] for offer in offers] == ["Ask for help", "Pause", "Archive", "Detach"]
    expect(page.get_by_role("row").filter(has_text="Keys and sign-ins")).to_contain_text("1")
    press(page, "Put it in the bin")

    expect(page).to_have_url(re.compile("/wallets/bin/$"))
    expect(page.get_by_text("“Savings” is in the bin. It can be restored for 30 days.")).to_be_visible()
    assert not Credential.objects.filter(sealed__isnull=False).exists()
    page.goto("/wallets/")
    heading_of_empty = page.get_by_text("No wallets yet")
    expect(heading_of_empty).to_be_visible()

    page.goto("/wallets/bin/")
    press(page, "Restore")
    heading(page, "This wallet has no key any more")
    expect(page.get_by_role("link", name="Connect it again")).to_have_attribute("href", f"/wallets/{wallet.pk}/key/")
    expect(page.get_by_text("Wallet taken out of the bin")).to_be_visible()


def test_pausing_instead_of_removing_and_back(page: Page, wallet: Wallet) -> None:
    open_wallet(page, wallet)
    choose(page, "Remove")
    press(page, "Pause")

    heading(page, "Paused")
    press(page, "Resume")
    expect(page.get_by_text("“Savings” goes on where it stopped.")).to_be_visible()
    assert Credential.objects.get().standing == "current"


def test_a_leaked_key_is_followed_until_it_is_dead_and_a_new_one_is_asked_for(
    page: Page, wallet: Wallet, key: dict[str, str], exchanges: Playground
) -> None:
    open_wallet(page, wallet)
    choose(page, "Report a leaked key")
    heading(page, "Report a leaked key")
    press(page, "Stop using this key")

    heading(page, "You reported this key as leaked")
    expect(page.get_by_text("Is the leaked key still alive?")).to_be_visible()
    work()
    page.reload()
    expect(page.get_by_text("The leaked key is still alive at Kraken")).to_be_visible()

    exchanges.control("kraken", {"no_key": key["key"]})
    CredentialTest.objects.update(not_before=timezone.now())  # minutes pass
    work()
    page.reload()
    expect(page.get_by_text("The leaked key is dead")).to_be_visible()
    assert Credential.objects.get().sealed is None
    follow(page, "Put a new key here")
    expect(page).to_have_url(re.compile(f"/wallets/{wallet.pk}/key/$"))


def test_the_checklist_runs_live_crosses_what_fails_and_ticks_it_when_it_is_mended(
    page: Page, wallet: Wallet, key: dict[str, str], exchanges: Playground
) -> None:
    exchanges.control("kraken", {"key": {"id": key["key"], "permissions": ["query-funds", "query-closed-trades"]}})
    open_wallet(page, wallet)
    choose(page, "Check connection")
    expect(page.get_by_text("Looking, line by line")).to_be_visible()
    work()

    crossed = page.locator(".check-crossed")
    expect(crossed.first).to_contain_text("The key may not read everything")
    expect(page.locator(".check-ticked").filter(has_text="Kraken answers")).to_be_visible()
    expect(page.get_by_text("Looking, line by line")).to_be_hidden()

    open_wallet(page, wallet)
    heading(page, "The key may not read everything")
    mend = page.locator("#mend")
    expect(mend).to_contain_text("Query ledger entries")
    expect(mend).to_contain_text("Leave alone")

    exchanges.control("kraken", {"key": {"id": key["key"], "permissions": READING}})
    press(page, "Check again")
    expect(page.get_by_text("Looking, line by line")).to_be_visible()
    work()
    expect(page.locator(".callout-title")).to_have_text("Everything is in order")
    expect(page.locator(".check-crossed")).to_have_count(0)
    open_wallet(page, wallet)
    heading(page, "Working")


def test_a_key_that_can_withdraw_is_named_and_no_longer_used(
    page: Page, wallet: Wallet, key: dict[str, str], exchanges: Playground
) -> None:
    exchanges.control("kraken", {"key": {"id": key["key"], "permissions": [*READING, "withdraw-funds"]}})
    open_wallet(page, wallet)
    press(page, "Check now")
    work()

    expect(page.locator(".check-crossed").first).to_contain_text("Withdraw funds")
    page.goto("/home/")
    strip = page.locator(".card").filter(has_text="Your exchanges")
    expect(strip).to_contain_text("The key may do more than read.")
    strip.get_by_role("link", name="See which boxes").click()
    expect(page.locator("#mend")).to_contain_text("Untick at Kraken")
    expect(page.get_by_text("More than reading")).to_be_visible()


@pytest.mark.turns(1)  # what comes late differs, not the width alone
@pytest.mark.parametrize("late", ["**/sync/holds/", "**/portfolio/glance/"])
def test_the_first_page_stays_where_it_is_while_its_pieces_come_in(page: Page, wallet: Wallet, late: str) -> None:
    """A link that moves away under a finger is a click that missed."""
    Wallet.objects.filter(pk=wallet.pk).update(health="needs_you", cause="key_expired")
    wait: list[Route] = []
    page.route(late, lambda route: wait.append(route))  # noqa: PLW0108  # playwright marks what it is given
    page.goto("/home/")
    link = page.locator(".card").filter(has_text="Your exchanges").get_by_role("link", name="Savings")
    before = link.bounding_box()
    expect(link).to_be_visible()
    while not wait:
        page.wait_for_timeout(20)
    with page.expect_response(late):
        wait[0].continue_()
    page.wait_for_timeout(200)  # until it is drawn

    assert link.bounding_box() == before


def test_help_is_asked_for_and_the_consent_taken_back(page: Page, wallet: Wallet) -> None:
    open_wallet(page, wallet)
    choose(page, "Ask for help")
    page.get_by_text("See it to the letter").click()
    expect(page.locator("pre")).to_contain_text('"exchange": "kraken"')
    page.get_by_label("What you want to add").fill("It began on Monday.")
    press(page, "Send to staff")

    expect(page).to_have_url(re.compile("/wallets/help/$"))
    expect(page.get_by_text("It began on Monday.")).to_be_visible()
    press(page, "Take the consent back")
    expect(page.get_by_text("Staff cannot see it any more.")).to_be_visible()
    assert HelpRequest.objects.get().consent_until is None


def test_the_yearly_look_is_written_down(page: Page, wallet: Wallet) -> None:
    page.goto("/wallets/")
    follow(page, "Connections")
    expect(page.get_by_role("heading", name="Savings")).to_be_visible()
    expect(page.get_by_text("You have not said so yet.")).to_be_visible()
    press(page, "I have looked at all of them")

    expect(page.get_by_text("You did so last on")).to_be_visible()


def test_the_reminder_is_kept_as_soon_as_it_is_chosen(page: Page, wallet: Wallet) -> None:
    open_wallet(page, wallet)
    page.get_by_label("Remind me of a new key").select_option("After 3 months")

    expect(page.get_by_text("We remind you when the key is 3 months old.")).to_be_visible()
    assert Wallet.objects.get().rotate_months == 3


def test_staff_look_at_wallets_and_the_browser_has_nothing_to_say(page: Page, wallet: Wallet) -> None:
    User.objects.update(is_staff=True)
    HelpRequest.objects.create(
        owner=wallet.owner, wallet=wallet, subject="It fails", created_at=timezone.now(), consent_until=timezone.now()
    )
    for path in ("wallet/", "wallet/?state=waiting", f"wallet/{wallet.pk}/change/", "helprequest/"):
        answer = page.goto(f"/admin/wallets/{path}")
        assert answer
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    page.goto("/home/")  # Django's own pages are no part of what must fit on a phone

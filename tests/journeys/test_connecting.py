"""Connecting an exchange in a real browser, with worker and sandbox behind it: by key, by sign-in, refused and mended.

Each journey is walked on a desk and on a phone.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts import second_factor
from accounts.audit import SYSTEM
from config.camera import context_for, watch
from tests.accounts.people import code_of
from tests.conftest import signed_in
from tests.factories import OwnerFactory
from tests.playground import CLIENT_ID, CLIENT_SECRET
from tests.wallets.stage import SIGN_INS
from wallets import catalogue, tasks, trials
from wallets.budget import Budget
from wallets.models import Credential, Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

    from accounts.models import User
    from tests.playground import Playground

pytestmark = [pytest.mark.journey, pytest.mark.turns(2)]


@pytest.fixture
def owner(db: None) -> User:
    return OwnerFactory(email="owner@example.test")


@pytest.fixture
def exchanges(
    playground: Playground, live_server: LiveServer, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch
) -> Playground:
    """Played by the sandbox, from a fresh start, and Holdfast registered there. Nobody waits for his turn."""
    playground.control("reset")
    monkeypatch.setattr(Budget, "before", lambda _, _cost: None)
    playground.control("gemini", {"key": uncounted(playground)})
    settings.PUBLIC_URL = live_server.url
    settings.EXCHANGE_ORIGINS = {name: playground.at(name) for name in catalogue.load()}
    settings.OAUTH_CLIENTS = dict.fromkeys(SIGN_INS, (CLIENT_ID, CLIENT_SECRET))
    for name in SIGN_INS:
        playground.register(f"{live_server.url}/wallets/sign-in/{name}/return/", provider=name)
    return playground


def uncounted(playground: Playground) -> dict[str, Any]:
    """Gemini's demonstration key. It counts its calls, and would send away who asks at once for all that there is."""
    return {"id": playground.state("gemini")["keys"][0]["id"], "uncounted": True}


@pytest.fixture(params=[1280, 360])
def page(
    request: pytest.FixtureRequest, browser: Browser, exchanges: Playground, live_server: LiveServer, owner: User
) -> Iterator[Page]:
    """The owner's window, on a desk and, dark, on a phone. Any error in its console fails the test."""
    cookies = {"sessionid": signed_in(owner).cookies["sessionid"].value}
    context = context_for(browser, live_server.url, cookies)
    opened = context.new_page()
    opened.set_viewport_size({"width": request.param, "height": 800})
    opened.emulate_media(color_scheme="dark" if request.param < 400 else "light")
    complaints = watch(opened)
    yield opened
    context.close()
    assert not complaints


@pytest.fixture
def key(exchanges: Playground) -> Any:
    """The key an exchange of the sandbox knows from the start, by the labels of its form."""

    def run(exchange: str, **changes: str) -> dict[str, str]:
        known = exchanges.state(exchange)["keys"][0]
        values = {"key": known["id"], **known, **changes}
        return {each.label: values[each.name] for each in catalogue.load()[exchange].fields}

    return run


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def paste(page: Page, values: dict[str, str], *, then: str = "Test and connect") -> None:
    for label, value in values.items():
        page.get_by_label(label, exact=True).fill(value)
    press(page, then)
    expect(page).to_have_url(re.compile("/wallets/tests/"))


def work() -> None:
    """A worker takes what waits."""
    while tasks.examine_credentials(timezone.now()):
        pass


def told(page: Page, title: str) -> None:
    """What came of the test stands there, without a reload."""
    expect(page.locator("#test .panel h2", has_text=title)).to_be_visible()


def fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    expect(page.locator("main")).to_be_visible()  # a page that was just asked for has nothing in it yet
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


# --- by key ----------------------------------------------------------------------------------------------------------


def test_kraken_is_found_and_connected_with_a_key(page: Page, key: Any, owner: User) -> None:
    page.goto("/wallets/add/")
    page.get_by_label("Search for an exchange").fill("krak")
    expect(page.get_by_role("link", name="Gemini")).to_have_count(0)
    fits(page)
    follow(page, "Kraken")
    page.get_by_text("How to make the key, step by step").click()
    expect(page.get_by_text("Query ledger entries")).to_be_visible()
    fits(page)
    follow(page, "Connect with a key")
    fits(page)

    paste(page, key("kraken") | {"Name of the wallet": "Savings"})
    expect(page.get_by_text("What you pasted has the shape of a key")).to_be_visible()
    work()

    told(page, "“Savings” is connected")
    expect(page.get_by_role("list", name="What was looked at").get_by_text("It may read: ledger")).to_be_visible()
    fits(page)
    follow(page, "Open “Savings”")
    expect(page.get_by_role("heading", name="Savings")).to_be_visible()
    assert Wallet.objects.get(owner=owner).state == "working"


def test_kucoin_with_a_wrong_passphrase_and_then_the_right_one(page: Page, key: Any) -> None:
    page.goto("/wallets/add/kucoin/key/")
    paste(page, key("kucoin", passphrase="not this one"))
    work()

    expect(page.get_by_role("heading", name="Test of your KuCoin key")).to_be_visible()
    told(page, "The passphrase does not fit the key")
    fits(page)
    follow(page, "Paste it again")
    assert page.get_by_label("API Secret", exact=True).input_value() == ""

    paste(page, key("kucoin"))
    work()
    told(page, "“KuCoin” is connected")


def test_a_key_that_may_withdraw_is_refused_with_the_box_to_untick(page: Page, key: Any, exchanges: Playground) -> None:
    pasted = key("binance")
    exchanges.control(
        "binance", {"key": {"id": pasted["API Key"], "rights": {"enableReading": True, "enableWithdrawals": True}}}
    )
    page.goto("/wallets/add/binance/key/")
    paste(page, pasted)
    work()

    told(page, "The key may do more than read")
    refused = page.locator("#test .panel")
    expect(refused.get_by_role("listitem").filter(has_text="Enable Withdrawals")).to_be_visible()
    expect(refused.get_by_text("Nothing was saved")).to_be_visible()
    fits(page)
    assert not Wallet.objects.exists()


def test_what_was_pasted_is_seen_only_when_it_is_asked_for(page: Page, key: Any) -> None:
    """A secret of one line and one of several: hidden, shown, hidden again before it goes out."""
    page.goto("/wallets/add/coinbase/key/")
    secret = page.get_by_label("Private key", exact=True)
    secret.fill("a secret")
    expect(secret).to_have_class("concealed")
    press(page, "Show private key")
    expect(secret).not_to_have_class("concealed")

    page.goto("/wallets/add/kraken/key/")
    secret = page.get_by_label("Private key", exact=True)
    expect(secret).to_have_attribute("type", "password")
    press(page, "Show private key")
    expect(secret).to_have_attribute("type", "text")


def test_a_seed_phrase_leaves_an_empty_form_and_a_warning(page: Page) -> None:
    page.goto("/wallets/add/kraken/key/")
    page.get_by_label("API key", exact=True).fill("something")
    page.get_by_label("Private key", exact=True).fill(
        "legal winner thank year wave sausage worth useful legal winner thank yellow"
    )
    press(page, "Test and connect")

    expect(page.get_by_role("alert").get_by_text("That was a seed phrase")).to_be_in_viewport()
    assert page.get_by_label("API key", exact=True).input_value() == ""
    assert page.get_by_label("Private key", exact=True).input_value() == ""
    fits(page)


# --- by signing in ---------------------------------------------------------------------------------------------------


def test_coinbase_is_connected_by_signing_in_there(page: Page, owner: User) -> None:
    page.goto("/wallets/add/coinbase/")
    press(page, "Sign in at Coinbase")
    expect(page.get_by_text("This is not Coinbase")).to_be_visible()
    press(page, "Allow as Ada Moreno")
    expect(page).to_have_url(re.compile("/wallets/tests/[0-9a-f-]+/$"))
    work()

    told(page, "“Coinbase” is connected")
    expect(page.locator("#test").get_by_text("Coinbase takes the sign-in")).to_be_visible()
    fits(page)
    assert Wallet.objects.get(owner=owner).way == "oauth"


def test_saying_no_at_coinbase_ends_on_a_calm_page(page: Page) -> None:
    page.goto("/wallets/add/coinbase/")
    press(page, "Sign in at Coinbase")
    press(page, "Refuse")

    expect(page.get_by_role("heading", name="Coinbase was told not to let Holdfast in")).to_be_visible()
    fits(page)
    follow(page, "Try again")
    expect(page.get_by_role("heading", name="Coinbase", exact=True)).to_be_visible()


# --- mending ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def connected(owner: User, exchanges: Playground) -> Any:
    """A wallet by key, without the pages."""

    def run(exchange: str, region: str = "") -> Wallet:
        known = exchanges.state(exchange)["keys"][0]
        pasted = {"key": known["id"], "secret": known["secret"]}
        row = catalogue.load()[exchange]
        asked = {"by": SYSTEM, "owner": owner, "exchange": row, "region": region, "now": timezone.now()}
        trials.ask(pasted=pasted, purpose="connect", **asked)  # type: ignore[arg-type]  # text for a choice
        work()
        return Wallet.objects.get(owner=owner)

    return run


def test_an_expired_key_is_told_and_mended_in_place(
    page: Page, connected: Any, exchanges: Playground, owner: User
) -> None:
    wallet = connected("bybit", "global")
    known = exchanges.state("bybit")["keys"][0]
    exchanges.control("bybit", {"key": {"id": known["id"], "expires": "2024-01-01T00:00:00Z"}})
    trials.check(by=SYSTEM, wallet=wallet, now=timezone.now())
    work()

    page.goto("/notices/")
    expect(page.get_by_text("“Bybit”: The key has run out.")).to_be_visible()
    follow(page, "Go to this wallet")
    expect(page.get_by_role("heading", name="The key has run out")).to_be_visible()
    fits(page)
    page.get_by_role("link", name=re.compile("^Update the key")).first.click()
    expect(page.get_by_text("The present key stays in force until the new one has passed")).to_be_visible()

    fresh = {"id": "f" * 18, "secret": "e" * 36}
    exchanges.control("bybit", {"key": fresh})
    page.get_by_role("radio").first.check()
    paste(page, {"API Key": fresh["id"], "API Secret": fresh["secret"]}, then="Replace now")
    work()

    told(page, "The new key of “Bybit” is in force")
    follow(page, "Open “Bybit”")
    expect(page.get_by_text("Working", exact=True).first).to_be_visible()
    fits(page)
    assert Credential.objects.filter(wallet=wallet, sealed__isnull=False).count() == 1


def test_what_was_pasted_stays_in_the_window_while_it_is_confirmed_once_more(
    page: Page, connected: Any, exchanges: Playground, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making a key takes longer than a second factor holds, and the exchange shows its secret once."""
    wallet = connected("binance")
    known = exchanges.state("binance")["keys"][0]
    page.goto(f"/wallets/{wallet.pk}/key/")
    page.get_by_label("API Key", exact=True).fill(known["id"])
    page.get_by_label("Secret Key", exact=True).fill(known["secret"])

    monkeypatch.setattr(second_factor, "FRESH", timedelta(0))
    press(page, "Replace now")
    expect(page.get_by_text("Confirm once more that it is you")).to_be_visible()
    expect(page.get_by_label("API Key", exact=True)).to_have_value(known["id"])
    fits(page)

    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")  # on the link, where the focus is
    opened.value.get_by_label("Code").fill(code_of(owner))
    monkeypatch.setattr(second_factor, "FRESH", timedelta(minutes=5))
    press(opened.value, "Continue")
    expect(opened.value.get_by_role("heading", name="Update the key of")).to_be_visible()
    opened.value.close()
    press(page, "Replace now")
    expect(page).to_have_url(re.compile("/wallets/tests/"))


def test_a_key_of_another_account_is_refused_and_can_become_another_wallet(
    page: Page, connected: Any, key: Any, exchanges: Playground
) -> None:
    wallet = connected("binance")
    other = key("binance") | {"API Key": "Other" + "k" * 59}
    exchanges.control("binance", {"key": {"id": other["API Key"], "secret": other["Secret Key"], "uid": 99}})
    page.goto(f"/wallets/{wallet.pk}/key/")
    paste(page, other, then="Replace now")
    work()

    told(page, "This key belongs to another account")
    expect(page.get_by_text("The present key stays in force")).to_be_visible()
    fits(page)
    follow(page, "Add it as another wallet")
    expect(page.get_by_label("Name of the wallet")).to_have_value("Binance 2")
    paste(page, other)
    work()

    told(page, "“Binance 2” is connected")
    assert Wallet.objects.count() == 2

"""Away to an exchange and back, for browsers and phones: who may come back, with what, and where it ends."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import coinbase
from config.oauth import SessionStarts
from tests.conftest import as_request, signed_in
from wallets import catalogue, oauth
from wallets.models import CredentialTest, OAuthStart, Wallet
from wallets.sign_in_words import Trouble

pytestmark = pytest.mark.django_db(transaction=True)
APP = "holdfast://signed-in"


@pytest.fixture(autouse=True)
def at_home(stage, settings):
    settings.PUBLIC_URL = "http://testserver"
    return stage


@pytest.fixture
def leave(alices_browser):
    """Presses the button; the address of the consent page."""

    def run(exchange="coinbase", *, path="", browser=alices_browser):
        page = browser.post(path or f"/wallets/add/{exchange}/sign-in/")
        assert page.status_code == 200, page.url
        return unescape(page.text.split('content="0; url=')[1].split('"')[0])

    return run


def back(browser, location):
    parts = urlsplit(location)
    return browser.get(f"{parts.path}?{parts.query}")


def trouble_of(page):
    return Trouble(page.url.rstrip("/").rsplit("/", 1)[1])


# --- away ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", ["coinbase", "uphold", "coinjar"])
def test_the_consent_page_is_asked_for_reading_only_with_the_address_registered_there(leave, exchange):
    asked = parse_qs(urlsplit(leave(exchange)).query)

    assert asked["redirect_uri"] == [f"http://testserver/wallets/sign-in/{exchange}/return/"]
    assert asked["scope"][0].split() == list(catalogue.load()[exchange].sign_in.scopes)
    assert asked["code_challenge_method"] == ["S256"]


def test_the_page_on_the_way_is_not_kept_and_needs_no_script(alices_browser):
    page = alices_browser.post("/wallets/add/coinbase/sign-in/")

    assert "no-store" in page["Cache-Control"]
    assert "form-action 'self'" in page["Content-Security-Policy"]
    assert "Go to Coinbase" in page.text


def test_without_a_client_id_there_is_no_way(alices_browser, settings):
    settings.OAUTH_CLIENTS = {}

    assert alices_browser.post("/wallets/add/coinbase/sign-in/").status_code == 404
    assert alices_browser.get("/wallets/sign-in/coinbase/return/").status_code == 404


def test_begun_at_another_name_of_ours_it_begins_again_where_the_way_back_leads(alices_browser, settings):
    settings.PUBLIC_URL = "http://holdfast.test"

    page = alices_browser.post("/wallets/add/coinbase/sign-in/")

    assert page.url == "http://holdfast.test/wallets/add/coinbase/"


def test_who_tries_too_often_is_asked_to_wait(alices_browser, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (1, 600)}
    alices_browser.post("/wallets/add/coinbase/sign-in/")

    page = alices_browser.post("/wallets/add/coinbase/sign-in/", follow=True)

    assert "please try again in 10 minutes" in page.text


# --- and back, in a browser ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exchange", ["coinbase", "uphold", "coinjar"])
def test_a_consent_becomes_a_test_and_then_a_wallet(stage, alices_browser, leave, exchange):
    page = back(alices_browser, stage.people.allow(leave(exchange)))

    test = CredentialTest.objects.get()
    assert page.url == f"/wallets/tests/{test.pk}/"
    assert (test.way, test.purpose, test.state) == ("oauth", "connect", "queued")
    done = stage.work()
    if done.state == "asking":
        alices_browser.post(f"{page.url}answer/", dict.fromkeys(done.outcome["questions"], "on"))
        done = stage.work()
    assert done.state == "passed"
    assert "is connected" in alices_browser.get(page.url).text


def test_code_and_state_end_with_the_redirect(stage, alices_browser, leave):
    location = stage.people.allow(leave())
    code = parse_qs(urlsplit(location).query)["code"][0]

    page = back(alices_browser, location)

    assert page.status_code == 302
    assert "no-store" in page["Cache-Control"]
    assert code not in page.url
    assert code not in alices_browser.get(page.url).text


def test_saying_no_ends_on_a_calm_page_with_one_button(stage, alices_browser, leave):
    page = back(alices_browser, stage.people.refuse(leave()))

    assert trouble_of(page) is Trouble.REFUSED
    said = alices_browser.get(page.url).text
    assert "Coinbase was told not to let Holdfast in" in said
    assert 'href="/wallets/add/coinbase/"' in said
    assert not CredentialTest.objects.exists()


def test_each_try_works_once(stage, alices_browser, leave):
    location = stage.people.allow(leave())
    back(alices_browser, location)

    assert trouble_of(back(alices_browser, location)) is Trouble.BEGIN_AGAIN
    assert CredentialTest.objects.count() == 1


def test_another_browser_cannot_come_back_with_it(stage, leave, bobs_browser, client):
    for browser in (bobs_browser, client):
        assert trouble_of(back(browser, stage.people.allow(leave()))) is Trouble.BEGIN_AGAIN
    assert not CredentialTest.objects.exists()


def test_who_signed_in_as_somebody_else_meanwhile_gets_nothing(stage, alices_browser, leave, bob):
    location = stage.people.allow(leave())
    kept = alices_browser.session[SessionStarts.KEY]
    other = signed_in(bob)
    with as_request(other, bob) as request:
        request.session[SessionStarts.KEY] = kept

    assert trouble_of(back(other, location)) is Trouble.SOMEBODY_ELSE_NOW
    assert not CredentialTest.objects.exists()


def test_a_try_is_good_for_ten_minutes(stage, alices_browser, leave, alice):
    location = stage.people.allow(leave())
    with as_request(alices_browser, alice) as request:
        starts = request.session[SessionStarts.KEY]
        begun_at = timezone.now() - timedelta(minutes=11)
        request.session[SessionStarts.KEY] = [{**start, "begun_at": begun_at.isoformat()} for start in starts]

    assert trouble_of(back(alices_browser, location)) is Trouble.TOO_LATE


def test_a_try_to_sign_in_to_holdfast_connects_nothing(alices_browser, alice, settings):
    settings.COINBASE_SIGNIN_CLIENT_ID, settings.COINBASE_SIGNIN_CLIENT_SECRET = "sign-in", "secret"
    with as_request(alices_browser, alice) as request:
        url = coinbase.depart(
            coinbase.provider(),
            SessionStarts(request.session),
            purpose=coinbase.Purpose.LINK,
            now=timezone.now(),
            owner=alice,
        )
    state = parse_qs(urlsplit(url).query)["state"][0]

    page = alices_browser.get("/wallets/sign-in/coinbase/return/", {"state": state, "code": "anything"})

    assert trouble_of(page) is Trouble.BEGIN_AGAIN
    assert not CredentialTest.objects.exists()


def test_a_state_of_one_exchange_opens_nothing_at_another(stage, alices_browser, leave):
    query = urlsplit(stage.people.allow(leave("coinbase"))).query

    page = alices_browser.get(f"/wallets/sign-in/uphold/return/?{query}")

    assert trouble_of(page) is Trouble.BEGIN_AGAIN


@pytest.mark.parametrize("query", [{}, {"state": "x" * 5000, "code": "y"}, {"code": "y"}, {"error": "access_denied"}])
def test_whatever_comes_it_ends_in_a_redirect(alices_browser, query):
    page = alices_browser.get("/wallets/sign-in/coinbase/return/", query)

    assert page.status_code == 302
    assert trouble_of(page) is Trouble.BEGIN_AGAIN


@pytest.mark.parametrize("trouble", Trouble)
def test_every_trouble_has_its_words_and_a_way_on_for_everybody(alices_browser, client, trouble):
    for browser in (alices_browser, client):
        page = browser.get(f"/wallets/sign-in/coinbase/trouble/{trouble}/")
        assert page.status_code == 200
        assert "{" not in page.text.split("<h1>")[1].split("</main>")[0]
        assert page.text.split("<h1>")[1].count('class="button button-primary"') == 1


def test_a_trouble_that_is_none_is_not_there(alices_browser):
    assert alices_browser.get("/wallets/sign-in/coinbase/trouble/unheard-of/").status_code == 404
    assert alices_browser.get("/wallets/sign-in/unheard/trouble/refused/").status_code == 404


# --- signing in again, in place --------------------------------------------------------------------------------------


def test_a_sign_in_is_renewed_in_place_behind_a_fresh_second_factor(stage, alice, leave):
    wallet = stage.connected("coinbase")
    stale, fresh = signed_in(alice, factor_age=3600), signed_in(alice)
    path = f"/wallets/{wallet.pk}/sign-in/"
    assert "/step-up/" in stale.get(path).url
    assert stale.post(path).status_code == 403
    assert "the wallet, its history" in fresh.get(path).text.lower()

    page = back(fresh, stage.people.allow(leave(path=path, browser=fresh)))
    done = stage.work()

    assert (done.purpose, done.state, done.wallet) == ("replace", "passed", wallet)
    assert "The new sign-in of “Coinbase” is in force" in fresh.get(page.url).text


def test_somebody_elses_account_is_refused_in_place(stage, alices_browser, leave):
    wallet = stage.connected("coinbase")
    page = back(alices_browser, stage.people.allow(leave(path=f"/wallets/{wallet.pk}/sign-in/"), "Ben"))
    stage.work()

    said = alices_browser.get(page.url).text

    assert "This sign-in belongs to another account" in said
    assert 'href="/wallets/add/coinbase/"' in said


def test_a_wallet_that_went_into_the_bin_meanwhile_gets_nothing(stage, alices_browser, leave):
    wallet = stage.connected("coinbase")
    location = stage.people.allow(leave(path=f"/wallets/{wallet.pk}/sign-in/"))
    Wallet.objects.update(binned_at=timezone.now())

    assert trouble_of(back(alices_browser, location)) is Trouble.WALLET_GONE


# --- phones ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def phone(alice):
    """Begins, as the API does for a phone; the address its browser opens."""

    def run(*, return_to=APP, wallet=None, label="Mine"):
        now, exchange = timezone.now(), catalogue.load()["coinbase"]
        starts = oauth.PhoneStarts(now=now, owner=alice, wallet=wallet, label=label)
        provider = oauth.provider_of(exchange)
        return oauth.depart(exchange, provider, starts, owner=alice, now=now, purpose="connect", return_to=return_to)

    return run


def told_app(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page["Location"]).query).items()}


def test_a_phone_gets_a_code_of_ours_and_the_exchanges_stays_here(stage, phone, alice):
    location = stage.people.allow(phone())

    page = back(Client(), location)

    assert page["Location"].startswith(f"{APP}?")
    told = told_app(page)
    assert told["exchange"] == "coinbase"
    assert told["code"] not in location
    test = CredentialTest.objects.get()
    assert (test.owner, test.label, test.way) == (alice, "Mine", "oauth")
    assert test.not_before > timezone.now()  # until the phone has claimed it
    assert (
        oauth.claimed(owner=alice, exchange=catalogue.load()["coinbase"], code=told["code"], now=timezone.now()) == test
    )


def test_a_phones_try_works_once(stage, phone):
    location = stage.people.allow(phone(return_to=f"{APP}?tab=1"))
    assert back(Client(), location)["Location"].startswith(f"{APP}?tab=1&code=")

    assert trouble_of(back(Client(), location)) is Trouble.BEGIN_AGAIN
    assert CredentialTest.objects.count() == 1


def test_a_phone_is_told_of_a_no(stage, phone):
    page = back(Client(), stage.people.refuse(phone()))

    assert told_app(page) == {"error": "refused", "exchange": "coinbase"}
    assert not CredentialTest.objects.exists()


def test_a_phones_try_ends_too(stage, phone):
    location = stage.people.allow(phone())
    OAuthStart.objects.update(expires_at=timezone.now())

    assert trouble_of(back(Client(), location)) is Trouble.BEGIN_AGAIN


def test_a_phones_wallet_in_the_bin_gets_nothing(stage, phone):
    wallet = stage.connected("coinbase")
    location = stage.people.allow(phone(wallet=wallet))
    Wallet.objects.update(binned_at=timezone.now())

    assert told_app(back(Client(), location))["error"] == "wallet-gone"


def test_nobody_is_sent_to_an_address_that_is_not_an_apps(stage, phone):
    """The API refuses such an address at the start; should one ever stand in a row, the way ends here all the same."""
    location = stage.people.allow(phone(return_to="https://elsewhere.example/"))

    assert back(Client(), location).status_code == 400

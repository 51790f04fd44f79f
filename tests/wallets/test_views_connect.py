"""Ways into a wallet: the grid, the page of an exchange, the key form, and wallets without a key."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import recovery
from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent, FactorRecovery
from config import limits
from tests.conftest import signed_in
from tests.threads import in_threads
from tests.wallets.test_forms import GOOD, PHRASE
from wallets import catalogue, keeping
from wallets.models import CredentialTest, Wallet
from wallets.sandbox.demo import demo_key

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def wallet(alice):
    return Wallet.objects.create(
        owner=alice, exchange="kucoin", way="key", label="Savings", created_at=timezone.now(), health="working"
    )


def paste(browser, path="/wallets/add/kucoin/key/", **values):
    return browser.post(path, GOOD | values)


def everything_kept():
    with connection.cursor() as cursor:
        for table in ("wallets_credentialtest", "accounts_auditevent", "accounts_session", "wallets_wallet"):
            cursor.execute(f"SELECT to_jsonb(t)::text FROM {table} t")
            yield from (row[0] for row in cursor.fetchall())


# --- choosing --------------------------------------------------------------------------------------------------------


def test_the_grid_shows_every_exchange_with_the_ways_that_lead_there(alices_browser):
    page = alices_browser.get("/wallets/add/").text

    for row in catalogue.load().values():
        assert f'href="/wallets/add/{row.id}/"' in page
    assert "/wallets/add/by-hand/" in page


@pytest.mark.parametrize("sought", ["kraken", "KRAK", " kra ", "k r a k e n"])
def test_it_is_found_however_it_is_written(alices_browser, sought):
    page = alices_browser.get("/wallets/add/", {"q": sought}).text

    assert 'href="/wallets/add/kraken/"' in page
    assert 'href="/wallets/add/gemini/"' not in page


def test_htmx_gets_the_grid_alone(alices_browser):
    page = alices_browser.get("/wallets/add/", {"q": "okx"}, headers=HTMX)

    assert page.text.strip().startswith('<div id="exchanges"')
    assert '<p id="exchanges-said" hx-swap-oob="innerHTML">1 exchange</p>' in page.text
    assert "no-store" in page["Cache-Control"]


def test_what_is_not_there_leads_on(alices_browser):
    page = alices_browser.get("/wallets/add/", {"q": "unheard of"}).text

    assert "No exchange of that name" in page
    assert "/wallets/add/by-hand/" in page


def test_a_seed_phrase_in_the_search_is_not_shown_again(alices_browser):
    page = alices_browser.get("/wallets/add/", {"q": PHRASE}).text

    assert "That was a seed phrase" in page
    assert "winner" not in page


@pytest.mark.parametrize("row", catalogue.load().values(), ids=lambda row: row.id)
def test_the_page_of_an_exchange_says_what_each_way_gives_and_misses(alices_browser, row):
    page = alices_browser.get(f"/wallets/add/{row.id}/").content.decode().replace("&#x27;", "'").replace("&amp;", "&")

    for method in row.methods:
        assert not [said for said in (*method.fetches, *method.misses) if said.replace('"', "&quot;") not in page]
    assert not [limit.text for limit in row.limits if limit.text not in page]
    assert not [box for box in (*row.tick, *row.leave) if box not in page]


def test_without_a_client_id_signing_in_is_not_offered_and_the_key_comes_first(alices_browser, settings):
    settings.OAUTH_CLIENTS = {}
    page = alices_browser.get("/wallets/add/coinbase/").text

    assert "Not offered here" in page
    assert 'action="/wallets/add/coinbase/sign-in/"' not in page
    assert page.index("A read-only key") < page.index("Sign in at Coinbase")


def test_with_a_client_id_it_is(alices_browser, settings):
    settings.OAUTH_CLIENTS = {"coinbase": ("id", "secret")}
    page = alices_browser.get("/wallets/add/coinbase/").text

    assert 'action="/wallets/add/coinbase/sign-in/"' in page
    assert page.index("Sign in at Coinbase") < page.index("A read-only key")


def test_our_addresses_stand_there_to_be_copied_or_the_advice_to_do_without(alices_browser, settings):
    settings.EGRESS_IPS = ["192.0.2.10", "192.0.2.11"]
    for path in ("/wallets/add/kraken/", "/wallets/add/kraken/key/"):
        page = alices_browser.get(path).text
        assert 'aria-label="Copy 192.0.2.10"' in page
        assert "192.0.2.10, 192.0.2.11" in page

    settings.EGRESS_IPS = []
    assert "Leave restrictions to addresses off" in alices_browser.get("/wallets/add/kraken/key/").text


@pytest.mark.parametrize("path", ["unheard/", "unheard/key/", "uphold/key/", "unheard/files/"])
def test_what_cannot_be_connected_is_not_there(alices_browser, path):
    assert alices_browser.get(f"/wallets/add/{path}").status_code == 404


def test_a_second_wallet_is_pointed_at_the_first(alices_browser, wallet):
    page = alices_browser.get("/wallets/add/kucoin/").text

    assert "You have this exchange already" in page
    assert "To give it a new key" in page
    assert f"/wallets/{wallet.pk}/" in page


def test_the_page_of_an_exchange_asks_no_more_for_thirty_wallets_than_for_one(alices_browser, alice, wallet):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            alices_browser.get("/wallets/add/kucoin/")
        return len(asked)

    one = queries()
    for number in range(30):
        Wallet.objects.create(
            owner=alice, exchange="kucoin", way="key", label=f"{number}", created_at=timezone.now(), health="working"
        )

    assert queries() == one


# --- a key -----------------------------------------------------------------------------------------------------------


def test_a_pasted_key_is_sealed_and_its_test_is_shown(alices_browser, alice):
    page = paste(alices_browser)

    test = CredentialTest.objects.get()
    assert page.url == f"/wallets/tests/{test.pk}/"
    assert (test.owner, test.purpose, test.label, test.state) == (alice, "connect", "Savings", "queued")
    assert not [row for row in everything_kept() for name in ("key", "secret", "passphrase") if GOOD[name] in row]


def test_a_key_can_be_tested_without_saving(alices_browser):
    paste(alices_browser, look="1")

    assert CredentialTest.objects.get().purpose == "look"


def test_the_site_goes_with_it(alices_browser):
    alices_browser.post("/wallets/add/okx/key/", demo_key("okx") | {"region": "eea"})

    assert CredentialTest.objects.get().region == "eea"


def test_a_mistake_is_said_at_its_field_and_nothing_is_shown_again(alices_browser):
    page = paste(alices_browser, key="me@example.com")

    assert "This is an e-mail address." in page.text
    assert "me@example.com" not in page.text
    assert GOOD["secret"] not in page.text
    assert "no-store" in page["Cache-Control"]
    assert not CredentialTest.objects.exists()


@pytest.mark.parametrize("place", ["key", "secret", "passphrase", "label"])
def test_a_seed_phrase_stops_everything(alices_browser, alice, place):
    page = paste(alices_browser, **{place: PHRASE})

    assert "That was a seed phrase" in page.text
    assert "Treat it as exposed" in page.text
    assert not [
        value for value in (*GOOD.values(), "winner") if f'value="{value}"' in page.text or "winner" in page.text
    ]
    assert not CredentialTest.objects.exists()
    assert AuditEvent.objects.get(owner=alice, action=Action.TREASURE_REFUSED)
    assert not [row for row in everything_kept() if "winner" in row]


def test_a_wallet_key_does_too(alices_browser):
    page = paste(alices_browser, secret="0x" + "ab" * 32)

    assert "That was the private key of a wallet" in page.text
    assert "abab" not in page.text


def test_who_tests_too_often_is_asked_to_wait_and_nothing_is_tested(alices_browser, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (1, 600)}
    paste(alices_browser)

    page = paste(alices_browser)

    assert page.status_code == 429
    assert "please try again in 10 minutes. Nothing was tested." in page.text
    assert GOOD["secret"] not in page.text
    assert CredentialTest.objects.count() == 1


def test_mistakes_in_the_form_are_not_counted(alices_browser, alice, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (1, 600)}
    for _ in range(3):
        paste(alices_browser, key="")
        paste(alices_browser, secret=PHRASE)

    assert paste(alices_browser).status_code == 302
    assert isinstance(limits.allow("key_tests", str(alice.pk), now=timezone.now()), limits.Denied)


@pytest.fixture
def recovering(alice):
    by = Actor(ActorKind.OWNER, alice)
    recovery.start(by=by, owner=alice, now=timezone.now())
    recovery.confirm(by=by, recovery=FactorRecovery.objects.get(owner=alice), now=timezone.now())


def test_while_a_second_factor_is_recovered_nothing_is_connected(alices_browser, recovering):
    page = paste(alices_browser)

    assert "Your second factor is being recovered." in page.text
    assert not CredentialTest.objects.exists()


@pytest.mark.parametrize("port", [0, 8801])
def test_the_key_of_the_sandbox_is_shown_only_where_the_sandbox_stands_in(alices_browser, settings, port):
    settings.SANDBOX_PORT, settings.EXCHANGE_ORIGINS = port, {"kraken": "live"}

    assert ("Sandbox: try it" in alices_browser.get("/wallets/add/kucoin/key/").text) is bool(port)
    assert "Sandbox: try it" not in alices_browser.get("/wallets/add/kraken/key/").text
    settings.PRODUCTION = True
    assert "Sandbox: try it" not in alices_browser.get("/wallets/add/kucoin/key/").text


# --- updating a key --------------------------------------------------------------------------------------------------


def test_a_new_key_is_asked_for_behind_a_fresh_second_factor(stale_browser, wallet):
    path = f"/wallets/{wallet.pk}/key/"

    assert "/step-up/" in stale_browser.get(path).url
    assert paste(stale_browser, path).status_code == 403
    assert not CredentialTest.objects.exists()


def test_the_same_form_replaces_a_key(alices_browser, wallet):
    path = f"/wallets/{wallet.pk}/key/"
    page = alices_browser.get(path).text

    paste(alices_browser, path)

    assert "Savings" in page
    assert 'name="label"' not in page
    test = CredentialTest.objects.get()
    assert (test.purpose, test.wallet, test.label) == ("replace", wallet, "Savings")


def test_a_key_for_a_wallet_can_be_tried_without_putting_it_in_place(alices_browser, wallet):
    paste(alices_browser, f"/wallets/{wallet.pk}/key/", look="1")

    assert CredentialTest.objects.get().purpose == "look"


@pytest.mark.parametrize("part", ["key", "method", "method/files", "sign-in"])
def test_nobody_elses_wallet_is_there_nor_one_in_the_bin(bobs_browser, alices_browser, wallet, part):
    assert bobs_browser.get(f"/wallets/{wallet.pk}/{part}/").status_code == 404

    Wallet.objects.update(binned_at=timezone.now())
    assert alices_browser.get(f"/wallets/{wallet.pk}/{part}/").status_code == 404


# --- another method --------------------------------------------------------------------------------------------------


def test_each_method_leads_to_its_form(alices_browser, wallet):
    page = alices_browser.get(f"/wallets/{wallet.pk}/method/").text

    assert f'href="/wallets/{wallet.pk}/key/"' in page
    assert f'href="/wallets/{wallet.pk}/method/files/"' in page
    assert "In use" in page


def test_files_take_over_after_it_was_said_what_becomes_of_the_key(alices_browser, wallet):
    path = f"/wallets/{wallet.pk}/method/files/"

    assert "wiped here at once" in alices_browser.get(path).text
    assert Wallet.objects.get().way == "key"

    alices_browser.post(path)
    assert Wallet.objects.get().way == "csv"


def test_files_take_over_behind_a_fresh_second_factor_only(stale_browser, wallet):
    assert stale_browser.post(f"/wallets/{wallet.pk}/method/files/").status_code == 403
    assert Wallet.objects.get().way == "key"


def test_a_wallet_that_went_into_the_bin_meanwhile_stays_as_it_is(alices_browser, wallet, monkeypatch):
    def too_late(**_):
        raise keeping.NotNowError

    monkeypatch.setattr(keeping, "to_files", too_late)
    page = alices_browser.post(f"/wallets/{wallet.pk}/method/files/", follow=True)

    assert "changed meanwhile" in page.text


# --- without a key ---------------------------------------------------------------------------------------------------


def test_a_wallet_can_be_fed_by_the_files_of_an_exchange(alices_browser, alice):
    alices_browser.post("/wallets/add/kraken/files/", {"label": "Kraken, by files"})

    wallet = Wallet.objects.get(owner=alice)
    assert (wallet.exchange, wallet.way, wallet.label) == ("kraken", "csv", "Kraken, by files")


@pytest.mark.parametrize("way", ["csv", "manual"])
def test_a_wallet_of_no_exchange_is_fed_by_files_or_by_hand(alices_browser, alice, way):
    alices_browser.post("/wallets/add/by-hand/", {"label": "Paper", "way": way})

    wallet = Wallet.objects.get(owner=alice)
    assert (wallet.exchange, wallet.way) == ("", way)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/wallets/add/by-hand/", "/wallets/add/kraken/files/"])
def test_a_page_that_is_sent_several_times_at_once_makes_one_wallet(alices_browser, alice, path):
    once = re.search(r'name="once" value="([^"]+)"', alices_browser.get(path).text)[1]
    sent = {"label": "Paper", "way": "csv", "once": once}
    answers = []

    def press():
        browser = Client()
        browser.cookies = alices_browser.cookies
        try:
            answers.append(browser.post(path, sent).headers["Location"])
        finally:
            connections.close_all()

    in_threads(press, 4)

    assert answers == [f"/wallets/{Wallet.objects.get().pk}/"] * 4
    assert AuditEvent.objects.filter(action=Action.WALLET_CONNECTED).count() == 1
    alices_browser.post(path, {**sent, "label": "Stone"})
    assert set(Wallet.objects.values_list("label", flat=True)) == {"Paper", "Stone"}


def test_a_page_whose_wallet_was_removed_makes_another(alices_browser, alice):
    sent = {"label": "Paper", "way": "csv", "once": "69936982-b25f-44ed-8b84-a4b915350401"}
    alices_browser.post("/wallets/add/by-hand/", sent)
    Wallet.objects.update(binned_at=timezone.now())

    answer = alices_browser.post("/wallets/add/by-hand/", sent)

    assert answer.headers["Location"] == f"/wallets/{Wallet.objects.get(binned_at=None).pk}/"


@pytest.mark.parametrize("path", ["/wallets/add/by-hand/", "/wallets/add/kraken/files/"])
@pytest.mark.parametrize("label", [PHRASE, PHRASE + " " + PHRASE])
def test_a_seed_phrase_is_no_name_for_a_wallet(alices_browser, alice, path, label):
    page = alices_browser.post(path, {"label": label, "way": "csv"})

    assert "That was a seed phrase" in page.text
    assert "winner" not in page.text
    assert not Wallet.objects.exists()
    assert AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).exists()
    assert "winner" not in json.dumps(list(everything_kept()))


def test_a_way_that_does_not_exist_is_refused_without_repeating_it(alices_browser):
    page = alices_browser.post("/wallets/add/by-hand/", {"label": "Paper", "way": "by magic"})

    assert "Choose one of these." in page.text
    assert "by magic" not in page.text


def test_pages_are_for_people_with_a_second_factor(newcomers_browser, client):
    for path in ("/wallets/add/", "/wallets/add/kraken/", "/wallets/add/kraken/key/", "/wallets/add/by-hand/"):
        assert "/enrol/" in newcomers_browser.get(path).url
        assert "/accounts/login/" in client.get(path).url


def test_the_names_of_wallets_are_offered_one_after_the_other(alice, wallet):
    Wallet.objects.update(label="KuCoin")

    assert 'value="KuCoin 2"' in signed_in(alice).get("/wallets/add/kucoin/key/").text

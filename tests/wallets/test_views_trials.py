"""The page of a test, from the first line to the last word, with a worker and the sandbox behind it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice
from tests.wallets.stage import Unhurried
from tests.wallets.test_views_connect import HTMX
from wallets import trials, trouble
from wallets.budget import SPENT
from wallets.models import Credential, CredentialTest, RightsReport, Wallet
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

pytestmark = pytest.mark.django_db(transaction=True)
WRONG_SECRET = "d3Jvbmc" + "A" * 79 + "=="


@pytest.fixture
def look(alices_browser):
    """The page of a test as it stands; `part`: as htmx asks for it."""

    def run(test, *, part=False, seen=""):
        path = f"/wallets/tests/{test.pk}/" + (f"?seen={seen}" if seen else "")
        page = alices_browser.get(path, headers=HTMX if part else {})
        return page if seen else page.text.replace("&#x27;", "'").replace("&amp;", "&")

    return run


@pytest.fixture
def post(alices_browser):
    def run(test, what, **values):
        return alices_browser.post(f"/wallets/tests/{test.pk}/{what}/", values, follow=True)

    return run


# --- while it runs ---------------------------------------------------------------------------------------------------


def test_a_waiting_test_asks_again_every_second_and_can_be_stopped(stage, look):
    test = stage.paste(stage.key())

    page = look(test)

    assert 'hx-trigger="every 1s"' in page
    assert f'<noscript><meta http-equiv="refresh" content="2; url=/wallets/tests/{test.pk}/"></noscript>' in page
    assert "It is our turn next" in page
    assert "Stop and wipe it" in page


def test_lines_appear_as_they_happen_and_nothing_is_sent_without_news(stage, look):
    test = stage.paste(stage.key())
    mark = f"queued-{len(test.lines)}-0-0"

    assert look(test, seen=mark, part=True).status_code == 204
    CredentialTest.objects.update(state="running", lines=[*test.lines, {**test.lines[0], "check": "reachable"}])
    page = look(test, seen=mark, part=True)

    assert page.text.strip().startswith('<div id="test"')
    assert "Kraken answers" in page.text
    assert '<p id="test-said" hx-swap-oob="innerHTML">Kraken answers</p>' in page.text


def test_a_test_that_nobody_takes_says_so(stage, look):
    test = stage.paste(stage.key())
    CredentialTest.objects.update(created_at=timezone.now() - timedelta(seconds=30))

    assert "It takes longer than usual." in look(test)


@pytest.fixture
def spent(monkeypatch):
    """Our own budget at every exchange was spent by others, and lets nothing go for so long."""

    def run(**wait):
        def before(_pace, _cost):
            raise ConnectorError(Cause.RATE_LIMITED, code=SPENT, wait=timedelta(**wait))

        monkeypatch.setattr(Unhurried, "before", before)

    return run


def test_a_test_that_waits_for_its_turn_says_so_and_keeps_its_place(stage, look, spent, monkeypatch):
    test = stage.paste(stage.key())
    spent(seconds=50)
    held = stage.work()
    assert (held.state, [line["check"] for line in held.lines]) == ("queued", ["format"])
    assert held.sealed is not None

    page = look(test)
    assert "Waiting for our turn at Kraken" in page
    assert "the test goes on by itself" in page

    monkeypatch.undo()
    stage.later(seconds=60)
    assert stage.work().state == "passed"


def test_a_turn_that_would_come_too_late_is_not_waited_for(stage, look, spent):
    test = stage.paste(stage.key())
    spent(minutes=13)
    stage.work()

    assert "Kraken asks us to slow down" in look(test)


def test_stopping_wipes_the_key_at_once(stage, look, post):
    test = stage.paste(stage.key())

    page = post(test, "cancel").text

    assert CredentialTest.objects.get().sealed is None
    assert "This test is over" in page
    assert 'href="/wallets/add/kraken/key/"' in page


@pytest.mark.parametrize("change", [{"expires_at": timezone.now()}, {"finished_at": timezone.now()}])
def test_a_test_that_nobody_finished_is_over(stage, look, change):
    """Late, or given up after two workers died of it: no page polls for ever."""
    test = stage.paste(stage.key())
    CredentialTest.objects.update(state="running", **change)

    page = look(test)

    assert "This test is over" in page
    assert "hx-get" not in page


# --- what came of it -------------------------------------------------------------------------------------------------


def test_a_key_that_passes_is_connected(stage, look):
    test = stage.paste(stage.key(), label="Savings")
    done = stage.work()

    page = look(test)

    assert "“Savings” is connected" in page
    assert "Its history is being fetched now" in page
    assert f'href="/wallets/{done.wallet.pk}/"' in page
    assert "hx-get" not in page
    for line in ("Kraken answers", "The secret fits the key", "It can only read", "It may read: ledger"):
        assert line in page
    assert "Its rights: Query funds" in page


def test_a_test_without_saving_saves_nothing(stage, look):
    test = stage.paste(stage.key(), purpose="look")
    stage.work()

    page = look(test)

    assert "This key would do" in page
    assert "it can only read" in page
    assert 'href="/wallets/add/kraken/key/"' in page
    assert not Wallet.objects.exists()


def test_a_key_that_may_withdraw_is_refused_with_the_boxes_to_untick(stage, look):
    key = stage.key("binance")
    rights = {"enableReading": True, "enableWithdrawals": True, "enableMargin": True}
    stage.street.tell("binance", key={"id": key["key"], "rights": rights})
    test = stage.paste(key, "binance")
    stage.work()

    page = look(test)

    assert "The key may do more than read" in page
    assert "At Binance, untick:" in page
    assert "<span>Enable Withdrawals</span>" in page
    assert "<span>Enable Margin Loan, Repay & Transfer</span>" in page
    assert "Nothing was saved, and what you gave was wiped." in page
    assert not Wallet.objects.exists()


def test_missing_boxes_are_named_all_at_once(stage, look):
    key = stage.key()
    stage.street.tell("kraken", key={"id": key["key"], "permissions": ["query-funds"]})
    test = stage.paste(key)
    stage.work()

    page = look(test)

    assert "At Kraken, tick:" in page
    assert "<span>Query closed orders & trades</span>" in page
    assert "<span>Query ledger entries</span>" in page


def test_a_wrong_passphrase_is_told_apart(stage, look):
    test = stage.paste(stage.key("kucoin") | {"passphrase": "not this"}, "kucoin")
    stage.work()

    page = look(test)

    assert "The passphrase does not fit the key" in page
    assert "KuCoin knows the key, and it is active" in page
    assert "Your turn." in page


@pytest.fixture
def in_trouble(monkeypatch):
    monkeypatch.setattr(trouble, "WATCHES", [lambda exchange: exchange == "kraken"])


CALMLY = "this answer is not to be believed: it says nothing of your key."
REFUSED = ["does not know this key", "Your turn", "make a new key", "Paste it again"]


@pytest.mark.parametrize("purpose", ["look", "connect"])
def test_what_an_exchange_in_trouble_says_of_a_key_is_not_to_be_believed(stage, look, in_trouble, purpose):
    stage.street.tell("kraken", key={"id": stage.key()["key"], "trouble": "EAPI:Invalid key"})
    test = stage.paste(stage.key(), purpose=purpose)
    assert stage.work().cause == Cause.KEY_UNKNOWN

    page = look(test)

    assert "Kraken has trouble of its own" in page
    assert CALMLY in page
    assert "There is no key to change. Test it again when Kraken is well." in page
    assert not [said for said in REFUSED if said in page]


def test_a_check_by_its_owner_blames_no_key_either(stage, look, in_trouble, alices_browser):
    wallet = stage.connected()
    stage.street.tell("kraken", key={"id": stage.key()["key"], "trouble": "EAPI:Invalid key"})
    test = stage.check(wallet)
    assert test.cause == Cause.KEY_UNKNOWN

    wallet.refresh_from_db()
    assert (wallet.health, wallet.cause) == ("exchange_down", "maintenance")
    assert not Notice.objects.filter(kind=Kind.WALLET_NEEDS_YOU).exists()
    for page in (look(test), alices_browser.get(f"/wallets/{wallet.pk}/checklist/").text):
        assert CALMLY in page
        assert "no key to change: we try again when Kraken is well" in page
        assert not [said for said in REFUSED if said in page]
    assert "does not know this key" not in alices_browser.get(f"/wallets/{wallet.pk}/").text


def test_a_key_that_may_do_more_than_read_is_refused_all_the_same(stage, look, in_trouble):
    key = stage.key()
    stage.street.tell("kraken", key={"id": key["key"], "permissions": ["query-funds", "withdraw-funds"]})
    test = stage.paste(key)
    stage.work()

    page = look(test)

    assert "The key may do more than read" in page
    assert CALMLY not in page


def test_what_is_down_is_not_said_to_be_tried_again_by_itself(stage, look):
    """A wallet is; a key that was not saved is not."""
    stage.street.fault("kraken", kind="status", status=503)
    test = stage.paste(stage.key())
    stage.work()

    page = look(test)

    assert "Try again in a little while." in page
    assert "we try again" not in page


def test_an_account_that_is_followed_already_leads_to_its_wallet(stage, look):
    wallet = stage.connected("kucoin")
    test = stage.paste(stage.key("kucoin"), "kucoin")
    stage.work()

    page = look(test)

    assert "This account is connected already" in page
    assert "Update its key instead" in page
    assert f'href="/wallets/{wallet.pk}/key/"' in page
    assert Wallet.objects.count() == 1


def other_key(stage, **more):
    """A second key at KuCoin, of the same account unless said otherwise."""
    key = stage.key("kucoin") | {"key": "f" * 24}
    stage.street.tell("kucoin", key={"id": key["key"], "secret": key["secret"], **more})
    return key


def test_a_new_key_takes_over_and_the_former_one_is_wiped(stage, look):
    wallet = stage.connected("kucoin")
    test = stage.paste(other_key(stage), "kucoin", wallet=wallet)
    stage.work()

    page = look(test)

    assert "The new key of “KuCoin” is in force" in page
    assert "Your history and your edits stay as they are." in page
    assert stage.values(wallet)["key"] == "f" * 24


def test_a_key_of_another_account_is_refused_with_the_choice_to_add_it(stage, look):
    wallet = stage.connected("kucoin")
    before = stage.values(wallet)
    test = stage.paste(other_key(stage, uid=99), "kucoin", wallet=wallet)
    stage.work()

    page = look(test)

    assert "This key belongs to another account" in page
    assert "Add it as another wallet" in page
    assert 'href="/wallets/add/kucoin/key/"' in page
    assert "It has to be pasted once more there" in page
    assert "The present key stays in force" in page
    assert stage.values(wallet) == before


def test_a_key_that_came_second_is_told_so_calmly(stage, look):
    wallet = stage.connected("kucoin")
    first, second = (stage.paste(other_key(stage), "kucoin", wallet=wallet) for _ in range(2))
    stage.work()
    stage.work()

    assert "is in force" in look(first)
    assert "Another key came first" in look(second)
    assert "Nothing is wrong." in look(second)


def test_a_wallet_renamed_since_is_called_by_its_name(stage, look):
    test = stage.paste(stage.key("kucoin"), "kucoin")
    stage.work()
    Wallet.objects.update(label="Renamed")

    assert "“Renamed” is connected" in look(test)


# --- questions -------------------------------------------------------------------------------------------------------


@pytest.fixture
def asking(stage):
    stage.paste(stage.key("bitstamp"), "bitstamp")
    return stage.work()


def test_who_cannot_be_asked_is_asked_about(asking, look):
    page = look(asking)

    assert "It works, and one thing is left" in page
    assert "Bitstamp does not say what this key may do" in page
    assert "cancel an order that closed in 2011" in page
    assert "I have looked at this key's boxes at Bitstamp myself." in page
    assert not Wallet.objects.exists()


def test_the_owners_own_word_is_kept_with_its_date(stage, asking, look, post):
    post(asking, "answer", only_reads="on")
    done = stage.work()

    credential = Credential.objects.get(wallet=done.wallet)
    assert "it can only read" in credential.confirmed_words
    assert credential.confirmed_at
    assert RightsReport.objects.get(credential=credential).can_tell is False
    assert "is connected" in look(asking)


def test_without_the_owners_word_nothing_is_saved(asking, post):
    page = post(asking, "answer").text

    assert "Tick this if it is so." in page
    assert CredentialTest.objects.get().state == "asking"


def test_an_answer_that_comes_late_is_taken_calmly(stage, asking, post):
    trials.cancel(test=asking, now=stage.now())

    page = post(asking, "answer", only_reads="on").text

    assert "This question is no longer open." in page
    assert not Wallet.objects.exists()


def test_where_keys_have_no_boxes_the_owner_knows_what_that_means(stage, look):
    test = stage.paste(stage.key("coinjar"), "coinjar")
    stage.work()

    assert "it may be able to trade and to move money" in look(test)


def test_another_account_is_added_as_another_wallet(stage, look, post):
    wallet = stage.connected()
    stage.street.tell("kraken", key={"id": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA==", "nonce": 0})
    new = {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}
    test = stage.paste(new, wallet=wallet)
    stage.work()
    assert "It is the same account at Kraken that “Kraken” follows." in look(test)

    page = post(test, "cancel", another="1")

    assert page.redirect_chain == [("/wallets/add/kraken/key/", 302)]
    assert stage.values(wallet) != new


def test_an_account_in_the_bin_is_brought_back_when_the_owner_says_so(stage, look, post):
    wallet = stage.connected("kucoin")
    Wallet.objects.update(binned_at=stage.now(), label="Old savings")
    test = stage.paste(stage.key("kucoin"), "kucoin")
    stage.work()
    assert "Bring “Old savings” back, as it was, with this key." in look(test)

    post(test, "answer", out_of_bin="on")
    stage.work()

    assert Wallet.objects.get() == wallet
    assert Wallet.objects.get().binned_at is None


# --- whose it is -----------------------------------------------------------------------------------------------------


def test_nobody_elses_test_is_there(stage, bobs_browser):
    test = stage.paste(stage.key())

    assert bobs_browser.get(f"/wallets/tests/{test.pk}/").status_code == 404
    for what in ("answer", "cancel"):
        assert bobs_browser.post(f"/wallets/tests/{test.pk}/{what}/").status_code == 404
    assert CredentialTest.objects.get().sealed is not None


def test_what_ends_a_former_credential_is_not_shown_as_a_test(stage, alices_browser):
    wallet = stage.connected()
    test = CredentialTest.objects.get()
    CredentialTest.objects.update(purpose="end", wallet=wallet)

    assert alices_browser.get(f"/wallets/tests/{test.pk}/").status_code == 404


def test_no_page_of_a_test_holds_anything_of_the_key(stage, look):
    keys = [stage.key("kucoin"), stage.key("kucoin") | {"passphrase": "canary phrase"}, stage.key("kraken")]
    seen = ""
    for exchange, key in zip(("kucoin", "kucoin", "kraken"), keys, strict=True):
        test = stage.paste(key, exchange)
        seen += look(test)
        stage.work()
        seen += look(test) + look(test, part=True)

    assert not [value for key in keys for value in key.values() if value in seen]

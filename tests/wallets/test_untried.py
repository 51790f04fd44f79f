"""A product whose answer nobody understands: the account connects all the same, and every page says what is missing."""

from __future__ import annotations

import pytest

from accounts.models import Notice
from wallets.api.trials import lines_told
from wallets.models import CredentialTest, WalletState
from wallets.records import Cause
from wallets.verdicts import verdict_of

pytestmark = pytest.mark.django_db(transaction=True)

NOT_READ = "Not read for now: savings, staking, eth staking, sol staking. What was looked at says what that means."

UNHEARD_OF = '{"result": "error", "reason": "EndpointNotFound", "message": ""}'


@pytest.fixture
def odd(street):
    """OKX is asked for what is earned, and answers with a code that it has not documented."""
    body = '{"code": "58999", "data": [], "msg": ""}'
    street.fault("okx", kind="status", path="/api/v5/finance/*", status=200, body=body)


@pytest.mark.usefixtures("odd")
def test_an_account_connects_though_one_of_its_products_is_not_understood(stage):
    stage.paste(stage.key("okx"), "okx")

    test = stage.work()

    assert (test.state, test.cause, test.wallet.health) == ("passed", "", WalletState.WORKING)
    assert NOT_READ in verdict_of(test, now=stage.now()).sentences
    (untried, *_) = [line for line in lines_told(test) if line["mark"] == "unknown"]
    assert (untried["title"], untried["cause"]) == ("Could not be tried: savings", Cause.UNEXPECTED_REPLY)
    assert "keeps no wallet from connecting" in untried["detail"]


def test_an_account_connects_though_one_of_its_products_is_down(street, stage):
    street.fault("okx", kind="status", path="/api/v5/finance/*", status=502, body="<html>Bad gateway</html>")
    stage.paste(stage.key("okx"), "okx")

    test = stage.work()

    assert (test.state, test.cause) == ("passed", "")
    assert NOT_READ in verdict_of(test, now=stage.now()).sentences
    (untried, *_) = [line for line in lines_told(test) if line["mark"] == "unknown"]
    assert (untried["title"], untried["cause"]) == ("Could not be tried: savings", Cause.PART_DOWN)
    assert "OKX does not answer for this just now. That says nothing against your key" in untried["detail"]


def test_it_does_not_where_nothing_is_answered(street, stage):
    street.fault("okx", kind="status", path="/api/v5/*", status=502, body="<html>Bad gateway</html>")
    stage.paste(stage.key("okx"), "okx")

    test = stage.work()

    assert (test.state, test.cause) == ("failed", Cause.MAINTENANCE)


def test_a_check_says_of_what_is_down_that_it_is_no_fault_of_ours_or_the_owners(street, stage):
    wallet = stage.connected("gemini")
    street.fault("gemini", kind="status", path="/v1/staking/*", status=503, body="down")

    stage.check(wallet)

    wallet.refresh_from_db()
    assert (wallet.health, wallet.cause) == (WalletState.PARTLY, Cause.PART_DOWN)


@pytest.mark.usefixtures("odd")
def test_a_key_that_was_only_looked_at_is_told_the_same(stage):
    stage.paste(stage.key("okx"), "okx", purpose=CredentialTest.Purpose.LOOK)

    assert NOT_READ in verdict_of(stage.work(), now=stage.now()).sentences


def test_a_check_calls_nothing_in_order_that_it_could_not_try_and_asks_for_no_new_key(street, stage, alices_browser):
    wallet = stage.connected("gemini")
    street.fault("gemini", kind="status", path="/v1/staking/*", status=404, body=UNHEARD_OF)

    test = stage.check(wallet)

    wallet.refresh_from_db()
    verdict = verdict_of(test, now=stage.now())
    assert (test.state, verdict.title) == ("passed", "The key works, and a part could not be tried")
    assert verdict.sentences == ("Not read for now: staking. What was looked at says what that means.",)
    assert (wallet.health, wallet.cause) == (WalletState.PARTLY, Cause.UNEXPECTED_REPLY)
    assert not Notice.objects.filter(owner=stage.owner, kind="wallet_needs_you").exists()
    for page in ("", "checklist/"):
        text = alices_browser.get(f"/wallets/{wallet.pk}/{page}").text
        assert "Every line was in order" not in text
        assert "What could be tried was in order" in text
    assert "Could not be tried: staking" in text


def test_a_check_that_could_try_everything_again_makes_the_wallet_well(street, stage):
    wallet = stage.connected("gemini")
    street.fault("gemini", kind="status", path="/v1/staking/*", times=1, status=404, body=UNHEARD_OF)
    stage.check(wallet)

    assert stage.check(wallet).state == "passed"

    wallet.refresh_from_db()
    assert (wallet.health, wallet.cause) == (WalletState.WORKING, "")

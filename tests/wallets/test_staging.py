"""A key in reserve, before any sync: asked for on the page, tested like any other, kept once, and taken away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from accounts.models import AuditEvent, Notice
from tests.wallets.holdings import NOW, a_credential, a_wallet, page_of, words
from wallets import catalogue, credentials, endings, keeping, staging
from wallets.belongings import BELONGINGS
from wallets.models import Credential, CredentialTest, Wallet
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User
    from tests.wallets.stage import Stage

KEY = {"key": "k" * 56, "secret": "s" * 86 + "=="}
Purpose, Standing = CredentialTest.Purpose, Credential.Standing
real = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet(alice: User) -> Wallet:
    return a_wallet(alice, next_try_at=NOW)


@pytest.fixture
def reserve(wallet: Wallet) -> Credential:
    return a_credential(wallet, version=2, standing="staged")


def refused(wallet: Wallet, staged: Credential, cause: Cause = Cause.IP_REFUSED, right: str = "") -> None:
    staging.refuse(wallet, staged, ConnectorError(cause, right=right), now=NOW)


# --- asking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pressed", "purpose"), [({}, Purpose.REPLACE), ({"stage": "1"}, Purpose.STAGE), ({"look": "1"}, Purpose.LOOK)]
)
def test_the_button_says_what_is_wanted(
    alices_browser: Client, wallet: Wallet, pressed: dict[str, str], purpose: str
) -> None:
    alices_browser.post(page_of(wallet, "key/"), {**KEY, **pressed})

    assert CredentialTest.objects.get().purpose == purpose


def test_both_ways_are_offered_only_beside_a_key_in_force(
    alices_browser: Client, wallet: Wallet, reserve: Credential
) -> None:
    beside = words(alices_browser.get(page_of(wallet, "key/")).text)
    credentials.take_out_of_force(wallet, now=NOW)
    alone = words(alices_browser.get(page_of(wallet, "key/")).text)

    assert "Replace now" in beside
    assert "Try it beside the current key first" in beside
    assert "The one that lies in reserve now makes room for it." in beside
    assert "Try it beside" not in alone
    assert reserve.sealed


def test_without_a_key_in_force_or_at_another_site_it_is_said_and_nothing_is_tested(
    alice: User, alices_browser: Client
) -> None:
    bare = a_wallet(alice, key=False)
    okx = a_wallet(alice, exchange="okx", region="eea", label="OKX")
    key = {"key": "k" * 36, "secret": "S" * 32, "passphrase": "Pass word 1"}

    nothing = alices_browser.post(page_of(bare, "key/"), {**KEY, "stage": "1"}).text
    elsewhere = alices_browser.post(page_of(okx, "key/"), {**key, "region": "global", "stage": "1"}).text

    assert "There is no key in force any more" in nothing
    assert "A key of another site cannot be tried beside the present one." in elsewhere
    assert not CredentialTest.objects.exists()


# --- the trial -----------------------------------------------------------------------------------------------------


@real
def test_a_key_of_another_account_is_refused(stage: Stage) -> None:
    wallet = stage.connected("kucoin")
    key = {**stage.key("kucoin"), "key": "b" * 24}
    stage.street.tell("kucoin", key={"id": key["key"], "secret": key["secret"], "uid": 7})
    stage.street.tell("kucoin", key={"id": key["key"], "passphrase": key["passphrase"]})

    stage.paste(key, "kucoin", wallet=wallet, purpose=Purpose.STAGE)
    test = stage.work()

    assert (test.state, test.outcome["other_account"]) == ("failed", True)
    assert staging.staged_of(wallet) is None


@real
def test_one_that_may_do_more_than_read_is_not_kept(stage: Stage) -> None:
    wallet = stage.connected()
    new = {"key": "wide" + "k" * 52, "secret": "d2lkZSBzZWNyZXQ="}
    rights = ["query-funds", "query-closed-trades", "query-ledger", "withdraw-funds"]
    stage.street.tell("kraken", key={"id": new["key"], "secret": new["secret"], "nonce": 0, "permissions": rights})

    stage.paste(new, wallet=wallet, purpose=Purpose.STAGE)
    test = stage.work()

    assert (test.state, test.cause) == ("failed", Cause.RIGHTS_TOO_WIDE)
    assert staging.staged_of(wallet) is None


@real
def test_when_the_one_in_force_went_meanwhile_it_is_not_kept(stage: Stage) -> None:
    wallet = stage.connected("gemini")
    stage.paste(stage.key("gemini"), "gemini", wallet=wallet, purpose=Purpose.STAGE)
    keeping.detach(by=stage.by, wallet=wallet, now=stage.now())

    test = stage.work()

    assert (test.state, test.outcome["overtaken"]) == ("failed", True)
    assert not Credential.objects.filter(sealed__isnull=False).exists()


@real
def test_a_second_one_in_reserve_takes_the_place_of_the_first(stage: Stage) -> None:
    wallet = stage.connected("gemini")
    for _ in range(2):
        stage.paste(stage.key("gemini"), "gemini", wallet=wallet, purpose=Purpose.STAGE)
        assert stage.work().state == "passed"

    standings = list(wallet.credentials.order_by("version").values_list("standing", flat=True))
    assert standings == [Standing.CURRENT, Standing.FORMER, Standing.STAGED]
    assert "staged_dropped" in stage.actions()


@real
def test_what_replaces_the_one_in_force_ends_the_one_in_reserve_too(stage: Stage) -> None:
    wallet = stage.connected("gemini")
    for purpose in (Purpose.STAGE, Purpose.REPLACE):
        stage.paste(stage.key("gemini"), "gemini", wallet=wallet, purpose=purpose)
        stage.work()

    standings = list(wallet.credentials.order_by("version").values_list("standing", flat=True))
    assert standings == [Standing.FORMER, Standing.FORMER, Standing.CURRENT]


# --- on the page ---------------------------------------------------------------------------------------------------


def test_the_page_says_what_becomes_of_it_and_it_can_be_dropped(
    alices_browser: Client, wallet: Wallet, reserve: Credential
) -> None:
    page = words(alices_browser.get(page_of(wallet)).text)
    assert "A new key lies in reserve" in page
    assert "Until then the present key stays in force." in page

    alices_browser.post(page_of(wallet, "key/drop/"))

    reserve.refresh_from_db()
    assert (reserve.standing, reserve.sealed) == (Standing.FORMER, None)
    assert credentials.current_of(wallet) is not None
    assert AuditEvent.objects.filter(about=wallet.pk, action="staged_dropped").exists()
    assert "in reserve" not in words(alices_browser.get(page_of(wallet)).text).replace("The key in reserve was", "")


def test_one_that_was_not_taken_is_explained_with_what_to_do_and_can_be_tried_again(
    alices_browser: Client, wallet: Wallet, reserve: Credential
) -> None:
    refused(wallet, reserve, Cause.RIGHT_MISSING, "Query ledger entries")
    page = words(alices_browser.get(page_of(wallet)).text)
    assert "The new key was not taken" in page
    assert "Query ledger entries" in page
    assert catalogue.load()["kraken"].key_page in alices_browser.get(page_of(wallet)).text
    Wallet.objects.update(next_try_at=None)

    alices_browser.post(page_of(wallet, "key/try-again/"))

    assert staging.in_turn(wallet) == reserve
    assert Wallet.objects.get().next_try_at is not None
    assert not Notice.objects.filter(kind=Kind.STAGED_REFUSED, closed_at=None).exists()
    assert AuditEvent.objects.filter(about=wallet.pk, action="staged_retried").exists()


def test_a_paused_wallet_is_not_asked_because_of_it(
    alices_browser: Client, wallet: Wallet, reserve: Credential
) -> None:
    refused(wallet, reserve)
    Wallet.objects.update(paused_at=NOW, next_try_at=None)

    alices_browser.post(page_of(wallet, "key/try-again/"))

    assert Wallet.objects.get().next_try_at is None
    assert "When the wallet goes on, its first sync reads with it." in words(alices_browser.get(page_of(wallet)).text)


def test_the_old_key_is_reminded_of_until_the_owner_has_deleted_it(
    alices_browser: Client, wallet: Wallet, reserve: Credential
) -> None:
    staging.promote(wallet, reserve, now=NOW)
    page = alices_browser.get(page_of(wallet)).text
    assert "Delete the old key at Kraken" in words(page)
    assert catalogue.load()["kraken"].key_page in page

    alices_browser.post(page_of(wallet, "key/deleted/"))

    assert "Delete the old key at Kraken" not in words(alices_browser.get(page_of(wallet)).text)
    assert AuditEvent.objects.filter(about=wallet.pk, action="old_key_deleted").exists()


def test_of_a_former_sign_in_nobody_is_reminded_for_it_is_taken_back(alice: User) -> None:
    wallet = a_wallet(alice, exchange="coinbase", way="oauth")
    staged = a_credential(wallet, version=2, standing="staged", way="key")

    staging.promote(wallet, staged, now=NOW)

    assert wallet.credentials.get(version=1).standing == Standing.ENDING
    assert (wallet.way, credentials.current_of(wallet)) == ("key", staged)
    assert not Notice.objects.filter(kind=Kind.OLD_KEY).exists()


@pytest.mark.parametrize("name", ["drop", "try-again", "deleted"])
def test_where_there_is_nothing_to_do_it_is_said_and_a_stranger_finds_nothing(
    alices_browser: Client, bobs_browser: Client, wallet: Wallet, name: str
) -> None:
    address = page_of(wallet, f"key/{name}/")

    assert "Nothing was changed" in alices_browser.post(address, follow=True).text
    assert bobs_browser.post(address).status_code == 404


@pytest.mark.parametrize("name", ["detach", "leaked", "remove"])
def test_what_takes_it_away_too_says_so_first(
    alices_browser: Client, wallet: Wallet, reserve: Credential, name: str
) -> None:
    said = "The key in reserve is wiped here too. Delete it at Kraken as well."
    assert said in words(alices_browser.get(page_of(wallet, f"{name}/")).text)

    credentials.wipe(reserve, now=NOW)

    assert said not in words(alices_browser.get(page_of(wallet, f"{name}/")).text)


# --- its end -------------------------------------------------------------------------------------------------------


def test_what_was_not_taken_and_not_mended_is_wiped_after_its_time(wallet: Wallet, reserve: Credential) -> None:
    refused(wallet, reserve)

    endings.sweep(now=NOW + staging.KEPT_REFUSED - timedelta(minutes=1))
    assert staging.staged_of(wallet) == reserve
    endings.sweep(now=NOW + staging.KEPT_REFUSED)

    assert staging.staged_of(wallet) is None
    assert not Notice.objects.filter(kind=Kind.STAGED_REFUSED, closed_at=None).exists()


def test_closing_the_account_wipes_it_and_names_it_among_the_keys_to_delete(
    alice: User, wallet: Wallet, reserve: Credential
) -> None:
    belonging = next(each for each in BELONGINGS if each.model is Credential)
    assert len(list(belonging.by_hand(alice))) == 2

    credentials.take_all_out_of_force(alice, now=NOW)

    reserve.refresh_from_db()
    assert (reserve.standing, reserve.sealed) == (Standing.FORMER, None)
    assert wallet.credentials.filter(sealed__isnull=False).count() == 0

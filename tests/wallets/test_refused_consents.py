"""A sign-in of which nothing came does not stand at the exchange, where nobody here would know of it any more."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts import closing
from accounts.models import Notice
from wallets import catalogue, tasks, trials
from wallets.models import CredentialTest
from wallets.verdicts import verdict_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wallet(stage):
    return stage.connected("coinbase")


def grants(stage, exchange: str = "coinbase") -> list[bool]:
    return [grant["revoked"] for grant in stage.people.state(exchange)["grants"]]


def refused(stage, exchange: str = "coinbase") -> CredentialTest:
    """Somebody agreed to less than is needed, so it is not saved."""
    *kept, _ = (scope for scope in catalogue.load()[exchange].sign_in.scopes if scope != "offline_access")
    stage.consent(exchange, scopes=kept)
    done = stage.work()
    assert done.state == "failed"
    return done


def words(test: CredentialTest, stage) -> str:
    test.refresh_from_db()
    return verdict_of(test, now=stage.now()).in_full


def ends() -> list[CredentialTest]:
    return list(CredentialTest.objects.filter(purpose="end"))


@pytest.mark.parametrize("exchange", ["coinbase", "uphold"])
def test_what_is_refused_is_taken_back_there_by_a_worker(stage, exchange):
    test = refused(stage, exchange)
    assert grants(stage, exchange) == [False]
    assert "is being taken back" in words(test, stage)

    stage.work()

    assert grants(stage, exchange) == [True]
    assert "was taken back at" in words(test, stage)
    assert [(each.sealed, bool(each.finished_at)) for each in ends()] == [(None, True)]
    assert "grant_revoked" in stage.actions()


def test_another_persons_account_is_taken_back_and_the_present_one_stays(stage, wallet):
    before = stage.values(wallet)
    stage.consent(wallet=wallet, first_name="Ben")
    stage.work()

    stage.work()

    assert grants(stage) == [False, True]
    assert stage.values(wallet) == before


def test_one_of_the_account_in_force_stands_for_taking_it_back_might_end_both(stage, wallet):
    *kept, _ = (scope for scope in catalogue.load()["coinbase"].sign_in.scopes if scope != "offline_access")
    stage.consent(wallet=wallet, scopes=kept)
    test = stage.work()

    stage.work()

    assert grants(stage) == [False, False]
    assert "might end both" in words(test, stage)
    assert [each.sealed for each in ends()] == [None]
    assert "grant_revoked" not in stage.actions()


def test_while_the_owner_signs_in_anew_it_waits(stage):
    """Both may be one and the same there: what the second consent comes to decides."""
    test = refused(stage)
    stage.consent()
    CredentialTest.objects.filter(purpose="connect", state="queued").update(
        not_before=stage.now() + timedelta(minutes=1)
    )

    stage.work()
    assert grants(stage) == [False, False]
    stage.later(minutes=1, seconds=1)
    assert stage.work().state == "passed"
    stage.later(minutes=3)
    stage.work()

    assert grants(stage) == [False, False]
    assert "might end both" in words(test, stage)


def test_what_cannot_be_taken_back_is_wiped_after_a_day_and_the_owner_is_told(stage, alice):
    stage.street.fault("coinbase", kind="status", status=503, path="/oauth2/revoke")
    test = refused(stage)
    stage.work()
    assert ends()[0].sealed

    stage.later(hours=2)
    stage.work()
    tasks.sweep(stage.later(days=1, minutes=1))

    assert grants(stage) == [False]
    assert [(each.sealed, each.state) for each in ends()] == [(None, "expired")]
    assert "Remove Holdfast at Coinbase" in words(test, stage)
    assert Notice.objects.get(owner=alice, kind="sign_in_left").facts["exchange"] == "Coinbase"


def test_it_is_renewed_for_that_where_its_token_is_over(stage):
    stage.street.fault("coinbase", kind="status", status=503, path="/oauth2/revoke", times=1)
    refused(stage)
    stage.work()
    stage.later(hours=2)

    stage.work()

    assert grants(stage) == [True]
    assert ends()[0].state == "passed"


def test_without_the_operators_client_id_it_is_said_at_once(stage, settings, alice):
    test = refused(stage)
    settings.OAUTH_CLIENTS = {}

    stage.work()

    assert "Remove Holdfast at Coinbase" in words(test, stage)
    assert [each.sealed for each in ends()] == [None]
    assert Notice.objects.filter(owner=alice, kind="sign_in_left").exists()


def redeemed(stage) -> CredentialTest:
    """The worker has spent the code and died with the tokens in hand."""
    test = stage.consent()
    held = CredentialTest.objects.claim(now=stage.now())
    trials.values_of(held, clock=stage.now)
    CredentialTest.objects.filter(pk=test.pk).update(lease_token=None, lease_until=None)
    return test


def test_one_whose_time_is_over_is_taken_back_too(stage):
    test = redeemed(stage)
    tasks.sweep(stage.later(minutes=16))

    stage.work()

    test.refresh_from_db()
    assert (test.state, test.sealed) == ("expired", None)
    assert grants(stage) == [True]


def test_and_one_that_the_owner_gave_up(stage):
    test = redeemed(stage)
    trials.cancel(test=test, now=stage.now())

    stage.work()

    test.refresh_from_db()
    assert (test.state, test.sealed) == ("expired", None)
    assert grants(stage) == [True]


def test_and_one_of_who_closes_the_account(stage, alice):
    test = redeemed(stage)
    closing.start_closing(by=stage.by, owner=alice, now=stage.now())

    stage.work()

    test.refresh_from_db()
    assert (test.state, test.sealed) == ("expired", None)
    assert grants(stage) == [True]


def test_and_one_that_killed_its_workers(stage):
    test = redeemed(stage)
    CredentialTest.objects.filter(pk=test.pk).update(attempts=CredentialTest.MAX_ATTEMPTS - 1)
    CredentialTest.objects.claim(now=stage.now())
    tasks.sweep(stage.later(minutes=4))

    stage.work()

    test.refresh_from_db()
    assert (test.state, test.sealed) == ("expired", None)
    assert grants(stage) == [True]


def test_a_code_that_was_never_spent_leaves_nothing_to_take_back(stage):
    test = stage.consent()
    trials.cancel(test=test, now=stage.now())
    tasks.sweep(stage.now())

    test.refresh_from_db()
    assert test.sealed is None
    assert ends() == []


def test_a_refused_key_is_wiped_as_ever(stage):
    stage.paste(stage.key() | {"secret": "bm90IHRoZSByaWdodCBvbmU="})
    done = stage.work()

    assert (done.state, done.sealed, ends()) == ("failed", None, [])

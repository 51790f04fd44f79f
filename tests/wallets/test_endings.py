"""The end of a credential: taken back or seen dead at the exchange, and wiped at its last day at the latest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import AuditEvent
from wallets import credentials, endings, keeping, tasks, trials, trouble
from wallets.models import Credential, CredentialTest

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def let_in(stage):
    return stage.connected("coinbase")


@pytest.fixture
def keyed(stage):
    return stage.connected("kraken")


@pytest.fixture
def leaked(stage, keyed):
    """Alice said so a moment ago; the worker has not looked yet."""
    keeping.leaked(by=stage.by, wallet=keyed, now=stage.now())
    return keyed


def grants(stage):
    return [grant["revoked"] for grant in stage.people.state("coinbase")["grants"]]


def next_look(stage):
    """How long until it is tried again."""
    return CredentialTest.objects.get(purpose="end").not_before - stage.now()


def credential():
    return Credential.objects.get()


# --- sign-ins ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [keeping.detach, keeping.put_in_bin, keeping.to_files, keeping.leaked])
def test_a_sign_in_is_taken_back_at_the_exchange_and_then_wiped(stage, let_in, verb):
    verb(by=stage.by, wallet=let_in, now=stage.now())
    assert grants(stage) == [False]

    done = stage.work()

    assert done.state == "passed"
    assert grants(stage) == [True]
    assert (credential().standing, credential().sealed) == ("former", None)
    assert credential().dead_at
    assert "grant_revoked" in stage.actions()


def test_it_is_taken_back_also_when_its_token_is_long_over(stage, let_in):
    """A paused wallet's access token ended an hour after; the exchange wants to see one that lasts."""
    stage.later(days=3)
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())

    assert stage.work().state == "passed"

    assert grants(stage) == [True]
    assert len(stage.people.state("coinbase")["secrets"]) == 5  # a code, and two pairs: it was renewed for that


def test_a_new_consent_does_not_take_back_the_former_one(stage, let_in):
    """At the exchange the two may be one and the same."""
    stage.consent(wallet=let_in)
    assert stage.work().state == "passed"

    assert grants(stage) == [False, False]
    assert not CredentialTest.objects.filter(purpose="end").exists()
    assert not Credential.objects.filter(standing="former", sealed__isnull=False).exists()


def test_an_exchange_that_does_not_answer_is_asked_again_soon_and_then_hourly(stage, let_in):
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())
    stage.street.fault("coinbase", kind="status", status=503, path="/oauth2/revoke")

    stage.work()
    assert timedelta(minutes=1) < next_look(stage) <= endings.SOON
    stage.later(hours=1, minutes=1)
    stage.work()
    assert timedelta(minutes=50) < next_look(stage) <= endings.LATER

    assert credential().standing == "ending"
    assert "grant_revoked" not in stage.actions()


def test_what_cannot_be_taken_back_is_wiped_after_a_day_and_not_said_to_be_gone(stage, let_in):
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())
    stage.street.fault("coinbase", kind="status", status=503, path="/oauth2/revoke")
    stage.work()
    tasks.sweep(stage.later(days=1, minutes=1))

    end = CredentialTest.objects.get(purpose="end")
    assert (credential().standing, credential().sealed, credential().dead_at) == ("former", None, None)
    assert end.state == "expired"
    assert end.finished_at
    assert "grant_revoked" not in stage.actions()


def test_what_was_withdrawn_there_already_is_gone(stage, let_in):
    stage.later(hours=2)
    stage.street.tell("coinbase", password_changed=True)
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())

    assert stage.work().state == "passed"
    assert credential().sealed is None


def test_without_the_operators_client_id_nothing_is_said_to_be_taken_back(stage, let_in, settings):
    keeping.detach(by=stage.by, wallet=let_in, now=stage.now())
    settings.OAUTH_CLIENTS = {}

    stage.work()

    assert grants(stage) == [False]
    assert credential().standing == "ending"
    assert "grant_revoked" not in stage.actions()
    tasks.sweep(stage.later(days=1, minutes=1))
    assert credential().sealed is None


# --- leaked keys ---------------------------------------------------------------------------------------------------


def test_a_leaked_key_is_watched_until_the_exchange_refuses_it(stage, leaked):
    stage.work()
    assert timedelta(minutes=1) < next_look(stage) <= endings.SOON
    assert (credential().standing, credential().dead_at) == ("ending", None)

    stage.street.tell("kraken", no_key=stage.key()["key"])
    stage.later(minutes=3)
    done = stage.work()

    assert done.state == "passed"
    assert (credential().standing, credential().sealed) == ("former", None)
    assert credential().dead_at
    assert stage.actions()[-1] == "key_seen_dead"


def test_it_is_looked_at_hourly_once_the_owner_seems_to_have_forgotten(stage, leaked):
    stage.later(hours=2)

    stage.work()

    assert timedelta(minutes=50) < next_look(stage) <= endings.LATER


@pytest.mark.parametrize(
    "fault",
    [{"kind": "status", "status": 502, "body": "<html>"}, {"kind": "reset"}, {"kind": "html"}],
    ids=lambda fault: fault["kind"],
)
def test_trouble_at_the_exchange_is_not_taken_for_a_dead_key(stage, leaked, fault):
    stage.street.fault("kraken", **fault)

    stage.work()

    assert (credential().standing, credential().dead_at) == ("ending", None)
    assert "key_seen_dead" not in stage.actions()


def test_a_key_that_lives_on_is_wiped_at_its_last_day_all_the_same(stage, leaked):
    stage.work()

    tasks.sweep(stage.later(days=7, minutes=1))

    assert (credential().standing, credential().sealed, credential().dead_at) == ("former", None, None)
    assert CredentialTest.objects.get(purpose="end").state == "expired"
    assert CredentialTest.objects.claim(now=stage.now()) is None


def test_with_a_leaked_key_nothing_else_is_read(stage, leaked):
    with pytest.raises(credentials.NoKeyError):
        trials.check(by=stage.by, wallet=leaked, now=stage.now())

    assert credentials.current_of(leaked) is None
    leaked.refresh_from_db()
    assert (leaked.state, leaked.next_try_at) == ("needs_you", None)


def test_where_rights_are_not_told_the_balances_show_whether_it_is_dead(stage):
    """Bitstamp says nothing about rights: a call that reads has to tell."""
    wallet = stage.connected("bitstamp")
    keeping.leaked(by=stage.by, wallet=wallet, now=stage.now())
    stage.work()
    assert credential().standing == "ending"

    stage.street.tell("bitstamp", no_key=stage.key("bitstamp")["key"])
    CredentialTest.objects.update(not_before=stage.now())  # requests carry the time: it may not pass here
    stage.work()

    assert credential().dead_at


def test_where_one_code_stands_for_several_causes_a_key_that_worked_until_now_is_dead(stage):
    wallet = stage.connected("binance")
    keeping.leaked(by=stage.by, wallet=wallet, now=stage.now())
    lumped = '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}'
    stage.street.fault("binance", kind="status", status=401, body=lumped)

    stage.work()

    assert credential().dead_at


def test_what_an_exchange_in_trouble_refuses_is_not_held_for_dead(stage, leaked, monkeypatch):
    """An owner who reads that a leaked key is dead does not delete it any more."""
    stage.street.tell("kraken", no_key=stage.key()["key"])
    with monkeypatch.context() as patched:
        patched.setattr(trouble, "WATCHES", [lambda exchange: exchange == "kraken"])
        stage.work()
    assert credential().dead_at is None

    stage.later(minutes=3)
    stage.work()
    assert credential().dead_at


def test_a_new_key_ends_the_wait_and_the_leaked_one_is_watched_on(stage, leaked):
    stage.work()
    fresh = {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}
    stage.street.tell("kraken", key={"id": fresh["key"], "secret": fresh["secret"], "nonce": 0})
    stage.paste(fresh, wallet=leaked)
    asking = stage.work()
    assert stage.answer(asking).state == "passed"

    leaked.refresh_from_db()
    assert leaked.state == "working"
    assert stage.values(leaked) == fresh
    assert sorted(Credential.objects.values_list("standing", flat=True)) == ["current", "ending"]
    assert AuditEvent.objects.filter(action="credential_leaked").count() == 1


# --- workers that die ----------------------------------------------------------------------------------------------


def test_workers_that_die_over_it_do_not_end_the_watch(stage, leaked):
    for _ in range(4):
        stage.later(hours=1)
        assert CredentialTest.objects.claim(now=stage.now())
        stage.later(minutes=4)
        tasks.sweep(stage.now())

    stage.later(hours=1)
    stage.work()

    assert CredentialTest.objects.get(purpose="end").finished_at is None


def test_a_test_whose_workers_died_is_over_for_who_waits_and_holds_nothing(stage):
    test = stage.paste(stage.key())
    for _ in range(2):
        assert CredentialTest.objects.claim(now=stage.now())
        CredentialTest.objects.update(state="running")
        stage.later(minutes=4)
        tasks.sweep(stage.now())
        stage.later(minutes=1)

    test.refresh_from_db()
    assert (test.state, test.sealed, test.failed) == ("expired", None, True)
    assert test.finished_at

"""Test first, swap after: a credential's whole journey, with a real database and a real wire."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from accounts.audit import Action, Actor, ActorKind, reveal
from accounts.models import AuditEvent
from config.leases import LeaseLostError
from wallets import catalogue, oauth, trials
from wallets.connectors.kraken import Kraken
from wallets.models import Credential, CredentialTest, RightsReport, Wallet
from wallets.paste import Cleaned, Oddity
from wallets.records import Cause

KRAKEN = catalogue.load()["kraken"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def good(street):
    key = street.look("kraken")["keys"][0]
    return {"key": key["id"], "secret": key["secret"]}


@pytest.fixture
def ask(alice):
    def run(pasted, *, purpose=CredentialTest.Purpose.CONNECT, wallet=None, now=NOW):
        by = Actor(ActorKind.OWNER, alice)
        return trials.ask(by=by, owner=alice, exchange=KRAKEN, pasted=pasted, purpose=purpose, wallet=wallet, now=now)

    return run


@pytest.fixture
def work(street, pace):
    """What a worker does with the next waiting test."""

    def run(*, now=NOW):
        test = CredentialTest.objects.claim(now=now)
        trials.examine(
            test,
            connect=lambda _test, values: Kraken(values, pace=pace, origin=street.origin("kraken")),
            our_addresses=(),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=pace.spent * pace.seconds),
        )
        test.refresh_from_db()
        return test

    return run


@pytest.fixture
def wallet(ask, work, good):
    ask(good)
    return work().wallet


def current(wallet):
    credential = Credential.objects.get(wallet=wallet, standing="current")
    by = Actor(ActorKind.SYSTEM, label="test")
    return json.loads(reveal(credential.sealed, by=by, purpose="look", now=NOW))


@pytest.fixture
def say(alice, work):
    """The owner answers, and a worker saves what was tested."""

    def run(test, **words):
        trials.answer(by=Actor(ActorKind.OWNER, alice), test=test, words=words, now=NOW)
        return work()

    return run


# --- connecting --------------------------------------------------------------------------------------------------


def test_a_key_that_passes_makes_a_wallet(ask, work, good):
    test = ask({"key": f"  {good['key']}\n", "secret": f'"{good["secret"]}",'})

    done = work()

    assert done.state == "passed"
    assert done.wallet.state == "working"
    assert done.wallet.next_try_at
    assert current(done.wallet) == good
    assert CredentialTest.objects.get(pk=test.pk).sealed is None
    assert RightsReport.objects.get(credential__wallet=done.wallet).can_tell


def test_the_trail_says_whose_key_was_used(ask, work, good):
    """“Exchange credential” tells nobody which of their keys it was."""
    ask(good)
    work()
    wallet = Wallet.objects.get()
    oauth.opened(Credential.objects.get(), by=Actor(ActorKind.SYSTEM, label="Sync"), now=NOW)

    used = AuditEvent.objects.filter(owner=wallet.owner, action="secret_opened")
    assert set(used.values_list("subject", flat=True)) == {wallet.label}


def test_a_test_without_saving_saves_nothing(ask, work, good):
    ask(good, purpose=CredentialTest.Purpose.LOOK)

    done = work()

    assert done.state == "passed"
    assert done.outcome["rights"]["read_only"] is True
    assert not Wallet.objects.exists()
    assert done.sealed is None


def test_a_key_that_can_withdraw_is_refused_with_the_box_to_untick(street, ask, work, good):
    rights = ["query-funds", "query-closed-trades", "query-ledger", "withdraw-funds"]
    street.tell("kraken", key={"id": good["key"], "permissions": rights})
    ask(good)

    done = work()

    assert (done.state, done.cause, done.cause_right) == ("failed", Cause.RIGHTS_TOO_WIDE, "Withdraw funds")
    assert not Wallet.objects.exists()
    assert done.sealed is None


def test_a_wrong_secret_makes_no_wallet_and_leaves_no_candidate(ask, work, good):
    ask(good | {"secret": "d3Jvbmc="})

    done = work()

    assert (done.state, done.cause) == ("failed", Cause.SIGNATURE_WRONG)
    assert not Wallet.objects.exists()
    assert done.sealed is None


def test_a_seed_phrase_leaves_nothing_but_that_it_happened(ask, alice, good):
    answer = ask(good | {"secret": PHRASE})

    assert isinstance(answer, Cleaned)
    assert {finding.oddity for finding in answer.findings} == {Oddity.SEED_PHRASE}
    assert not CredentialTest.objects.exists()
    event = AuditEvent.objects.get(owner=alice, action=Action.TREASURE_REFUSED)
    assert "winner" not in json.dumps(event.details) + event.subject


def test_what_the_paste_lacks_is_said_before_anything_is_kept(ask):
    answer = ask({"key": "", "secret": ""})

    assert [finding.oddity for finding in answer.findings] == [Oddity.MISSING, Oddity.MISSING]
    assert not CredentialTest.objects.exists()


# --- replacing ---------------------------------------------------------------------------------------------------


def new_key(street):
    street.tell("kraken", key={"id": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA==", "nonce": 0})
    return {"key": "second" + "k" * 50, "secret": "c2Vjb25kIHNlY3JldA=="}


def test_a_new_key_takes_over_after_the_owner_says_it_is_the_same_account(street, ask, work, wallet, say):
    new = new_key(street)
    ask(new, purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)

    asking = work()

    assert (asking.state, asking.outcome["questions"]) == ("asking", ["same_account"])
    assert current(wallet) != new

    done = say(asking, same_account="It is the same account.")

    assert done.state == "passed"
    assert current(wallet) == new
    former = Credential.objects.get(wallet=wallet, standing="former")
    assert former.sealed is None
    assert former.wiped_at


def test_replacing_changes_nothing_else_about_the_wallet(street, ask, work, wallet, say):
    Wallet.objects.filter(pk=wallet.pk).update(label="Savings", rotate_months=6)
    before = Wallet.objects.values("id", "book", "label", "rotate_months", "created_at").get()

    ask(new_key(street), purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)
    say(work(), same_account="yes")

    assert Wallet.objects.values("id", "book", "label", "rotate_months", "created_at").get() == before


def test_a_failing_new_key_leaves_the_old_one_in_force(ask, work, wallet, good):
    ask({"key": "nobody" + "k" * 50, "secret": good["secret"]}, purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)

    done = work()

    assert done.state == "failed"
    assert current(wallet) == good


def test_of_two_replacements_at_once_one_wins_and_the_other_is_told(street, ask, work, wallet, say):
    ask(new_key(street), purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)
    ask(new_key(street), purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)
    tests = [work(), work()]
    ends = []

    def answer(test):
        ends.append(say(test, same_account="yes").state)
        connection.close()

    threads = [threading.Thread(target=answer, args=[test]) for test in tests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(ends) == ["failed", "passed"]
    assert Credential.objects.filter(wallet=wallet, standing="current").count() == 1


def test_an_answer_counts_once(street, ask, work, wallet, say):
    ask(new_key(street), purpose=CredentialTest.Purpose.REPLACE, wallet=wallet)
    asking = work()
    say(asking, same_account="yes")

    with pytest.raises(trials.NotAskingError):
        say(CredentialTest.objects.get(pk=asking.pk), same_account="yes")


# --- dying at any step ---------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The worker is gone: nobody catches this."""


def test_a_worker_that_dies_at_any_step_leaves_nothing_half_saved(street, pace, ask, good, alice):
    """Killed at the n-th call to the exchange, for every n; then swept, and tried again by the next worker."""
    for step in range(7):
        now = NOW + timedelta(hours=step)
        ask(good, now=now)
        test = CredentialTest.objects.claim(now=now)

        with pytest.raises(Killed):
            trials.examine(
                test,
                connect=lambda _test, values, step=step, now=now: Mortal(
                    Kraken(values, pace=pace, origin=street.origin("kraken")), step, now
                ),
                our_addresses=(),
                clock=lambda now=now: now,
            )

        assert not Wallet.objects.exists()
        CredentialTest.objects.sweep(now=now + timedelta(minutes=4))
        again = CredentialTest.objects.get(pk=test.pk)
        assert again.attempts == 1
        trials.sweep(now=now + timedelta(minutes=16))
        assert CredentialTest.objects.get(pk=test.pk).sealed is None


class Mortal:
    """A connector whose worker dies at its n-th call."""

    def __init__(self, connector, lives, now):
        self.connector, self.lives, self.now = connector, lives, now

    def __getattr__(self, name):
        self.lives -= name != "areas"
        if self.lives < 0:
            raise Killed
        return (lambda: self.now) if name == "clock" else getattr(self.connector, name)


def test_who_lost_the_lease_puts_nothing_in_force(street, pace, ask, good):
    ask(good)
    test = CredentialTest.objects.claim(now=NOW)
    CredentialTest.objects.sweep(now=NOW + timedelta(minutes=4))

    with pytest.raises(LeaseLostError):
        trials.examine(
            test,
            connect=lambda _test, values: Kraken(values, pace=pace, origin=street.origin("kraken")),
            our_addresses=(),
            clock=lambda: datetime.now(UTC),
        )

    assert not Wallet.objects.exists()


def test_no_candidate_outlives_a_quarter_of_an_hour(ask, good):
    test = ask(good)

    trials.sweep(now=NOW + timedelta(minutes=15))

    kept = CredentialTest.objects.get(pk=test.pk)
    assert kept.sealed is None
    assert kept.state == "expired"


def test_no_secret_stands_in_the_tables(ask, work, good, wallet):
    ask(good | {"secret": "d3Jvbmc="})
    work()

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(t)::text FROM wallets_credentialtest t")
        told = cursor.fetchall()
        cursor.execute("SELECT to_jsonb(c)::text FROM wallets_credential c")
        rows = " ".join(row[0] for row in told + cursor.fetchall())
    assert good["secret"] not in rows
    assert good["key"] not in rows
    assert "d3Jvbmc=" not in rows

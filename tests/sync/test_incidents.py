"""In an incident an exchange says now this, now that: nobody is blamed for it, and no key is tried too often."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.audit import SYSTEM
from accounts.models import Notice
from sync import incidents, runner, schedule
from sync.models import Incident, Run
from sync.tasks import plan
from tests.sync.test_schedule import NOW, failed_run, make_wallet, many
from wallets import health
from wallets.models import Wallet
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def down(db):
    """Six owners; the exchange is down for five of them, and nobody has asked for the sixth."""
    owners = many(6)
    wallets = [*(failed_run(owner) for owner in owners[:5]), make_wallet(owners[5], next_try_at=NOW + 3 * HOUR)]
    incidents.look(NOW)
    return wallets


def tried(wallet, cause, at):
    """A run as a worker ends it; no cause: it comes through."""
    schedule.request(by=SYSTEM, wallet=wallet, now=at)
    held = Run.objects.claim(now=at)
    part = runner.Slice(held, wallet, wallet.credentials.get(), None, lambda: at, at + HOUR)
    if cause:
        part.fail(ConnectorError(cause))
    else:
        Run.objects.filter(pk=held.pk).update(started_at=at)
        part.finish()
    wallet.refresh_from_db()
    return wallet


def asked(**which):
    return Notice.objects.filter(kind__in=[Kind.WALLET_NEEDS_YOU, Kind.RIGHTS_GAINED], closed_at=None, **which)


# --- whatever it blames ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", sorted(health.EXCUSABLE))
def test_whatever_it_says_of_a_key_while_it_is_down_its_owner_is_told_of_no_key(down, cause):
    wallet = tried(down[5], cause, NOW + MINUTE)

    assert (wallet.health, wallet.cause, wallet.excused) == ("exchange_down", "maintenance", cause)
    assert not asked().exists()
    assert Run.objects.latest("finished_at").cause == cause


@pytest.mark.parametrize("cause", [Cause.RIGHTS_TOO_WIDE, Cause.KEY_LEAKED])
def test_what_is_the_owners_alone_is_told_all_the_same(down, cause):
    wallet = tried(down[5], cause, NOW + MINUTE)

    assert (wallet.health, wallet.cause) == ("needs_you", cause)
    assert asked().get().owner == wallet.owner


def test_what_it_said_of_keys_shortly_before_is_taken_back(db, alice):
    for owner in many(5):
        failed_run(owner)
    wallet = make_wallet(alice)
    health.failing(wallet, ConnectorError(Cause.KEY_UNKNOWN), now=NOW - 20 * MINUTE)
    assert asked(owner=alice).exists()

    incidents.look(NOW)

    wallet.refresh_from_db()
    assert (wallet.health, wallet.cause, wallet.next_try_at) == ("exchange_down", "maintenance", NOW + 40 * MINUTE)
    assert not asked().exists()


def test_a_key_that_was_refused_long_before_is_still_its_owners(down, alice):
    wallet = make_wallet(alice, cause=Cause.KEY_UNKNOWN, health="needs_you", failing_since=NOW - 9 * DAY)

    tried(wallet, Cause.KEY_UNKNOWN, NOW + MINUTE)

    assert (wallet.health, wallet.cause) == ("needs_you", "key_unknown")


# --- and no key is tried too often ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "waits"), [(Cause.KEY_UNKNOWN, [HOUR, DAY, None]), (Cause.KEY_EXPIRED, [None]), (Cause.NETWORK, [MINUTE])]
)
def test_a_key_that_it_refuses_is_tried_no_sooner_than_without_an_incident(down, cause, waits):
    wallet, at = down[5], NOW + MINUTE
    for wait in waits:
        tried(wallet, cause, at)
        assert wallet.next_try_at == (wait and at + wait)
        at = wallet.next_try_at or at


def test_probes_leave_a_refused_key_alone_until_it_is_due(down):
    for wallet in down:
        tried(wallet, Cause.KEY_UNKNOWN, NOW + MINUTE)

    for minute in range(2, 61, 2):
        plan(NOW + minute * MINUTE)
    assert not Run.objects.unfinished().exists()

    plan(NOW + 64 * MINUTE)
    assert Run.objects.unfinished().get().wallet in down


def test_nor_are_they_tried_when_their_owner_asks_for_all(down):
    tried(down[5], Cause.KEY_UNKNOWN, NOW + MINUTE)

    assert schedule.request_all(by=SYSTEM, owner=down[5].owner, now=NOW + 2 * MINUTE) == []


# --- when it is over -----------------------------------------------------------------------------------------------


def over(at):
    Incident.objects.update(ended_at=at)
    incidents.look(at)


@pytest.mark.parametrize("cause", [Cause.KEY_UNKNOWN, Cause.KEY_EXPIRED])
def test_who_has_a_bad_key_is_told_when_it_is_over(down, cause):
    wallet = tried(down[5], cause, NOW + MINUTE)
    if cause == Cause.KEY_UNKNOWN:
        Wallet.objects.filter(pk=wallet.pk).update(next_try_at=None)

    over(NOW + 5 * MINUTE)
    wallet.refresh_from_db()
    assert wallet.next_try_at == NOW + 5 * MINUTE
    tried(wallet, cause, NOW + 6 * MINUTE)

    assert (wallet.health, wallet.cause, wallet.excused) == ("needs_you", cause, "")
    assert asked().get().owner == wallet.owner


def test_one_that_works_then_is_well(down):
    tried(down[5], Cause.KEY_EXPIRED, NOW + MINUTE)
    over(NOW + 5 * MINUTE)

    wallet = tried(down[5], None, NOW + 6 * MINUTE)

    assert (wallet.health, wallet.cause, wallet.excused) == ("working", "", "")


def test_what_it_says_of_keys_for_a_day_is_believed_though_it_began_otherwise(down):
    for wallet in down:
        tried(wallet, Cause.KEY_UNKNOWN, NOW + HOUR)
    Run.objects.filter(cause="maintenance").update(finished_at=NOW - 2 * DAY)

    incidents.look(NOW + DAY - MINUTE)
    assert Incident.objects.get().ended_at is None
    incidents.look(NOW + DAY)
    for wallet in down:
        tried(wallet, Cause.KEY_UNKNOWN, NOW + DAY + MINUTE)
    incidents.look(NOW + DAY + 2 * MINUTE)

    assert asked().count() == 6
    assert Incident.objects.count() == 1

"""In an incident an exchange says now this, now that: nobody is blamed for it, and no key is tried too often."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from accounts.audit import SYSTEM
from accounts.models import Notice
from accounts.notice_mail import send_due
from sync import incidents, runner, schedule, telling
from sync.models import Incident, Run
from sync.tasks import plan
from tests.sync.test_notices import come_through
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
    ended(Run.objects.claim(now=at), cause, at)
    wallet.refresh_from_db()
    return wallet


def ended(run, cause, at):
    part = runner.Slice(run, run.wallet, run.wallet.credentials.get(), None, lambda: at, at + HOUR)
    if cause:
        part.fail(ConnectorError(cause))
    else:
        Run.objects.filter(pk=run.pk).update(started_at=at)
        part.finish()


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


# --- how it ends -----------------------------------------------------------------------------------------------------


class Minutes:
    """The service for some minutes: who is due is tried, and looked at; `fails` says which attempts do."""

    def __init__(self):
        self.now, self.tried, self.rounds = NOW, 0, []

    def pass_by(self, minutes, *, fails):
        for _ in range(2 * minutes):
            self.now += timedelta(seconds=30)
            plan(self.now)
            self.rounds.append(0)
            while run := Run.objects.claim(now=self.now):
                self.rounds[-1] += 1
                self.tried += 1
                ended(run, Cause.MAINTENANCE if fails(self.tried) else None, self.now)
            if self.now.second == 0:
                incidents.look(self.now)
        return Incident.objects.filter(ended_at=None).exists()


@pytest.fixture
def crowd(db):
    """Twenty owners; the exchange is down for half of them."""
    owners = many(20)
    wallets = [*(failed_run(owner) for owner in owners[:10])]
    wallets += [make_wallet(owner, next_try_at=NOW + 3 * HOUR) for owner in owners[10:]]
    incidents.look(NOW)
    return wallets


def told():
    return Notice.objects.filter(kind="incident")


def test_one_that_comes_through_by_luck_does_not_end_it(crowd):
    minutes = Minutes()

    assert minutes.pass_by(40, fails=lambda attempt: attempt % 2)

    assert Incident.objects.count() == 1
    assert told().count() == told().values("owner").distinct().count()


def test_it_ends_within_minutes_once_all_come_through(crowd):
    minutes = Minutes()
    minutes.pass_by(20, fails=lambda _: True)
    assert minutes.tried <= 10

    assert not minutes.pass_by(6, fails=lambda _: False)
    minutes.pass_by(1, fails=lambda _: False)

    assert not Wallet.objects.exclude(health="working").filter(cause="maintenance").exists()


def test_while_all_fail_nobody_is_tried_who_is_well(crowd):
    minutes = Minutes()

    minutes.pass_by(30, fails=lambda _: True)

    assert {run.wallet for run in Run.objects.filter(created_at__gt=NOW)} <= set(crowd[:10])
    assert max(minutes.rounds) == 1


def test_where_few_are_and_some_fail_for_good_it_ends_when_all_were_asked(db):
    wallets = [failed_run(owner) for owner in many(5)]
    incidents.look(NOW)
    minutes, broken = Minutes(), {wallets[0].pk, wallets[1].pk}
    for _ in range(60):
        minutes.now += 15 * timedelta(seconds=1)
        plan(minutes.now)
        while run := Run.objects.claim(now=minutes.now):
            ended(run, Cause.MAINTENANCE if run.wallet_id in broken else None, minutes.now)
        incidents.look(minutes.now)

    assert Incident.objects.get().ended_at


def test_one_owner_alone_does_not_end_it_while_others_wait(db):
    wallets = [failed_run(owner) for owner in many(5)]
    incidents.look(NOW)

    tried(wallets[0], None, NOW + MINUTE)
    incidents.look(NOW + 2 * MINUTE)
    assert Incident.objects.get().ended_at is None
    for wallet in wallets[1:]:
        tried(wallet, None, NOW + 3 * MINUTE)
    incidents.look(NOW + 4 * MINUTE)

    assert Incident.objects.get().ended_at == NOW + 4 * MINUTE


def test_all_who_suffered_are_due_at_once(db):
    wallets = [failed_run(owner) for owner in many(9)]
    incidents.look(NOW)

    for wallet in wallets[:5]:
        tried(wallet, None, NOW + MINUTE)
    incidents.look(NOW + 2 * MINUTE)

    assert Wallet.objects.filter(next_try_at=NOW + 2 * MINUTE).count() == 4


def ends_and_begins(wallets, at):
    over(at)
    for wallet in wallets[:5]:
        tried(wallet, Cause.MAINTENANCE, at + MINUTE)
    incidents.look(at + 2 * MINUTE)
    assert Incident.objects.filter(ended_at=None).exists()


def test_who_was_told_of_it_is_not_told_again_within_a_day_though_it_ended_meanwhile(down):
    assert told().filter(read_at=None).count() == 5

    for hour in (1, 5, 22):
        ends_and_begins(down, NOW + hour * HOUR)

    assert told().count() == told().filter(closed_at=None).count() == 5
    assert not told().filter(read_at=None).exists()
    ends_and_begins(down, NOW + 25 * HOUR)
    assert told().filter(read_at=None).count() == 5


def test_one_that_is_back_is_mailed_once_if_it_lasts(down):
    ends_and_begins(down, NOW + 5 * MINUTE)
    send_due(NOW + 21 * MINUTE)
    assert mail.outbox == []

    send_due(NOW + 30 * MINUTE)
    ends_and_begins(down, NOW + HOUR)
    send_due(NOW + 2 * HOUR)

    assert len(mail.outbox) == 5


# --- when it is over -----------------------------------------------------------------------------------------------


def over(at):
    incident = Incident.objects.get(ended_at=None)
    Incident.objects.filter(pk=incident.pk).update(ended_at=at)
    telling.incident_over(incident, now=at)
    incidents.look(at)


@pytest.mark.parametrize("cause", [Cause.KEY_UNKNOWN, Cause.KEY_EXPIRED])
def test_who_has_a_bad_key_is_told_when_it_is_over(down, cause):
    wallet = tried(down[5], cause, NOW + MINUTE)
    come_through(down[:5], NOW + 5 * MINUTE)

    incidents.look(NOW + 5 * MINUTE)
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

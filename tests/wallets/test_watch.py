"""What comes by itself: owners are reminded once; and nothing is used while a second factor is recovered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts import recovery
from accounts.audit import SYSTEM
from accounts.models import FactorRecovery, Notice
from config.fields import seal
from tests.factories import OwnerFactory
from wallets import connections, tasks, trials, watch
from wallets.models import Credential, CredentialTest, Wallet
from wallets.notice_kinds import Kind

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_wallet(owner, *, key_since=NOW - 30 * DAY, expires_at=None, **columns):
    given = {"exchange": "kraken", "way": "key", "label": "Savings", "created_at": NOW - 400 * DAY, "next_try_at": NOW}
    wallet = Wallet.objects.create(owner=owner, **{**given, **columns})
    credential = Credential(
        owner=owner, wallet=wallet, version=1, way=wallet.way, standing="current", created_at=key_since
    )
    credential.expires_at = expires_at
    seal(credential, sealed="{}")
    credential.save()
    return wallet


def told(kind):
    return Notice.objects.filter(kind=kind)


@pytest.mark.django_db(transaction=True)
def test_a_check_that_waited_when_the_recovery_began_is_put_off(stage):
    """What was asked for before the freeze is not done in it."""
    wallet = stage.connected("kraken")
    CredentialTest.objects.all().delete()
    now = stage.now()
    trials.check(by=SYSTEM, wallet=wallet, now=now)
    FactorRecovery.objects.create(owner=stage.owner, started_at=now, confirmed_at=now, due_at=now + 3 * DAY)
    assert recovery.frozen(stage.owner)

    tasks.examine(CredentialTest.objects.claim(now=now))

    test = CredentialTest.objects.get(wallet=wallet)
    assert (test.state, test.finished_at, test.lease_token) == ("queued", None, None)
    assert test.not_before > now


# --- reminders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("months", "days", "due"), [(3, 89, 0), (3, 91, 1), (6, 91, 0), (12, 361, 1), (None, 999, 0)])
def test_a_key_is_due_when_its_owner_wants_it_to_be(alice, months, days, due):
    make_wallet(alice, rotate_months=months, key_since=NOW - days * DAY)

    watch.remind(NOW)

    assert told(Kind.KEY_DUE).count() == due


@pytest.mark.parametrize(("expires_in", "due"), [(13 * DAY, 1), (15 * DAY, 0), (-DAY, 0), (None, 0)])
def test_a_key_that_its_exchange_ends_soon_is_said_a_fortnight_before(alice, expires_in, due):
    make_wallet(alice, expires_at=expires_in and NOW + expires_in)

    watch.remind(NOW)

    assert told(Kind.KEY_ENDS_SOON).count() == due


def test_each_reminder_comes_once_however_often_the_day_begins(alice):
    make_wallet(alice, rotate_months=3, key_since=NOW - 400 * DAY, expires_at=NOW + 10 * DAY)

    for day in range(5):
        watch.remind(NOW + day * DAY)

    kinds = sorted(Notice.objects.values_list("kind", flat=True))
    assert kinds == sorted([Kind.KEY_DUE, Kind.KEY_ENDS_SOON, Kind.CONNECTIONS_DUE])


def test_what_is_in_the_bin_or_of_somebody_who_leaves_is_not_reminded_of(alice, bob):
    make_wallet(alice, binned_at=NOW, rotate_months=3, key_since=NOW - 99 * DAY, expires_at=NOW + DAY)
    make_wallet(bob, rotate_months=3, key_since=NOW - 99 * DAY, expires_at=NOW + DAY)
    type(bob).objects.filter(pk=bob.pk).update(purge_at=NOW + DAY)

    watch.remind(NOW)

    assert not Notice.objects.exists()


def test_a_sign_in_is_not_rotated_by_the_calendar(alice):
    make_wallet(alice, way="oauth", rotate_months=3, key_since=NOW - 99 * DAY)

    watch.remind(NOW)

    assert not told(Kind.KEY_DUE).exists()


def test_once_a_year_all_connections_are_worth_a_look(alice, bob):
    make_wallet(alice, key_since=NOW - 366 * DAY)
    make_wallet(alice, label="Second", key_since=NOW - 800 * DAY)
    make_wallet(bob, key_since=NOW - 364 * DAY)

    watch.remind(NOW)

    assert told(Kind.CONNECTIONS_DUE).get().owner == alice


def test_who_looked_is_not_reminded_for_a_year(alice):
    make_wallet(alice, key_since=NOW - 800 * DAY)
    watch.remind(NOW)
    connections.reviewed(by=SYSTEM, owner=alice, now=NOW)
    assert told(Kind.CONNECTIONS_DUE).get().closed_at == NOW

    watch.remind(NOW + 364 * DAY)
    assert told(Kind.CONNECTIONS_DUE).count() == 1
    watch.remind(NOW + 366 * DAY)
    assert told(Kind.CONNECTIONS_DUE).count() == 2


def test_reminders_take_the_same_number_of_questions_for_one_wallet_and_for_many_that_are_not_due(
    alice, django_assert_max_num_queries
):
    for number in range(30):
        make_wallet(OwnerFactory(email=f"owner{number}@example.test"), rotate_months=12)
    make_wallet(alice, rotate_months=12)

    with django_assert_max_num_queries(5):
        watch.remind(NOW)

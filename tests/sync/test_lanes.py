"""The heart that beats for the runs under way in a worker, and what becomes of those whose worker died."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.audit import SYSTEM
from sync import schedule, tasks
from sync.lanes import BEAT, Lanes
from sync.models import Run
from tests.wallets.holdings import a_wallet

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def wallets(alice):
    return [a_wallet(alice) for _ in range(3)]


def test_the_heart_keeps_the_lease_of_what_is_under_way_and_of_nothing_else(wallets):
    held = [claimed(wallet) for wallet in wallets[:2]]
    later = NOW + BEAT
    going = Lanes(later, lambda: later)
    going.under_way[held[0].pk] = held[0].lease_token

    going.beat()

    assert Run.objects.get(pk=held[0].pk).lease_until == later + Run.LASTING
    assert Run.objects.get(pk=held[1].pk).lease_until == NOW + Run.LASTING


def test_a_run_that_somebody_else_has_taken_up_is_left_to_them(wallets):
    run = claimed(wallets[0])
    going = Lanes(NOW, lambda: NOW + timedelta(hours=1))
    going.under_way[run.pk] = run.lease_token
    Run.objects.sweep(now=NOW + Run.LASTING)
    taken_up = Run.objects.claim(now=NOW + Run.LASTING)

    going.beat()

    assert Run.objects.get(pk=run.pk).lease_until == taken_up.lease_until


def test_what_a_dead_worker_had_in_hand_is_due_again_within_two_minutes(wallets):
    run = claimed(wallets[0])
    found_after = Run.LASTING + timedelta(seconds=15)  # the rhythm of the plan

    tasks.sweep(NOW + found_after)

    assert Run.objects.due(now=NOW + timedelta(minutes=2)).get() == run


def claimed(wallet):
    schedule.request(by=SYSTEM, wallet=wallet, now=NOW)
    run = Run.objects.claim(now=NOW)
    assert run.wallet_id == wallet.pk
    return run

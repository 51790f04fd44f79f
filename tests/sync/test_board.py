"""The board: where wallets fail, why, since when, how many people it touches, and how the last day went."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sync.board import HOURS, board
from sync.models import HeldExchange, Incident, Run
from sync.sparkline import HEIGHT, Sparkline
from tests.sync.test_schedule import NOW, make_wallet
from wallets.models import Wallet
from wallets.records import Cause

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def failing(owner, cause=Cause.KEY_EXPIRED, *, since=NOW, **facts):
    given = {"health": "needs_you", "cause": cause, "failing_since": since, "next_try_at": None, **facts}
    return make_wallet(owner, **given)


def failed(wallet, at, state="failed"):
    Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange=wallet.exchange, state=state, asked_by="system",
        cause="network" if state == "failed" else "", not_before=at, created_at=at, finished_at=at,
    )  # fmt: skip


def one(now=NOW):
    (row,) = board(now)
    return row


# --- what fails ---------------------------------------------------------------------------------------------------


def test_wallets_are_counted_by_exchange_and_cause_with_their_owners(alice, bob):
    for owner in (alice, alice, bob):
        failing(owner)
    failing(bob, Cause.NETWORK, health="exchange_down", next_try_at=NOW)
    failing(alice, exchange="gemini")

    kraken, gemini = board(NOW)

    assert [(group.cause, group.wallets, group.owners, group.resting) for group in kraken.groups] == [
        ("key_expired", 3, 2, 3),
        ("network", 1, 1, 0),
    ]
    assert (kraken.name, kraken.wallets, gemini.wallets) == ("Kraken", 4, 1)
    assert kraken.groups[0].title == "The key has run out"


def test_ages_fall_into_four_and_the_oldest_is_named(alice):
    for age in (timedelta(minutes=59), HOUR, 23 * HOUR, DAY, 6 * DAY, 7 * DAY, 300 * DAY):
        failing(alice, since=NOW - age)

    (group,) = one().groups

    assert [(age.name, count) for age, count in group.ages] == [("hour", 1), ("day", 2), ("week", 2), ("older", 2)]
    assert group.since == NOW - 300 * DAY


@pytest.mark.parametrize(
    "facts",
    [
        {"cause": "", "health": "working"},
        {"cause": "account_empty", "health": "working"},
        {"paused_at": NOW},
        {"archived_at": NOW},
        {"detached_at": NOW},
        {"binned_at": NOW},
        {"way": "csv"},
    ],
    ids="-".join,
)
def test_what_works_or_was_stopped_by_its_owner_is_not_there(alice, facts):
    failing(alice, **facts)

    assert board(NOW) == []


def test_what_is_read_in_part_is_there_though_it_has_no_age(alice):
    failing(alice, Cause.RIGHT_MISSING, health="partly", since=None)

    (group,) = one().groups
    assert (group.wallets, group.since, sum(count for _, count in group.ages)) == (1, None, 0)


def test_what_only_the_owner_can_end_is_not_offered_for_another_try(alice):
    failing(alice, Cause.RIGHTS_TOO_WIDE)
    failing(alice, Cause.MAINTENANCE)

    assert {group.cause: group.may_retry for group in one().groups} == {"rights_too_wide": False, "maintenance": True}


# --- how the last day went ------------------------------------------------------------------------------------------


def test_failures_of_the_last_day_fall_into_their_hours(alice):
    wallet = make_wallet(alice)
    for at in (NOW, NOW - timedelta(minutes=1), NOW - 23 * HOUR, NOW - 24 * HOUR, NOW - 25 * HOUR):
        failed(wallet, at)
    failed(wallet, NOW, state="done")
    failed(wallet, NOW, state="partly")

    counts = one().errors.counts

    assert len(counts) == HOURS
    assert (counts[0], counts[-2], counts[-1], sum(counts)) == (1, 1, 1, 3)


def test_a_bar_is_as_high_as_its_hour_was_bad_and_one_failure_is_seen_beside_a_thousand():
    line = Sparkline((0, 1, 500, 1000))

    assert [bar.height for bar in line.bars] == [1, HEIGHT // 2, HEIGHT]
    assert [bar.y + bar.height for bar in line.bars] == [HEIGHT] * 3
    assert line.bars[0].x > 0
    assert line.bars[-1].x + line.width_of_bar <= line.width


def test_a_quiet_day_has_no_bar():
    assert Sparkline((0,) * HOURS).bars == []


def test_an_exchange_that_is_held_or_in_an_incident_is_there_though_nothing_fails(db):
    HeldExchange.objects.create(exchange="kraken", why="asked to", held_at=NOW)
    Incident.objects.create(exchange="gemini", cause="maintenance", owners=5, began_at=NOW)
    Incident.objects.create(exchange="binance", cause="maintenance", owners=5, began_at=NOW, ended_at=NOW)

    assert [(row.id, bool(row.held), bool(row.incident)) for row in board(NOW)] == [
        ("gemini", False, True),
        ("kraken", True, False),
    ]


def test_twenty_cost_as_many_questions_as_one(alice, bob, django_assert_num_queries):
    for number in range(20):
        wallet = failing(
            alice if number % 2 else bob, list(Cause)[number], exchange=["kraken", "gemini"][number % 3 > 0]
        )
        failed(wallet, NOW - number * HOUR)

    with django_assert_num_queries(4):
        board(NOW)


def test_it_knows_the_hour_of_today(alice):
    failed(make_wallet(alice), timezone.now())

    assert one(timezone.now()).errors.counts[-1] == 1
    assert Wallet.objects.count() == 1

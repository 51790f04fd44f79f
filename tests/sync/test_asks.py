"""What is asked for while a run is under way: brought by that run, or by one after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from accounts.audit import SYSTEM
from sync import schedule
from sync.asks import MANY, Ask, joined
from sync.models import Run, StreamState
from tests.sync.test_runner import BLOCKS, clock, kraken, slice_of, stored, synced, truth  # noqa: F401 # fixtures
from tests.sync.test_views import connected

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
NEWS, ALL = Ask(), Ask(full=True)
ALL_TRADES = Ask(full=True, stream="trades")
MAY = Ask(full=True, stream="trades", since=NOW - 10 * DAY, until=NOW - 5 * DAY)
SINCE_MAY = Ask(full=True, stream="trades", since=NOW - 10 * DAY)


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [(ALL, NEWS), (ALL, ALL_TRADES), (ALL, MAY), (ALL_TRADES, MAY), (SINCE_MAY, MAY), (NEWS, Ask(stream="trades"))],
)
def test_the_wider_ask_brings_the_narrower_and_not_the_other_way_round(wide, narrow):
    assert wide.covers(narrow)
    assert wide.covers(wide)
    assert not narrow.covers(wide)


@pytest.mark.parametrize("other", [NEWS, Ask(stream="trades"), Ask(full=True, stream="ledger")])
def test_a_stretch_brings_nothing_beside_itself(other):
    assert not MAY.covers(other)


def test_what_goes_on_brings_only_what_is_left_of_it_and_is_brought_by_what_begins_anew():
    """Lists that it is through with are not asked again."""
    going_on = replace(ALL, pull=uuid4())
    assert going_on.covers(going_on)
    assert ALL.covers(going_on)
    assert not [other for other in (NEWS, ALL, MAY, replace(ALL, pull=uuid4())) if going_on.covers(other)]
    assert Ask.kept(going_on.as_kept()) == going_on


def test_what_waits_is_kept_once_and_not_without_end():
    assert joined(joined([], MAY), MAY) == [MAY.as_kept()]
    assert joined([MAY.as_kept()], SINCE_MAY) == [SINCE_MAY.as_kept()]
    assert Ask.kept(MAY.as_kept()) == MAY
    many = []
    for number in range(MANY + 1):
        many = joined(many, Ask(full=True, stream="trades", since=NOW - number * DAY, until=NOW - number * DAY))
    assert many == [ALL.as_kept()]


# --- refused by name -----------------------------------------------------------------------------------------------


@pytest.fixture
def wallet(alice):
    wallet = connected(alice)
    StreamState.objects.create(owner=alice, wallet=wallet, way="key", stream="trades", updated_at=NOW)
    return wallet


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        ({"stream": "no such"}, "stream", "unknown_stream"),
        ({"since": NOW - DAY}, "stream", "required"),
        ({"stream": "trades", "since": NOW + DAY}, "since", "in_future"),
        ({"stream": "trades", "until": NOW + DAY}, "until", "in_future"),
        ({"stream": "trades", "since": NOW, "until": NOW - DAY}, "since", "after_to"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_begins(wallet, asked, field, code):
    with pytest.raises(ValidationError) as refused:
        schedule.request(by=SYSTEM, wallet=wallet, now=NOW, **asked)

    assert [error.code for error in refused.value.error_dict[field]] == [code]
    assert not Run.objects.exists()


# --- beside a run --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_stretch_asked_for_beside_a_run_has_a_run_of_its_own_after_it(kraken, synced, slice_of, clock):  # noqa: F811
    first = synced()
    asked = {"stream": "trades", "since": NOW - 4000 * DAY, "until": clock()}
    schedule.request(by=SYSTEM, wallet=kraken, now=clock())
    slice_of(looks=2)

    answered = schedule.request(by=SYSTEM, wallet=kraken, now=clock(), **asked)
    slice_of()

    answered.refresh_from_db()
    assert (answered.state, answered.full, answered.then[0]["stream"]) == ("done", False, "trades")
    own = Run.objects.unfinished().get()
    assert (own.stream, own.since, own.until) == ("trades", asked["since"], asked["until"])
    done = slice_of()
    assert (done.state, done.new, done.same) == ("done", 0, len(stored(kraken, "trades")))
    assert stored(kraken) == truth("ledger")
    assert first.new == len(stored(kraken)) + len(stored(kraken, "trades"))


@pytest.mark.django_db(transaction=True)
def test_a_stretch_goes_on_where_it_was_and_leaves_the_wallet_as_it_stood(kraken, synced, slice_of, clock):  # noqa: F811
    synced()
    kraken.refresh_from_db()
    due, streams = kraken.next_try_at, {each["stream"] for each in kraken.streams}
    cursor = StreamState.objects.get(stream="ledger").cursor
    schedule.request(by=SYSTEM, wallet=kraken, now=clock(), stream="ledger", since=NOW - 4000 * DAY)

    slices = 1
    while not (run := slice_of(looks=6)).finished_at:
        slices += 1
        assert slices < 50

    assert slices > 1
    assert (run.state, run.new, run.same, run.vanished) == ("done", 0, len(truth("ledger")), 0)
    assert StreamState.objects.get(stream="ledger").cursor == cursor
    kraken.refresh_from_db()
    assert (kraken.next_try_at, {each["stream"] for each in kraken.streams}) == (due, streams)


# --- what a run failed to bring ------------------------------------------------------------------------------------


def failed(wallet, ask, *, cause, then=()):
    return Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange="kraken", state="failed", asked_by="owner", not_before=NOW,
        full=ask.full, stream=ask.stream, since=ask.since, until=ask.until, cause=cause,
        then=[each.as_kept() for each in then], created_at=NOW - DAY, finished_at=NOW - DAY,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ask", "cause", "then", "left"),
    [
        (ALL, "maintenance", [], [ALL]),
        (MAY, "network", [], [MAY]),
        (ALL, "unexpected_reply", [], []),  # it would fail of it again
        (NEWS, "maintenance", [], []),
        (NEWS, "key_revoked", [MAY], [MAY]),
        (ALL_TRADES, "network", [MAY], [ALL_TRADES, MAY]),
        (ALL, "key_revoked", [], [ALL]),  # until its owner has mended it
        (ALL, "exchange_retired", [], []),
    ],
)
def test_a_run_that_failed_leaves_what_it_owes_to_the_next_one(wallet, ask, cause, then, left):
    failed(wallet, ask, cause=cause, then=then)

    run = schedule.request(by=SYSTEM, wallet=wallet, now=NOW)

    assert (run.full, run.then) == (False, [each.as_kept() for each in left])


@pytest.mark.django_db
def test_what_is_asked_for_anew_is_not_owed_twice(wallet):
    failed(wallet, ALL, cause="maintenance", then=[MAY])

    assert schedule.request(by=SYSTEM, wallet=wallet, now=NOW, full=True).then == []


@pytest.mark.django_db(transaction=True)
def test_a_pull_that_broke_off_because_the_exchange_was_away_is_brought_after_all(street, kraken, synced, slice_of):  # noqa: F811
    first = synced()
    for lists in ("*Ledgers", "*TradesHistory"):
        street.fault("kraken", kind="status", path=lists, status=503, body="down", times=1)
    assert synced(full=True).state == "failed"

    synced()
    again = slice_of()

    assert (again.state, again.full, again.same) == ("done", True, first.new)

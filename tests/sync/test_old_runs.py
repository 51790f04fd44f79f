"""Runs are not kept for ever: of the old ones that brought nothing, only those stay from which something is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from sync import old_runs
from sync.coverage import spans_of
from sync.models import Run
from sync.progress import latest_of
from tests.strength import examples
from tests.sync.test_notices import covered
from tests.sync.test_schedule import NOW, make_wallet

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
KEPT = timedelta(days=90)  # the setting
LATER = NOW + KEPT


@pytest.fixture
def wallet(alice):
    return make_wallet(alice)


def ended(wallet, *, at, state="done", **facts):
    return Run.objects.create(
        owner=wallet.owner, wallet=wallet, exchange="kraken", state=state, asked_by="system", not_before=at,
        created_at=at, finished_at=at, **facts,
    )  # fmt: skip


def forget():
    while old_runs.forget(LATER):
        pass
    return set(Run.objects.all())


def test_old_ones_that_brought_nothing_are_forgotten_and_young_ones_are_not(wallet):
    for hour in range(1, 40, 6):
        ended(wallet, at=NOW - timedelta(hours=hour), same=3, pages=2)
    young = [ended(wallet, at=NOW + timedelta(hours=hour)) for hour in range(0, 40, 6)]

    assert forget() == set(young)


@pytest.mark.parametrize(
    "facts",
    [{"new": 1}, {"changed": 1}, {"vanished": 1}, {"full": True}, {"full": True, "stream": "ledger", "since": NOW}],
    ids=["new", "changed", "vanished", "a pull", "a stretch"],
)
def test_what_brought_something_or_has_a_report_stays(wallet, facts):
    telling = ended(wallet, at=NOW - 900 * DAY, **facts)
    ended(wallet, at=NOW - 800 * DAY)
    last = ended(wallet, at=NOW)

    assert forget() == {telling, last}


def test_the_last_failure_stays_and_earlier_ones_go(wallet):
    for day in range(200, 100, -1):
        failure = ended(wallet, at=NOW - day * DAY, state="failed", cause="maintenance")
    last = ended(wallet, at=NOW)

    assert forget() == {failure, last}


def test_a_wallet_that_rests_keeps_its_last_run_and_its_last_reading(wallet):
    whole = ended(wallet, at=NOW - 402 * DAY)
    ended(wallet, at=NOW - 401 * DAY, stream="ledger")
    cancelled = ended(wallet, at=NOW - 400 * DAY, state="cancelled")

    assert forget() == {whole, cancelled}


def test_one_that_is_under_way_stays_however_long_it_takes(wallet):
    run = ended(wallet, at=NOW - 400 * DAY)
    Run.objects.update(state="running", finished_at=None)

    assert forget() == {run}


def test_wallets_are_looked_at_one_by_one(wallet, alice):
    other = make_wallet(alice, label="Other")
    alone = ended(wallet, at=NOW - 400 * DAY)
    ended(other, at=NOW - 300 * DAY)
    last = ended(other, at=NOW - 200 * DAY)

    assert forget() == {alone, last}


def test_many_are_forgotten_in_slices(wallet, monkeypatch):
    monkeypatch.setattr(old_runs, "SLICE", 2)
    for day in range(6):
        ended(wallet, at=NOW - (200 - day) * DAY)

    assert [old_runs.forget(LATER) for _ in range(4)] == [True, True, False, False]
    assert Run.objects.count() == 1


STATES = some.sampled_from(["done", "partly", "failed", "cancelled"])
LIVES = some.lists(some.tuples(STATES, some.booleans(), some.sampled_from(["", "ledger"]), some.integers(0, 1)))


@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(life=LIVES)
def test_what_pages_tell_of_a_wallet_is_the_same_afterwards(wallet, life):
    Run.objects.all().delete()
    for day, (state, full, stream, new) in enumerate(life):
        ended(wallet, at=NOW - (400 - day) * DAY, state=state, full=full, stream=stream, new=new)
    if not wallet.coverage.exists():
        covered(wallet, "ledger")

    def told():
        failed = Run.objects.filter(wallet=wallet, state="failed").order_by("-created_at").first()
        rows = sum(Run.objects.values_list("new", flat=True))
        return latest_of(wallet), failed, rows, spans_of(wallet)

    before = told()
    forget()
    assert told() == before

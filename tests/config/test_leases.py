from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config.leases import FIRST_BACK_OFF, LONGEST_BACK_OFF, Leased, LeaseLostError
from config.models import OutgoingMail
from tests.strength import examples

if TYPE_CHECKING:
    from tests.config.conftest import Start

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LASTING = OutgoingMail.LASTING


def waiting(*, at: datetime = NOON) -> OutgoingMail:
    return OutgoingMail.objects.create(sealed="x", created_at=NOON, not_before=at)


def claim(now: datetime = NOON) -> OutgoingMail:
    row = OutgoingMail.objects.claim(now=now)
    assert row is not None
    return row


# --- claiming ----------------------------------------------------------------------------------------------------


def test_a_row_is_claimed_once_and_counted_before_anything_runs() -> None:
    waiting()

    mine = claim()

    assert OutgoingMail.objects.claim(now=NOON) is None
    assert OutgoingMail.objects.get().attempts == mine.attempts == 1


def test_the_row_that_waited_longest_comes_first_and_none_before_its_time() -> None:
    later, first = waiting(at=NOON), waiting(at=NOON - timedelta(hours=1))
    waiting(at=NOON + timedelta(seconds=1))

    assert [claim().pk, claim().pk] == [first.pk, later.pk]
    assert OutgoingMail.objects.claim(now=NOON) is None


def test_what_is_finished_is_never_claimed() -> None:
    waiting()
    claim().done(now=NOON)

    assert OutgoingMail.objects.claim(now=NOON + timedelta(days=1)) is None


# --- the fence ---------------------------------------------------------------------------------------------------


def test_the_fence_lets_the_holder_pass_and_lengthens_the_lease() -> None:
    waiting()
    mine = claim()
    later = NOON + timedelta(seconds=90)

    with transaction.atomic():
        mine.fence(now=later)

    assert OutgoingMail.objects.get().lease_until == later + LASTING


def test_the_fence_stops_who_was_swept_and_their_transaction_leaves_nothing() -> None:
    waiting()
    mine = claim()
    OutgoingMail.objects.sweep(now=NOON + LASTING)

    with pytest.raises(LeaseLostError), transaction.atomic():
        waiting()
        mine.fence(now=NOON + LASTING)

    assert OutgoingMail.objects.count() == 1


def test_a_lease_that_ran_out_but_was_not_swept_is_still_ours() -> None:
    waiting()
    mine = claim()

    with transaction.atomic():
        mine.fence(now=NOON + LASTING * 2)


def test_the_fence_also_asks_what_the_caller_wants_unchanged() -> None:
    waiting()
    mine = claim()
    OutgoingMail.objects.update(sealed="another version")

    with pytest.raises(LeaseLostError), transaction.atomic():
        mine.fence(now=NOON, sealed="x")


@pytest.mark.django_db(transaction=True)
def test_a_fence_outside_a_transaction_is_refused() -> None:
    waiting()

    with pytest.raises(RuntimeError):
        claim().fence(now=NOON)


@pytest.mark.parametrize("act", ["done", "give_up", "heartbeat"])
def test_nobody_acts_on_what_is_not_theirs_any_more(act: str) -> None:
    waiting()
    mine = claim()
    OutgoingMail.objects.sweep(now=NOON + LASTING)

    with pytest.raises(LeaseLostError):
        getattr(mine, act)(now=NOON + LASTING)


# --- giving back -------------------------------------------------------------------------------------------------


def test_again_waits_until_its_time_and_keeps_count_unless_there_was_progress() -> None:
    waiting()
    claim().again(at=NOON + timedelta(minutes=1))
    second = claim(NOON + timedelta(minutes=1))

    second.again(at=NOON, fresh=True)

    assert (second.attempts, OutgoingMail.objects.get().attempts) == (0, 0)


def test_the_dead_come_back_later_and_later_and_are_given_up_at_last() -> None:
    waiting()
    now, pauses = NOON, []
    while row := OutgoingMail.objects.claim(now=now):
        now += LASTING
        [swept] = OutgoingMail.objects.sweep(now=now)
        assert swept.pk == row.pk
        pauses.append(swept.not_before - now)
        now = max(now, swept.not_before)

    assert pauses[:3] == [FIRST_BACK_OFF, FIRST_BACK_OFF * 2, FIRST_BACK_OFF * 4]
    assert max(pauses) == LONGEST_BACK_OFF
    assert OutgoingMail.objects.get().failed
    assert OutgoingMail.objects.get().attempts == OutgoingMail.MAX_ATTEMPTS


# --- any order of events -----------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "claim", "fence", "heartbeat", "done", "again", "die", "wait", "expire", "expire"]),
        st.integers(0, 1),
    ),
    max_size=40,
)


@given(STEPS)
@hypothesis_settings(
    max_examples=examples(120), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_a_row_has_one_holder_and_finished_work_stays_finished(steps: list[tuple[str, int]]) -> None:
    """Two workers, one row. What the machine knows: who holds what, by the order of events alone."""
    OutgoingMail.objects.all().delete()
    world = World([waiting().pk])

    for step, worker in steps:
        world.do(step, worker)

    assert world.claims == sum(OutgoingMail.objects.values_list("attempts", flat=True))


class World:
    def __init__(self, rows: list[object]) -> None:
        self.now = NOON
        self.tokens: dict[object, object] = dict.fromkeys(rows)  # the token in force, by the order of events alone
        self.hands: dict[int, OutgoingMail | None] = dict.fromkeys(range(2))  # what each worker believes to hold
        self.finished: set[object] = set()
        self.claims = 0

    def do(self, step: str, worker: int) -> None:
        mine = self.hands[worker]
        if step == "die":
            self.hands[worker] = None
        elif step == "wait":
            self.now += LASTING * 0.4
        elif step == "expire":
            self.sweep()
        elif step == "claim":
            self.claim(worker)
        elif mine is not None:
            self.act(step, worker, mine)

    def sweep(self) -> None:
        self.now += LASTING
        for row in OutgoingMail.objects.sweep(now=self.now):
            assert self.tokens[row.pk] is not None
            self.tokens[row.pk] = None

    def claim(self, worker: int) -> None:
        row = OutgoingMail.objects.claim(now=self.now)
        if row is not None:
            assert self.tokens[row.pk] is None
            assert row.pk not in self.finished
            self.hands[worker], self.tokens[row.pk] = row, row.lease_token
            self.claims += 1

    def act(self, step: str, worker: int, mine: OutgoingMail) -> None:
        is_holder = self.tokens[mine.pk] == mine.lease_token
        try:
            with transaction.atomic():
                mine.again(at=self.now) if step == "again" else getattr(mine, step)(now=self.now)
        except LeaseLostError:
            assert not is_holder
            self.hands[worker] = None
            return
        assert is_holder
        if step in {"done", "again"}:
            self.hands[worker] = self.tokens[mine.pk] = None
            self.finished |= {mine.pk} if step == "done" else set()


# --- real processes ----------------------------------------------------------------------------------------------

HOLD = """
import sys
from django.utils import timezone
from config.models import OutgoingMail
row = OutgoingMail.objects.claim(now=timezone.now())
print(row.lease_token, flush=True)
sys.stdin.read()
"""
DRAIN = """
from django.utils import timezone
from config.models import OutgoingMail
while row := OutgoingMail.objects.claim(now=timezone.now()):
    print(row.pk, flush=True)
    row.done(now=timezone.now())
"""


@pytest.mark.chaos
def test_a_worker_killed_with_a_row_in_hand_costs_a_lease_and_no_row(start: Start) -> None:
    waiting()
    worker = start(code=HOLD)
    token = worker.stdout.readline().strip()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    held = OutgoingMail.objects.get()

    assert OutgoingMail.objects.claim(now=held.lease_until) is None
    OutgoingMail.objects.sweep(now=held.lease_until)
    mine = claim(held.lease_until + timedelta(minutes=1))

    assert (str(held.lease_token), held.attempts, mine.attempts) == (token, 1, 2)
    assert mine.lease_token != held.lease_token
    with pytest.raises(LeaseLostError), transaction.atomic():
        held.fence(now=held.lease_until)


@pytest.mark.chaos
def test_two_processes_share_the_rows_and_none_is_done_twice(start: Start) -> None:
    rows = {str(waiting().pk) for _ in range(100)}

    workers = [start(code=DRAIN), start(code=DRAIN)]
    done = [worker.communicate(timeout=60)[0].split() for worker in workers]

    assert sorted(done[0] + done[1]) == sorted(rows)


def test_every_leased_model_can_be_swept() -> None:
    """`fell` is what subclasses extend; it must leave every row free."""
    waiting()
    claim()

    for model in Leased.__subclasses__():
        model.objects.sweep(now=NOON + timedelta(days=1))

    assert not OutgoingMail.objects.filter(lease_token__isnull=False).exists()

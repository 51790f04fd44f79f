"""Leases that are kept alive beside long work, locks that are waited for with patience, and the long lane's looks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection, transaction
from django.utils import timezone

from config import lane, queue
from config.leases import LeaseLostError
from config.models import PeriodicJob
from config.pulse import beating
from config.turns import TurnTakenError, ask, patience

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

pytestmark = pytest.mark.django_db(transaction=True)
QUICK = 0.02


def wait(condition: Callable[[], object], *, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(QUICK)


@pytest.fixture
def job() -> PeriodicJob:
    now = timezone.now()
    PeriodicJob.objects.create(name="long", not_before=now)
    return PeriodicJob.objects.claim(now=now)


def stored() -> PeriodicJob:
    return PeriodicJob.objects.get(name="long")


def test_while_the_work_goes_on_its_lease_is_lengthened_and_what_it_tells_is_seen(job: PeriodicJob) -> None:
    before = job.lease_until
    with transaction.atomic(), beating(job, clock=timezone.now, every=QUICK) as pulse:
        pulse.tell(attempts=7)
        seen = {}

        def look() -> None:
            wait(lambda: stored().attempts == 7)
            seen["until"] = stored().lease_until
            connection.close()

        other = threading.Thread(target=look)
        other.start()
        other.join()
    assert seen["until"] > before
    assert stored().lease_token == job.lease_token  # it is not given back: the work does that, when it is done


def test_whoever_is_told_to_end_gives_the_row_back_untried(job: PeriodicJob) -> None:
    with pytest.raises(lane.Ended), beating(job, clock=timezone.now):
        raise lane.Ended
    assert (stored().lease_token, stored().attempts) == (None, 0)
    assert PeriodicJob.objects.claim(now=timezone.now()) is not None


def test_a_fault_keeps_the_lease_so_that_it_counts_as_an_attempt(job: PeriodicJob) -> None:
    with pytest.raises(ZeroDivisionError), beating(job, clock=timezone.now):
        raise ZeroDivisionError
    assert (stored().lease_token, stored().attempts) == (job.lease_token, 1)


def test_a_row_that_somebody_else_has_by_now_is_left_to_them(job: PeriodicJob) -> None:
    PeriodicJob.objects.update(lease_token=None)
    theirs = PeriodicJob.objects.claim(now=timezone.now())
    with beating(job, clock=timezone.now, every=QUICK) as pulse:
        pulse.tell(attempts=99)
        time.sleep(5 * QUICK)
        raise LeaseLostError
    assert (stored().lease_token, stored().lease_until) == (theirs.lease_token, theirs.lease_until)


def test_a_lock_is_waited_for_a_while_and_then_left(job: PeriodicJob) -> None:
    def impatient() -> None:
        with transaction.atomic(), patience(1):
            PeriodicJob.objects.select_for_update().get(name=job.name)

    found: list[Exception] = []

    def other() -> None:
        try:
            impatient()
        except TurnTakenError as error:
            found.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        PeriodicJob.objects.select_for_update().get(name=job.name)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(found) == 1
    impatient()
    with transaction.atomic(), connection.cursor() as cursor:
        with patience(1):
            pass
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_turn_is_asked_for_in_one_message_which_leaves_nothing_behind(db: None) -> None:
    with pytest.raises(RuntimeError, match="outside a transaction"):
        ask("SELECT 1", {})
    with transaction.atomic(), connection.cursor() as cursor:
        assert ask("SELECT %(wanted)s::text; SELECT 3", {"wanted": "2"}, seconds=7) == ("2",)
        assert ask("SELECT current_setting('lock_timeout')", {}, seconds=7) == ("7s",)
        assert ask("SET LOCAL lock_timeout = 5", {}) is None
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def test_the_lane_says_whether_there_was_something_and_a_fault_of_one_kind_keeps_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = []
    monkeypatch.setattr(queue, "LONG", {})
    assert not queue.run_long()
    queue.register_long("broken", lambda _now: 1 / 0)
    queue.register_long("idle", lambda _now: False)
    assert not queue.run_long()
    queue.register_long("busy", lambda now: bool(done.append(now)) or True)
    assert queue.run_long()
    assert len(done) == 1
    assert "work.failed" in caplog.text


def test_a_page_that_cannot_have_its_turn_says_so_calmly(
    alices_browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken(*_args: object, **_kwargs: object) -> None:
        raise TurnTakenError

    monkeypatch.setattr("ledger.views.render", taken)
    answer = alices_browser.get("/transactions/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")
    assert b"Busy for a moment" in answer.content

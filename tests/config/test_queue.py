from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.core.mail import send_mail
from django.core.signing import dumps
from django.db import connection, transaction
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Task
from django_q.signing import SignedPackage
from django_q.tasks import async_task

from config import broker, machine_clock, queue
from config.health import worker_beat_age
from config.models import OutgoingMail, PeriodicJob, WorkerBeat
from tests.config.test_mail import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.config.conftest import Start

pytestmark = pytest.mark.django_db


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """A registry with one kind of work, which notes when it ran."""
    noted: list[datetime] = []
    monkeypatch.setattr(queue, "WORK", {})
    queue.register("sync", noted.append, every=60, jitter=0)
    return noted


# --- the registry ------------------------------------------------------------------------------------------------


def test_a_name_belongs_to_one_function(calls: list[datetime]) -> None:
    queue.register("sync", calls.append, every=60)

    with pytest.raises(ValueError, match="taken"):
        queue.register("sync", print, every=60)
    with pytest.raises(ValueError, match="taken"):
        queue.register(queue.TICK, print, every=60)


def test_what_is_registered_by_where_it_lies_is_there() -> None:
    """Workers load it before they part; nobody else does."""
    queue.load()

    assert {"ledger.journal", "sync.run", "credential_tests"} <= set(queue.WORK)
    assert {"ledger.gains", "ledger.heavy_imports"} <= set(queue.LONG)


def test_waking_what_nobody_registered_is_an_error_at_once(calls: list[datetime]) -> None:
    with pytest.raises(KeyError):
        queue.wake("os.system")


# --- waking ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_goes_out_when_the_transaction_commits_and_not_before(calls: list[datetime]) -> None:
    with transaction.atomic():
        queue.wake("sync")
        before = OrmQ.objects.count()

    assert (before, list(OrmQ.objects.values_list("payload", flat=True))) == (0, ["sync"])


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_fails_wakes_nobody(calls: list[datetime]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        queue.wake("sync")
        raise RuntimeError

    assert not OrmQ.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_cannot_be_reached_fails_no_page(calls: list[datetime], settings) -> None:
    settings.Q_CLUSTER["broker_class"] = "config.broker.RedisBroker"
    settings.REDIS_URL = "redis://127.0.0.1:1"
    queue.get_broker, kept = (lambda: broker.RedisBroker(list_key="x")), queue.get_broker
    try:
        queue.wake("sync")
    finally:
        queue.get_broker = kept


def test_hints_do_not_pile_up_while_no_worker_lives(calls: list[datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "MOST_WAITING", 5)

    for _ in range(9):
        get_broker().enqueue("sync")

    assert OrmQ.objects.count() == 5


# --- what may run ------------------------------------------------------------------------------------------------


def test_a_library_that_sends_a_function_by_name_is_refused(calls: list[datetime]) -> None:
    with pytest.raises(ValueError, match="registered"):
        async_task("os.system", "true")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("forged", ["os.system", "tick", "", "unknown"])
def test_what_is_not_in_the_registry_is_dropped(forged: str, calls: list[datetime]) -> None:
    OrmQ.objects.create(key=get_broker().list_key, payload=forged, lock=timezone.now())

    taken = quiet_broker().dequeue()

    assert (taken, OrmQ.objects.count()) == (None, 0)


@pytest.mark.django_db(transaction=True)
def test_a_pickle_signed_with_our_own_key_is_not_even_opened(calls: list[datetime]) -> None:
    evil = SignedPackage.dumps({"func": "os.system", "args": ("true",), "name": "x", "id": "x", "kwargs": {}})
    for payload in (evil, dumps({"func": "os.system"}), pickle.dumps("x").hex()):
        OrmQ.objects.create(key=get_broker().list_key, payload=payload, lock=timezone.now())

    assert [quiet_broker().dequeue() for _ in range(3)] == [None, None, None]


@pytest.mark.django_db(transaction=True)
def test_a_registered_name_becomes_a_package_with_our_one_target(calls: list[datetime]) -> None:
    get_broker().enqueue("sync")

    [(_, package)] = quiet_broker().dequeue()

    task = SignedPackage.loads(package)
    assert (task["func"], task["args"], task["kwargs"]) == ("config.queue.run", ("sync",), {})


def quiet_broker() -> broker.TableBroker:
    """One that has just looked for periodic work, so that the next thing it gives is from the table."""
    quiet = broker.TableBroker(list_key=get_broker().list_key)
    quiet._looked = time.monotonic() + 60  # noqa: SLF001  # spares the test a second
    return quiet


def test_the_admin_does_not_show_the_queue() -> None:
    admin.autodiscover()

    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]  # noqa: SLF001  # no other way to ask


# --- running -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_a_line_in_the_log_and_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each kind of work fails each second then, and all for the one reason that the line gives."""

    def lose_it(_now: datetime) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return True

    monkeypatch.setattr(queue, "LONG", {})
    queue.register_long("long", lose_it)

    assert not queue.run_long()

    assert "work.put_off" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_while_the_database_is_away_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """django-q2 would print where the code was, and once more that it cannot write that down: each second."""
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "/nowhere")
        queue.run(queue.TICK)

    assert caplog.text.count("work.put_off") == 1
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_machine_whose_clock_is_wrong_does_no_work(
    calls: list[datetime], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, minutes: int
) -> None:
    """It would take for dead whoever works elsewhere, and after five such deaths the work is given up."""
    monkeypatch.setattr(queue, "LONG", {})
    queue.register_long("long", lambda now: calls.append(now) or True)
    monkeypatch.setattr(queue.timezone, "now", lambda: datetime.now(UTC) + timedelta(minutes=minutes))

    queue.run(queue.TICK)
    done = queue.run_long()

    assert (calls, done) == ([], False)
    assert f"600 seconds {'ahead of' if minutes > 0 else 'behind'} PostgreSQL's" in caplog.text
    assert "Traceback" not in caplog.text


def test_what_took_long_to_be_told_is_no_wrong_clock() -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)

    for told in (at, at + timedelta(minutes=1), at + timedelta(minutes=2)):
        machine_clock.refuse_other_time(told, asked=at, heard=at + timedelta(minutes=2))


def test_work_that_fails_is_logged_and_ends_there(calls: list[datetime], caplog: pytest.LogCaptureFixture) -> None:
    queue.register("broken", lambda _now: 1 / 0, every=60)

    queue.run("broken")

    assert "work.failed" in caplog.text
    assert WorkerBeat.objects.get().busy_until is None


@pytest.mark.django_db(transaction=True)
def test_work_that_has_more_to_do_is_woken_again(calls: list[datetime]) -> None:
    queue.register("long", lambda _now: True, every=60)

    queue.run("long")

    assert list(OrmQ.objects.values_list("payload", flat=True)) == ["long"]


def test_a_tick_runs_what_is_due_and_plans_the_next_time(calls: list[datetime]) -> None:
    queue.tick()
    queue.tick()

    job = PeriodicJob.objects.get()
    assert len(calls) == 1
    assert timedelta(seconds=58) < job.not_before - timezone.now() <= timedelta(seconds=60)
    assert (job.attempts, job.lease_token) == (0, None)


def test_a_job_that_fails_is_tried_again_sooner_than_its_rhythm(calls: list[datetime]) -> None:
    queue.register("daily", lambda _now: 1 / 0, every=86400)

    queue.tick()

    job = PeriodicJob.objects.get(name="daily")
    assert job.not_before - timezone.now() < timedelta(minutes=1)
    assert job.attempts == 1


def test_a_job_whose_worker_died_is_run_again_as_soon_as_that_is_known(calls: list[datetime]) -> None:
    queue.tick()
    PeriodicJob.objects.update(not_before=timezone.now())
    PeriodicJob.objects.claim(now=timezone.now())
    PeriodicJob.objects.update(lease_until=timezone.now())

    queue.tick()

    assert len(calls) == 2


def test_a_job_that_is_known_to_be_short_has_a_short_lease(calls: list[datetime]) -> None:
    """So that what brings the runs of a dead worker back is not itself held by the dead for long."""
    leases: list[datetime] = []

    def look(_now: datetime) -> None:
        leases.append(PeriodicJob.objects.get(name="short").lease_until)

    queue.register("short", look, every=3600, lasting=timedelta(seconds=20))

    queue.tick()

    assert leases[0] < timezone.now() + timedelta(seconds=21)


def test_a_job_that_was_daily_and_is_now_hourly_does_not_wait_a_day(calls: list[datetime]) -> None:
    queue.tick()
    PeriodicJob.objects.update(not_before=timezone.now() + timedelta(days=1))

    queue.tick()

    assert PeriodicJob.objects.get().not_before - timezone.now() < timedelta(minutes=2)


def test_what_is_over_is_swept_out() -> None:
    old = timezone.now() - timedelta(days=30)
    Task.objects.create(id="x", name="x", func="x", started=old, stopped=old)
    WorkerBeat.objects.create(cluster="gone", beat_at=old)

    queue.prune(timezone.now())

    assert not Task.objects.exists()
    assert not WorkerBeat.objects.exists()


# --- the sign of life --------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_age_is_that_of_the_liveliest_cluster_or_of_the_one_asked_for() -> None:
    WorkerBeat.objects.create(cluster="a", beat_at=NOON - timedelta(seconds=90))
    WorkerBeat.objects.create(cluster="b", beat_at=NOON - timedelta(seconds=5))

    assert worker_beat_age(NOON) == timedelta(seconds=5)
    assert worker_beat_age(NOON, cluster="a") == timedelta(seconds=90)
    assert worker_beat_age(NOON, cluster="c") is None


def test_a_long_task_is_a_sign_of_life_until_its_time_is_up() -> None:
    WorkerBeat.objects.create(cluster="a", beat_at=NOON, busy_until=NOON + timedelta(seconds=130))

    assert worker_beat_age(NOON + timedelta(seconds=100)) == timedelta()
    assert worker_beat_age(NOON + timedelta(seconds=140)) == timedelta(seconds=10)


# --- a real cluster ----------------------------------------------------------------------------------------------


@pytest.mark.chaos
def test_mail_written_in_a_page_is_delivered_by_a_worker_a_moment_after_commit(start: Start, settings) -> None:
    settings.EMAIL_BACKEND = "config.mail.QueueBackend"
    with Server() as server:
        cluster = start("worker", "--bare", MAIL_URL=server.url, WORKER_PROCESSES="2", WORKER_NAME="one")
        wait(lambda: worker_beat_age(timezone.now(), cluster="one") is not None)
        PeriodicJob.objects.filter(name="mail").update(not_before=timezone.now() + timedelta(hours=1))

        send_mail("Hello", "It is me", None, ["alice@example.test"])
        wait(lambda: server.letters, seconds=10)

        assert not Task.objects.exists()
        ask_to_end(cluster)
    assert not OutgoingMail.objects.exists()


@pytest.mark.chaos
@pytest.mark.redis
def test_the_same_by_way_of_redis(start: Start, settings, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EMAIL_BACKEND, settings.REDIS_URL = "config.mail.QueueBackend", redis_url
    ours = broker.RedisBroker(list_key=get_broker().list_key)
    monkeypatch.setattr(queue, "get_broker", lambda: ours)
    with Server() as server:
        cluster = start("worker", "--bare", MAIL_URL=server.url, REDIS_URL=redis_url, WORKER_NAME="one")
        wait(lambda: worker_beat_age(timezone.now(), cluster="one") is not None)
        PeriodicJob.objects.filter(name="mail").update(not_before=timezone.now() + timedelta(hours=1))

        ours.connection.rpush(ours._list, "os.system")  # noqa: SLF001  # somebody else's hand in Redis
        send_mail("Hello", "It is me", None, ["alice@example.test"])
        wait(lambda: server.letters, seconds=10)

        ask_to_end(cluster)
    ours.connection.close()
    assert not Task.objects.exists()


@pytest.mark.chaos
@pytest.mark.parametrize("way", ["asked twice", "killed"])
def test_a_cluster_ends_whole(way: str, start: Start) -> None:
    cluster = start("worker", "--bare", WORKER_NAME="one")
    wait(lambda: worker_beat_age(timezone.now(), cluster="one") is not None)

    if way == "killed":
        cluster.kill()
    else:
        os.killpg(cluster.pid, signal.SIGTERM)
        cluster.terminate()

    cluster.wait(timeout=15)
    wait(lambda: not group(cluster.pid), seconds=10)


BORN_LATE = """
import os, sys, time
os.register_at_fork(after_in_child=lambda: time.sleep(0.5))
import django
django.setup()
from config import cluster
cluster._tie_children()
if child := os.fork():
    print(child, flush=True)
    os._exit(0)
time.sleep(60)
"""


@pytest.mark.chaos
def test_who_is_born_while_its_parent_dies_does_not_outlive_it() -> None:
    """The signal of a parent's death can only be asked for once one lives, and a busy machine leaves time for both."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    words = [sys.executable, "-c", BORN_LATE]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env) as parent:
        child = int(parent.stdout.readline())

        wait(lambda: not Path(f"/proc/{child}").exists(), seconds=10)


@pytest.mark.chaos
def test_a_cluster_that_stands_still_shows_as_silence_though_it_lives(start: Start) -> None:
    """django-q2's trap: a worker killed while idle takes the lock of the task queue with it, for good."""
    cluster = start("worker", "--bare", WORKER_NAME="one", WORKER_PROCESSES="1")
    wait(lambda: worker_beat_age(timezone.now(), cluster="one") is not None)
    first = WorkerBeat.objects.get().beat_at
    wait(lambda: WorkerBeat.objects.get().beat_at > first, seconds=20)
    _main, _sentinel, worker, *_others = sorted(map(int, group(cluster.pid)), key=begun)

    os.kill(worker, signal.SIGKILL)
    last = WorkerBeat.objects.get().beat_at
    time.sleep(broker.BEAT_SECONDS + 3)

    assert cluster.poll() is None
    wait(lambda: len(group(cluster.pid)) == 6)  # the worker was replaced, and waits for the lock too
    assert WorkerBeat.objects.get().beat_at == last


def ask_to_end(cluster: subprocess.Popen[str]) -> None:
    cluster.terminate()
    cluster.wait(timeout=15)


def group(leader: int) -> list[str]:
    """The living of a process group."""
    shown = subprocess.run(["ps", "-eo", "pgid,stat,pid"], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in shown.splitlines()[1:]]
    return [pid for pgid, state, pid in rows if pgid == str(leader) and not state.startswith("Z")]


def begun(pid: int) -> tuple[int, int]:
    """When it was started. Numbers alone begin again from below one day."""
    facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(facts[19]), pid


def wait(condition: Callable[[], object], *, seconds: float = 40) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "It did not happen in time."
        time.sleep(0.05)

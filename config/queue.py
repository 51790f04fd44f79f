"""Background work: what may run, when, and how a page says "there is something to do".

django-q2 carries wake-ups and nothing else. A wake-up is the *name* of a kind of work from the registry below, and its
one target is `run`. Our brokers (config.broker) store names, never pickles: whoever can write to the table or to Redis,
or holds SECRET_KEY, still cannot make a worker run anything but what is registered here. Wake-ups are hints: work lives
in leased rows (config.leases) and every kind also runs every so often by itself, so that a lost one costs seconds and
a doubled one finds nothing to do.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import Error, close_old_connections, connection, connections, transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.brokers import get_broker

from config import machine_clock
from config.away import is_away
from config.leases import LeaseLostError
from config.machine_clock import WrongClockError, refuse_other_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from config.models import PeriodicJob

log = structlog.get_logger(__name__)

TARGET = "config.queue.run"  # the one dotted name that is ever given to django-q2
TICK = "tick"  # made by each cluster's own broker, once a second when something is due; never sent by anybody
KEPT = timedelta(days=7)
TICK_SECONDS = 20  # a tick takes no further job after this, so that wake-ups behind it get their turn


@dataclass(frozen=True)
class Job:
    name: str
    does: Callable[[datetime], bool | None] | str  # or where that lies

    def run(self, now: datetime) -> bool | None:
        return self.load()(now)

    def load(self) -> Callable[[datetime], bool | None]:
        """What it needs is loaded by whoever does it: most processes never do."""
        if callable(self.does):
            return self.does
        found: Callable[[datetime], bool | None] = import_string(self.does)
        return found


@dataclass(frozen=True)
class Work(Job):
    every: timedelta
    jitter: float
    lasting: timedelta | None  # of its lease, where it is known to be over sooner than any task must be

    def next_after(self, now: datetime) -> datetime:
        """Spread out, so that several clusters and several kinds do not come at the same instant for ever."""
        return now + self.every * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311  # no secret hangs on it


WORK: dict[str, Work] = {}
LONG: dict[str, Job] = {}  # what takes longer than a task may: config.lane looks for it, nobody is woken


def register(
    name: str,
    does: Callable[[datetime], bool | None] | str,
    *,
    every: float,
    jitter: float = 0.1,
    lasting: timedelta | None = None,
) -> None:
    """Called in AppConfig.ready: `does(now)` looks for work of its kind and does it.

    It runs at each wake-up, and every so many seconds by itself (once across all clusters, and again after a crash).
    It answers True when there is more to do, and is then woken again at once: do a slice, not everything.
    """
    if name == TICK or (name in WORK and WORK[name].does != does):
        raise ValueError(f"The name {name!r} is taken.")
    WORK[name] = Work(name, does, timedelta(seconds=every), jitter, lasting)


def register_long(name: str, does: Callable[[datetime], bool | None] | str) -> None:
    """Called in AppConfig.ready: `does(now)` takes up one leased piece, beats (config.pulse), and answers whether there
    was one.
    """
    LONG[name] = Job(name, does)


def load() -> None:
    """All that workers may do, before they part from the process that starts them, so that they share it."""
    for job in (*WORK.values(), *LONG.values()):
        job.load()


def wake(name: str) -> None:
    """Once this transaction is committed, let a worker look for work of this kind. Carries nothing but the name."""
    if name not in WORK:
        raise KeyError(f"No kind of work is called {name!r}: register it in AppConfig.ready.")
    transaction.on_commit(partial(_send, name))


def run(name: str) -> None:
    """What workers run: the only function they ever do. An exception ends here, in the log, and nowhere else."""
    try:
        busy_until, told = _begin(asked := timezone.now())
        try:
            refuse_other_time(told, asked=asked, heard=timezone.now())
            _look_for(name)
        finally:
            _end(timezone.now(), busy_until)
    except WrongClockError as error:
        log.critical("clock.wrong", why=str(error))
    except Exception as error:  # noqa: BLE001 - the database went away, or was not there: django-q2 cannot note it either
        _tell(error, work=name)


def _look_for(name: str) -> None:
    try:
        if name == TICK:
            tick()
        elif name in WORK:
            _work(WORK[name])
    except Exception as error:  # noqa: BLE001 - it is told
        _tell(error, work=name)


def run_long() -> bool:
    """What the long lane does (config.lane). True: there was something to do, and it is done."""
    close_old_connections()
    if not _goes_right():
        return False
    done = False
    for work in list(LONG.values()):
        try:
            done = bool(work.run(timezone.now())) or done
        except Exception as error:  # noqa: BLE001 - it is told
            _tell(error, work=work.name)
            connections.close_all()
    return done


def _goes_right() -> bool:
    try:
        machine_clock.refuse(machine_clock.look(timezone.now))
    except WrongClockError as error:
        log.critical("clock.wrong", why=str(error))
        return False
    except Error as error:
        _tell(error, work="clock")
        connections.close_all()
        return False
    return True


def tick() -> None:
    """The dispatcher: runs periodic jobs that are due, each once across all clusters, and frees those of the dead."""
    from config.models import PeriodicJob  # noqa: PLC0415  # models load after the apps that import this module

    now = timezone.now()
    _plan(now)
    PeriodicJob.objects.sweep(now=now)
    until = time.monotonic() + TICK_SECONDS
    while job := PeriodicJob.objects.filter(name__in=WORK).claim(now=timezone.now()):
        _fire(job)
        if time.monotonic() > until:
            break


def prune(now: datetime) -> None:
    """Traces of tasks that ran out of time, clusters that are no more, and mail that was given up."""
    from django_q.models import Task  # noqa: PLC0415  # as below

    from config.models import OutgoingMail, WorkerBeat  # noqa: PLC0415  # as below

    Task.objects.filter(stopped__lt=now - KEPT).delete()
    WorkerBeat.objects.filter(beat_at__lt=now - timedelta(days=1)).delete()
    OutgoingMail.objects.filter(finished_at__lt=now - KEPT).delete()


def _fire(job: PeriodicJob) -> None:
    work = WORK[job.name]
    if work.lasting:
        job.heartbeat(now=timezone.now(), lasting=work.lasting)
    try:
        _work(work)
    except Exception as error:  # noqa: BLE001 - it is told
        _tell(error, work=work.name, attempts=job.attempts)
        _reschedule(job, at=timezone.now() + min(work.every, job.back_off()), fresh=False)
    else:
        _reschedule(job, at=work.next_after(timezone.now()), fresh=True)


def _tell(error: Exception, **facts: object) -> None:
    """While the database is away each kind of work fails each second, and where the code was then is of no interest."""
    if is_away(error):
        log.warning("work.put_off", why=type(error).__name__, **facts)
    else:
        log.error("work.failed", exc_info=error, **facts)


def _reschedule(job: PeriodicJob, *, at: datetime, fresh: bool) -> None:
    try:
        job.again(at=at, fresh=fresh)
    except LeaseLostError:
        log.warning("work.lease_lost", work=job.name)  # it took longer than its lease: whoever holds it now plans it


def _work(work: Work) -> None:
    if work.run(timezone.now()):
        wake(work.name)


def _plan(now: datetime) -> None:
    """A row for each registered job; what a former release planned beyond the present rhythm comes forward."""
    from config.models import PeriodicJob  # noqa: PLC0415  # as above

    known = dict(PeriodicJob.objects.values_list("name", "not_before"))
    missing = [PeriodicJob(name=name, not_before=now) for name in WORK if name not in known]
    PeriodicJob.objects.bulk_create(missing, ignore_conflicts=True)
    for work in WORK.values():
        latest = now + work.every * (1 + work.jitter) + timedelta(minutes=1)
        if known.get(work.name, now) > latest:
            PeriodicJob.objects.filter(name=work.name, lease_token=None).update(not_before=work.next_after(now))


def _send(name: str) -> None:
    """A wake-up that cannot be sent is not worth a failed page: the work is in its table, and its time will come."""
    try:
        get_broker().enqueue(name)
    except Exception as error:  # noqa: BLE001  # the broker may be a database or Redis, each with errors of its own
        log.warning("queue.wake_lost", work=name, error=type(error).__name__)


# One step each, and no waiting for the disk: a sign of life that a crash takes back was none.
BEGIN = """
    INSERT INTO config_workerbeat (cluster, beat_at, busy_until) VALUES (%s, %s, %s)
    ON CONFLICT (cluster) DO UPDATE SET beat_at = excluded.beat_at, busy_until = excluded.busy_until
    RETURNING clock_timestamp(), set_config('synchronous_commit', 'off', true)
"""
END = """
    UPDATE config_workerbeat SET beat_at = %s, busy_until = NULL WHERE cluster = %s AND busy_until = %s
    RETURNING set_config('synchronous_commit', 'off', true)
"""


def _begin(now: datetime) -> tuple[datetime, datetime]:
    """Until when it is busy, and what time it is by PostgreSQL's clock."""
    busy_until = now + timedelta(seconds=settings.TASK_SECONDS + 10)
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, [settings.WORKER_NAME, now, busy_until])
        told: datetime = cursor.fetchone()[0]
    return busy_until, told


def _end(now: datetime, busy_until: datetime) -> None:
    """Whoever began last and ended is idle again, and idle workers beat: a longer task needs no excuse then."""
    with connection.cursor() as cursor:
        cursor.execute(END, [now, settings.WORKER_NAME, busy_until])

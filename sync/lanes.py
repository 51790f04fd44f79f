"""Many wallets in one process: a worker spends its time waiting for exchanges, so it waits for several at once.

Each lane is a thread. Most of them wait for their wallet's turn at an exchange, and lend their place meanwhile, with
its database connection, to another: so connections are bounded, and many more wallets are under way than there are of
them. One worker of a cluster is left for other work, such as the test of a key that somebody is looking at right now.
"""

from __future__ import annotations

import queue
import threading
import time
import zlib
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, Error, close_old_connections, connection, connections

from accounts import recovery
from config.away import is_away
from config.leases import LeaseLostError
from config.turns import TurnTakenError
from sync import runner
from sync.models import Run
from wallets import catalogue, oauth, workshop
from wallets.budget import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

    from django.db.backends.base.base import BaseDatabaseWrapper

    from wallets.budget import Aside
    from wallets.connectors.base import Connector
    from wallets.models import Wallet

    Clock = Callable[[], datetime]

log = structlog.get_logger(__name__)

LONE_WORKER_SECONDS = 4  # where nobody else is left for the test of a key that somebody is looking at
LOOK = 0.25  # seconds between looks for runs that came while lanes are busy
BEAT = timedelta(seconds=15)
BUSY_FOR = timedelta(seconds=5)
FROZEN_FOR = timedelta(hours=1)


def run_lanes(*, clock: Clock) -> bool:
    """Runs what is due, until the time of one task is up. True: there is more."""
    slot = take_slot()
    if slot is None:
        return False
    try:
        seconds = settings.SYNC_SLICE_SECONDS if settings.WORKER_PROCESSES > 1 else LONE_WORKER_SECONDS
        Lanes(clock() + timedelta(seconds=seconds), clock).drive()
    finally:
        free_slot(slot)
    return Run.objects.due(now=clock()).exists()


class Lanes:
    """One go: threads that each work on one run after the other, and a heart that beats for the runs under way."""

    def __init__(self, until: datetime, clock: Clock) -> None:
        self.until, self.clock = until, clock
        self.threads: list[threading.Thread] = []
        self.under_way: dict[UUID, UUID] = {}  # runs, and the tokens of their leases
        self.beaten_at = clock()
        self.places = Places(settings.SYNC_CONNECTIONS)

    def drive(self) -> None:
        while self.clock() < self.until and self.fill():
            self.look_after()
        while any(thread.is_alive() for thread in self.threads):
            self.look_after()
        self.places.close()

    def fill(self) -> bool:
        """A lane for each run that waits. False: nothing is left to do."""
        self.threads = [thread for thread in self.threads if thread.is_alive()]
        free = settings.SYNC_LANES - len(self.threads)
        waiting = Run.objects.due(now=self.clock()).count() if free > 0 else 0
        for _ in range(min(waiting, free)):
            thread = threading.Thread(target=self.lane, daemon=True)
            thread.start()
            self.threads.append(thread)
        return bool(self.threads)

    def look_after(self) -> None:
        time.sleep(LOOK)
        if self.clock() >= self.beaten_at + BEAT:
            self.beat()

    def beat(self) -> None:
        """One by one: whoever holds several rows at once may stand in somebody's way."""
        self.beaten_at = self.clock()
        try:
            for run, token in list(self.under_way.items()):
                Run.objects.filter(pk=run, lease_token=token).update(lease_until=self.clock() + Run.LASTING)
        except DatabaseError:  # away for a while; lanes notice by themselves
            log.warning("sync.beat_failed")
            close_old_connections()

    def lane(self) -> None:
        """One run after the other. Whatever happens to one, the next is worked on."""
        with self.places.taken():
            while self.clock() < self.until and (run := self.claimed()):
                self.try_to_work(run)

    def claimed(self) -> Run | None:
        try:
            return Run.objects.claim(now=self.clock())
        except Error as error:
            self.put_off(error)
            return None

    def put_off(self, error: Exception) -> None:
        """The database is away, or takes no more connections. The whole go ends, and the next one looks again: else one
        lane after the other would begin, and fall, for as long as it lasts.
        """
        if self.clock() < self.until:
            log.warning("sync.put_off", why=type(error).__name__)
        self.until = min(self.until, self.clock())
        close_old_connections()

    def try_to_work(self, run: Run) -> None:
        if run.lease_token:
            self.under_way[run.pk] = run.lease_token
        try:
            work(run, until=self.until, clock=self.clock, aside=self.places.lent)
        except Exception as error:
            if is_away(error):
                self.put_off(error)
            else:
                log.exception("sync.slice_failed", run=str(run.pk), exchange=run.exchange)
                close_old_connections()
        finally:
            self.under_way.pop(run.pk, None)


class Places:
    """So many threads may be at work, each with a connection that others have before and after it."""

    def __init__(self, many: int) -> None:
        self.free: queue.LifoQueue[BaseDatabaseWrapper] = queue.LifoQueue()  # the last used first: few are opened
        self.all = [connections.create_connection(DEFAULT_DB_ALIAS) for _ in range(many)]
        for each in self.all:
            each.inc_thread_sharing()
            self.free.put(each)

    @contextmanager
    def taken(self) -> Iterator[None]:
        connections[DEFAULT_DB_ALIAS] = self.free.get()
        try:
            yield
        finally:
            self.give_back()

    def give_back(self) -> None:
        ours = connections[DEFAULT_DB_ALIAS]
        del connections[DEFAULT_DB_ALIAS]
        self.free.put(ours)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Until it is this wallet's turn at the exchange, somebody else has the place."""
        self.give_back()
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = self.free.get()

    def close(self) -> None:
        for each in self.all:
            each.close()


def work(
    run: Run,
    *,
    until: datetime,
    clock: Clock,
    sleep: Callable[[float], None] = time.sleep,
    aside: Aside = nullcontext,
) -> None:
    """The lease is given back whatever comes, except when the process dies: then it runs out. It may be ours though the
    run had to stop, because its key was replaced: whoever takes it up reads with the new one.
    """
    if recovery.frozen(run.owner):
        run.again(at=clock() + FROZEN_FOR, fresh=True)
        return
    if run.exchange not in catalogue.load():
        runner.retire(run, now=clock())
        return
    try:
        with workshop.one_by_one() as made:
            runner.work(run, connect=partial(connect, made, sleep=sleep, aside=aside), clock=clock, until=until)
    except (BusyError, TurnTakenError, oauth.BeingRenewedError):
        run.again(at=clock() + BUSY_FOR, fresh=True)
    except LeaseLostError:
        log.warning("sync.lease_lost", run=str(run.pk))
        with suppress(LeaseLostError):
            run.again(at=clock(), fresh=True)


def connect(made: Callable[..., Connector], wallet: Wallet, values: Mapping[str, str], **waiting: Any) -> Connector:
    return made(wallet.exchange, values, region=wallet.region, account=str(wallet.pk), **waiting)


# --- one worker stays free ----------------------------------------------------------------------------------------


def take_slot() -> int | None:
    """A place among the workers of this cluster that may sync at once: all but one."""
    for number in range(max(1, settings.WORKER_PROCESSES - 1)):
        slot = zlib.crc32(f"sync {settings.WORKER_NAME} {number}".encode())
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [slot])
            if cursor.fetchone()[0]:
                return slot
    return None


def free_slot(slot: int) -> None:
    """The lock ends with the connection too, so that a worker that dies frees its slot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [slot])

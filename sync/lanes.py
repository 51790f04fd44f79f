"""Many wallets in one process: a worker spends its time waiting for exchanges, so it waits for several at once.

Each lane is a thread with a database connection of its own, so connections are bounded by lanes. One worker of a
cluster is left for other work, such as the test of a key that somebody is looking at right now.
"""

from __future__ import annotations

import threading
import time
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db import close_old_connections, connection, connections

from accounts import recovery
from config.leases import LeaseLostError
from sync import runner
from sync.models import Run
from wallets import catalogue, oauth, workshop
from wallets.budget import BusyError, alone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from wallets.connectors.base import Connector
    from wallets.models import Wallet

    Clock = Callable[[], datetime]

log = structlog.get_logger(__name__)

LONE_WORKER_SECONDS = 4  # where nobody else is left for the test of a key that somebody is looking at
LOOK = 0.25  # seconds between looks for runs that came while lanes are busy
BUSY_FOR = timedelta(seconds=5)
FROZEN_FOR = timedelta(hours=1)


def run_lanes(*, clock: Clock) -> bool:
    """Runs what is due, until the time of one task is up. True: there is more."""
    slot = take_slot()
    if slot is None:
        return False
    try:
        seconds = settings.SYNC_SLICE_SECONDS if settings.WORKER_PROCESSES > 1 else LONE_WORKER_SECONDS
        _drive(clock() + timedelta(seconds=seconds), clock)
    finally:
        free_slot(slot)
    return Run.objects.due(now=clock()).exists()


def _drive(until: datetime, clock: Clock) -> None:
    lanes: list[threading.Thread] = []
    while clock() < until:
        lanes = [lane for lane in lanes if lane.is_alive()]
        waiting = Run.objects.due(now=clock()).count() if len(lanes) < settings.SYNC_LANES else 0
        if not waiting and not lanes:
            break
        for _ in range(min(waiting, settings.SYNC_LANES - len(lanes))):
            lane = threading.Thread(target=_lane, args=[until, clock], daemon=True)
            lane.start()
            lanes.append(lane)
        time.sleep(LOOK)
    for lane in lanes:
        lane.join()


def _lane(until: datetime, clock: Clock) -> None:
    """One run after the other. Whatever happens to one, the next is worked on."""
    try:
        while clock() < until and (run := Run.objects.claim(now=clock())):
            try:
                work(run, until=until, clock=clock)
            except Exception:
                log.exception("sync.slice_failed", run=str(run.pk), exchange=run.exchange)
                close_old_connections()
    finally:
        connections.close_all()


def work(run: Run, *, until: datetime, clock: Clock) -> None:
    """The lease is given back whatever comes, except when the process dies: then it runs out."""
    if recovery.frozen(run.owner):
        run.again(at=clock() + FROZEN_FOR, fresh=True)
        return
    try:
        with alone(catalogue.load()[run.exchange], key=str(run.wallet_id)):
            runner.work(run, connect=connect, clock=clock, until=until)
    except (BusyError, oauth.BeingRenewedError):
        run.again(at=clock() + BUSY_FOR, fresh=True)
    except LeaseLostError:
        log.warning("sync.lease_lost", run=str(run.pk))


def connect(wallet: Wallet, values: Mapping[str, str]) -> Connector:
    return workshop.connect(wallet.exchange, values, region=wallet.region, account=str(wallet.pk))


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

"""Who is alive: every web and worker process says so every few seconds, idle or not, with the key it writes with.

A thread of its own with a connection of its own, opened for each beat and closed after it. A forked child gets its own.
"""

from __future__ import annotations

import os
import socket
import threading
from datetime import timedelta
from multiprocessing import util
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError, connection
from django.db.models.functions import Now

from config import canaries
from config.exits import Refusal
from config.keys import writing_key
from config.models import ProcessBeat

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

log = structlog.get_logger(__name__)

EVERY = 10.0  # seconds
ALIVE = timedelta(seconds=60)  # a process that was not seen for so long is gone
FORGOTTEN = timedelta(days=1)


class Heart(threading.Thread):
    def __init__(self, kind: str) -> None:
        super().__init__(name=f"beat of {kind}", daemon=True)
        self.kind = kind
        self.over = threading.Event()
        self.row = ProcessBeat(kind=kind, host=socket.gethostname()[:255], pid=os.getpid(), write_key=writing_key())

    def run(self) -> None:
        while not self.over.is_set():
            self.try_to_beat()
            connection.close()
            self.over.wait(EVERY)

    def try_to_beat(self) -> None:
        try:
            self.beat()
        except DatabaseError:  # away for a while; the beats go on when it is back
            log.warning("beat.failed", kind=self.kind)
        except Refusal as refusal:  # it cannot work either: every new connection is refused
            log.critical("beat.refused", kind=self.kind, why=str(refusal))

    def beat(self) -> None:
        mine = {"kind": self.kind, "host": self.row.host, "pid": self.row.pid, "write_key": self.row.write_key}
        if not ProcessBeat.objects.filter(pk=self.row.pk).update(seen=Now()):
            ProcessBeat.objects.create(pk=self.row.pk, started=Now(), seen=Now(), **mine)


_heart: Heart | None = None


def start(kind: str, *, now: datetime) -> None:
    """Called once by a process before it works. Refuses wrong keys; a database that is away is waited for."""
    heart = Heart(kind)
    try:
        canaries.plant(now=now)
        ProcessBeat.objects.filter(seen__lt=Now() - FORGOTTEN).delete()
        heart.beat()
    except DatabaseError:
        log.warning("beat.failed", kind=kind)
    finally:
        connection.close()  # nothing is left open for a fork to share
    _go_on(heart)
    util.register_after_fork(start, lambda _: _go_on(Heart(kind)))


def alive() -> QuerySet[ProcessBeat]:
    return ProcessBeat.objects.filter(seen__gt=Now() - ALIVE)


def writers_with_other_keys() -> list[str]:
    """Live processes that do not write with our newest key, in words: those that beat, and those that are connected."""
    others = alive().exclude(write_key=writing_key()).order_by("host", "pid")
    beating = [f"{row.kind} process {row.pid} on {row.host} (key {row.write_key})" for row in others]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # a transaction sees the first look for ever otherwise
        cursor.execute(
            "SELECT application_name, coalesce(host(client_addr), 'this machine'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'holdfast %%' AND application_name <> %s"
            " AND pid <> pg_backend_pid() GROUP BY 1, 2 ORDER BY 2, 1",
            [connection_name()],
        )
        connected = [_connected(name.split()[-1], host, number) for name, host, number in cursor.fetchall()]
    return beating + connected


def _connected(key: str, host: str, number: int) -> str:
    who = "a process" if number == 1 else f"{number} processes"
    return f"{who} connected from {host} (key {key})"


def connection_name() -> str:
    """What our connections are called in the database: the key they write with can be seen from outside."""
    return f"holdfast {writing_key()}"


def leave() -> None:
    """A process that ends in order is gone at once, not only when its last beat has grown old."""
    if _heart is None:
        return
    _heart.over.set()
    _heart.join(timeout=2)
    try:
        ProcessBeat.objects.filter(pk=_heart.row.pk).delete()
    except (DatabaseError, Refusal):
        log.info("beat.left", kind=_heart.kind)


def _go_on(heart: Heart) -> None:
    global _heart  # noqa: PLW0603 - a process has one
    _heart = heart
    heart.start()
    # Runs at the end of a main program and of a process made by multiprocessing alike; atexit does not.
    util.Finalize(None, leave, exitpriority=1)

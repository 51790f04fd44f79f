"""The brokers django-q2 is given (setting Q_CLUSTER). They differ from its own in what they keep and promise.

- What is stored is a name from `config.queue.WORK`, nothing else; the signed pickle that django-q2 wants is made on
  this side, in the process that reads it. A forged entry is dropped, and `async_task("os.system", ...)` is refused.
- At most once, with the table as with Redis: taking a wake-up deletes it. django-q2's redelivery repeats slow tasks and
  repeats for ever those that kill their worker; our rows know better what is left to do.
- Each cluster makes its own ticks (`config.queue.TICK`): no schedule table, no 30 s grain, and the sign of life comes
  from the very path that work takes.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
from django.utils import timezone
from django_q.brokers import Broker
from django_q.signing import SignedPackage

from config import queue

if TYPE_CHECKING:
    import redis

log = structlog.get_logger(__name__)

MOST_WAITING = 1000  # more hints than that tell nobody anything new
POLL_SECONDS = 0.2
LOOK_SECONDS = 1.0
BEAT_SECONDS = 5.0


class NamesOnly(Broker):
    """What both have in common: names in, packages out, ticks in between."""

    _looked = 0.0
    _ticked = 0.0

    def enqueue(self, task: str) -> None:
        if task not in queue.WORK:
            raise ValueError("Only config.queue.wake sends work, and only names of registered kinds.")
        if self.queue_size() < MOST_WAITING:
            self.put(task)

    def dequeue(self) -> list[tuple[None, str]] | None:
        if self._tick_is_due():
            return [(None, package(queue.TICK))]
        name = self.take()
        return [(None, package(name))] if name in queue.WORK else None

    def put(self, name: str) -> None:
        raise NotImplementedError

    def take(self) -> str | None:
        """The next name; waits a moment when there is none."""
        raise NotImplementedError

    def _tick_is_due(self) -> bool:
        at = time.monotonic()
        if at - self._looked < LOOK_SECONDS:
            return False
        self._looked = at
        if at - self._ticked < BEAT_SECONDS and not _something_is_due():
            return False
        self._ticked = at
        return True

    def ping(self) -> bool:
        return True  # what is not there yet may come; the supervisor watches the beat, not this

    def info(self) -> str:
        return type(self).__name__

    def set_stat(self, *_args: object) -> None:
        """Nothing reads django-q2's own statistics, which are pickles written twice a second."""

    def get_stat(self, *_args: object) -> None:
        return None

    def get_stats(self, *_args: object) -> list[Any]:
        return []


class TableBroker(NamesOnly):
    """Wake-ups in django-q2's own table."""

    def put(self, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_q_ormq (key, payload, lock) VALUES (%s, %s, %s)",
                [self.list_key, name, timezone.now()],
            )

    def take(self) -> str | None:
        try:
            name = self._pop()
        except (DatabaseError, InterfaceError) as error:
            _database_away(error)
            return None
        if name is None:
            time.sleep(POLL_SECONDS)
        return name

    def _pop(self) -> str | None:
        """Does not wait for the disk: a hint that a crash brings back is one more hint."""
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM django_q_ormq WHERE id = (SELECT id FROM django_q_ormq WHERE key = %s"
                " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)"
                " RETURNING payload, set_config('synchronous_commit', 'off', true)",
                [self.list_key],
            )
            row = cursor.fetchone()
        return str(row[0]) if row else None

    def queue_size(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM django_q_ormq WHERE key = %s", [self.list_key])
            return int(cursor.fetchone()[0])

    def purge_queue(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_q_ormq WHERE key = %s", [self.list_key])


class RedisBroker(NamesOnly):
    """Wake-ups in a Redis list. Redis away: ticks go on, so work is done, only a little later."""

    def put(self, name: str) -> None:
        self.connection.rpush(self._list, name)

    def take(self) -> str | None:
        import redis  # noqa: PLC0415 - it loads all its asynchronous half, which those without Redis need not

        try:
            found = self.connection.blpop([self._list], timeout=1)
        except redis.RedisError as error:
            log.warning("queue.redis_away", error=type(error).__name__)
            time.sleep(LOOK_SECONDS)
            return None
        return found[1].decode(errors="replace") if found else None

    def queue_size(self) -> int:
        return int(self.connection.llen(self._list))

    def purge_queue(self) -> None:
        self.connection.delete(self._list)

    @property
    def _list(self) -> str:
        return f"holdfast:wake:{self.list_key}"

    @staticmethod
    def get_connection(list_key: str | None = None) -> redis.Redis:  # noqa: ARG004  # django-q2's signature
        import redis  # noqa: PLC0415 - as above

        return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5)


def package(name: str) -> str:
    """What django-q2's pusher unpacks a moment later in the same process: always the same target."""
    task = {
        "id": uuid.uuid4().hex,
        "name": name,
        "func": queue.TARGET,
        "args": (name,),
        "kwargs": {},
        "started": timezone.now(),
        "ack_failure": True,
    }
    return str(SignedPackage.dumps(task))


def _something_is_due() -> bool:
    from config.models import PeriodicJob  # noqa: PLC0415  # django-q2 loads this module before models are ready

    now = timezone.now()
    try:
        jobs = PeriodicJob.objects.filter(name__in=queue.WORK)
        return jobs.due(now=now).exists() or jobs.expired(now=now).exists()
    except (DatabaseError, InterfaceError) as error:
        _database_away(error)
        return False


def _database_away(error: Exception) -> None:
    log.warning("queue.database_away", error=type(error).__name__)
    connections.close_all()
    time.sleep(LOOK_SECONDS)

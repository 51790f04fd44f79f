"""The request budget that all processes share: per exchange and outgoing address, and per key.

Every call to an exchange goes through it: tests, checklist, sync, prices. Counted by `config.limits` in Redis or
PostgreSQL, one atomic step each; no library was found that counts in both, takes weights, and can be told by the
exchange to hold everybody back. A short wait is slept through; a longer one is handed to whoever schedules.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
import time
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from django.conf import settings
from django.db import Error, connections

from config import limits
from wallets.catalogue import Allowance
from wallets.records import Cause, ConnectorError, Whose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper

    from wallets.catalogue import Exchange
    from wallets.public_prices import Tariff

    Aside = Callable[[], AbstractContextManager[None]]

PATIENCE = timedelta(seconds=10)  # longer waits are a state with a time, not a worker asleep
SPENT = "budget"  # the code of a call that we held back ourselves
AT_A_GLANCE = timedelta(seconds=1)  # who would not wait still lets somebody finish counting
UNCOUNTED = Allowance(at_once=0, each_second=inf)  # nothing is spent, but who was sent away waits
UNSAID = timedelta(seconds=60)  # when an exchange asks to slow down and does not say for how long


@dataclass(frozen=True, slots=True)
class Bucket:
    key: str
    allowance: Allowance
    behind: tuple[str, ...] = ()  # buckets in which nothing is counted: looked at in the same step as this one

    @property
    def full(self) -> float:
        return self.allowance.at_once / self.allowance.each_second

    def step(self, cost: float) -> float:
        """Seconds after which what this costs has trickled in again."""
        return min(cost, self.allowance.dearest or self.allowance.at_once) / self.allowance.each_second

    def spend(self, cost: float, *, now: datetime) -> float:
        room = self.allowance.dearest / self.allowance.each_second
        return limits.spend(self.key, step=self.step(cost), full=self.full, room=room, now=now, behind=self.behind)


class Line:
    """Who waits at one bucket, in one process: one of them asks, the others stand behind. All at once would sleep
    equally long, wake together, and be sent back but for one.
    """

    def __init__(self) -> None:
        self.front, self.mutex = threading.Lock(), threading.Lock()
        self.length = 0.0  # seconds that those who stand here will take

    @contextmanager
    def reached(self, step: float, *, patience: timedelta, aside: Aside) -> Iterator[None]:
        """Who would stand too long is told so at once."""
        ahead = timedelta(seconds=self._grow(step))
        try:
            if ahead > max(patience, AT_A_GLANCE):
                raise spent(ahead)
            self._stand(ahead, patience, aside)
            try:
                yield
            finally:
                self.front.release()
        finally:
            self._grow(-step)

    def _stand(self, ahead: timedelta, patience: timedelta, aside: Aside) -> None:
        if self.front.acquire(blocking=False):
            return
        with aside():
            reached = self.front.acquire(timeout=max(patience, AT_A_GLANCE).total_seconds())
            if not reached:
                raise spent(max(ahead, AT_A_GLANCE))

    def _grow(self, step: float) -> float:
        with self.mutex:
            before = self.length
            self.length += step
            return before


# By bucket, as long as somebody stands there.
LINES: WeakValueDictionary[str, Line] = WeakValueDictionary()


class Budget:
    """What one credential may ask of one exchange, from here, now. The `Pace` of its connector."""

    def __init__(
        self,
        exchange: Exchange | Tariff,
        *,
        key: str,
        clock: Callable[[], datetime],
        address: str = "",
        patience: timedelta = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        aside: Aside = nullcontext,
    ) -> None:
        """`aside`: what is stepped into for as long as somebody waits."""
        self.name, self.clock, self.sleep, self.aside = exchange.id, clock, sleep, aside
        self.patience, self.longer = patience, 2 * patience
        names = {Whose.KEY: f"key:{key}", Whose.ADDRESS: f"address:{address}"}
        self.names = {whose: keyed(self.name, name) for whose, name in names.items()}
        self.buckets = counted(self.names, {Whose.KEY: exchange.for_a_key, Whose.ADDRESS: exchange.for_an_address})

    def before(self, cost: float) -> None:
        """Who had a turn waits twice as long for the next: what was asked already would have to be asked again."""
        until = self.clock() + self.patience
        for bucket in self.buckets:
            line = LINES.setdefault(bucket.key, Line())
            with line.reached(bucket.step(cost), patience=until - self.clock(), aside=self.aside):
                while wait := timedelta(seconds=bucket.spend(cost, now=self.clock())):
                    if self.clock() + wait > until:
                        raise spent(wait)
                    with self.aside():
                        self.sleep(wait.total_seconds())
        self.patience = self.longer

    def slow_down(self, wait: timedelta | None, whose: Whose) -> None:
        """Everybody obeys whose limit it was: a limit of one account is nothing to others, a ban of our address is."""
        full = {bucket.key: bucket.full for bucket in self.buckets}
        for each in whose:
            name = self.names[each]
            limits.hold(name, until=self.clock() + (wait or UNSAID), full=full.get(name, 0))


def counted(names: Mapping[Whose, str], allowed: Mapping[Whose, Allowance | None]) -> list[Bucket]:
    """Where an exchange counts only one of both, the other is looked at together with it: no call asks twice."""
    others = tuple(names[whose] for whose in names if not allowed[whose])
    found = [Bucket(names[whose], allowance, others) for whose, allowance in allowed.items() if allowance]
    return found or [Bucket(names[Whose.KEY], UNCOUNTED, (names[Whose.ADDRESS],))]


def spent(wait: timedelta) -> ConnectorError:
    return ConnectorError(Cause.RATE_LIMITED, code=SPENT, wait=wait)


def keyed(exchange: str, name: str) -> str:
    """No key and no address stands in the table."""
    return hmac.digest(settings.SECRET_KEY.encode(), f"budget:{exchange}:{name}".encode(), hashlib.sha256).hex()


class BusyError(Exception):
    """Somebody else is using this key just now."""


@contextmanager
def alone(exchange: Exchange, *, key: str) -> Iterator[None]:
    """Where calls of a key are numbered, one worker at a time uses it, whatever for. Ends with the process."""
    if not exchange.one_at_a_time:
        yield
        return
    number = int(keyed(exchange.id, f"alone:{key}")[:15], 16)
    if not RING.take(number):
        raise BusyError
    try:
        yield
    finally:
        RING.give_back(number)


@dataclass
class Ring:
    """The locks on keys that this process holds, all on one connection of their own, open while there are any: who
    waits for a turn at the exchange lends the usual one to somebody else.
    """

    mutex: threading.Lock = field(default_factory=threading.Lock)
    held: set[int] = field(default_factory=set)
    line: BaseDatabaseWrapper | None = None
    process: int = 0

    def take(self, number: int) -> bool:
        with self.mutex:
            if self.process != os.getpid():  # what a parent holds is the parent's
                self.held, self.line, self.process = set(), None, os.getpid()
            taken = number not in self.held and self._ask("pg_try_advisory_lock", number)
            if taken:
                self.held.add(number)
            self._close_if_empty()
            return taken

    def give_back(self, number: int) -> None:
        with self.mutex:
            self.held.discard(number)
            if self.held:
                with suppress(Error):  # it broke, and the lock went with it
                    self._ask("pg_advisory_unlock", number)
            self._close_if_empty()

    def _ask(self, function: str, number: int) -> bool:
        """A line that broke has lost its locks. Whoever worked behind them notices by his own, and begins anew."""
        if self.line is None:
            self.line = connections["default"].copy()
            self.line.inc_thread_sharing()
        try:
            with self.line.cursor() as cursor:
                cursor.execute(f"SELECT {function}(%s)", [number])
                return bool(cursor.fetchone()[0])
        except Error:
            self.line.close()
            raise

    def _close_if_empty(self) -> None:
        if self.line is not None and not self.held:
            self.line.close()


RING = Ring()

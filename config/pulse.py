"""A lease kept alive beside long work, by a thread with a connection of its own.

Such work may sit in one transaction for minutes, and nobody sees what it writes there. So its lease is lengthened from
outside, and how far it has come is told there too. The row must not be touched within that transaction before its end:
the beats would wait for it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DatabaseError, connection

from config.exits import Refusal
from config.leases import LeaseLostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from config.leases import Leased

log = structlog.get_logger(__name__)

EVERY = 3.0  # seconds; also how old a figure on a page may be


class Pulse(threading.Thread):
    def __init__(self, row: Leased, clock: Callable[[], datetime], every: float) -> None:
        super().__init__(name=f"pulse of {row.pk}", daemon=True)
        self.model, self.pk, self.token = type(row), row.pk, row.lease_token
        self.attempts = row.attempts
        self.clock, self.every = clock, every
        self.over = threading.Event()
        self.told: dict[str, Any] = {}
        self.cut_off = False  # the work was told to end, and did nothing wrong

    def tell(self, **told: Any) -> None:
        """Columns of the row, as they are to be seen from the next beat on."""
        self.told = told

    def run(self) -> None:
        while not self.over.wait(self.every):
            self.attempt(self.beat)
        if self.cut_off:
            self.attempt(self.release)

    def attempt(self, do: Callable[[], None]) -> None:
        try:
            do()
        except (DatabaseError, Refusal) as error:  # away for a while; the lease outlives some beats
            log.warning("pulse.failed", row=str(self.pk), error=type(error).__name__)
        finally:
            connection.close()

    def beat(self) -> None:
        told = self.told
        self.mine(lease_until=self.clock() + self.model.LASTING, **told)

    def release(self) -> None:
        """For whoever comes next, at once, and as if it had not been tried."""
        attempts = max(0, self.attempts - 1)
        self.mine(not_before=self.clock(), attempts=attempts, lease_token=None, lease_until=None)

    def mine(self, **changes: Any) -> None:
        self.model.objects.filter(pk=self.pk, lease_token=self.token, lease_token__isnull=False).update(**changes)


@contextmanager
def beating(row: Leased, *, clock: Callable[[], datetime], every: float = EVERY) -> Iterator[Pulse]:
    """While it lasts. Whoever ends the process in order gives the row back; after a sudden death its lease runs out.

    LeaseLostError ends here: somebody else has the row, and nothing was committed.
    """
    pulse = Pulse(row, clock, every)
    pulse.start()
    try:
        yield pulse
    except LeaseLostError:
        log.warning("pulse.lease_lost", row=str(row.pk))
    except BaseException as error:
        pulse.cut_off = not isinstance(error, Exception)
        raise
    finally:
        pulse.over.set()
        pulse.join()

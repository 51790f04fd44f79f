"""Waiting for somebody else's lock, but not for ever.

Whoever waits holds a web process or a worker, of which there are few. So they wait as long as anything usual takes, and
then come back later: a page says so, a run is put off.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 8  # seconds; a page that takes much longer is ended by its server


class TurnTakenError(Exception):
    """Somebody else is at it, for longer than is waited. The transaction must not go on."""

    wait = 10  # seconds until it is worth another try


@contextmanager
def patience(seconds: int = PATIENCE) -> Iterator[None]:
    """Within a transaction."""
    _wait_at_most(f"{seconds}s")
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TurnTakenError from error
        raise
    _wait_at_most("0")


def _wait_at_most(limit: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])

"""Waiting for somebody else's lock, but not for ever.

Whoever waits holds a web process or a worker, of which there are few. So they wait as long as anything usual takes, and
then come back later: a page says so, a run is put off.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from config.one_message import to_the_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PATIENCE = 8  # seconds; a page that takes much longer is ended by its server


class TurnTakenError(Exception):
    """Somebody else is at it, for longer than is waited. The transaction must not go on."""

    wait = 10  # seconds until it is worth another try


@contextmanager
def patience(seconds: int = PATIENCE) -> Iterator[None]:
    """Within a transaction."""
    with _taken():
        _wait_at_most(f"{seconds}s")
        yield
        _wait_at_most("0")


def ask(question: str, values: Mapping[str, Any], *, seconds: int = PATIENCE) -> tuple[Any, ...] | None:
    """Within a transaction, and in one message: it stands before whatever is done to a wallet's rows. Answers the row
    that is asked for, if one is.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A turn outside a transaction is over at once.")
    waiting = f"SET LOCAL lock_timeout = {1000 * seconds}; {question}; SET LOCAL lock_timeout = 0"
    with _taken(), connection.cursor() as cursor:
        cursor.execute(waiting, values)
        row: tuple[Any, ...] | None = cursor.fetchone() if to_the_answer(cursor) else None
        return row


@contextmanager
def _taken() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise TurnTakenError from error
        raise


def take(what: str) -> None:
    """Until the transaction ends nobody else has it: for what is not there yet, and so cannot be locked itself."""
    number = int.from_bytes(hashlib.sha256(what.encode()).digest()[:8], signed=True)
    with patience(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def _wait_at_most(limit: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [limit])

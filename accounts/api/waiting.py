"""A write that begins something workers do may wait for its end, so that a simple client needs one call.

It waits after its transaction is committed, for a worker must see the row, and outside any transaction. Each of our web
processes answers one request at a time: so at most half of this machine's wait at once, and whoever finds no chair
gets 202 at once and reads the object again. `Prefer: respond-async` or `Prefer: wait=5` (RFC 7240) ask for less.
"""

from __future__ import annotations

import hashlib
import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rest_framework.request import Request

    from accounts.api.frame import Call

LONGEST = 25.0  # seconds; a web process that answers nothing for WEB_TIMEOUT (30) is replaced
LOOK_EVERY = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """What was begun, by the answer that is kept of it: a repeat under the same key finds it again and waits too."""

    begun: Callable[[dict[str, Any]], str]  # its id in that answer; "": nothing was begun
    is_over: Callable[[Call, str], bool]  # one cheap query
    outcome: Callable[[Call, str], Any]  # what the operation gives, as it is now
    address: Callable[[str], str]  # where to read it again


def until_over(call: Call, wait: Wait, name: str) -> None:
    with _chair() as seated:
        deadline = time.monotonic() + (patience_of(call.request) if seated else 0)
        while not wait.is_over(call, name) and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)


def patience_of(request: Request) -> float:
    """A preference we cannot read is ignored, as the RFC wants it."""
    wishes = [wish.strip().lower() for wish in request.headers.get("Prefer", "").split(",")]
    if "respond-async" in wishes:
        return 0
    asked = [float(found[1]) for wish in wishes if (found := re.fullmatch(r'wait ?= ?"?(\d{1,4})"?', wish, re.ASCII))]
    return min([LONGEST, *asked])


@contextmanager
def _chair() -> Iterator[bool]:
    """Kept by PostgreSQL for this connection: a process that dies leaves none occupied."""
    with connection.cursor() as cursor:
        taken = next((number for number in _chairs() if _took(cursor, number)), None)
        try:
            yield taken is not None
        finally:
            if taken is not None:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [taken])


def _chairs() -> list[int]:
    """One for every two web processes of this machine (WORKER_NAME names it)."""
    names = [f"chair:{settings.WORKER_NAME}:{number}" for number in range(settings.WEB_PROCESSES // 2)]
    return [int(hashlib.sha256(name.encode()).hexdigest()[:15], 16) for name in names]


def _took(cursor: Any, number: int) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
    (mine,) = cursor.fetchone()
    return bool(mine)

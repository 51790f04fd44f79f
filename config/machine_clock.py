"""Whether this machine's clock goes as PostgreSQL's, which all machines share.

A lease ends by the clock of whoever looks at it (config.leases). A machine that is minutes ahead takes for dead whoever
works elsewhere, and after a few such deaths their work is given up; one that is behind waits for the dead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

MOST_OFF = timedelta(seconds=30)  # the shortest lease is a minute


class WrongClockError(Exception):
    """Says how wrong it is, and whose it is to set right."""


def look(clock: Callable[[], datetime]) -> timedelta:
    """How far this machine's clock is ahead of PostgreSQL's; less than nothing where it is behind."""
    asked = clock()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        told: datetime = cursor.fetchone()[0]
    return ahead(told, asked=asked, heard=clock())


def ahead(told: datetime, *, asked: datetime, heard: datetime) -> timedelta:
    """Nothing is known of when it was told between asking and hearing."""
    return max(asked - told, timedelta()) or min(heard - told, timedelta())


def refuse_other_time(told: datetime, *, asked: datetime, heard: datetime) -> None:
    refuse(ahead(told, asked=asked, heard=heard))


def refuse(off: timedelta) -> None:
    if abs(off) <= MOST_OFF:
        return
    where = "ahead of" if off > timedelta() else "behind"
    raise WrongClockError(
        f"This machine's clock is {abs(off).total_seconds():.0f} seconds {where} PostgreSQL's, so it does no work: "
        "leases are reckoned by clocks. Set both by the same time server."
    )

"""A demonstration account becomes whole while its maker watches: workers do most of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.core.management.base import CommandError
from django.db import close_old_connections

from accounts import ready_made
from config.health import SILENT, is_migrated, worker_beat_age

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from accounts.models import User

PAUSE = 0.7  # seconds
NOBODY = "No worker is running, so nothing is fetched yet. Start `python3 manage.py up`, and run this again."
LONG = "This takes longer than it should. It goes on in the background; run this again to see it through."
READY = "Ready: the account is whole."
UNPREPARED = "The database is still being prepared. Wait until `up` says that it is ready, and run this again."


def refuse_unprepared() -> None:
    """Who is quick asks while `up` is still making the tables."""
    if not is_migrated():
        raise CommandError(UNPREPARED)


def see_through(owner: User, say: Callable[[str], object], *, clock: Callable[[], datetime]) -> None:
    age = worker_beat_age(clock())
    if age is None or age > SILENT:
        say(NOBODY)
        return
    try:
        whole = ready_made.see_through(owner, clock=clock, say=say, rest=rest)
    except ready_made.NotYetError as missing:
        say(str(missing))
    else:
        say(READY if whole else LONG)


def rest() -> None:
    close_old_connections()
    time.sleep(PAUSE)

"""The long lane: a process beside the workers, for what takes longer than one of their tasks may.

django-q2 ends a task that is at it for too long, and its workers are few: whoever waits for a sync or a test must not
wait for a file of a million lines. So each cluster has one more process, which looks for long work (`queue.LONG`) and
takes as long as that takes. The work is leased and beats (config.pulse); if the process dies, another goes on. After
each piece it ends and is started anew, so that memory is given back.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from typing import TYPE_CHECKING, NoReturn

import structlog
from django.db import connections

from config import queue

if TYPE_CHECKING:
    from multiprocessing.context import ForkProcess
    from types import FrameType

log = structlog.get_logger(__name__)

LOOK = 1.0  # seconds


class Ended(BaseException):
    """Somebody wants the process to end. No `except Exception` may catch it."""


def run() -> None:
    """Of the process: until one piece of work is done."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        while not queue.run_long():
            time.sleep(LOOK)
    except Ended:
        log.info("lane.ended")
    finally:
        connections.close_all()


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Ended


class Lane:
    """The same from outside: started, and started anew."""

    def __init__(self) -> None:
        self.process: ForkProcess | None = None
        self.due = 0.0

    def look_after(self) -> None:
        if (self.process and self.process.is_alive()) or time.monotonic() < self.due:
            return
        connections.close_all()  # a connection that two processes share breaks for both
        # After a death there is a pause, so that nothing spins; after work there is none.
        self.due = time.monotonic() + (LOOK if self.process is None or self.process.exitcode else 0)
        self.process = multiprocessing.get_context("fork").Process(target=run, name="long lane", daemon=True)
        self.process.start()

    def ask(self) -> None:
        if self.process:
            self.process.terminate()

    def end(self) -> None:
        if self.process and self.process.is_alive():
            self.process.kill()

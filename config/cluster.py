"""The django-q2 cluster as we run it: it ends when it is asked to, and leaves nobody behind.

Its own signal handler takes a lock; a second SIGTERM while the first is being handled (a process group is told twice)
and the process waits for itself for good. A task that hangs keeps it from ending, and its workers outlive it. So: the
handler here only takes note, the cluster has a few seconds, and then it and everything below it is gone. What was cut
off is leased (config.leases) and comes back.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from django.db import connections
from django_q.cluster import Cluster

from config import beats, lane, queue

if TYPE_CHECKING:
    from types import FrameType

GRACE = 6.0  # seconds for tasks to come to an end; the supervisor gives everything ten
LOOK = 0.1


def run() -> None:
    """Does not return."""
    _tie_children()
    queue.load()
    gc.freeze()  # what all have in common is never looked through again, and so never copied either
    connections.close_all()  # a connection that two processes share breaks for both
    cluster, beside = AskedCluster(), lane.Lane()
    cluster.start()
    while cluster.sentinel.is_alive() and not cluster.asked:
        beside.look_after()
        time.sleep(LOOK)
    beside.ask()
    ended = cluster.end()
    beside.end()
    beats.leave()
    os._exit(0 if ended else 1)


def _tie_children() -> None:
    """Nobody lives longer than who started him (Linux; elsewhere the supervisor's keeper sees to it)."""
    if not sys.platform.startswith("linux"):
        return
    libc, parent = ctypes.CDLL(None), 0
    set_parent_death_signal = 1

    def note() -> None:
        nonlocal parent
        parent = os.getpid()

    def tie() -> None:
        libc.prctl(set_parent_death_signal, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked, and no signal comes any more
            os._exit(1)

    os.register_at_fork(before=note, after_in_child=tie)


class AskedCluster(Cluster):
    asked = False

    def sig_handler(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002  # signal's signature
        self.asked = True

    def end(self) -> bool:
        """True: asked, and ended in time. Multiprocessing's own way out would wait for the rest, so it is not taken."""
        ending = threading.Thread(target=self.stop, daemon=True)
        ending.start()
        ending.join(GRACE)
        ended = self.asked and not ending.is_alive()
        if self.sentinel is not None and self.sentinel.is_alive():
            self.sentinel.kill()
        return ended

"""Counting requests, and showing what is counted as Prometheus reads it.

Each web process counts in memory and writes its counts, at most once a second, to a file of its own under
DATA_DIR/metrics. Whoever is asked adds the files up. The counts of processes that are gone are folded into one file, so
that a total never falls. One machine speaks for its own web processes; Prometheus adds machines up.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger(__name__)

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
LABELS = ("method", "route", "status")
WRITE_SECONDS = 1.0
GONE = "gone.json"

Counts = Counter[str]  # JSON list [name, labels...] -> number: a key that a file can hold


@lru_cache(maxsize=1024)
def _names(method: str, route: str, status: int) -> list[str]:
    """Of what is counted for such a request: how many, how long, and how many within each bucket."""
    labels = [method, route, str(status)]
    buckets = [["bucket", *labels, str(bucket)] for bucket in BUCKETS]
    return [json.dumps(name) for name in (["count", *labels], ["micros", *labels], *buckets)]


class Tally:
    """The counts of this process. Made anew after a fork, so that a child does not write its parent's."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.counts: Counts = Counter()
        self.lock = threading.Lock()
        self.timer: threading.Timer | None = None

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        count, micros, *buckets = _names(method, route, status)
        with self.lock:
            self.counts[count] += 1
            self.counts[micros] += int(seconds * 1_000_000)
            for bucket, name in zip(BUCKETS, buckets, strict=True):
                if seconds <= bucket:
                    self.counts[name] += 1
            if self.timer is None:
                self.timer = threading.Timer(WRITE_SECONDS, self.write)
                self.timer.daemon = True
                self.timer.start()

    def write(self) -> None:
        with self.lock:
            self.timer = None
            text = json.dumps(self.counts)
        if self.pid != os.getpid():
            return
        try:
            _replace(folder() / f"{self.pid}.json", text)
        except OSError as error:  # a full disk; what was counted is still here, and is written with the next
            log.warning("counts not written", why=error.strerror)


_TALLY = Tally()


def tally() -> Tally:
    global _TALLY  # noqa: PLW0603  # one per process is the point
    if _TALLY.pid != os.getpid():
        _TALLY = Tally()
    return _TALLY


def folder() -> Path:
    return Path(settings.DATA_DIR) / "metrics"


def total() -> Counts:
    """Everything counted on this machine; where nothing can be kept, what this process counted."""
    tally().write()
    try:
        return _added_up()
    except OSError as error:
        log.warning("counts not added up", why=error.strerror)
        return Counter(tally().counts)


def _added_up() -> Counts:
    with (folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _fold()
        counts: Counts = Counter()
        for path in folder().glob("*.json"):
            counts.update(_read(path))
    return counts


def exposition(counts: Counts) -> Iterator[str]:
    """The lines of a histogram of request times, by method, route and status."""
    yield "# HELP holdfast_request_seconds Time to answer a request."
    yield "# TYPE holdfast_request_seconds histogram"
    for kind, *labels in sorted(json.loads(key) for key in counts):
        if kind == "count":
            yield from _histogram(counts, labels)


def _histogram(counts: Counts, labels: list[str]) -> Iterator[str]:
    """Every bucket, from the least up, also those that nothing fell into: the format wants it so."""
    told = ",".join(f'{name}="{_escaped(label)}"' for name, label in zip(LABELS, labels, strict=True))
    within = {str(bucket): counts[json.dumps(["bucket", *labels, str(bucket)])] for bucket in BUCKETS}
    number = counts[json.dumps(["count", *labels])]
    for bucket, fell in (within | {"+Inf": number}).items():
        yield f'holdfast_request_seconds_bucket{{{told},le="{bucket}"}} {fell}'
    yield f"holdfast_request_seconds_sum{{{told}}} {counts[json.dumps(['micros', *labels])] / 1_000_000:.6f}"
    yield f"holdfast_request_seconds_count{{{told}}} {number}"


def _fold() -> None:
    gone = _read(folder() / GONE)
    dead = [path for path in folder().glob("[0-9]*.json") if not _is_alive(int(path.stem))]
    for path in dead:
        gone.update(_read(path))
    if dead:
        _replace(folder() / GONE, json.dumps(gone))
    for path in dead:
        path.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _read(path: Path) -> Counts:
    try:
        return Counter(json.loads(path.read_text()))
    except (FileNotFoundError, ValueError):
        return Counter()


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        draft.write_text(text)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

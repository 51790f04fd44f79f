"""How many wake-ups a cluster of ours carries in a second, against django-q2 as it comes: its own broker and settings.

Both clusters are real, with two workers, on one database, one after the other, and do the same: nothing. A task is
taken for done when it has left the queue. django-q2 lets it do so when its result is saved; ours are taken out first,
so the last four, which are under way, are not waited for.

Runs need few: one wake-up for each slice of many wallets, none for a page.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

if __name__ == "__main__":
    import django
    from django.conf import settings

    THEIRS = {"name": "bench", "orm": "default", "workers": 2, "poll": 0.05, "log_level": "ERROR"}
    if sys.argv[1] == "theirs":
        settings.Q_CLUSTER = {**THEIRS, "timeout": 60, "retry": 120}  # without these two it warns, and repeats work
    django.setup()

from django.conf import settings
from django.db import connection

from tests.bench.million import here

if TYPE_CHECKING:
    from collections.abc import Callable

    Report = Callable[[str], object]

ROUNDS = 3
MOST = 2000
LOOK = 0.02


def run(report: Report, *, rows: int) -> None:
    many = min(rows, MOST)
    report(f"{many:,} tasks that do nothing, two workers, {ROUNDS} rounds")
    speeds: dict[str, list[float]] = {"theirs": [], "ours": []}
    for _ in range(ROUNDS):
        for which, found in speeds.items():
            found.append(speed_of(which, many))
    theirs, ours = (statistics.median(found) for found in speeds.values())
    report(f"{'django-q2 as it comes':24} {theirs:8.0f} a second")
    report(f"{'ours':24} {ours:8.0f} a second   {ours / theirs:.1f} times; wanted: 4")


def speed_of(which: str, many: int) -> float:
    """From the first task taken to the empty queue."""
    empty()
    cluster = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.queue", which, str(many)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": here()},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        assert cluster.stdout
        cluster.stdout.readline()  # everything is in the queue
        while (begun := waiting()) == many:
            time.sleep(LOOK)
        began = time.perf_counter()
        while waiting():
            time.sleep(LOOK)
        return begun / (time.perf_counter() - began)
    finally:
        os.killpg(cluster.pid, signal.SIGKILL)
        cluster.wait()


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_q_ormq")
        return int(cursor.fetchone()[0])


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_q_ormq, django_q_task")


# --- the cluster --------------------------------------------------------------------------------------------------


def nothing(*_: Any) -> None: ...


def ours(many: int) -> None:
    from config import cluster, queue  # noqa: PLC0415 - here and below: each side loads its own alone
    from config.broker import TableBroker  # noqa: PLC0415

    queue.register("nothing", nothing, every=3600)
    broker = TableBroker()
    for _ in range(many):
        broker.put("nothing")
    tell()
    cluster.run()


def theirs(many: int) -> None:
    from django_q.cluster import Cluster  # noqa: PLC0415
    from django_q.tasks import async_task  # noqa: PLC0415

    for number in range(many):
        async_task("tests.bench.queue.nothing", number)
    connection.close()
    tell()
    Cluster().start()
    while True:
        time.sleep(1)


def tell() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    {"ours": ours, "theirs": theirs}[sys.argv[1]](int(sys.argv[2]))

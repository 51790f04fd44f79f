"""A process of the service that keeps changing and adding secrets until it is told to stop.

Run as a program by tests: `python -m tests.sealing.writer FILE NUMBER [PAUSE]`. The rows it changes are its own by
its number. Each line of FILE says what it committed: the id of the row and the secret that is in it now.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - after setup

from config import beats  # noqa: E402 - after setup
from config.fields import seal  # noqa: E402 - after setup
from tests.sealing.models import Vault  # noqa: E402 - after setup


def main(file: str, number: int, pause: float = 0) -> None:
    stopping: list[bool] = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    beats.start("writer", now=timezone.now())
    # Of those that were there before any writer: what another one adds meanwhile must not shift the shares.
    rows = list(Vault.objects.exclude(label="").order_by("pk")[number::7])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with Path(file).open("w") as log:
        for turn in itertools.count():
            if stopping:
                break
            time.sleep(pause)
            if written := write(rows[turn % len(rows)], f"turn {turn} of {number}", turn % 3):
                log.write(f"{written.pk} turn {turn} of {number}\n")


def write(row: Vault, secret: str, way: int) -> Vault | None:
    """Three ways in turn: a new secret in an old row, the row saved as it was read long ago, a new row."""
    if way == 1:
        row.turns += 1
        row.save()
        return None
    if way == 2:
        row = Vault(owner_id=1)
    seal(row, secret=secret)
    row.save()
    return row


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:]))

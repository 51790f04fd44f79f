"""Workers in a moment: a process that has loaded everything becomes `manage.py worker --bare` as often as it is told.

Starting one from nothing takes seconds, and tests that kill one at every step start many. Run as a program by tests:
`python -m tests.chaos.yard`. A line of JSON on standard input says where exchanges are; the answer is the new worker's
pid. It leads a process group of its own, in which everything it starts lies.
"""

from __future__ import annotations

import json
import os
import signal
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import ccxt  # noqa: E402, F401 - what a worker would load at its first test
from django.conf import settings  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402 - after setup


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            work(json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def work(origins: dict[str, str]) -> None:
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    settings.EXCHANGE_ORIGINS = origins
    call_command("worker", "--bare")


if __name__ == "__main__":
    main()

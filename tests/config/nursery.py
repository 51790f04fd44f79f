"""Commands, each in a process of its own, forked from one that holds already what hangs on no setting.

To begin an interpreter and to load Django costs half a second of CPU; most of what is tried here ends soon after.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Nothing of ours: that reads its settings anew in each process. And no package that reads any when it is loaded.
LOADED = [
    *("django.core.management", "django.views.debug", "django.contrib.admin", "django.db.backends.postgresql.base"),
    *("cryptography.fernet", "multiprocessing", "psycopg", "requests", "structlog"),
]
PATIENCE = 60  # seconds


class Nursery:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, words: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as place:
            told = [Path(place) / "stdout", Path(place) / "stderr"]
            order = {"words": words, "environment": environment, "told": [str(path) for path in told]}
            print(json.dumps(order), file=self.process.stdin, flush=True)
            code = int(self.process.stdout.readline())
            return subprocess.CompletedProcess(words, code, *(path.read_text() for path in told))

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@cache
def nursery() -> Nursery:
    """One for each process of the tests. It ends with that, however that ends: nobody is left to tell it anything."""
    ours = Nursery()
    atexit.register(ours.close)
    return ours


# --- inside of it ------------------------------------------------------------------------------------------------


def serve() -> None:
    for name in LOADED:
        importlib.import_module(name)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        child = os.fork()
        if not child:
            grow(**order)
            return
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def grow(words: list[str], environment: dict[str, str], told: list[str]) -> None:
    """As if it had been begun with them by itself."""
    signal.alarm(PATIENCE)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in enumerate([os.devnull, *told]):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    if words[0] == "-c":
        sys.argv = ["-c", *words[2:]]
        exec(words[1], {"__name__": "__main__"})
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    serve()

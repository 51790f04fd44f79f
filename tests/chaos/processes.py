"""What tests that start and kill processes share."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config.postgres_place import home_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
MARK = "HOLDFAST_TEST_MARK"
OURS = (
    "DATABASE_URL",
    "DATA_DIR",
    "REDIS_URL",
    "PORT",
    "PYTEST",
    "HOLDFAST",
    "DJANGO_SETTINGS",
    "SANDBOX",
    "COV",
    "BIND",
)


def wait_until(true: Callable[[], object], seconds: float, *, every: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(every)
    return bool(true())


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """One that PostgreSQL's own user may enter too, when the tests run as root; pytest's own are closed to it."""
    place = Path(tempfile.mkdtemp(prefix="hf-", dir="/tmp"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place)


def environment(**extra: object) -> dict[str, str]:
    """A user's, without what this test run put there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, **{name: str(value) for name, value in extra.items()}}


class Started:
    """A program, and every process that descends from it: they all carry its mark in their environment."""

    def __init__(self, command: list[object], cwd: Path = ROOT, **env: object) -> None:
        self.mark = secrets.token_hex(8)
        self.folders = [Path(str(value)) for name, value in env.items() if name == "DATA_DIR"]
        self.process = subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=environment(**{MARK: self.mark}, **env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def read_until(self, words: str) -> str:
        """The first line with these words. What never comes ends with the program, or with the test's own time-out."""
        for line in self.process.stdout:
            self.said.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without saying {words!r}; it said:\n{''.join(self.said)}")

    def rest(self) -> str:
        self.said.append(self.process.stdout.read())
        return "".join(self.said)

    def living(self) -> dict[int, str]:
        """Living processes of it by pid; PostgreSQL, which gets none of our environment, is known by its folder."""
        found = {}
        for proc in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if not proc.name.isdigit() or not (proc / "exe").readlink():
                    continue
                marked = f"{MARK}={self.mark}".encode() in (proc / "environ").read_bytes()
                places = [place for folder in self.folders for place in (folder, home_of(folder))]
                if marked or any((proc / "cwd").readlink().is_relative_to(place) for place in places):
                    found[int(proc.name)] = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def pid_of(self, words: str, *, parent: int | None = None) -> int:
        """The oldest process with these words in its command line."""
        found = [pid for pid, line in sorted(self.living().items()) if words in line]
        return next(pid for pid in found if parent is None or parent_of(pid) == parent)

    def end(self, way: signal.Signals) -> float:
        """Seconds until it has gone."""
        began = time.monotonic()
        self.process.send_signal(way)
        self.process.wait(30)
        return time.monotonic() - began


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@contextlib.contextmanager
def started(command: list[object], cwd: Path = ROOT, **env: object) -> Iterator[Started]:
    program = Started(command, cwd, **env)
    try:
        yield program
    finally:
        for pid in [program.process.pid, *program.living()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        program.process.wait()
        program.process.stdout.close()


def python(*words: object) -> list[object]:
    return [sys.executable, *words]

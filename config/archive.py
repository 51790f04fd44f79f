"""Backups: everything in the database as one file, and back again. Keys are not in it; they are kept elsewhere."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from config.exits import Code, Refusal
from config.postgres import Embedded
from config.postgres_place import socket_folder
from config.postgres_programs import archivers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from config.postgres_programs import Programs

# What settings.DATABASES calls options, libpq reads from variables of these names.
VARIABLES = {"connect_timeout": "PGCONNECT_TIMEOUT"}
GOING_SECONDS = 3.0


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server as an administrator sees it: its databases, and not only ours."""

    parameters: dict[str, Any]
    name: str

    @contextlib.contextmanager
    def connect(self, name: str) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        with psycopg.connect(**{**self.parameters, "dbname": name}, autocommit=True) as opened:
            yield opened

    def ask(
        self, query: str, *names: str, of: str = "postgres", values: tuple[str, ...] = ()
    ) -> tuple[Any, ...] | None:
        """One row. Names of databases cannot be parameters; they are quoted here."""
        with self.connect(of) as opened:
            answer = opened.execute(sql.SQL(query).format(*map(sql.Identifier, names)), values or None)
            return answer.fetchone() if answer.description else None

    def variables(self) -> dict[str, str]:
        """For its programs: a password on a command line could be read by everybody on the machine."""
        renamed = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", **VARIABLES}
        given = {key: str(value) for key, value in self.parameters.items() if value not in {"", None}}
        return {renamed.get(key, f"PG{key.upper().replace('_', '')}"): value for key, value in given.items()}


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """The one DATABASE_URL names; the embedded one is started for as long as it takes, unless `up` runs it."""
    with contextlib.ExitStack() as ending:
        if settings.EMBEDDED:
            own = Embedded(settings.DATA_DIR)
            ending.callback(own.stop)
            with running_already():
                own.prepare()
                own.start()
            # The settings were read before the launcher chose the place.
            settings.DATABASES["default"]["HOST"] = str(socket_folder(settings.DATA_DIR))
        known: dict[str, Any] = settings.DATABASES["default"]
        given = {"host": known["HOST"], "port": known["PORT"], "user": known["USER"], "password": known["PASSWORD"]}
        yield Server({key: value for key, value in {**given, **known["OPTIONS"]}.items() if value}, str(known["NAME"]))


@contextlib.contextmanager
def running_already() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        if refusal.code != Code.ALREADY_RUNNING:
            raise


# --- out ---------------------------------------------------------------------------------------------------------


def backup(file: Path) -> None:
    if file.exists():
        raise Refusal(Code.BACKUP_FAILED, f"{file} is there already; nothing was written. Choose another name.")
    if not file.absolute().parent.is_dir():
        raise Refusal(Code.BACKUP_FAILED, f"There is no folder {file.absolute().parent}; nothing was written.")
    draft = file.with_name(f"{file.name}.unfinished")
    with server() as found:
        draft.touch(mode=0o600)
        try:
            run(found, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={draft}", found.name)
        except Refusal:
            draft.unlink()
            raise
    draft.rename(file)


def run(found: Server, program: str, *words: str) -> None:
    path = programs_for(found).path(program)
    done = subprocess.run(
        [path, *words], env={**os.environ, **found.variables()}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        code = Code.BACKUP_FAILED if program == "pg_dump" else Code.RESTORE_FAILED
        raise Refusal(code, f"{program} did not succeed:\n{indented(done.stderr)}")


def programs_for(found: Server) -> Programs:
    """The oldest that are not older than the server: an older pg_dump does not understand a newer server."""
    with found.connect("postgres") as opened:
        major = opened.info.server_version // 10000
    fitting = [programs for programs in archivers() if programs.major >= major]
    if not fitting:
        raise Refusal(
            Code.NO_POSTGRES,
            f"The server is PostgreSQL {major}; this needs pg_dump and pg_restore of {major} or newer.",
        )
    return fitting[-1]


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-6:])


# --- and back ----------------------------------------------------------------------------------------------------


def restore(file: Path, *, replace: bool, now: datetime) -> str:
    """Into a new database beside, which takes the name when it is proved good. Answers where the old one is."""
    with server() as found, told_of(found):
        run(found, "pg_restore", "--list", str(file))
        tables = count_tables(found)
        if tables and not replace:
            raise Refusal(
                Code.RESTORE_REFUSED,
                f"The database {found.name} is not empty ({tables} tables); nothing was changed. "
                "`restore --replace` puts the backup in its place and keeps the present one beside.",
            )
        refuse_users(found)
        fresh, former = (f"{found.name}_{word}_{now:%Y%m%d_%H%M%S}" for word in ("restored", "before"))
        try:
            fill(found, fresh, file)
            swap(found, fresh, former)
        except BaseException:  # also a person's Ctrl-C
            found.ask("DROP DATABASE IF EXISTS {}", fresh)
            raise
        if not tables:
            found.ask("DROP DATABASE IF EXISTS {}", former)
        return former if tables else ""


@contextlib.contextmanager
def told_of(found: Server) -> Iterator[None]:
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal(
            Code.RESTORE_REFUSED,
            f"Restoring takes a role that owns the database {found.name} and may create others; nothing was changed. "
            f"An administrator of PostgreSQL gives it the right: ALTER ROLE {found.parameters['user']} CREATEDB. It "
            f"says:\n{indented(str(error))}",
        ) from error
    except psycopg.Error as error:
        raise Refusal(
            Code.RESTORE_FAILED, f"PostgreSQL gave up; the database {found.name} is as it was:\n{indented(str(error))}"
        ) from error


def count_tables(found: Server) -> int:
    if not found.ask("SELECT 1 FROM pg_database WHERE datname = %s", values=(found.name,)):
        found.ask("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", found.name)
    counted = found.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", of=found.name)
    return int(counted[0]) if counted else 0


def refuse_users(found: Server) -> None:
    """Who has just gone, we ourselves among them, is no user: the server notices an end a moment later."""
    until = time.monotonic() + GOING_SECONDS
    while others := users_of(found):
        if time.monotonic() > until:
            raise Refusal(
                Code.RESTORE_REFUSED,
                f"{others} connections use the database {found.name}; nothing was changed. "
                "Stop `up`, or every web and worker, first.",
            )
        time.sleep(0.1)


def users_of(found: Server) -> int:
    """Of the server's own processes, some visit every database."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
    counted = found.ask(question, values=(found.name,))
    return int(counted[0]) if counted else 0


def fill(found: Server, fresh: str, file: Path) -> None:
    found.ask("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'", fresh)
    run(found, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={fresh}", str(file))
    refuse_other_keys(fresh)
    keep_settings(found, fresh)
    found.ask("ANALYZE", of=fresh)  # a backup has no statistics: without, the first pages walk through whole tables


def keep_settings(found: Server, fresh: str) -> None:
    """What `ALTER DATABASE ... SET` said of the present one: it is in no backup."""
    told = found.ask(
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_database AS kept ON kept.oid = setdatabase"
        " WHERE setrole = 0 AND datname = %s",
        values=(found.name,),
    )
    with found.connect("postgres") as opened:
        for name, _, value in (each.partition("=") for each in (told[0] if told else ())):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):  # what an administrator alone may set
                opened.execute("SELECT set_config(%s, %s, false)", (name, value))
                setting = sql.SQL("ALTER DATABASE {} SET {} FROM CURRENT")
                opened.execute(setting.format(sql.Identifier(fresh), sql.Identifier(*name.split("."))))


def refuse_other_keys(name: str) -> None:
    """Each new connection proves that our keys open what is sealed there (config/canaries.py)."""
    connection.close()
    connection.settings_dict["NAME"], usual = name, connection.settings_dict["NAME"]
    try:
        connection.ensure_connection()
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def swap(found: Server, fresh: str, former: str) -> None:
    found.ask("ALTER DATABASE {} RENAME TO {}", found.name, former)
    try:
        found.ask("ALTER DATABASE {} RENAME TO {}", fresh, found.name)
    except psycopg.Error:
        found.ask("ALTER DATABASE {} RENAME TO {}", former, found.name)
        raise

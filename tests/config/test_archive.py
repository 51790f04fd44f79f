"""Backup and restore, between PostgreSQL of both kinds and this service."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest

from config.exits import Code
from config.postgres import running
from config.postgres_place import embedded_url
from tests.chaos.processes import ROOT, environment, open_folder, python
from tests.copies import furnished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.chaos]
OUR_KEY, OTHER_KEY = (base64.urlsafe_b64encode(letter * 32).decode() for letter in (b"a", b"b"))
PLANT = "from config import canaries; from django.utils import timezone; canaries.plant(now=timezone.now())"


class Service:
    """One database of the service, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = embedded_url(folder)

    def manage(self, *words: object, key: str = OUR_KEY, url: str = "") -> subprocess.CompletedProcess[str]:
        where = {"DATABASE_URL": url or self.url, "DATA_DIR": self.folder / "own"}
        env = environment(HOLDFAST_PYTHON_READY=1, FIELD_ENCRYPTION_KEYS=key, **where)
        command = python("manage.py", *words)
        return subprocess.run(
            [str(word) for word in command], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )

    def ask(self, query: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            answer = connection.execute(query)
            return answer.fetchall() if answer.description else []


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with open_folder() as folder, running(folder, throw_away=True):
        service = Service(folder)
        assert furnished(service.url) or service.manage("migrate").returncode == 0
        assert service.manage("shell", "-c", PLANT).returncode == 0
        yield service


@pytest.fixture(scope="module")
def file(service) -> Path:
    service.ask("create table mine as select 'before' as word, 1.000000000000000001::numeric as amount")
    path = service.folder / "copy.backup"
    done = service.manage("backup", path)
    assert done.returncode == 0, done.stderr
    return path


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept_beside(service, file) -> None:
    service.ask("update mine set word = 'after'")

    done = service.manage("restore", file, "--replace")

    assert done.returncode == 0, done.stderr
    assert service.ask("select word, amount::text from mine") == [("before", "1.000000000000000001")]
    kept = service.ask("select datname from pg_database where datname like 'holdfast_before_%'")
    assert kept
    assert kept[0][0] in done.stdout


def test_what_came_back_is_known_to_the_planner_and_the_database_keeps_its_own_settings(service, file) -> None:
    """Or the first pages walk through whole tables, and what the operator set for this database is forgotten."""
    service.ask("alter database holdfast set work_mem = '7MB'")

    done = service.manage("restore", file, "--replace")

    assert done.returncode == 0, done.stderr
    assert service.ask("show work_mem") == [("7MB",)]
    assert service.ask("select reltuples from pg_class where relname = 'mine'") == [(1.0,)]


def test_only_its_owner_may_read_a_backup(file) -> None:
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_not_empty_is_not_replaced_unasked(service, file) -> None:
    done = service.manage("restore", file)

    assert done.returncode == Code.RESTORE_REFUSED
    assert "--replace" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backup_that_our_keys_do_not_open_changes_nothing(service, file) -> None:
    service.ask("create table untouched ()")

    done = service.manage("restore", file, "--replace", key=OTHER_KEY)

    assert done.returncode == Code.WRONG_KEYS, done.stderr
    assert service.ask("select 1 from pg_tables where tablename = 'untouched'") == [(1,)]
    assert not service.ask("select 1 from pg_database where datname like 'holdfast_restored_%'")
    service.ask("drop table untouched")


def test_a_file_that_is_no_backup_changes_nothing(service, tmp_path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"PGDMP but not really")

    done = service.manage("restore", broken, "--replace")

    assert done.returncode == Code.RESTORE_FAILED
    assert service.ask("select count(*) > 20 from pg_tables where schemaname = 'public'") == [(True,)]


def test_a_backup_does_not_overwrite_another(service, file) -> None:
    before = file.read_bytes()

    done = service.manage("backup", file)

    assert done.returncode == Code.BACKUP_FAILED
    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(service) -> None:
    done = service.manage("backup", service.folder / "nowhere" / "copy.backup")

    assert done.returncode == Code.BACKUP_FAILED
    assert done.stderr == f"There is no folder {service.folder / 'nowhere'}; nothing was written.\n"


def test_while_somebody_uses_the_database_it_is_not_replaced(service, file) -> None:
    with psycopg.connect(service.url):
        done = service.manage("restore", file, "--replace")

    assert done.returncode == Code.RESTORE_REFUSED
    assert "Stop" in done.stderr


def test_a_role_that_may_not_create_databases_is_told_what_it_lacks_and_nothing_is_changed(service, file) -> None:
    service.ask("create role modest login in role pg_read_all_data")

    done = service.manage("restore", file, "--replace", url=service.url.replace("holdfast@", "modest@"))

    assert done.returncode == Code.RESTORE_REFUSED
    assert "ALTER ROLE modest CREATEDB" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_told_in_words(service, file) -> None:
    done = service.manage("restore", file, "--replace", url="postgresql://holdfast@127.0.0.1:9/holdfast")

    assert done.returncode == Code.RESTORE_FAILED
    assert "127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_running_service_the_embedded_server_is_started_for_as_long_as_it_takes() -> None:
    with open_folder() as folder:
        with running(folder, throw_away=True):
            pass
        env = environment(HOLDFAST_PYTHON_READY=1, DATA_DIR=folder)
        command = python("manage.py", "backup", folder / "copy")

        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stderr
        assert not (folder / "postgres" / "data" / "postmaster.pid").exists()

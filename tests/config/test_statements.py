"""How long a statement may take, and for whom, is asked of processes of each kind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from tests.chaos.processes import ROOT, wait_until
from tests.config.test_checks import production, started

if TYPE_CHECKING:
    from pathlib import Path

TELL = "; from django.db import connection as c; k = c.cursor(); k.execute('SHOW {}'); print(k.fetchone()[0])"
WEB = "import config.wsgi"
OTHER = "import django; django.setup()"  # a worker, the long lane, a command
SLEEP = OTHER + "; from django.db import connection as c; c.cursor().execute('SELECT pg_sleep(50)')"
SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(50)'"


def empty(tmp_path: Path) -> dict[str, str]:
    """Of the same server, but no database of tests: a web process leaves the mark of its key where it finds a table."""
    address = production(tmp_path)["DATABASE_URL"].replace(f"/{connection.settings_dict['NAME']}?", "/postgres?")
    return {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings"}


def told(tmp_path: Path, process: str, setting: str, **changed: str) -> str:
    done = started(tmp_path, "-c", process + TELL.format(setting), **empty(tmp_path), **changed)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("process", "given", "limit"),
    [
        (WEB, {}, "20s"),
        (WEB, {"WEB_TIMEOUT": "60"}, "40s"),
        (WEB, {"WEB_STATEMENT_SECONDS": "7"}, "7s"),
        (WEB, {"WEB_STATEMENT_SECONDS": "0"}, "0"),
        (OTHER, {"WEB_STATEMENT_SECONDS": "7"}, "0"),
    ],
    ids=["web", "as its time-out is", "as set", "without", "not the web"],
)
def test_a_statement_of_the_web_ends_before_its_process_would_and_no_other_has_a_limit(
    process: str, given: dict[str, str], limit: str, tmp_path: Path
) -> None:
    assert told(tmp_path, process, "statement_timeout", **given) == limit


@pytest.mark.django_db
@pytest.mark.parametrize("process", [WEB, OTHER], ids=["web", "not the web"])
def test_the_server_looks_whether_its_client_is_still_there(process: str, tmp_path: Path) -> None:
    assert told(tmp_path, process, "client_connection_check_interval") == "2s"


@pytest.mark.chaos
@pytest.mark.django_db
def test_what_a_killed_process_asked_for_is_given_up(tmp_path: Path) -> None:
    environment = production(tmp_path, **empty(tmp_path))
    with subprocess.Popen([sys.executable, "-c", SLEEP], cwd=ROOT, env=environment) as asking:
        assert wait_until(lambda: asked(SLEEPING) == 1, 20)

        os.kill(asking.pid, signal.SIGKILL)

    assert wait_until(lambda: asked(SLEEPING) == 0, 10)


def asked(question: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(question)
        return cursor.fetchone()[0]

"""`manage.py up`, as a person uses it: in a copy of the tree, with an environment that is ready."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from config.exits import Code
from config.postgres_place import embedded_url, home_of
from tests.chaos.processes import ROOT, Started, environment, open_folder, python, started, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

pytestmark = [pytest.mark.chaos]


def patience() -> float:
    """The promise of 20 and 5 s is for a machine that does nothing else; others of its processes take their share."""
    busy = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, busy) * (3 if "PYTEST_XDIST_WORKER" in os.environ else 1)


@pytest.fixture(scope="module")
def tree() -> Iterator[Path]:
    away = shutil.ignore_patterns(".git", ".venv", ".data", "node_modules", ".*_cache", "__pycache__", ".hypothesis")
    with open_folder() as place:
        yield shutil.copytree(ROOT, place / "holdfast", ignore=away)


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def up(tree: Path, port: int, **env: object) -> AbstractContextManager[Started]:
    env = {"DATA_DIR": tree / ".data", **env}
    return started(python("manage.py", "up"), cwd=tree, HOLDFAST_PYTHON_READY=1, PORT=port, **env)


def page(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as answer:
        return answer.status


def ask(tree: Path, query: str) -> object:
    with psycopg.connect(embedded_url(tree / ".data"), autocommit=True) as connection:
        answer = connection.execute(query)
        return answer.fetchone()[0] if answer.description else None


def seconds_of(line: str) -> float:
    return float(line.split(", ")[1].split(maxsplit=1)[0])


def test_it_ends_with_nothing_left_and_starts_again_quickly_and_a_kill_loses_nothing(tree, port) -> None:
    with up(tree, port) as first:
        assert seconds_of(first.read_until("Ready")) < 20 * patience()
        assert page(port) == 200
        assert first.end(signal.SIGINT) < 10
        assert first.process.returncode == 0
        assert not first.living()

    with up(tree, port) as second:
        assert seconds_of(second.read_until("Ready")) < 5 * patience()
        ask(tree, "create table committed as select 42 as answer")
        second.process.kill()
        assert wait_until(lambda: not second.living(), 10), second.living()

    with up(tree, port) as third:
        third.read_until("Ready")
        assert ask(tree, "select answer from committed") == 42
        assert third.end(signal.SIGTERM) < 10
        assert not third.living()


@pytest.fixture(scope="module")
def house(tree, port) -> Iterator[Started]:
    """In a folder that, under root, PostgreSQL's own user may not enter: as a clone in root's home is."""
    (tree / "closed").mkdir(mode=0o700)
    data = tree / "closed" / "data"
    with up(tree, port, DATA_DIR=data) as running:
        running.read_until("Ready")
        yield running
    shutil.rmtree(home_of(data))


def test_a_second_one_in_the_same_folder_says_so_and_the_first_goes_on(tree, port, house) -> None:
    """By whoever forgot that it runs: with the same port, too."""
    with up(tree, port, DATA_DIR=tree / "closed" / "data") as second:
        said = second.rest()

        assert second.process.wait(20) == Code.ALREADY_RUNNING
        assert f"already runs in {tree}" in said
    assert page(port) == 200


def test_idle_connections_do_not_hold_up_others(port, house) -> None:
    """Browsers open connections ahead of need; a server that reads one at a time would wait for each."""
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
    began = time.monotonic()

    assert page(port) == 200

    assert time.monotonic() - began < 5
    for connection in idle:
        connection.close()


def test_forwarded_headers_of_strangers_are_not_believed(port, house) -> None:
    asked = HTTPConnection("127.0.0.1", port, timeout=30)
    asked.request("GET", "/", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
    answer = asked.getresponse()

    assert answer.status == 200
    assert b"evil.example" not in answer.read()
    asked.close()


def test_what_is_killed_comes_back(port, house) -> None:
    for words, name in (("granian", "web"), ("worker --bare", "worker"), ("postgres -D", "database")):
        os.kill(house.pid_of(words, parent=house.process.pid), signal.SIGKILL)
        house.read_until(f"{name} was killed (SIGKILL)")

        assert wait_until(lambda: answers(port), 30), name


def answers(port: int) -> bool:
    try:
        return page(port) == 200
    except OSError:
        return False


def test_a_taken_port_is_said_before_anything_starts(tree, port, house, tmp_path) -> None:
    with up(tree, port, DATA_DIR=tmp_path / "data") as second:
        said = second.rest()

        assert second.process.wait(20) == Code.PORT_TAKEN
        assert f"Port {port}" in said
        assert not (tmp_path / "data" / "postgres").exists()


def test_without_a_right_to_write_it_says_so(tree, port, tmp_path) -> None:
    tmp_path.chmod(0o500)
    closed = (tmp_path if os.geteuid() else Path("/sys")) / "holdfast"  # nobody may write there, not even root
    env = environment(HOLDFAST_PYTHON_READY=1, PORT=port, DATA_DIR=closed)

    done = subprocess.run(python("manage.py", "up"), cwd=tree, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == Code.NO_WRITE_RIGHT, done.stderr
    assert done.stderr.count("\n") == 1
    assert str(closed) in done.stderr


def test_another_command_without_a_database_says_what_to_start(tree, port, tmp_path) -> None:
    done = subprocess.run(
        python("manage.py", "migrate"),
        cwd=tree,
        env=environment(HOLDFAST_PYTHON_READY=1, DATA_DIR=tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == Code.NOT_RUNNING
    assert done.stderr == "No database is running here. Start `python3 manage.py up` first, in another window.\n"

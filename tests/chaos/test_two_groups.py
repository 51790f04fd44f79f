"""Two machines' worth of processes on one PostgreSQL and one Redis: each its own environment, address and folder."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import socket
import socketserver
import subprocess
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from config.postgres import running
from config.postgres_place import embedded_url
from tests.chaos.processes import ROOT, environment, open_folder, python, started, wait_until
from tests.copies import furnished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.redis, pytest.mark.chaos]
EAST, WEST = "127.0.0.1", "127.0.0.2"
HOST = "holdfast.example.test"  # one name for both, as behind a load balancer; allauth counts tries per name
PASSWORD = "a long walk by the sea"


class Postbox(socketserver.StreamRequestHandler):
    """As much of SMTP as a delivery needs; keeps the messages."""

    def handle(self) -> None:
        self.answer("220 here")
        for line in self.rfile:
            word = line.decode().split()[0].upper() if line.strip() else ""
            if word == "DATA":
                self.answer("354 go on")
                text = b"".join(iter(self.rfile.readline, b".\r\n")).decode()
                self.server.messages.append(text)
            self.answer("221 bye" if word == "QUIT" else "250 ok")

    def answer(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture(scope="module")
def postbox() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postbox) as server:
        server.daemon_threads = True
        server.messages = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as probe:
        probe.bind((WEST, 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with open_folder() as folder, running(folder / "database", throw_away=True):
        yield folder


@pytest.fixture(scope="module")
def groups(place, port, redis_url, postbox) -> Iterator[dict[str, object]]:
    """Both, and what they share."""
    shared = {
        "HOLDFAST_PYTHON_READY": 1,
        "DATABASE_URL": embedded_url(place / "database"),
        "REDIS_URL": redis_url,
        "SECRET_KEY": "shared-by-both-groups-" * 4,
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
        "MAIL_URL": f"smtp://127.0.0.1:{postbox.server_address[1]}",
        "ALLOWED_HOSTS": HOST,
        "PORT": port,
        "WEB_PROCESSES": 1,
        "WORKER_PROCESSES": 1,
    }
    if not furnished(embedded_url(place / "database")):
        migrate = environment(**shared, DATA_DIR=place / "east")
        subprocess.run([str(word) for word in python("manage.py", "migrate", "-v0")], cwd=ROOT, env=migrate, check=True)
    with contextlib.ExitStack() as house:
        # The east serves pages only; what it asks for, the west's workers do.
        for address, folder, part in ((EAST, "east", "web"), (WEST, "west", "web"), (WEST, "west", "worker")):
            env = {**shared, "BIND": address, "DATA_DIR": place / folder}
            house.enter_context(started(python("manage.py", part), **env))
        assert wait_until(lambda: all(call(address, port, "config")[0] == 200 for address in (EAST, WEST)), 90)
        yield shared


def call(address: str, port: int, path: str, body: dict[str, str] | None = None, token: str = "") -> tuple[int, dict]:
    door = {"X-Session-Token": token} if token else {}
    request = urllib.request.Request(
        f"http://{address}:{port}/_allauth/app/v1/{path}",
        data=json.dumps(body).encode() if body else None,
        headers={"Content-Type": "application/json", "User-Agent": "phone", "Host": HOST, **door},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"{}")
    except OSError:
        return 0, {}


def test_a_session_begun_in_one_goes_on_in_the_other_and_the_others_workers_do_its_work(groups, port, postbox) -> None:
    status, answer = call(EAST, port, "auth/signup", {"email": "ida@example.test", "password": PASSWORD})
    token = answer["meta"]["session_token"]
    assert status == 401  # the address is not proven yet

    status, seen = call(WEST, port, "auth/session", token=token)
    assert status == 401
    assert "verify_email" in {flow["id"] for flow in seen["data"]["flows"] if flow.get("is_pending")}

    assert wait_until(lambda: any("ida@example.test" in message for message in postbox.messages), 60)


def test_limits_count_in_both(groups, port) -> None:
    wrong = {"email": "nobody@example.test", "password": "not this one"}
    for _ in range(12):
        status, answer = call(EAST, port, "auth/login", wrong)
        if status == 429 or "too_many" in json.dumps(answer):
            break
    else:
        pytest.fail("the east never said that it is enough")

    status, answer = call(WEST, port, "auth/login", wrong)

    assert status == 429 or "too_many" in json.dumps(answer)


def test_redis_carries_cache_and_wake_ups_and_postgresql_the_rest(groups, place, port, redis_url) -> None:
    call(
        EAST, port, "auth/login", {"email": "somebody@example.test", "password": "not this one"}
    )  # counted in the cache

    with redis.Redis.from_url(redis_url) as server:
        assert server.dbsize() > 0
    with psycopg.connect(embedded_url(place / "database")) as connection:
        beats = connection.execute("select count(*) from config_workerbeat").fetchone()

    assert beats == (1,)


def test_a_web_that_is_killed_leaves_nothing_behind(groups, tmp_path) -> None:
    """Its processes would go on serving, and hold the port against the next one."""
    with socket.socket() as probe:
        probe.bind((EAST, 0))
        free = probe.getsockname()[1]
    with started(python("manage.py", "web"), **groups | {"BIND": EAST, "PORT": free, "DATA_DIR": tmp_path}) as web:
        assert wait_until(lambda: call(EAST, free, "config")[0] == 200, 60)
        assert len(web.living()) > 2

        web.end(signal.SIGKILL)

        assert wait_until(lambda: not web.living(), 10)

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import django; django.setup()\n"


class Start(Protocol):
    def __call__(self, *arguments: str, code: str = "", **changed: str) -> subprocess.Popen[str]: ...


def environment(**changed: str) -> dict[str, str]:
    """For a process that is to see the very database of this test."""
    database = settings.DATABASES["default"]
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?host={database['HOST']}"
    if database["PORT"]:
        address += f"&port={database['PORT']}"
    ours = {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": settings.SECRET_KEY}
    return {**os.environ, **ours, **changed}


@pytest.fixture
def start(tmp_path: Path, transactional_db: None) -> Iterator[Start]:
    """Starts processes of ours on the test's database; whatever is left of them at the end is killed."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str, code: str = "", **changed: str) -> subprocess.Popen[str]:
        words = ["-c", SETUP + code, *arguments] if code else ["manage.py", *arguments]
        process = subprocess.Popen(
            [sys.executable, *words],
            cwd=ROOT,
            env=environment(**{"DATA_DIR": str(tmp_path), **changed}),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of this test run's own. Skipped loudly where there is none; `.ci/run` has one."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed")
    path = tmp_path_factory.mktemp("redis") / "socket"
    server = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(path.parent)],
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 10
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.02)
    yield f"unix://{path}"
    server.terminate()
    server.wait()

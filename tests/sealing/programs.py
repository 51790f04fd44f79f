"""Starting parts of the service as real processes, on the database of the test."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent.parent


def new_key() -> str:
    return Fernet.generate_key().decode()


def environment(*keys: str) -> dict[str, str]:
    where = connection.settings_dict
    return {
        **os.environ,
        "HOLDFAST_PYTHON_READY": "1",
        "DATABASE_URL": f"postgresql://{where['USER']}:{where['PASSWORD']}@/{where['NAME']}?host={where['HOST']}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FIELD_ENCRYPTION_KEYS": ",".join(keys),
        "PORT": "8391",
    }


def start(*command: str, keys: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        env=environment(*keys),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)

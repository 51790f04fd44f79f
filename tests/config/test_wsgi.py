"""No request holds a web process for ever."""

from __future__ import annotations

import subprocess

import pytest

from tests.chaos.processes import ROOT, environment, python

pytestmark = pytest.mark.chaos
SERVE_ONE = """
import time
from config import wsgi
wsgi.django = lambda environ, start_response: time.sleep({seconds}) or [b"done"]
print(wsgi.application({{}}, None), flush=True)
time.sleep(1.5)
print("alive", flush=True)
"""


def serve(seconds: float, tmp_path) -> subprocess.CompletedProcess[str]:
    env = environment(WEB_TIMEOUT=1, DATA_DIR=tmp_path, HOLDFAST_PYTHON_READY=1)
    command = [str(word) for word in python("-c", SERVE_ONE.format(seconds=seconds))]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_a_view_that_hangs_ends_its_process_which_says_where(tmp_path) -> None:
    done = serve(30, tmp_path)

    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "wsgi.py" in done.stderr
    assert not done.stdout


def test_a_view_that_answers_in_time_leaves_no_alarm_behind(tmp_path) -> None:
    done = serve(0.1, tmp_path)

    assert done.returncode == 0, done.stderr
    assert "alive" in done.stdout


AFTER_MANY = """
import gc
from config import wsgi
from django.test import Client

client, longest, count = Client(), 0, [0]
gc.callbacks.append(lambda phase, facts: count.append(gc.get_count()[0]) if phase == "start" else None)
for _ in range(60):
    client.get("/accounts/login/")
print(len(count) > 3, max(count) < 10_000, gc.get_freeze_count() > 50_000)
"""


def test_garbage_is_looked_for_in_small_so_that_nobody_waits_long_for_it(tmp_path) -> None:
    env = environment(DATA_DIR=tmp_path, HOLDFAST_PYTHON_READY=1, ALLOWED_HOSTS="testserver", RATE_LIMITS_SCALE=1000)
    done = subprocess.run(
        [str(word) for word in python("-c", AFTER_MANY)], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.stdout.split()[-3:] == ["True"] * 3, done.stderr

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

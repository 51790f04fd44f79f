"""`manage.py web` and `worker`, whose output goes to a file or a journal: what they say is there when they say it."""

from __future__ import annotations

import os
import signal

import pytest

from tests.chaos.processes import python, started, wait_until

pytestmark = pytest.mark.chaos
NOWHERE = "postgresql://holdfast@127.0.0.1:9/holdfast"


@pytest.mark.parametrize(("part", "program"), [("web", "granian"), ("worker", "worker --bare")])
def test_it_says_at_once_what_it_waits_for_and_what_died(part, program, tmp_path) -> None:
    """A wrong address of the database looks like one that is away: only the words tell which was asked."""
    env = {"HOLDFAST_PYTHON_READY": 1, "DATABASE_URL": NOWHERE, "DATA_DIR": tmp_path, "PORT": 18_742}
    with started(python("manage.py", part), **env) as running:
        running.read_until("The database that DATABASE_URL names does not answer")
        running.read_until("starts all the same")
        running.read_until("127.0.0.1, port 18742" if part == "web" else "known as")

        assert wait_until(lambda: any(program in line for line in running.living().values()), 20)
        os.kill(running.pid_of(program), signal.SIGKILL)

        running.read_until(f"{part} was killed (SIGKILL); it starts again")
        assert running.end(signal.SIGTERM) < 10

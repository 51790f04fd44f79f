"""`manage.py test`, told to end: what its tests began is taken down, and nothing of it is left."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.chaos.processes import ROOT, open_folder, python, started, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.chaos
# What journeys and chaos do: a test begins a process with a session of its own, and ends it with the test.
LONG = """
import subprocess, sys, time

def test_long():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True) as began:
        try:
            open({sign!r}, "w").close()
            time.sleep(300)
        finally:
            began.kill()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.mark.parametrize("workers", ["0", "2"], ids=["alone", "in parallel"])
@pytest.mark.parametrize(("way", "codes"), [(signal.SIGINT, {2}), (signal.SIGTERM, {143})], ids=["INT", "TERM"])
def test_who_tells_it_alone_to_end_ends_all_of_it(way, codes, workers, place) -> None:
    sign = place / "begun"
    (place / "test_long.py").write_text(LONG.format(sign=str(sign)))
    words = ["-n", workers, "-q", "-c", ROOT / "pyproject.toml", place / "test_long.py"]
    with started(python("manage.py", "test", *words), HOLDFAST_PYTHON_READY=1, DATA_DIR=place / "data") as run:
        assert wait_until(sign.exists, 60), run.rest()

        assert run.end(way) < 20
        assert run.process.returncode in codes

        assert run.living() == {}
    assert list((place / "data").glob("test-*")) == []


def test_a_group_that_is_told_as_a_whole_takes_down_what_it_began(place) -> None:
    """As `timeout` and most of what watches over jobs does it."""
    sign = place / "begun"
    (place / "test_long.py").write_text(LONG.format(sign=str(sign)))
    words = ["-n", "0", "-q", "-p", "tests.course", "-c", ROOT / "pyproject.toml", place / "test_long.py"]
    with started(python("manage.py", "test", *words), HOLDFAST_PYTHON_READY=1, DATA_DIR=place / "data") as run:
        assert wait_until(sign.exists, 60), run.rest()

        os.killpg(run.process.pid, signal.SIGTERM)

        run.process.wait(30)
        assert run.living() == {}

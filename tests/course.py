"""How a run of the tests goes: the quick ones first, and what is skipped said aloud."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from config.libraries import installed
from tests.strength import THOROUGH, out_of_turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from xdist.workermanage import WorkerController

SLOW = ("journey", "redis", "chaos")
# Their tests share something that takes long to start: one worker runs them all. (xdist's own mark for that, and its
# loadgroup, do nothing with pytest 9: it renames tests, and pytest no longer lets it.)
TOGETHER = {
    "tests/chaos/test_two_groups.py",
    "tests/chaos/test_up.py",
    "tests/chaos/test_wallets.py",
    "tests/config/test_archive.py",
}


# Long for one test, and where they stand: at the very end, where one worker begins, the longest last. So none is left
# alone with one when all others are done.
LONG = {
    "tests/journeys/test_look.py": 5,
    **dict.fromkeys((*TOGETHER, "tests/wallets/test_secrets.py"), 6),
    "tests/accounts/api/test_schemathesis.py": 7,
    "tests/chaos/test_sync.py": 8,  # mostly it waits: whoever is left alone with it leaves the machine idle
}
LEFT = pytest.StashKey[int]()  # how many of them this run leaves to a thorough one
PATIENT = 3  # workers, of whom one begins at the end


# Few tests, each of which takes its time. The thousands elsewhere are dealt by the file: to deal each of them by itself
# took a quarter of what it takes to run a test that does nothing.
SINGLY = ("tests/chaos/", "tests/config/", "tests/journeys/")


class Course(LoadScopeScheduling):
    """One worker begins at the other end, where tests wait more than they compute: for browsers, for processes that
    were killed, for leases. So they stand beside tests that compute, and not all at the end beside one another with
    nothing to do for the machine; and what is left last for all is short.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        if len(self.nodes) >= PATIENT and node is self.nodes[-1]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        singly = file.startswith(SINGLY) or file in LONG
        return nodeid if singly and file not in TOGETHER else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Course:
    return Course(config, log)


class Interruption:
    """Ends the run in order, whichever signal asks: what tests began must not outlive it. One request may come twice,
    by way of the launcher and of the group, and a second interruption would cut off what the first one takes down.
    """

    ONE = 2.0  # seconds

    def __init__(self) -> None:
        self.last = -self.ONE

    def __call__(self, _way: int, _frame: object) -> None:
        again = time.monotonic() - self.last < self.ONE
        self.last = time.monotonic()
        if not again:
            raise KeyboardInterrupt


def pytest_configure() -> None:
    interruption = Interruption()
    for way in (signal.SIGINT, signal.SIGTERM):
        signal.signal(way, interruption)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Before any process asks for them: what npm brings, and what is known of assets, is the same for all."""
    gc.disable()  # until all tests are collected
    if not hasattr(session.config, "workerinput"):
        installed(with_tools=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A wrong calculation should be known early. xdist deals in this order too, from both ends at once."""
    items.sort(key=rank)
    if not THOROUGH and asks_for_all(config):
        left = set(out_of_turn(items))
        items[:] = [item for item in items if item not in left]
        config.stash[LEFT] = len(left)


def asks_for_all(config: pytest.Config) -> bool:
    """Who names a test gets it, with everything that it is tried with."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword or config.option.markexpr
    return not named


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they load stay to the end: the collector need not walk them each time."""
    gc.collect()
    gc.freeze()
    gc.enable()


def rank(item: pytest.Item) -> int:
    file = item.nodeid.partition("::")[0]
    if file in LONG:
        return LONG[file]
    kinds = [number for number, name in enumerate(SLOW, start=2) if item.get_closest_marker(name)]
    asks_database = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return max(kinds, default=1 if asks_database or item.get_closest_marker("django_db") else 0)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("redis") and not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed: nothing was tried with Redis")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With HOLDFAST_NO_SKIPS=1, as in continuous integration, what could not be tested has failed."""
    if (told := getattr(session.config, "workeroutput", None)) is not None:
        told["left"] = session.config.stash.get(LEFT, 0)
    report = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("HOLDFAST_NO_SKIPS") == "1" and report and report.stats.get("skipped") and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: WorkerController) -> None:
    """All workers have left out the same."""
    node.config.stash[LEFT] = getattr(node, "workeroutput", {}).get("left", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if left := config.stash.get(LEFT, 0):
        terminalreporter.write_sep("-", f"{left} repetitions left to a thorough run")
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        refused = os.environ.get("HOLDFAST_NO_SKIPS") == "1"
        words = "and HOLDFAST_NO_SKIPS counts that as failed" if refused else "so this run proves less than it could"
        terminalreporter.write_sep("!", f"{len(skipped)} skipped, {words}", red=refused, yellow=not refused)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("redis")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        while not listens(port):
            assert server.poll() is None, "redis-server ended"
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

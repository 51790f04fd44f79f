"""The supervisor: what dies starts again, what must end ends, and nothing outlives it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.chaos.processes import Started, python, started, wait_until

pytestmark = pytest.mark.chaos

# A supervisor of one program, in a process of its own: signals and SIGKILL are for it alone.
SUPERVISOR = """
import sys
from config.processes import Program, Stopped, Supervisor
ailment = (lambda lived: "is silent" if lived > 1 else "") if "ailing" in sys.argv else None
grace = {} if "patient" in sys.argv else {"grace": 0.5}
try:
    with Supervisor(lambda line: print(line, flush=True), **grace) as house:
        house.add(Program("thing", [sys.executable, "-c", sys.argv[1]], ailment=ailment))
        print("begun", flush=True)
        house.watch()
except Stopped:
    print("over", flush=True)
"""
# What django-q2 looks like from outside: a leader, a child and a grandchild, some of which do not listen.
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
FAMILY = """
import os, signal, time
{leader}
if not os.fork():
    {child}
    if not os.fork():
        {child}
        print("grandchild", os.getpid(), flush=True)
    time.sleep(300)
print("leader", os.getpid(), flush=True)
time.sleep(300)
"""
DEAF_FAMILY = FAMILY.format(leader=DEAF, child=DEAF)
OBEDIENT_LEADER = FAMILY.format(leader="", child=DEAF)


def supervised(program: str, *words: str):
    return started(python("-c", SUPERVISOR, program, *words))


def wait_for_family(house: Started) -> None:
    house.read_until("grandchild")


def leaders(house: Started) -> list[int]:
    return [
        pid
        for pid, line in house.living().items()
        if "-c" in line and pid != house.process.pid and os.getpgid(pid) == pid
    ]


@pytest.mark.parametrize("family", [DEAF_FAMILY, OBEDIENT_LEADER], ids=["deaf", "orphaning"])
def test_killing_the_supervisor_leaves_nothing_within_ten_seconds(family) -> None:
    with supervised(family) as house:
        wait_for_family(house)
        assert len(house.living()) == 5  # itself, its keeper, and the family

        house.process.kill()

        assert wait_until(lambda: not house.living(), 10), house.living()


@pytest.mark.parametrize(("way", "pace"), [(signal.SIGINT, "patient"), (signal.SIGTERM, ""), (signal.SIGHUP, "")])
def test_it_ends_everything_in_time_even_what_does_not_listen(way, pace) -> None:
    with supervised(DEAF_FAMILY, pace) as house:
        wait_for_family(house)

        took = house.end(way)

        assert took < 10
        assert house.process.returncode == 0
        assert not house.living()
        assert "over" in house.rest()


def test_asked_twice_it_does_not_wait() -> None:
    with supervised(DEAF_FAMILY, "patient") as house:
        wait_for_family(house)
        house.process.send_signal(signal.SIGINT)
        time.sleep(0.3)

        assert house.end(signal.SIGINT) < 3
        assert not house.living()


def test_what_dies_starts_again_and_its_orphans_do_not_go_on() -> None:
    with supervised(DEAF_FAMILY) as house:
        wait_for_family(house)
        (former,) = leaders(house)
        family = set(house.living()) - {house.process.pid}

        os.kill(former, signal.SIGKILL)
        house.read_until("thing was killed (SIGKILL); it starts again")
        house.read_until("grandchild")

        assert leaders(house) != [former]
        assert len(house.living()) == 5
        assert len(family & set(house.living())) == 1  # the keeper


def test_pauses_grow_when_it_keeps_dying() -> None:
    with supervised("raise SystemExit(3)") as house:
        house.read_until("thing ended (exit code 3); it starts again.")
        house.read_until("in 1 s")
        house.read_until("in 2 s")
        house.read_until("in 4 s")


def test_a_program_that_gives_no_sign_of_life_is_killed_with_all_its_workers() -> None:
    with supervised(DEAF_FAMILY, "ailing") as house:
        wait_for_family(house)
        former = leaders(house)

        house.read_until("thing is silent; it starts again")
        house.read_until("grandchild")

        assert leaders(house) != former
        assert len(house.living()) == 5


def test_a_killed_keeper_is_replaced_and_knows_what_the_former_knew() -> None:
    with supervised(DEAF_FAMILY) as house:
        wait_for_family(house)
        former = house.pid_of("keeper.py")
        os.kill(former, signal.SIGKILL)
        assert wait_until(lambda: any("keeper.py" in line for pid, line in house.living().items() if pid != former), 5)

        house.process.kill()

        assert wait_until(lambda: not house.living(), 10)


# Its parent is gone, and it has a group of its own, like a backend of a database that was killed.
STRAY = """
import os, time
if not os.fork():
    if os.fork():
        os._exit(0)
    os.setsid()
    print("stray", os.getpid(), flush=True)
    os._exit(0)
time.sleep(300)
"""


def test_of_whom_it_adopted_none_stays_behind_as_a_zombie() -> None:
    with supervised(STRAY) as house:
        stray = house.read_until("stray").split()[-1]

        assert wait_until(lambda: not Path(f"/proc/{stray}").exists(), 15)
        assert house.living()

"""Sees to it that nothing of ours outlives the supervisor, even when that is killed with SIGKILL.

Started by config/processes.py with a pipe as its standard input. The pipe names the process groups that are alive; when
it closes without a word, the supervisor is dead, and the groups are ended: asked first, then made to. A group holds
every descendant, so that workers of workers, which nobody would tell, end too. Standard library only, and nothing
imported that costs time or memory. It is a session of its own, where no Ctrl-C and no terminal's end reaches it.
"""

import contextlib
import os
import signal
import sys
import time

GRACE = 4.0  # seconds between asking and making
LAST = 8.5  # PostgreSQL gets this long: an unclean end costs it a recovery at the next start


def main() -> None:
    for deaf in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deaf, signal.SIG_IGN)
    groups: dict[int, str] = {}
    for line in sys.stdin:
        sign, kind, number = line.split()
        if sign == "+":
            groups[int(number)] = kind
        else:
            groups.pop(int(number), None)
    end(groups)


def end(groups: dict[int, str]) -> None:
    began = time.monotonic()
    for leader, kind in groups.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(leader, signal.SIGTERM if kind == "program" else signal.SIGINT)
    while groups and time.monotonic() - began < LAST:
        for group, kind in list(groups.items()):
            if not send(group, 0):
                del groups[group]
            elif kind == "program" and time.monotonic() - began > GRACE:
                send(group, signal.SIGKILL)
        time.sleep(0.05)
    for group in groups:
        send(group, signal.SIGKILL)


def send(group: int, way: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, way)
        return True
    return False


if __name__ == "__main__":
    main()

"""What `up`, `web` and `worker` start: each program's command, and how we tell that it is well."""

from __future__ import annotations

import errno
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import get_commands
from django.db import Error, OperationalError, close_old_connections, connection
from django.utils import timezone

from config import porch, statics
from config.bootstrap import ROOT
from config.exits import Code, Refusal
from config.health import is_migrated, worker_beat_age
from config.postgres import leash
from config.postgres_place import unreachable
from config.processes import Program

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    Beat = Callable[[datetime], timedelta | None]

MANAGE = [sys.executable, str(ROOT / "manage.py")]


# --- web ---------------------------------------------------------------------------------------------------------


def web() -> Program:
    """Granian, one request at a time in each process; README's decisions say why, with figures. Its threads take in
    what requests bring, and wait for Django's (`config/porch.py`).
    """
    options = {
        "--interface": "wsgi",
        "--host": settings.BIND,
        "--port": settings.PORT,
        "--workers": settings.WEB_PROCESSES,
        "--blocking-threads": porch.THREADS,
        "--respawn-interval": 0.5,
        "--workers-kill-timeout": 4,
        "--log-level": "error",  # below that it says at each start that these threads are many, as they are to be
    }
    flat = [str(word) for pair in options.items() for word in pair]
    last = ["--respawn-failed-workers", "--no-ws", "config.wsgi:application"]
    return Program("web", [sys.executable, "-m", "granian", *flat, *last])


def refuse_taken_port() -> None:
    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND, settings.PORT))
        except PermissionError:
            raise Refusal(
                Code.PORT_TAKEN, f"Port {settings.PORT} is reserved for root. Choose one above 1023: PORT=8000"
            ) from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Refusal(
                    Code.SETTING, f"BIND={settings.BIND} is no address of this machine. Nothing was started."
                ) from None
            raise Refusal(
                Code.PORT_TAKEN,
                f"Port {settings.PORT} on {settings.BIND} is taken by another program. Nothing was started. "
                f"Choose another, such as PORT={settings.PORT + 1}, and start again.",
            ) from None


def refuse_unfit_database() -> None:
    """Before anything is started that would only fail again and again."""
    if not is_migrated():  # and config.canaries looks at the keys, as at each new connection
        raise Refusal(
            Code.PREPARING_FAILED,
            "The database is not prepared for this release. Run `python3 manage.py migrate` once, "
            "then start this again.",
        )
    connection.close()


def look_at_database(say: Callable[[str], object]) -> None:
    """The same, but one that is away is waited for. That is said, for it may be another one that was meant."""
    try:
        refuse_unfit_database()
    except OperationalError as error:
        connection.close()
        say(f"{unreachable(error)}\nThis starts all the same: pages say so, and work waits, until it does.")


def refuse_uncollected_files() -> None:
    """Pages would come without style or script, and nothing would say why."""
    if settings.PRODUCTION and not statics.is_collected():
        raise Refusal(
            Code.PREPARING_FAILED,
            f"What browsers load of this release was not collected in {settings.STATIC_ROOT}: nothing is there, or "
            "what another release had. Run `python3 manage.py assets` on this machine, then start this again.",
        )


def answers(*, within: float, goes_on: Callable[[], object]) -> bool:
    """Waits for the first answer of the web server, whatever it says; `goes_on` looks after the programs meanwhile."""
    deadline = time.monotonic() + within
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.BIND, settings.BIND)  # noqa: S104 -- compared, not bound
    while time.monotonic() < deadline:
        goes_on()
        try:
            asked = http.client.HTTPConnection(host, settings.PORT, timeout=within)
            asked.request("GET", "/", headers={"Host": settings.ALLOWED_HOSTS[0]})
            asked.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return True
    return False


# --- workers -----------------------------------------------------------------------------------------------------


def worker(beat: Beat | None = None) -> Program:
    return Program("worker", [*MANAGE, "worker", "--bare"], ailment=Silence(beat or beat_age))


def beat_age(now: datetime) -> timedelta | None:
    return worker_beat_age(now, cluster=settings.WORKER_NAME)


class Silence:
    """The ailment of a cluster that lives and does nothing: django-q2 can lock up for good when a worker is killed."""

    def __init__(self, beat: Beat) -> None:
        self.beat = beat

    def __call__(self, lived: float) -> str:
        limit = settings.WORKER_SILENCE
        if lived < limit:
            return ""
        try:
            close_old_connections()
            age = self.beat(timezone.now())
        except Error:  # the database is away; that is not the worker's fault
            connection.close()
            return ""
        silent = age is None or age.total_seconds() > limit
        return f"gave no sign of life for {limit} s and was killed" if silent else ""


# --- sandbox -----------------------------------------------------------------------------------------------------


def sandbox() -> Program | None:
    there = not settings.PRODUCTION and "sandbox" in get_commands()  # it lives in a higher app
    if not there:
        return None
    kept = settings.DATA_DIR / "sandbox"
    kept.mkdir(parents=True, exist_ok=True)
    return Program("sandbox", [*MANAGE, "sandbox", "--keep", str(kept)])


def sandbox_environment() -> dict[str, str]:
    """Where the sandbox will listen: beside the web server if it can. The web processes send people there too."""
    if settings.PRODUCTION or settings.SANDBOX_PORT:
        return {}
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.PORT + 1))
        except (OSError, OverflowError):
            probe.bind(("127.0.0.1", 0))
        return {"SANDBOX_PORT": str(probe.getsockname()[1])}


# --- pytest ------------------------------------------------------------------------------------------------------

ENDS = {signal.SIGINT: 130, signal.SIGTERM: 143}  # what asks us to end, and the exit code of who does


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """Who wants us to end wants the run to: pytest is interrupted, takes down what its tests began, and says how far it
    came. With workers it leads a group of its own, all of which is told. Alone it stays in ours, so that a debugger may
    use the terminal, whose Ctrl-C then reaches it as it reaches us.
    """
    group = has_workers(arguments)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        process_group=0 if group else None,
        preexec_fn=leash(signal.SIGTERM),
    )
    told = set()

    def pass_on(way: int, _frame: object) -> None:
        told.add(way)
        with suppress(ProcessLookupError):
            if group:
                os.killpg(process.pid, signal.SIGINT)
            elif way != signal.SIGINT or not has_terminal():
                process.send_signal(signal.SIGINT)

    for way in ENDS:
        signal.signal(way, pass_on)
    code = process.wait()
    for way in ENDS:
        signal.signal(way, signal.SIG_IGN)  # what follows, the database's end, is what was asked for
    return ENDS[signal.SIGTERM] if signal.SIGTERM in told else code


def has_workers(arguments: list[str]) -> bool:
    found = re.search(r"(?:^| )(?:-n|--numprocesses)[ =]?(\S+)", " ".join(arguments))
    return found is not None and found[1] != "0"


def has_terminal() -> bool:
    """Whether a terminal's Ctrl-C goes to our group."""
    try:
        with open("/dev/tty") as terminal:  # noqa: PTH123  # a device
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False

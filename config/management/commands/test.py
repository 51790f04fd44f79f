"""The whole test suite, on a throw-away PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import programs
from config.exits import Refusal
from config.postgres import Embedded, running
from config.postgres_place import embedded_url, home_of, socket_folder

if TYPE_CHECKING:
    from pathlib import Path

ALONE = {"-s", "--pdb", "--trace", "--collect-only", "--co", "--markers", "--fixtures", "--version", "-h", "--help"}
THOROUGH = "--thorough"


class Command(BaseCommand):
    help = (
        "Runs pytest; every argument goes to it but --thorough, with which some tests try much more of the same. "
        "TEST_DATABASE_URL or DATABASE_URL names a server to use instead."
    )
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Not argparse: the arguments are pytest's."""
        for stale in ("HOLDFAST_BEGAN", "HOLDFAST_INSTALL_SECONDS"):
            os.environ.pop(stale, None)
        for way, code in programs.ENDS.items():
            signal.signal(way, lambda *_, code=code: sys.exit(code))
        os.environ.update(strength(argv[2:]))
        words = [word for word in argv[2:] if word != THOROUGH]
        arguments = [*parallel(words), *words]
        given = os.environ.get("TEST_DATABASE_URL") or os.environ.get("DATABASE_URL")
        sys.exit(programs.pytest(arguments, {"DATABASE_URL": given}) if given else self.with_own_server(arguments))

    def with_own_server(self, arguments: list[str]) -> int:
        sweep(settings.DATA_DIR)
        folder = settings.DATA_DIR / f"test-{os.getpid()}"
        try:
            with running(folder, throw_away=True):
                url = embedded_url(folder)
                ours = {"DATABASE_URL": url, "DATA_DIR": str(folder), "HOLDFAST_TEST_TEMPLATE": "template"}
                return programs.pytest(arguments, ours)
        finally:
            remove(folder)

    def handle(self, *_args: object, **_options: Any) -> None:
        raise NotImplementedError("`test` is a command line of its own")


def strength(words: list[str]) -> dict[str, str]:
    """By the environment, which every process of the run has: tests/strength.py reads it."""
    return {"HOLDFAST_THOROUGH": "1"} if THOROUGH in words else {}


def parallel(arguments: list[str]) -> list[str]:
    if any(word in ALONE or word.startswith(("-n", "--numprocesses", "-p")) for word in arguments):
        return []
    # One more than the cores: much of the time goes into waiting for processes and browsers.
    return ["-n", str(min(8, 1 + (os.cpu_count() or 1))), "--dist", "load", "--no-loadscope-reorder"]


def sweep(data_dir: Path) -> None:
    """Removes what test runs that were killed left behind; a folder in use is locked by its run."""
    for folder in data_dir.glob("test-*"):
        server = Embedded(folder, throw_away=True)
        with contextlib.suppress(Refusal, OSError):
            server.take_lock()
            server.clear_stale_lock()
            remove(folder)
            server.release()


def remove(folder: Path) -> None:
    for place in (socket_folder(folder), home_of(folder), folder):
        shutil.rmtree(place, ignore_errors=True)

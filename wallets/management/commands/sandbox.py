"""`manage.py sandbox`: stand-ins of exchanges on this machine. `up` starts it; production never does."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import coinbase
from wallets import oauth
from wallets.sandbox.server import House, Sandbox

TOLD, PORT = "told.jsonl", "port"  # in the folder that it keeps


class Command(BaseCommand):
    help = "Serves stand-ins of exchanges for development and demos. Not in production."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.SANDBOX_PORT)
        parser.add_argument("--scenario", default=settings.SANDBOX_SCENARIO, help="a JSON file of data and faults")
        parser.add_argument("--keep", default="", help="a folder: where it listens, and what it was told before")

    def handle(self, *_args: Any, port: int, scenario: str = "", keep: str = "", **_options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The sandbox is for development and demos. It does not start in production.")
        if not port:
            raise CommandError("Say where: set SANDBOX_PORT, or give --port.")
        end_with_parent()
        signal.signal(signal.SIGTERM, stop)
        house = House(clock=lambda: datetime.now(UTC), kept=Path(keep) / TOLD if keep else None)
        register_us(house)
        if scenario:
            play(house, Path(scenario))
        house.remember()
        try:
            with Sandbox(("127.0.0.1", port), house) as sandbox:
                if keep:
                    (Path(keep) / PORT).write_text(f"{sandbox.port}\n")
                self.stdout.write(f"Sandbox at http://localhost:{sandbox.port}")
                sandbox.serve_forever()
        except KeyboardInterrupt:
            stop()
        except OSError as error:
            raise CommandError(f"The sandbox cannot listen on port {port}: {error.strerror}.") from error


def play(house: House, file: Path) -> None:
    try:
        house.play(json.loads(file.read_text()))
    except OSError as error:
        raise CommandError(f"The scenario {file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise CommandError(f"The scenario {file} cannot be played: {error}") from error


def register_us(house: House) -> None:
    """As an operator registers Holdfast at each exchange: to sign in with Coinbase, and to connect accounts."""
    sign_in = (settings.COINBASE_SIGNIN_CLIENT_ID, settings.COINBASE_SIGNIN_CLIENT_SECRET)
    house.control("POST", "coinbase", {"client": client(sign_in, coinbase.return_url())})
    for name, known_by in settings.OAUTH_CLIENTS.items():
        house.control("POST", name, {"client": client(known_by, oauth.return_url(name))})


def client(known_by: tuple[str, str], return_url: str) -> dict[str, object]:
    return {"id": known_by[0], "secret": known_by[1], "redirect_uris": [return_url]}


def stop(*_: object) -> NoReturn:
    """At once: the threads are daemons and hold nothing worth keeping."""
    sys.exit(0)


def end_with_parent() -> None:
    """So that nothing is left behind when whoever started us is killed; on Linux `up` has the kernel see to it too."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(0)

    threading.Thread(target=look, daemon=True).start()

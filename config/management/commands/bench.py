"""Measures, and prints what it measured: `manage.py bench pages`. Without a name it says what can be measured.

The programs lie in tests/bench, each with a `run(report)` that names the options it takes; they work on a scratch
database, never on yours.
"""

from __future__ import annotations

import platform
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.test.utils import override_settings

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

# Not Django's whole environment for tests: it has each template tell of itself, which is a third of what a page takes.
AS_IN_TESTS = {
    "DEBUG": False,
    "ALLOWED_HOSTS": ["testserver"],
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
}
PROGRAMS = Path(settings.BASE_DIR) / "tests" / "bench"
TOGETHER = {
    "import": ("intake", "imports"),  # how quickly rows are stored, and what a file costs whole
    "targets": ("peers", "basis", "sync", "intake", "journal", "pages", "dashboard", "reports"),
}


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?")
        parser.add_argument("--rows", type=int, default=100_000, help="how many rows the lists are given")
        parser.add_argument("--minutes", type=float, default=2, help="chaos: how long things go wrong")
        parser.add_argument("--seed", type=int, default=7, help="chaos: the same seed, the same deeds")
        parser.add_argument("--wallets", type=int, default=200, help="chaos: how many, over all exchanges")
        parser.add_argument("--machines", type=int, default=1, help="chaos: how many have workers")

    def handle(self, *, name: str | None, rows: int, **options: Any) -> None:
        known = sorted({*TOGETHER, *(path.stem for path in PROGRAMS.glob("*.py"))} - {"__init__"})
        if name not in known:
            raise CommandError(f"Say what to measure: {', '.join(known)}.")
        self.stdout.write(f"{platform.machine()}, Python {platform.python_version()}, {rows:,} rows")
        for each in TOGETHER.get(name, (name,)):
            if name in TOGETHER:
                self.stdout.write(f"\n--- {each}")
            self.run(each, {**options, "rows": rows})

    def run(self, name: str, asked: dict[str, Any]) -> None:
        program = import_module(f"tests.bench.{name}")
        wanted = {each: asked[each] for each in signature(program.run).parameters if each in asked}
        former = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            with override_settings(**AS_IN_TESTS):
                program.run(self.stdout.write, **wanted)
        finally:
            connections.close_all()
            connection.creation.destroy_test_db(former, verbosity=0)

"""A backup becomes the data again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config import archive

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = (
        "Puts what `backup` wrote into the database. Nothing is changed unless all of it is there and our keys open it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="although the database is not empty; it is kept beside"
        )

    def handle(self, *_args: object, file: Path, replace: bool, **_options: Any) -> None:
        former = archive.restore(file, replace=replace, now=timezone.now())
        self.stdout.write(f"Restored from {file}; the encryption keys open it.")
        if former:
            self.stdout.write(f"The former data is kept as the database {former}; drop it when it is not needed.")

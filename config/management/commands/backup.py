"""Everything in the database as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from config import archive

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    help = "Writes all data to FILE. What is sealed stays sealed: keep FIELD_ENCRYPTION_KEYS apart from it, and safe."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: object, file: Path, **_options: Any) -> None:
        archive.backup(file)
        self.stdout.write(
            f"Written: {file} ({file.stat().st_size / 1_000_000:.1f} MB). The encryption keys are not in it."
        )

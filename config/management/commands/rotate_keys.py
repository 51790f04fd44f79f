"""Replacing the encryption key while the service runs: README, "Operations", says the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from config import beats, programs, rotation
from config.management.saying import SayingCommand

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(SayingCommand):
    help = "Seals every secret anew with the first of FIELD_ENCRYPTION_KEYS. Can be stopped and run again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="only see whether the newest key opens everything")
        parser.add_argument(
            "--wait",
            type=float,
            default=beats.ALIVE.total_seconds() + beats.EVERY,
            metavar="SECONDS",
            help="how long processes that write with an old key may take to end (killed ones count for a minute)",
        )

    def handle(self, *_args: object, **options: Any) -> None:
        programs.refuse_unfit_database()
        if options["check"]:
            rotation.prove(say=self.say)
            self.say("The newest key opens every value.")
        else:
            rotation.rotate(say=self.say, patience=options["wait"], now=timezone.now())

"""Commands that say what they do while they do it, also to whoever reads it in a file or a journal."""

from __future__ import annotations

import contextlib

from django.core.management.base import BaseCommand


class SayingCommand(BaseCommand):
    def say(self, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # nobody reads any longer; that is no reason to end
            self.stdout.write(line)
            self.stdout.flush()

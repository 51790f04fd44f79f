"""Fetches what npm brings, and collects what browsers load."""

from __future__ import annotations

import subprocess
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from config import libraries


class Command(BaseCommand):
    help = "Fetches what npm brings, and collects static files, which development serves as they lie."

    def handle(self, *_args: object, **options: Any) -> None:
        try:
            libraries.installed(with_tools=False)
        except (libraries.NpmMissingError, subprocess.CalledProcessError) as error:
            # What is missing then are names of assets, which no figure hangs on.
            self.stderr.write(f"Lists of asset names could not be fetched, so fewer assets are known by name: {error}")
        if settings.PRODUCTION:
            call_command("collectstatic", interactive=False, verbosity=options["verbosity"])

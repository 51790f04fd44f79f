"""One machine's web processes, for real deployments."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import programs
from config.bootstrap import ROOT


class Command(BaseCommand):
    help = "Serves pages and API on BIND:PORT. `migrate` and `assets` come first, once for all machines."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        self.check(include_deployment_checks=settings.PRODUCTION)
        programs.refuse_uncollected_files()
        programs.refuse_taken_port()
        programs.refuse_unfit_database()
        command = programs.web_command()
        os.chdir(ROOT)
        os.execv(command[0], command)

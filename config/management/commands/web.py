"""One machine's web processes, watched, for real deployments."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import programs
from config.processes import Stopped, Supervisor


class Command(BaseCommand):
    help = "Serves pages and API on BIND:PORT. `migrate` and `assets` come first, once for all machines."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        self.check(include_deployment_checks=settings.PRODUCTION)
        programs.refuse_uncollected_files()
        programs.refuse_taken_port()
        programs.refuse_unfit_database()
        try:
            with Supervisor(self.stdout.write) as house:  # nothing of it is left when this process is killed
                house.add(programs.web())
                house.watch()
        except Stopped:
            self.stdout.write("The web has ended.")

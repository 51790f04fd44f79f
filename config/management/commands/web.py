"""One machine's web processes, watched, for real deployments."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from config import programs
from config.management.saying import SayingCommand
from config.processes import Stopped, Supervisor


class Command(SayingCommand):
    help = "Serves pages and API on BIND:PORT. `migrate` and `assets` come first, once for all machines."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        self.check(include_deployment_checks=settings.PRODUCTION)
        programs.refuse_uncollected_files()
        programs.refuse_taken_port()
        programs.look_at_database(self.say)
        try:
            with Supervisor(self.say) as house:  # nothing of it is left when this process is killed
                where = f"{settings.PUBLIC_URL} on {settings.BIND}, port {settings.PORT}"
                self.say(f"Serving {where}, with {settings.WEB_PROCESSES} processes.")
                house.add(programs.web())
                house.watch()
        except Stopped:
            self.say("The web has ended.")

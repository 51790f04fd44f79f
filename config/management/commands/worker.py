"""One machine's background workers, watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from config import beats, cluster, programs
from config.management.saying import SayingCommand
from config.processes import Stopped, Supervisor

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(SayingCommand):
    help = (
        "Does the background work: a django-q2 cluster that is killed and started anew when it gives no sign of life."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bare", action="store_true", help="the cluster alone, for whoever watches it already")

    def handle(self, *_args: object, **options: Any) -> None:
        self.check(include_deployment_checks=settings.PRODUCTION)
        if options["bare"]:
            beats.start("worker", now=timezone.now())
            cluster.run()
        programs.look_at_database(self.say)
        try:
            with Supervisor(self.say) as house:
                self.say(f"The workers begin: {settings.WORKER_PROCESSES} processes, known as {settings.WORKER_NAME}.")
                house.add(programs.worker())
                house.watch()
        except Stopped:
            self.say("The workers have ended.")

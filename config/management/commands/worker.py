"""One machine's background workers, watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from config import beats, cluster, programs
from config.processes import Stopped, Supervisor

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
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
        programs.refuse_unfit_database()
        try:
            with Supervisor(self.stdout.write) as house:
                house.add(programs.worker())
                house.watch()
        except Stopped:
            self.stdout.write("The workers have ended.")

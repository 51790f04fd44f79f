"""Everything on one machine with one command; Ctrl-C ends it all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from config import programs
from config.exits import Code, Refusal
from config.management.saying import SayingCommand
from config.postgres import Embedded
from config.postgres_place import socket_folder
from config.processes import Program, Stopped, Supervisor

if TYPE_CHECKING:
    import subprocess


class Command(SayingCommand):
    help = "Starts database, web, workers and (in development) the sandbox, and looks after them until Ctrl-C."
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: Any) -> None:
        self.began = float(os.environ.pop("HOLDFAST_BEGAN", time.time()))
        self.downloading = float(os.environ.pop("HOLDFAST_INSTALL_SECONDS", 0))
        self.check(include_deployment_checks=settings.PRODUCTION)
        Embedded(settings.DATA_DIR).refuse_second()  # who starts it twice should not hear of "another program"
        programs.refuse_taken_port()
        try:
            with Supervisor(self.say) as house:
                self.run(house)
        except Stopped:
            self.say("  Everything has ended.")

    def run(self, house: Supervisor) -> None:
        self.say("Holdfast is starting.")
        self.start_database(house)
        self.prepare_data()
        os.environ.update(programs.sandbox_environment())
        self.say(f"  web        {settings.WEB_PROCESSES} processes")
        house.add(programs.web())
        if not programs.answers(within=120, goes_on=house.look):
            raise Refusal(Code.PREPARING_FAILED, "The web server does not answer; what it said stands above.")
        # Only now: people wait for the first page, and all of these would share the processor with it.
        self.say(f"  workers    {settings.WORKER_PROCESSES} processes")
        for program in (programs.worker(), programs.sandbox()):
            if program:
                house.add(program)
        self.tell()
        house.watch()

    def start_database(self, house: Supervisor) -> None:
        """The embedded one, unless DATABASE_URL names another."""
        server = Embedded(settings.DATA_DIR)
        if not settings.EMBEDDED:
            server.take_lock()
            self.say(f"  database   {settings.DATABASES['default']['HOST'] or 'local'}, as DATABASE_URL says")
            return
        house.afterwards.append(server.stop)
        server.prepare()
        # The settings were read before the launcher chose the place.
        connections["default"].settings_dict["HOST"] = str(socket_folder(settings.DATA_DIR))

        def launch() -> subprocess.Popen[bytes]:
            server.start(house.popen_database)
            assert server.process is not None  # noqa: S101 -- start() set it
            return server.process

        house.add(Program("database", [], launch=launch))
        self.say(f"  database   PostgreSQL {server.programs.major}, in {server.home}")

    def prepare_data(self) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("assets", verbosity=0)
        self.check(databases=["default"])
        connections.close_all()

    def tell(self) -> None:
        lines = [f"  address    {settings.PUBLIC_URL}"]
        if not settings.PRODUCTION:
            lines.append(f"  mail       printed here, and kept at {settings.PUBLIC_URL}/_mail/")
            sandbox = f"http://localhost:{os.environ['SANDBOX_PORT']}"
            lines.append(f"  sandbox    {sandbox}   (plays the exchanges: the form for a key shows one to try)")
            made = f"PORT={os.environ['PORT']} python3" if os.environ.get("PORT") else "python3"  # unknown there
            lines.append(f"  demo       {made} manage.py demo   (in another window: an account to look around with)")
        spent = time.time() - self.began - self.downloading
        lines.append(f"  Ready: {self.downloading:.1f} s downloading, {spent:.1f} s otherwise. Ctrl-C ends everything.")
        self.say("\n".join(lines))

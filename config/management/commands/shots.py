"""Photographs every page in the album: wide and 360 px, light and dark. Look at them before you call a page done."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.test.testcases import LiveServerThread
from django.test.utils import setup_test_environment, teardown_test_environment
from django.utils import timezone
from playwright.sync_api import Error as BrowserError

from config import album
from config.camera import chromium, chromium_program, context_for, photograph, visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.management.base import CommandParser
    from playwright.sync_api import BrowserContext

    from config.album import View


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--only", action="append", help="the name of a view; may be given several times")
        parser.add_argument("--url", help="a server running on this database; else one of its own on a scratch one")

    def handle(self, *, folder: Path, only: list[str] | None, url: str | None, **_: Any) -> None:
        views = self.chosen(only)
        folder.mkdir(parents=True, exist_ok=True)
        if url:
            self.take(views, folder, url)
            return
        with scratch_server() as address:
            self.take(views, folder, address)

    def chosen(self, only: list[str] | None) -> list[View]:
        views, _ = album.opened()
        if unknown := set(only or ()) - set(views):
            raise CommandError(f"No such view: {', '.join(sorted(unknown))}. There are: {', '.join(views)}.")
        if not chromium_program():
            raise CommandError("Chromium is needed to take pictures; install your system's chromium package.")
        return [views[name] for name in only or views]

    def take(self, views: list[View], folder: Path, address: str) -> None:
        # Before the browser starts: its event loop keeps Django from asking the database in this thread.
        _, visitors = album.opened()
        cookies = {name: visitors[name](timezone.now()) for name in {view.visitor for view in views}}
        failed = []
        with chromium() as browser:
            for view in views:
                context = context_for(browser, address, cookies[view.visitor])
                try:
                    self.stdout.write(f"{view.name} {self.photograph(context, view, folder)}")
                except BrowserError as error:
                    failed.append(f"{view.name}: {error.message.splitlines()[0]}")
                context.close()
        if failed:
            raise CommandError("These could not be reached:\n" + "\n".join(failed))

    def photograph(self, context: BrowserContext, view: View, folder: Path) -> int:
        page = context.new_page()
        status = visit(page, view)
        photograph(page, folder, view.name)
        return status


@contextmanager
def scratch_server() -> Iterator[str]:
    """A server of its own on a database of its own; both are gone afterwards."""
    setup_test_environment()
    named = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    server = LiveServerThread("localhost", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.terminate()
        connections.close_all()
        connection.creation.destroy_test_db(named, verbosity=0)
        teardown_test_environment()

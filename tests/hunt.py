"""The hunt for planted secrets: everything that shows or keeps anything is read in full, and searched."""

from __future__ import annotations

import io
import json
import logging
import re
import traceback
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core import mail
from django.db import connection
from django.db.models import AutoField, DateTimeField, UUIDField
from django.utils import timezone

from accounts import exports
from accounts.audit import Actor, ActorKind
from accounts.tasks import make_exports
from tests.routes import filled, routes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.models import Model
    from django.test import Client

    from accounts.models import User

NOTHING: dict[str, list[str]] = {}
ADMIN_PAGE = re.compile(r"/admin/(\w+)/(\w+)/<path:object_id>/change/")


@dataclass
class Hunt:
    """Secrets by name, and every text they must not be in by where it was seen."""

    planted: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)

    def plant(self, **secrets: str) -> None:
        self.planted |= secrets

    def see(self, where: str, text: str) -> None:
        self.seen[where] = self.seen.get(where, "") + text

    def found(self) -> set[tuple[str, str]]:
        return {
            (name, where)
            for name, secret in self.planted.items()
            for where, text in self.seen.items()
            if secret in text
        }


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything any logger says, down to DEBUG, written as production writes it."""
    (handler,) = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler][:1]
    written = io.StringIO()
    copy = logging.StreamHandler(written)
    copy.setFormatter(handler.formatter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(copy)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(copy)
    root.setLevel(level)


# --- reading everything --------------------------------------------------------------------------------------------


def addresses(things: Mapping[str, Sequence[str]] = NOTHING) -> list[str]:
    """Every address without a parameter, and those of these things; pages and API and admin alike."""
    return sorted({address for route in routes() for address in filled(route, things)})


def read_pages(
    hunt: Hunt, client: Client, who: str, things: Mapping[str, Sequence[str]] = NOTHING, **headers: str
) -> int:
    """How many pages answered with something. Signing out comes last of all, and is left out."""
    answered = 0
    for address in addresses(things):
        if "logout" in address or "_allauth" in address:
            continue
        page = client.get(address, headers=headers)
        body = b"".join(page.streaming_content) if page.streaming else page.content
        hunt.see(f"{who} {address}", f"{page.headers} {body.decode('utf-8', 'replace')}")
        answered += page.status_code == 200
    return answered


def read_admin(hunt: Hunt, client: Client) -> int:
    """The page of every object that staff can open; of those that say the same, one."""
    answered = 0
    for route in routes():
        if found := ADMIN_PAGE.fullmatch(route):
            for pk in apart(apps.get_model(*found.groups())):
                address = route.replace("<path:object_id>", str(pk))
                page = client.get(address)
                hunt.see(f"staff {address}", f"{page.headers} {page.content.decode()}")
                answered += page.status_code == 200
    return answered


def apart(model: type[Model]) -> list[object]:
    """The keys of all rows, but for those that are to the letter what another is, as the table has it: all but its own
    ids and times, which hold nothing else. Hundreds of lines of a trail say the same.
    """
    columns = model._meta.concrete_fields  # noqa: SLF001 - Django's own name for what it lets everybody read
    loose = (UUIDField, DateTimeField, AutoField)
    passed_over = {each.column for each in columns if isinstance(each, loose) and not each.is_relation}
    seen: dict[str, object] = {}
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT to_jsonb(t)::text FROM "{model._meta.db_table}" t')  # noqa: SLF001 - as above
        for (text,) in cursor.fetchall():
            row = json.loads(text)
            said = {name: value is None if name in passed_over else value for name, value in row.items()}
            seen.setdefault(json.dumps(said), row[model._meta.pk.column])  # noqa: SLF001 - as above
    return list(seen.values())


def read_tables(hunt: Hunt) -> None:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT to_jsonb(t)::text FROM "{table}" t')
            hunt.see(f"table {table}", "\n".join(row[0] for row in cursor.fetchall()))


def read_session(hunt: Hunt, client: Client, who: str) -> None:
    """Opened: in its table it is sealed."""
    hunt.see(f"session of {who}", repr(dict(client.session.items())))


def read_mail(hunt: Hunt) -> None:
    for message in mail.outbox:
        hunt.see("mail", message.message().as_string())
        hunt.see("mail", f"{message.subject} {message.body} {getattr(message, 'alternatives', '')}")


def read_export(hunt: Hunt, owner: User) -> None:
    export = exports.ask(by=Actor(ActorKind.OWNER, owner), owner=owner, now=timezone.now())
    make_exports(timezone.now() + timedelta(seconds=1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM accounts_exportchunk WHERE export_id = %s ORDER BY number", [export.id])
        whole = b"".join(bytes(row[0]) for row in cursor.fetchall())
    archive = zipfile.ZipFile(io.BytesIO(whole))
    for name in archive.namelist():
        hunt.see(f"export {name}", archive.read(name).decode())


def read_log(hunt: Hunt, log: io.StringIO) -> None:
    hunt.see("log", log.getvalue())


@contextmanager
def exceptions_of(hunt: Hunt, *kinds: type[BaseException]) -> Iterator[None]:
    """Every exception of these kinds that comes to be, with what is chained to it, as a log would write it."""
    made: list[BaseException] = []
    patch = pytest.MonkeyPatch()
    for kind in kinds:

        def note(self: BaseException, *args: object, _former: object = kind.__init__, **named: object) -> None:
            made.append(self)
            _former(self, *args, **named)

        patch.setattr(kind, "__init__", note)
    try:
        yield
    finally:
        patch.undo()
        for error in made:
            hunt.see("exceptions", "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error)))

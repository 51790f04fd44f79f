"""Empties the database after a test that commits. Django's own truncates every table, whether anybody wrote in it or
not, and then makes content types and permissions anew: a hundred times the work, hundreds of times in a run.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.management.commands import flush
from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

# What Django makes after each migration, and no test changes.
KEPT = {"django_content_type", "auth_permission"}
MANY = 1000  # rows; what that many leave behind when they are deleted would slow the tests that follow


class Command(flush.Command):
    help = __doc__

    def handle(self, **options: Any) -> None:
        connection = connections[options["database"]]
        if options["reset_sequences"] or not may_do_all(connection):
            super().handle(**options)
        else:
            empty(connection)


def may_do_all(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return cursor.fetchone() == (True,)


def empty(connection: BaseDatabaseWrapper) -> None:
    there = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [connection.ops.quote_name(name) for name in there if name not in KEPT]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {table})' for table in tables)}")
        written = [table for table, found in zip(tables, cursor.fetchone(), strict=True) if found]
        with nothing_refuses(cursor):
            rows = {table: deleted(cursor, table) for table in written}
        for table in written:
            if rows[table] > MANY:
                cursor.execute(f"VACUUM {table}")


@contextmanager
def nothing_refuses(cursor: CursorWrapper) -> Iterator[None]:
    """Rows that only grow, and rows that others point at, go too."""
    cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        cursor.execute("SET session_replication_role = DEFAULT")


def deleted(cursor: CursorWrapper, table: str) -> int:
    cursor.execute(f"DELETE FROM {table}")
    return cursor.rowcount

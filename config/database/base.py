"""PostgreSQL by Django's own engine, and three things that are quicker where the same is asked thousands of times.

What `prepared` asks, the server reads and plans once for each connection; times are read by the driver's own compiled
reader; and whether a connection still stands is seen at its socket, where the server says so when it goes.
"""

from __future__ import annotations

import select
import time
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import psycopg
from django.db.backends.postgresql import base as postgresql
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.adapt import AdaptersMap
from psycopg.postgres import adapters as drivers_own
from psycopg.pq import Format

if TYPE_CHECKING:
    from psycopg.abc import Params

TIMES = "timestamptz"
ServerSideCursor: Any = postgresql.ServerSideCursor  # the stubs know another driver's
PREPARED = "prepared"  # in place of a server-side cursor's name
UNHEARD_SECONDS = 5  # after which a server is asked all the same: where a whole machine goes, no socket tells


class Operations(DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """For whoever watches what is asked: of what is prepared, the driver does not say it with its values."""
        return super().last_executed_query(cursor, sql, params) or str(self.compose_sql(sql, params))


class DatabaseWrapper(postgresql.DatabaseWrapper):
    ops_class = Operations
    heard_at = 0.0

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        if self.timezone is UTC:
            params["context"] = with_times_in_utc(params["context"])
        return params

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, which looks at each one's reader of times, and would put its own slow one there again."""
        if name == PREPARED:
            return Prepared(self.connection)
        if self.timezone is not UTC:
            return super().create_cursor(name)
        if name is None:
            return self.connection.cursor()
        autocommit = self.connection.autocommit
        return ServerSideCursor(self.connection, name=name, scrollable=False, withhold=autocommit)

    def prepared(self, sql: str, params: Params) -> list[tuple[Any, ...]]:
        """All rows. The text must be one of a few, for each connection keeps each: what differs comes beside it."""
        with self._cursor(PREPARED) as cursor:  # type: ignore[attr-defined] # what the stubs leave out
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def is_usable(self) -> bool:
        """Asked once in a request, before its first question."""
        now = time.monotonic()
        if now - self.heard_at < UNHEARD_SECONDS and is_quiet(self.connection):
            return True
        usable: bool = super().is_usable()
        self.heard_at = now if usable else 0.0
        return usable


class Prepared(psycopg.Cursor[Any]):
    """The driver keeps a list of all that a connection asks while it may prepare something: so only this one may."""

    def execute(self, query: Any, params: Any = None, **more: Any) -> Any:
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, **more)
        finally:
            self.connection.prepare_threshold = None


def is_quiet(connection: psycopg.Connection[Any]) -> bool:
    """Nobody is at it, and the server has said nothing that was not asked: so it does when it ends a connection."""
    if connection.closed or connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        return False
    look = select.poll()
    look.register(connection.fileno(), select.POLLIN)
    return not look.poll(0)


@lru_cache(maxsize=8)
def with_times_in_utc(djangos: AdaptersMap) -> AdaptersMap:
    """Django's reader sets the zone anew on each; of a connection that speaks UTC, the driver's says UTC by itself."""
    ours = AdaptersMap(djangos)
    ours.register_loader(TIMES, drivers_own.get_loader(drivers_own.types[TIMES].oid, Format.TEXT))  # type: ignore[arg-type] # there is one
    return ours

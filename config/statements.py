"""How long one statement may keep a web process waiting, and when PostgreSQL looks whether anybody still waits at all.

Both are said to each new connection, after it stands: what stands between us and the server may refuse to pass on what
a connection is opened with. Only web processes have a limit. A worker takes as long as its work takes, and commands do.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import DataError, ProgrammingError
from django.db.backends.signals import connection_created
from psycopg.errors import QueryCanceled

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LOOK = "2s"  # between two looks of the server, while it works, whether its client is still there


def give_up_with_their_clients() -> None:
    """Of every process: what asked and was killed holds no locks until the answer that nobody reads is found."""
    connection_created.connect(_look_for_client, dispatch_uid="config.statements.client")


def hold_to(seconds: int) -> None:
    """Of this process, from its next connection on. Nought: as long as they take."""
    if not seconds:
        return

    def limit(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
        _set(connection, "statement_timeout", f"{seconds}s")

    connection_created.connect(limit, weak=False, dispatch_uid="config.statements.limit")


def was_cut(error: BaseException | None) -> bool:
    """Also where Django, or somebody else on the way, has put an error of their own around the driver's."""
    while error and not isinstance(error, QueryCanceled):
        error = error.__cause__
    return error is not None


def _look_for_client(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    with suppress(DataError, ProgrammingError):  # a server whose machine cannot tell it, or that does not know this
        _set(connection, "client_connection_check_interval", LOOK)


def _set(connection: BaseDatabaseWrapper, name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [name, value])

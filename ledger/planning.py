"""What the database's planner is told where it cannot know better."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from config.one_message import to_the_answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.db.backends.utils import CursorWrapper

OFF = """
    SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off;
    SET LOCAL jit = off  -- a sort it cannot do without looks dear enough to compile
"""
DEFAULT = """
    SET LOCAL enable_sort TO DEFAULT; SET LOCAL enable_incremental_sort TO DEFAULT; SET LOCAL jit TO DEFAULT
"""


@contextmanager
def uncompiled() -> Iterator[CursorWrapper]:
    """Where the planner guesses so many rows that it compiles what is done in no time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        yield cursor
        cursor.execute("SET LOCAL jit TO DEFAULT")


def rows_by_index(question: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """In the order of an index, within a transaction; in one message, as a small step asks a handful of such questions.

    A planner that takes a wallet for a small one, because its rows came in this very transaction or because the table
    was empty when it was last looked at, would fetch and sort all of them at each step, or go through all of them for
    each row. Questions name the order that only the right index has.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"{OFF}; {question}; {DEFAULT}", values)
        to_the_answer(cursor)
        return list(cursor.fetchall())


def row_by_index(cursor: CursorWrapper, question: str, values: Mapping[str, Any], *, then: str) -> tuple[Any, ...]:
    """The one row that answers, in the order of an index, and what is to be done after: all of it in one message."""
    cursor.execute(f"{OFF}; {question}; {DEFAULT}; {then}", values)
    to_the_answer(cursor)
    row: tuple[Any, ...] = cursor.fetchone()
    return row


@contextmanager
def by_hash() -> Iterator[None]:
    """Over as many lines as a file has, which the planner has not counted yet: it would look each one up singly."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")

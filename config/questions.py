"""Questions that many requests ask of the database, put into SQL once, and planned once for each connection.

Django puts a QuerySet into SQL anew each time it is asked, and takes longer for that than for the asking; and the
server takes longer to plan one than to answer it.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from django.db import NotSupportedError, connections
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler
    from psycopg.abc import Params

    from config.database.base import DatabaseWrapper

Row = TypeVar("Row")


class Question(Generic[Row]):
    """`put` answers a QuerySet of some values; `marks` stand for them while it is put into SQL, and are found there.

    A value is given as the database takes it: text, a number, a time, an id. No answer is kept.
    """

    def __init__(self, put: Callable[..., QuerySet[Any, Row]], **marks: object) -> None:
        self.put, self.marks = put, marks

    def ask(self, **values: Any) -> list[Row]:
        rows, compiler, sql, marks, converters = self._in_sql
        again = copy(compiler)
        again.connection = connection = connections[rows.db]  # of this thread
        given = [_as(mark, values[name]) for name, mark in marks]
        again.execute_sql = lambda *_, **__: [answers(connection, sql, given)]  # type: ignore[method-assign, assignment] # as it was put
        again.get_converters = lambda *_: converters  # type: ignore[method-assign] # as above
        asked = rows.all()
        asked.query.get_compiler = lambda *_, **__: again  # type: ignore[method-assign] # as above
        return list(asked)

    @cached_property
    def _in_sql(self) -> tuple[QuerySet[Any, Row], SQLCompiler, str, list[tuple[str, Any]], Any]:
        rows = self.put(**self.marks)
        compiler = rows.query.get_compiler(rows.db)
        sql, params = compiler.as_sql()
        places = [(self._name_of(param), param) for param in params]
        assert {name for name, _ in places if name} == self.marks.keys(), "a mark is lost, or there is none"  # noqa: S101 # ours
        assert not compiler.has_extra_select, "what comes last is for the database alone"  # noqa: S101 # ours
        converters = compiler.get_converters([column for column, _, _ in compiler.select or ()])
        text = written_out(sql, places, connections[rows.db])
        return rows, compiler, text, [place for place in places if place[0]], converters

    def _name_of(self, param: object) -> str:
        """Of the value that goes there; none: it is the same each time."""
        found = (name for name, mark in self.marks.items() if isinstance(param, type(mark)) and mark == param)
        return next(found, "")


def answers(connection: BaseDatabaseWrapper, sql: str, given: Params) -> list[tuple[Any, ...]]:
    """A release that changes a column's kind, while this process runs, makes what was planned void for good."""
    ours = cast("DatabaseWrapper", connection)
    try:
        return ours.prepared(sql, given)
    except NotSupportedError:
        if connection.in_atomic_block:
            raise
        connection.close()
        return ours.prepared(sql, given)


def written_out(sql: str, places: Sequence[tuple[str, Any]], connection: BaseDatabaseWrapper) -> str:
    """What is the same each time stands in the text: of values that come later, no plan knows what index holds them."""
    left = iter(places)

    def put(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%%"
        name, param = next(left)
        return "%s" if name else literal(connection, param).replace("%", "%%")

    return re.sub("%%|%s", put, sql)


def literal(connection: BaseDatabaseWrapper, param: Any) -> str:
    return str(connection.ops.compose_sql("%s", [param]))  # type: ignore[attr-defined] # PostgreSQL's have it


def _as(mark: Any, value: Any) -> Any:
    """A small number says in its type how small it is."""
    return type(mark)(value) if isinstance(mark, int) else value

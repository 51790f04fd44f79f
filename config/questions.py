"""Questions that many requests ask of the database, put into SQL once.

Django puts a QuerySet into SQL anew each time it is asked, and takes longer for that than for the asking.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.db import connections
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")


class Question(Generic[Row]):
    """`put` answers a QuerySet of some values; `marks` stand for them while it is put into SQL, and are found there.

    A value is given as the database takes it: text, a number, a time, an id. No answer is kept.
    """

    def __init__(self, put: Callable[..., QuerySet[Any, Row]], **marks: object) -> None:
        self.put, self.marks = put, marks

    def ask(self, **values: Any) -> list[Row]:
        rows, compiler, sql, places, converters = self._in_sql
        again = copy(compiler)
        again.connection = connections[rows.db]  # of this thread
        given = tuple(_as(param, values[name]) if name else param for name, param in places)
        again.as_sql = lambda *_, **__: (sql, given)  # type: ignore[method-assign] # as it was put
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
        converters = compiler.get_converters([column for column, _, _ in compiler.select or ()])
        return rows, compiler, sql, places, converters

    def _name_of(self, param: object) -> str:
        """Of the value that goes there; none: it is the same each time."""
        found = (name for name, mark in self.marks.items() if isinstance(param, type(mark)) and mark == param)
        return next(found, "")


def _as(mark: Any, value: Any) -> Any:
    """A small number says in its type how small it is."""
    return type(mark)(value) if isinstance(mark, int) else value

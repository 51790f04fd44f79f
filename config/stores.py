"""Where sealed texts lie: every SealedField of every model, and what apps keep sealed in other columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db import connection

from config.fields import sealed_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.db.models import Field, Model

BATCH = 500


@dataclass(frozen=True, slots=True)
class Store:
    """A column that holds sealed texts. `tokens` finds them in the column's text."""

    model: type[Model]
    column: str
    tokens: Callable[[str], list[str]] = lambda text: [text]

    @property
    def label(self) -> str:
        return f"{self.model._meta.label}.{self.column}"  # noqa: SLF001 - Django's documented way to ask a model

    def batches(self) -> Iterator[list[tuple[Any, str]]]:
        """Key and text of every row that holds something, in the order of the keys. Each batch is its own query."""
        rows = self._ask(
            "SELECT {key}, {column}::text FROM {table} WHERE {column} IS NOT NULL ORDER BY {key} LIMIT %s", [BATCH]
        )
        while rows:
            yield rows
            rows = self._ask(
                "SELECT {key}, {column}::text FROM {table} WHERE {column} IS NOT NULL AND {key} > %s"
                " ORDER BY {key} LIMIT %s",
                [rows[-1][0], BATCH],
            )

    def exchange(self, changes: list[tuple[Any, str, str]]) -> int:
        """Compare and swap: (key, text as read, new text). Answers how many were still as read.

        Rows that somebody holds are skipped: an exchange never waits, so it never stands in anybody's way.
        """
        found, old, new = (list(column) for column in zip(*changes, strict=True))
        swapped = self._ask(
            "WITH free AS MATERIALIZED"
            " (SELECT {key} AS key FROM {table} WHERE {key} = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED)"
            " UPDATE {table} SET {column} = change.new::{type}"
            " FROM unnest(%s, %s::text[], %s::text[]) AS change(key, old, new) JOIN free USING (key)"
            " WHERE {table}.{key} = change.key AND {table}.{column}::text = change.old RETURNING 1",
            [found, found, old, new],
        )
        return len(swapped)

    def _ask(self, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
        meta = self.model._meta  # noqa: SLF001 - as above
        field = cast("Field[Any, Any]", meta.get_field(self.column))
        names = {"table": meta.db_table, "key": str(meta.pk.column), "column": str(field.column)}
        quoted = {name: connection.ops.quote_name(value) for name, value in names.items()}
        with connection.cursor() as cursor:
            cursor.execute(sql.format(**quoted, type=field.db_type(connection)), values)
            return list(cursor.fetchall())


OTHERS: list[Store] = []


def also_sealed(store: Store) -> None:
    """For sealed texts in a column that is no SealedField. Called in AppConfig.ready by the app that keeps them."""
    OTHERS.append(store)


def stores() -> list[Store]:
    return [*(Store(field.model, field.attname) for field in sealed_fields()), *OTHERS]

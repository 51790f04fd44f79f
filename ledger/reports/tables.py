"""What is listed, as columns that the database writes as text: files, papers and workbooks share them.

So a figure is rounded in one place, a line of a paper cannot say anything else than the same line of a file, and a
million of them never lie in memory. The database rounds half away from nought.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from django.db import connection

from ledger.exporting import safe
from ledger.models import Earning

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

    from ledger.reports.base import Source

BATCH = 5000


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Look(StrEnum):
    TEXT = "text"
    DAY = "day"
    AMOUNT = "amount"
    MONEY = "money"


class Column(NamedTuple):
    title: str
    sql: str
    look: Look = Look.TEXT


class Table(NamedTuple):
    columns: tuple[Column, ...]
    rows: str  # FROM and WHERE
    order: str
    group: str = ""

    @property
    def sql(self) -> str:
        names = ", ".join(column.sql for column in self.columns)
        return f"SELECT {names} FROM {self.rows} {self.group} ORDER BY {self.order}"  # noqa: S608 - only words of our own


# --- what columns say ---------------------------------------------------------------------------------------------

MATCHES = "ledger_match AS m WHERE m.reckoning_id = %(reckoning)s AND m.year = %(year)s AND m.counts"
EARNINGS = "ledger_earning AS e WHERE e.reckoning_id = %(reckoning)s AND e.year = %(year)s"
BY_TIME = "m.disposed, m.disposal, m.part, m.acquired NULLS FIRST, m.lot NULLS FIRST, m.asset, m.amount"
EARNED = "e.at, e.transaction, e.part, e.asset"
GAIN = "m.proceeds - m.cost + m.adjustment"


def shown(text: str) -> str:
    """As the medium needs it: in a file no cell is a formula. Few are told apart, so they are looked up."""
    return f"coalesce(%(safe)s::jsonb ->> {text}, {text})"


def wallet(of: str) -> str:
    return f"coalesce(%(wallets)s::jsonb ->> {of}::text, '')"


def amount(number: str) -> str:
    return f"trim_scale({number})::text"


def cents(number: str) -> str:
    return f"round({number}, 2)::text"


def day(at: str, form: str = "YYYY-MM-DD") -> str:
    """Of a moment, in the owner's zone; empty where nobody knows."""
    return f"coalesce(to_char({at} AT TIME ZONE %(zone)s, '{form}'), '')"


def moment(at: str) -> str:
    return f"coalesce(to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '')"


def known(yes: str) -> str:
    return f"CASE WHEN {yes} THEN 'yes' ELSE 'no' END"


# --- reading ------------------------------------------------------------------------------------------------------


def facts(source: Source, *, file: bool, **more: Any) -> dict[str, Any]:
    """`file`: for a spreadsheet to open."""
    texts = {*source.reckoning.assets, *categories(source)} if file else set()
    labels = {str(pk): safe(label) if file else label for pk, label in source.wallets.items()}
    return {
        "reckoning": source.reckoning.pk,
        "year": source.year,
        "zone": source.zone,
        "safe": json.dumps({text: safe(text) for text in texts if safe(text) != text}),
        "wallets": json.dumps(labels),
        **more,
    }


def categories(source: Source) -> Iterable[str]:
    mine = Earning.objects.filter(reckoning=source.reckoning, year=source.year)
    return mine.values_list("category", flat=True).distinct()


def read(table: Table, said: Mapping[str, Any]) -> Generator[tuple[str, ...], None, None]:
    """Row by row, however many there are."""
    with connection.cursor() as opened:  # opens the connection, and the transaction
        raw = opened.connection
        with raw.cursor("report", withhold=False) as cursor:
            cursor.itersize = BATCH
            cursor.execute(table.sql, said)
            yield from cursor


def ask(sql: str, said: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, said)
        return list(cursor.fetchall())


def write(table: Table, source: Source, file: BinaryIO, **more: Any) -> int:
    """As CSV, which the database writes; answers how many lines."""
    file.write(header(column.title for column in table.columns))
    return copy(table, facts(source, file=True, **more), source, file)


def header(titles: Iterable[str]) -> bytes:
    return f"{','.join(titles)}\n".encode()


def copy(table: Table, said: Mapping[str, Any], source: Source, file: Sink) -> int:
    number = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({table.sql}) TO STDOUT (FORMAT csv)", said) as lines:
        for number, line in enumerate(lines, 1):
            file.write(line)
            if number % BATCH == 0:
                source.tell(number)
    return number


def counted(rows: Iterable[Sequence[str]], source: Source, begin: int = 0) -> Iterator[Sequence[str]]:
    """Tells how far it has come."""
    for number, row in enumerate(rows, begin + 1):
        if number % BATCH == 0:
            source.tell(number)
        yield row

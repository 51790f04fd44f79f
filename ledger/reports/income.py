"""Income: what came, when, and what it was worth then."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ledger.reports import tables
from ledger.reports.base import Kind
from ledger.reports.tables import EARNED, EARNINGS, Column, Look, Table, amount, known, moment, shown, wallet

if TYPE_CHECKING:
    from ledger.reports.base import Source

COLUMNS = (
    Column("asset", shown("e.asset")),
    Column("amount", amount("e.amount"), Look.AMOUNT),
    Column("at", moment("e.at")),
    Column("day", "e.day::text", Look.DAY),
    Column("value", amount("e.value"), Look.MONEY),
    Column("category", shown("e.category")),
    Column("value_known", known("e.known")),
    Column("wallet", wallet("e.wallet")),
    Column("transaction", "e.transaction::text"),
)
TABLE = Table(COLUMNS, EARNINGS, EARNED)


def as_csv(source: Source, file: BinaryIO) -> int:
    return tables.write(TABLE, source, file)


KINDS = (
    Kind(
        "income_csv",
        "Income, as a table",
        "Rewards, interest, airdrops and the like: each with what it was worth when it came.",
        as_csv,
    ),
)

"""Every disposal with the lot that it met, to the last digit: for any country, adviser or program."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ledger.reports import tables
from ledger.reports.base import Kind
from ledger.reports.tables import BY_TIME, GAIN, MATCHES, Column, Look, Table, amount, known, moment, shown, wallet

if TYPE_CHECKING:
    from ledger.reports.base import Source

COLUMNS = (
    Column("asset", shown("m.asset")),
    Column("amount", amount("m.amount"), Look.AMOUNT),
    Column("acquired_at", moment("m.acquired")),
    Column("disposed_at", moment("m.disposed")),
    Column("day", "m.day::text", Look.DAY),
    Column("proceeds", amount("m.proceeds"), Look.MONEY),
    Column("cost", amount("m.cost"), Look.MONEY),
    Column("adjustment", amount("m.adjustment"), Look.MONEY),
    Column("gain", amount(f"({GAIN})"), Look.MONEY),
    Column("term", "m.term"),
    Column("rule", "m.rule"),
    Column("act", "m.act"),
    Column("cost_known", known("m.known")),
    Column("wallet", wallet("m.wallet")),
    Column("transaction", "m.disposal::text"),
    Column("lot", "coalesce(m.lot::text, '')"),
)
TABLE = Table(COLUMNS, MATCHES, BY_TIME)


def as_csv(source: Source, file: BinaryIO) -> int:
    return tables.write(TABLE, source, file)


KINDS = (
    Kind(
        "gains_csv",
        "All disposals, as a table",
        (
            "Each disposal with its lot, exact and unrounded: what was sold, when it was acquired, proceeds,"
            " cost and gain."
        ),
        as_csv,
    ),
)

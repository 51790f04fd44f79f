"""The five columns that TurboTax takes for gains of digital assets, in the order it shows in its own template."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from ledger.reports import tables
from ledger.reports.base import Kind
from ledger.reports.form_8949 import FORM, US
from ledger.reports.tables import BY_TIME, MATCHES, Column, Look, Table, cents, shown

if TYPE_CHECKING:
    from ledger.reports.base import Source

# A result of a position was bought on no day. TurboTax wants one, and what began and ended that day is short-term.
BOUGHT = f"CASE m.rule WHEN 'result' THEN to_char(m.day, '{FORM}') ELSE {tables.day('m.acquired', FORM)} END"
COLUMNS = (
    Column("Currency Name", shown("m.asset")),
    Column("Purchase Date", BOUGHT, Look.DAY),
    Column("Cost Basis", cents("m.cost"), Look.MONEY),
    Column("Date Sold", f"to_char(m.day, '{FORM}')", Look.DAY),
    Column("Proceeds", cents("m.proceeds"), Look.MONEY),
)
TABLE = Table(COLUMNS, MATCHES, BY_TIME)


def as_csv(source: Source, file: BinaryIO) -> int:
    return tables.write(TABLE, source, file)


KINDS = (
    Kind(
        "turbotax_csv",
        "For TurboTax",
        (
            "The columns that TurboTax asks for when it imports gains. It takes a limited number of lines; split it"
            " there. Lines of what was acquired on a day that nobody knows have no Purchase Date, and TurboTax may"
            " refuse them: say here when it was acquired, or write those lines there by hand. Results of positions"
            " bear the day on which they fell as their Purchase Date. What you inherited and sold within a year is"
            " long-term all the same: correct that there."
        ),
        as_csv,
        US,
    ),
)

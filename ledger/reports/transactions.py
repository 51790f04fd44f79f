"""Transactions of the tax year, as the list exports them: Holdfast reads this file back."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from ledger import exporting, listing
from ledger.engine.days import midnight
from ledger.reports.base import Kind
from ledger.reports.tables import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.reports.base import Source


def as_csv(source: Source, file: BinaryIO) -> int:
    wallets = listing.wallets_of(source.owner)
    since = midnight(source.terms.first, ZoneInfo(source.zone))
    chosen = listing.Filters(since=since, until=source.until, ignored=listing.SHOWN)
    number = 0

    def rows() -> Iterator[Sequence[str]]:
        nonlocal number
        found = exporting.with_ends(source.owner, chosen, wallets)
        for number, (each, linked) in enumerate(found, 1):  # noqa: B007 - the answer
            yield exporting.row_of(each, wallets, linked)

    file.write(f"{','.join(exporting.COLUMNS)}\r\n".encode())
    file.writelines(piece.encode() for piece in exporting.lines(counted(rows(), source)))
    return number


KINDS = (
    Kind(
        "transactions_csv",
        "Transactions of the year",
        "Everything that happened in it, newest first. Holdfast can read this file back.",
        as_csv,
    ),
)

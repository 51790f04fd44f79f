"""What every step of reading a file shares: its rows, what it must tell, and when it refuses."""

from __future__ import annotations

from dataclasses import dataclass

MAX_LINE = 1_000_000  # characters of one line, and of one row with line breaks in its quotes
MAX_CELL = 32_768  # characters; a spreadsheet holds no more either
MAX_CELLS = 1_000  # of one row
MAX_ROWS = 2_000_000


class Refused(Exception):  # noqa: N818 - what happened, in the word that owners see
    """The file as a whole cannot be read. `words` say why, and what to do."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.words = words


@dataclass(frozen=True, slots=True)
class Row:
    number: int  # as a spreadsheet counts
    cells: tuple[str, ...]
    original: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the file that its owner should know, though it could be read."""

    code: str
    words: str


def checked(row: Row) -> Row:
    """The row, if it is one that an export could have. Raises Refused."""
    if row.number > MAX_ROWS:
        raise Refused(
            "too_many_rows",
            f"This file has more than {MAX_ROWS:,} rows. Please export it in parts, such as year by year, "
            "and import one after the other.",
        )
    if len(row.cells) > MAX_CELLS:
        raise Refused("too_many_cells", f"Row {row.number:,} has more than {MAX_CELLS:,} cells. {NO_EXPORT}")
    if len(row.original) > MAX_CELL and any(len(cell) > MAX_CELL for cell in row.cells):
        raise cell_too_long(row.number)
    if len(row.original) > MAX_LINE:
        raise Refused("line_too_long", f"Row {row.number:,} has more than {MAX_LINE:,} characters. {NO_EXPORT}")
    return row


def cell_too_long(number: int) -> Refused:
    where = f"Row {number:,} has a cell" if number else "There is a cell"
    return Refused("cell_too_long", f"{where} of more than {MAX_CELL:,} characters. {NO_EXPORT}")


NO_EXPORT = "No export of an exchange looks like that: please download the file again, and do not edit it."

"""From a file, whatever it is called, to a stream of rows of text cells.

What a file is, its first bytes say: names lie. Nothing here holds more than one row, and nothing is read by a size that
the file claims for itself.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ledger.imports import delimited, workbook
from ledger.imports.base import Note, Refused, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = 65_536

SAVE_AS = "Please open it in a spreadsheet and save it as .xlsx or .csv, or download it from the exchange as CSV."
FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "old_excel",
        f"This is an old Excel file (.xls), or one with a password. {SAVE_AS}",
    ),
    (b"%PDF", "pdf", "This is a PDF, made for reading on paper. Please download the same history as CSV."),
    (b"\x89PNG", "image", "This is a picture. Please download the history as CSV."),
    (b"\xff\xd8\xff", "image", "This is a picture. Please download the history as CSV."),
    (b"GIF8", "image", "This is a picture. Please download the history as CSV."),
    (b"\x1f\x8b", "packed", "This file is packed (.gz). Please unpack it and import what is inside."),
    (b"7z\xbc\xaf", "packed", "This file is packed (.7z). Please unpack it and import what is inside."),
    (b"Rar!", "packed", "This file is packed (.rar). Please unpack it and import what is inside."),
)
MARKUP = re.compile(rb"\s*<(!doctype|\?xml|html|head|body|table|div|script|workbook|svg)\b", re.IGNORECASE)
HTML = "This is a web page, although it may be named otherwise: often what a sign-in page or Excel saved. " + SAVE_AS
JSON = "This is JSON, made for programs. Please download the history as CSV."


@dataclass(frozen=True, slots=True)
class Sheet:
    kind: str  # "csv" or "xlsx"
    notes: tuple[Note, ...]
    rows: Iterator[Row]


@contextmanager
def opened(source: Path | str | BinaryIO) -> Iterator[Sheet]:
    """Its rows may be read once, until the end of the `with`. Raises Refused, also while rows are read."""
    with ExitStack() as stack:
        stream = stack.enter_context(Path(source).open("rb")) if isinstance(source, (str, Path)) else source
        yield sheet_of(stream, stack)


def sheet_of(stream: BinaryIO, stack: ExitStack) -> Sheet:
    """What it needs beside the file is closed with the stack."""
    stream.seek(0)
    head = stream.read(HEAD)
    stream.seek(0)
    refuse_foreign(head)
    if head.startswith(b"PK\x03\x04"):
        notes, rows = workbook.rows_of(stream, stack)
        return Sheet("xlsx", notes, rows)
    notes, rows = delimited.rows_of(stream, head)
    return Sheet("csv", notes, rows)


def refuse_foreign(head: bytes) -> None:
    for beginning, code, words in FOREIGN:
        if head.startswith(beginning):
            raise Refused(code, words)
    text = head.removeprefix(b"\xef\xbb\xbf")
    if MARKUP.match(text):
        raise Refused("html", HTML)
    if re.match(rb"\s*(\{|\[\s*[\[{])", text):
        raise Refused("json", JSON)
    if not text.strip():
        raise Refused("empty", "This file is empty. Please download it again.")

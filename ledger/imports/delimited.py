"""Text with separators: which alphabet, which separator, and one row at a time, however the file was made."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from ledger.imports.base import MAX_LINE, NO_EXPORT, Note, Refused, Row, checked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK = 262_144
SEPARATORS = ",;\t|"
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "upright bars"}
SAMPLE_ROWS = 60
WIDE = 4  # cells from which a line is one of an export
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OLD_ALPHABET = Note(
    "old_encoding",
    "This file is not written in UTF-8. It was read as Western European text: if letters with accents look wrong, "
    "save it as UTF-8. Amounts and dates are the same either way.",
)


def rows_of(stream: BinaryIO, head: bytes) -> tuple[tuple[Note, ...], Iterator[Row]]:
    encoding = encoding_of(stream, head)
    sample = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    declared = declared_separator(sample)
    separator = declared or separator_of(sample)
    notes = (OLD_ALPHABET,) if encoding in {"cp1252", "latin-1"} else ()
    found = rows(stream, encoding, separator, skip=1 if declared else 0)
    if separator == SEPARATORS[0] and is_wrapped(sample):
        found = (checked(replace(row, cells=parted(row.cells))) for row in found)
    return notes, found


def encoding_of(stream: BinaryIO, head: bytes) -> str:
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if wide := unmarked_utf16(head):
        return wide
    return next((name for name in ("utf-8", "cp1252") if decodes(stream, name)), "latin-1")


def unmarked_utf16(head: bytes) -> str:
    """Western text in UTF-16 has a nought in every second place."""
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and odd * 10 > pairs * 7 and not even:
        return "utf-16-le"
    return "utf-16-be" if pairs and even * 10 > pairs * 7 and not odd else ""


def decodes(stream: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)
    return True


def declared_separator(sample: str) -> str:
    """Excel writes `sep=;` in front, and does not count that line."""
    first = sample.lstrip("\ufeff")[:20].splitlines()[0:1]
    line = first[0].strip('" ').lower() if first else ""
    return line[4] if line.startswith("sep=") and line[4:5] in SEPARATORS and len(line) > len("sep=") else ""


def is_wrapped(sample: str) -> bool:
    """Whether each line became one cell with its own quotes in it, as a spreadsheet saves what it did not part (R). The
    header has none, and may have stayed as it was.
    """
    try:
        lines = csv.reader(io.StringIO(sample, newline=""))
        found = [row for row, _ in zip(lines, range(SAMPLE_ROWS), strict=False) if any(row)]
    except csv.Error:
        return False
    whole = [row[0] for row in found if len(row) == 1 and len(parted(row)) >= WIDE]
    return any('"' in cell for cell in whole) and len(found) - len(whole) <= 1


def parted(cells: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader(cells), cells)) if len(cells) == 1 else tuple(cells)
    except csv.Error:
        return tuple(cells)


def separator_of(sample: str) -> str:
    """The one that makes the most cells in rows of one width: preambles and decimal commas do not."""
    return max(SEPARATORS, key=lambda separator: (cells_in_rows(sample, separator), -SEPARATORS.index(separator)))


def cells_in_rows(sample: str, separator: str) -> int:
    try:
        lines = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
        widths = Counter(len(row) for row, _ in zip(lines, range(SAMPLE_ROWS), strict=False) if len(row) > 1)
    except csv.Error:
        return 0
    return max((count * (width - 1) for width, count in widths.items()), default=0)


class Lines:
    """Physical lines for the reader of rows, never more than a row's worth, and the text of the row just read."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self.text = io.TextIOWrapper(stream, encoding, newline="")
        self.taken: list[str] = []
        self.length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(MAX_LINE + 1 - self.length):
            self.taken.append(line)
            self.length += len(line)
            if self.length > MAX_LINE:
                raise Refused("line_too_long", f"A line has more than {MAX_LINE:,} characters. {NO_EXPORT}")
            if "\0" in line:
                raise Refused("nul", f"This file holds bytes that are no text. {NO_EXPORT}")
            yield line

    def original(self) -> str:
        text = "".join(self.taken).rstrip("\r\n")
        self.taken.clear()
        self.length = 0
        return text


def rows(stream: BinaryIO, encoding: str, separator: str, *, skip: int) -> Iterator[Row]:
    lines = Lines(stream, encoding)
    try:
        for place, cells in enumerate(csv.reader(lines, delimiter=separator)):
            original = lines.original()
            if place < skip or not any(cells):
                continue
            if place == 0:
                cells[0] = cells[0].removeprefix("\ufeff")
            yield checked(Row(place + 1 - skip, tuple(cells), original))
    except csv.Error as error:
        raise Refused("broken_rows", f"A cell has quotes that never end. {NO_EXPORT}") from error
    except UnicodeError as error:
        raise Refused("broken_text", f"This file holds bytes that are no text. {NO_EXPORT}") from error
    finally:
        lines.text.detach()

"""Lines under their column names: below whatever stands in front, through several tables, without what is no line."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from ledger.imports.base import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ledger.imports.base import Row

LOOKED_AT = 100  # rows in which a header must begin
BYTE_ORDER = "\ufeff"  # OKX writes it in front of each line (R), where it would make another id of each
INVISIBLE = re.compile("[\ufeff\u200b-\u200f\u2060\u00ad]")
FORMULA_TEXT = re.compile(r'="(.*)"', re.DOTALL)  # how some exports keep a spreadsheet from rounding
NUMBERED = re.compile(r"[-+(]?\W{0,2}\d")
MIN_WIDTH = 2
MAX_NAME = 200
WIDE = 4  # from so many columns on, a row with one filled cell is a remark


@dataclass(frozen=True, slots=True)
class Header:
    number: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    cells: Mapping[str, str]
    original: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A row outside of every table: a title, a sum, a remark."""

    number: int
    original: str


Part = Header | Line | Aside


def tables(rows: Iterable[Row], known: Callable[[tuple[str, ...]], bool]) -> Iterator[Part]:
    """`known`: whether these are the columns of a format. Without one in sight, the likeliest row is the header."""
    stream = iter(rows)
    first = beginning(stream)
    place = header_place(first, known)
    yield from (Aside(row.number, row.original) for row in first[:place])
    header: Header | None = None
    for row in chain(first[place:], stream):
        names = names_of(row.cells) if header is None or looks_like_header(row.cells) else ()
        if header is None or (names and (names == header.names or known(names))):
            header = Header(row.number, names)
            yield header
        else:
            yield line_of(row, header)


def beginning(stream: Iterator[Row]) -> list[Row]:
    first, length = [], 0
    for row in stream:
        first.append(row)
        length += len(row.original)
        if len(first) == LOOKED_AT or length > MAX_LINE:
            break
    return first


def header_place(rows: Sequence[Row], known: Callable[[tuple[str, ...]], bool]) -> int:
    candidates = [place for place, row in enumerate(rows) if looks_like_header(row.cells)]
    for place in candidates:
        if known(names_of(rows[place].cells)):
            return place
    widths = Counter(len(row.cells) for row in rows if len(row.cells) >= MIN_WIDTH)
    common = max(widths, key=lambda width: (widths[width], width), default=0)
    return next((place for place in candidates if filled(rows[place].cells) * 10 >= common * 7), 0)


def looks_like_header(cells: Sequence[str]) -> bool:
    """Words alone, at least two: a line has a number or a date somewhere."""
    wordy = not any(NUMBERED.match(cell) or len(cell) > MAX_NAME for cell in cells)
    return wordy and filled(cells) >= MIN_WIDTH


def filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell and not cell.isspace())


def names_of(cells: Sequence[str]) -> tuple[str, ...]:
    """Folded, and each once: "Cur.", "Cur. 2", "Cur. 3". A column without a name is called after its place."""
    names: list[str] = []
    taken: set[str] = set()
    for place, cell in enumerate(trimmed(cells), 1):
        base = name = folded(cell)[:MAX_NAME] or f"Column {place}"
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{base} {count}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Many exports end their header with a separator too many."""
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def folded(text: str) -> str:
    """Full-width brackets, no-break spaces and marks that nobody sees must not make another column of it."""
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).split())


def line_of(row: Row, header: Header) -> Line | Aside:
    cells = [cell.strip() for cell in row.cells]
    if BYTE_ORDER in row.original:
        cells = [cell.strip(f"{BYTE_ORDER} ") for cell in cells]
    if len(header.names) >= WIDE and len(cells) - cells.count("") <= 1:
        return Aside(row.number, row.original)
    if '="' in row.original:
        cells = [unwrapped(cell) for cell in cells]
    named = dict(zip(header.names, cells, strict=False))
    for name in header.names[len(cells) :]:
        named[name] = ""
    for place, cell in enumerate(cells[len(header.names) :], len(header.names) + 1):
        if cell:
            named[f"Column {place}"] = cell
    return Line(row.number, named, row.original)


def unwrapped(cell: str) -> str:
    match = FORMULA_TEXT.fullmatch(cell)
    return match[1].strip() if match else cell

"""Spreadsheets (.xlsx): rows as they stream by, numbers as the text that is in the file, dates as ISO text.

A workbook has a table of its repeated texts, which may be longer than memory should be: it lies in a temporary file.
Declarations of types and entities have no place in a spreadsheet, and are refused before any is used.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from array import array
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, TYPE_CHECKING, BinaryIO
from xml.parsers import expat  # declarations, the danger of XML, are refused

from ledger.imports.archive import BROKEN, Archive
from ledger.imports.base import MAX_CELL, MAX_CELLS, MAX_ROWS, NO_EXPORT, Note, Refused, Row, cell_too_long, checked
from ledger.imports.serials import Style, shown, styles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import ExitStack

BOOK = "xl/workbook.xml"
RELATIONS = "xl/_rels/workbook.xml.rels"
MAX_SHEETS = 500
MAX_TAG = 1_000_000  # bytes: the parser holds a tag until it ends
MAX_DEPTH = 100  # tags within tags: the parser holds them all
MAX_LISTED = 300_000  # entries of the parts that are held: 64,000 styles, the most there are, come to two thirds of it
MAX_TEXTS = 10_000_000  # eight bytes are held for each
MAX_FIGURES = 10

OPEN_DOCUMENT = Refused("ods", "This is an OpenDocument spreadsheet. Please save it as .xlsx or .csv.")
NO_WORKBOOK = Refused("archive", "This is a packed file (.zip). Please unpack it and import the files inside.")
DECLARES = Refused("xml_declares", "This spreadsheet holds instructions that no spreadsheet needs, so it was not read.")
NOTHING = Refused("empty", "There is nothing in this spreadsheet.")


def rows_of(stream: BinaryIO, stack: ExitStack) -> tuple[tuple[Note, ...], Iterator[Row]]:
    archive = Archive(stream, stack)
    if BOOK not in archive.names:
        raise OPEN_DOCUMENT if {"content.xml", "mimetype"} <= archive.names else NO_WORKBOOK
    book = Book(archive, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115 - the stack closes it
    sheets = book.sheets()
    filled = next((place for place, (_, part) in enumerate(sheets) if next(book.rows(part), None)), None)
    if filled is None:
        raise NOTHING
    name, part = sheets[filled]
    return notes_of(name, len(sheets)), book.rows(part)


def notes_of(name: str, sheets: int) -> tuple[Note, ...]:
    if sheets == 1:
        return ()
    words = f"This spreadsheet has {sheets} sheets. Only the first that is not empty is read: “{name[:60]}”."
    return (Note("several_sheets", words),)


class Walk:
    """An XML part, told as it streams by."""

    def __init__(self, archive: Archive, part: str) -> None:
        self.chunks = archive.chunks(part)
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = refuse_declarations
        self.parser.EntityDeclHandler = refuse_declarations

    def tell(self, start: Callable[..., None], end: Callable[..., None], text: Callable[..., None]) -> Iterator[None]:
        depth = 0

        def enter(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > MAX_DEPTH:
                raise BROKEN
            start(local(name), attributes)

        def leave(name: str) -> None:
            nonlocal depth
            depth -= 1
            end(local(name))

        self.parser.StartElementHandler, self.parser.EndElementHandler = enter, leave
        self.parser.CharacterDataHandler = text
        fed = 0
        try:
            for chunk in self.chunks:
                self.parser.Parse(chunk, False)  # noqa: FBT003 - expat takes it by place
                fed += len(chunk)
                if fed - self.parser.CurrentByteIndex > MAX_TAG:
                    raise BROKEN
                yield
            self.parser.Parse(b"", True)  # noqa: FBT003 - as above
        except expat.ExpatError as error:
            raise BROKEN from error
        yield

    def elements(self) -> Iterator[tuple[str, dict[str, str]]]:
        """For parts of which more is held than one row."""
        found: deque[tuple[str, dict[str, str]]] = deque()
        listed = 0
        for _ in self.tell(lambda name, attributes: found.append((name, attributes)), ignore, ignore):
            listed += len(found)
            if listed > MAX_LISTED:
                raise BROKEN
            yield from found
            found.clear()


def refuse_declarations(*_: object) -> None:
    raise DECLARES


def ignore(*_: object) -> None:
    """Not looked at."""


def local(name: str) -> str:
    return name.rpartition(" ")[2]


class Book:
    def __init__(self, archive: Archive, room: IO[bytes]) -> None:
        self.archive = archive
        self.from_1904 = False
        self.listed: list[tuple[str, str]] = []
        self.read_book()
        related = {kind.rpartition("/")[2]: target for kind, target in self.targets().values()}
        self.texts = Texts(self.part(related.get("sharedStrings", "")), room)
        self.styles = self.read_styles(related.get("styles", ""))

    def read_book(self) -> None:
        for name, attributes in Walk(self.archive, BOOK).elements():
            if name == "workbookPr":
                self.from_1904 = attributes.get("date1904") in {"1", "true"}
            elif name == "sheet":
                key = next((value for key, value in attributes.items() if local(key) == "id"), "")
                self.listed.append((attributes.get("name", ""), key))
        if len(self.listed) > MAX_SHEETS:
            raise Refused("too_many_sheets", f"This spreadsheet has more than {MAX_SHEETS} sheets. {NO_EXPORT}")

    def targets(self) -> Mapping[str, tuple[str, str]]:
        if RELATIONS not in self.archive.names:
            raise BROKEN
        return {
            attributes.get("Id", ""): (attributes.get("Type", ""), place_of(attributes.get("Target", "")))
            for name, attributes in Walk(self.archive, RELATIONS).elements()
            if name == "Relationship"
        }

    def sheets(self) -> list[tuple[str, str]]:
        targets = self.targets()
        found = [(name, targets[key][1]) for name, key in self.listed if key in targets]
        return [(name, part) for name, part in found if part in self.archive.names and "/worksheets/" in part]

    def part(self, name: str) -> Walk | None:
        return Walk(self.archive, name) if name in self.archive.names else None

    def read_styles(self, name: str) -> tuple[Style, ...]:
        part = self.part(name)
        return styles_of(part.elements()) if part else ()

    def rows(self, part: str) -> Iterator[Row]:
        reader = SheetReader(self)
        for _ in Walk(self.archive, part).tell(reader.start, reader.end, reader.characters):
            while reader.done:
                yield checked(reader.done.popleft())


def place_of(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))


class Texts:
    """The table of texts that cells point into."""

    def __init__(self, part: Walk | None, room: IO[bytes]) -> None:
        self.file = room
        self.ends = array("Q", [0])
        self.depth = 0
        self.piece: list[str] = []
        self.length = 0
        self.wanted = False
        for _ in part.tell(self.start, self.end, self.characters) if part else ():
            pass
        self.file.flush()
        self.get = lru_cache(maxsize=10_000)(self.look_up)

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self.depth += name == "rPh"  # how it is pronounced, which is not what it says
        self.wanted = name == "t" and not self.depth

    def end(self, name: str) -> None:
        self.wanted = False
        self.depth -= name == "rPh"
        if name == "si":
            if len(self.ends) > MAX_TEXTS:
                raise BROKEN
            self.ends.append(self.ends[-1] + self.file.write("".join(self.piece).encode("utf-8", "replace")))
            self.piece.clear()
            self.length = 0

    def characters(self, text: str) -> None:
        if self.wanted:
            self.length += len(text)
            self.piece.append(text if self.length <= MAX_CELL else "")
            if self.length > MAX_CELL:
                raise cell_too_long(0)

    def look_up(self, place: int) -> str:
        if not 0 <= place < len(self.ends) - 1:
            return ""
        begin, end = self.ends[place], self.ends[place + 1]
        return os.pread(self.file.fileno(), end - begin, begin).decode()


@dataclass(slots=True)
class Cell:
    column: int
    kind: str
    style: int
    text: list[str] = field(default_factory=list)
    length: int = 0


class SheetReader:
    def __init__(self, book: Book) -> None:
        self.book = book
        self.done: deque[Row] = deque()
        self.number = 0
        self.cells: list[str] = []
        self.cell: Cell | None = None
        self.wanted = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            told = attributes.get("r", "")
            self.number = min(whole(told, self.number + 1), MAX_ROWS + 1)
            self.cells = []
        elif name == "c":
            column = column_of(attributes.get("r", ""), len(self.cells))
            self.cell = Cell(column, attributes.get("t", "n"), whole(attributes.get("s", ""), 0))
        self.wanted = name in {"v", "t"} and self.cell is not None

    def characters(self, text: str) -> None:
        if self.wanted and self.cell:
            self.cell.length += len(text)
            if self.cell.length > MAX_CELL:
                raise cell_too_long(self.number)
            self.cell.text.append(text)

    def end(self, name: str) -> None:
        self.wanted = False
        if name == "c" and self.cell:
            self.put(self.cell)
            self.cell = None
        elif name == "row" and any(self.cells):
            cells = tuple(self.cells)
            self.done.append(Row(self.number, cells, "\t".join(cells)))

    def put(self, cell: Cell) -> None:
        if cell.column >= MAX_CELLS:
            raise Refused("too_many_cells", f"Row {self.number:,} has more than {MAX_CELLS:,} cells. {NO_EXPORT}")
        text = self.said(cell, "".join(cell.text))
        if text:
            self.cells.extend([""] * (cell.column + 1 - len(self.cells)))
            self.cells[cell.column] = text.replace("\0", "")

    def said(self, cell: Cell, text: str) -> str:
        if cell.kind == "s":
            return self.book.texts.get(whole(text.strip(), -1))
        if cell.kind == "b":
            return "TRUE" if text.strip() == "1" else "FALSE"
        if cell.kind == "n" and cell.style < len(self.book.styles):
            return shown(text, self.book.styles[cell.style], from_1904=self.book.from_1904)
        return text


def whole(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < MAX_FIGURES else otherwise


def column_of(reference: str, following: int) -> int:
    """Counted from nought: AB12 is in column 27."""
    letters = reference.rstrip("0123456789")
    if not letters or len(letters) > 3 or not (letters.isascii() and letters.isupper()):  # noqa: PLR2004 - "XFD" is the last
        return following
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return column - 1

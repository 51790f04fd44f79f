"""Papers, drawn line by line: what comes is put down at once, so that long ones cost little more than their file."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, letter
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from ledger.engine.types import Country
from ledger.reports.cells import dated
from ledger.reports.wanting import unfinished

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ledger.reports.base import Source
    from ledger.reports.cells import Cell

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
SMALL, USUAL, LARGE, LARGEST = 8, 9, 11, 16
LEFT, TOP, BOTTOM = 36, 40, 44
LINE, LEADING = 11, 13  # points from line to line, in lists and in text
GAP = 10  # between columns
HAIR = Decimal("0.5")
NARROWEST = 62  # of a hundred: how narrow letters may be set
rl_config.useA85 = 0  # bytes as they are: files are a fifth smaller, and sooner made
# Of the figures' typeface, in thousandths of its size: digits are all as wide, and little else stands in a figure.
DIGIT, POINT, BRACKET = 556, 278, 333
SPECIAL, PRINTED = frozenset(b"()\\"), (32, 126)


class Paper:
    def __init__(self, file: BinaryIO, title: str, source: Source) -> None:
        size = letter if source.country in {Country.US, Country.CA} else A4
        self.width, self.height = size
        # Without the time of day and without chance: the same gains make the same bytes.
        self.canvas = Canvas(file, pagesize=size, pageCompression=1, invariant=1)
        self.canvas.setTitle(title)
        self.canvas.setAuthor("Holdfast")
        self.foot = f"{title}. Made by Holdfast on {dated(source.now)}."
        self.source = source
        self.number, self.heading_of_pages = 0, ""
        self.fresh()

    # --- pages ----------------------------------------------------------------------------------------------------

    def fresh(self) -> None:
        self.number += 1
        self.y = self.height - TOP
        self.canvas.setFont(PLAIN, SMALL)
        self.canvas.drawString(LEFT, 26, drawable(self.foot))
        self.canvas.drawRightString(self.width - LEFT, 26, f"Page {self.number}")

    def turn(self) -> None:
        self.canvas.showPage()
        self.fresh()

    def page(self, heading: str) -> None:
        self.heading_of_pages = heading
        self.turn()
        self.words(heading, BOLD, USUAL)

    def finish(self) -> None:
        self.canvas.showPage()
        self.canvas.save()

    def room(self, points: int) -> bool:
        enough: bool = self.y - points >= BOTTOM
        return enough

    def need(self, points: int) -> None:
        if not self.room(points):
            self.turn()

    def space(self) -> None:
        self.y -= LEADING

    # --- words ----------------------------------------------------------------------------------------------------

    def title(self, text: str) -> None:
        self.y -= 6
        self.words(text, BOLD, LARGEST)
        for line in unfinished(self.source):
            self.words(line, BOLD, USUAL)
        self.space()

    def heading(self, text: str) -> None:
        self.need(4 * LEADING)
        self.y -= 8
        self.words(text, BOLD, LARGE)

    def text(self, text: str) -> None:
        self.words(text, PLAIN, USUAL)
        self.y -= 3

    def blank(self, label: str) -> None:
        """For whoever prints it to fill in."""
        self.canvas.setFont(PLAIN, USUAL)
        self.canvas.drawString(LEFT, self.y, label)
        self.canvas.line(LEFT + 130, self.y - 2, self.width - LEFT, self.y - 2)
        self.y -= LEADING + 5

    def words(self, text: str, font: str, size: int) -> None:
        for line in wrapped(drawable(text), font, size, self.width - 2 * LEFT):
            self.need(LEADING)
            self.canvas.setFont(font, size)
            self.canvas.drawString(LEFT, self.y, line)
            self.y -= max(LEADING, size * 6 // 5)

    # --- lists ----------------------------------------------------------------------------------------------------

    def table(self, cells: Sequence[Cell], rows: Iterable[Sequence[str]]) -> None:
        """A short one."""
        self.head(cells)
        self.canvas.setFont(PLAIN, SMALL)
        for row in rows:
            if not self.room(LINE):
                self.turn()
                self.head(cells)
                self.canvas.setFont(PLAIN, SMALL)
            self.row(cells, row)

    def total(self, cells: Sequence[Cell], row: Sequence[str]) -> None:
        self.need(2 * LINE)
        self.canvas.line(LEFT, self.y + 8, self.width - LEFT, self.y + 8)
        self.canvas.setFont(BOLD, SMALL)
        self.canvas.drawString(LEFT, self.y, row[0])  # beyond its own column, where nothing stands
        self.row(cells, ["", *row[1:]])
        self.canvas.setFont(PLAIN, SMALL)

    def listing(self, cells: Sequence[Cell], rows: Iterable[Sequence[str]], sums: Sequence[int]) -> int:
        """A long one, with the totals of each page below it; answers how many lines. Figures come as plain decimals."""
        number, cents = 0, dict.fromkeys(sums, 0)
        self.begin(cells)
        for number, row in enumerate(rows, 1):  # noqa: B007 - the last number is the answer
            if not self.room(3 * LINE):
                self.end(cells, cents)
                cents = dict.fromkeys(sums, 0)
                self.page(self.heading_of_pages)
                self.begin(cells)
            line = list(row)
            for place in sums:
                if line[place]:
                    cents[place] += whole_cents(line[place])
                    line[place] = of_cents(whole_cents(line[place]))
            self.row(cells, line)
        self.end(cells, cents)
        return number

    def begin(self, cells: Sequence[Cell]) -> None:
        self.head(cells)
        self.canvas.setFont(PLAIN, SMALL)

    def end(self, cells: Sequence[Cell], cents: dict[int, int]) -> None:
        totals = [of_cents(cents[place]) if place in cents else "" for place in range(len(cells))]
        self.total(cells, ["Total of this page", *totals[1:]])

    def head(self, cells: Sequence[Cell]) -> None:
        self.canvas.setFont(BOLD, SMALL)
        x = LEFT
        for cell in cells:
            if cell.figure:
                self.canvas.drawRightString(x + cell.width - GAP, self.y, cell.title)
            else:
                self.canvas.drawString(x, self.y, cell.title)
            x += cell.width
        self.y -= 4
        self.canvas.setLineWidth(HAIR)
        self.canvas.line(LEFT, self.y, self.width - LEFT, self.y)
        self.y -= LINE

    def row(self, cells: Sequence[Cell], row: Sequence[str]) -> None:
        """In the operators of the file itself: to go through the library for each cell takes four times as long."""
        x, put = LEFT, []
        for cell, text in zip(cells, row, strict=True):
            if text and cell.figure:
                place = 1000 * (x + cell.width - GAP) - figure_width(text)
                put.append(f"1 0 0 1 {place // 1000}.{place % 1000:03} {self.y} Tm ({escaped(text)}) Tj")
            elif text:
                put.append(f"1 0 0 1 {x} {self.y} Tm {narrowed(text, cell.width - GAP)}")
            x += cell.width
        self.canvas.addLiteral(f"BT {' '.join(put)} ET")
        self.y -= LINE


# --- figures ------------------------------------------------------------------------------------------------------


def whole_cents(text: str) -> int:
    return int(text.replace(".", ""))


def of_cents(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    return f"({whole:,}.{rest:02})" if cents < 0 else f"{whole:,}.{rest:02}"


def figure_width(text: str) -> int:
    """In thousandths of a point. To ask the typeface for each of millions would cost as much as drawing them."""
    points, brackets = text.count(".") + text.count(","), text.count("(") + text.count(")") + text.count("-")
    digits = len(text) - points - brackets
    return (digits * DIGIT + points * POINT + brackets * BRACKET) * SMALL


# --- words --------------------------------------------------------------------------------------------------------


def drawable(text: str) -> str:
    """In the letters that every reader of papers has; others show as a question mark."""
    return text if text.isascii() else text.encode("cp1252", "replace").decode("cp1252")


def escaped(text: str) -> str:
    """Between the parentheses of a file's own language: signs of it are marked, others are told by their number."""
    if text.isascii() and "\\" not in text and "(" not in text and ")" not in text:
        return text
    return "".join(
        f"\\{code:03o}" if code in SPECIAL or not PRINTED[0] <= code <= PRINTED[1] else chr(code)
        for code in text.encode("cp1252", "replace")
    )


def narrowed(text: str, width: int) -> str:
    """Long words are set narrower, as far as they can be read, before anything of them is cut off."""
    text = drawable(text)
    if len(text) * SMALL <= width or (wide := stringWidth(text, PLAIN, SMALL)) <= width:
        return f"({escaped(text)}) Tj"
    narrow = int(100 * width / wide)
    if narrow < NARROWEST:
        narrow, text = NARROWEST, fitting(text, 100 * width // NARROWEST)
    return f"{narrow} Tz ({escaped(text)}) Tj 100 Tz"


def fitting(text: str, width: int) -> str:
    """Cut short where there is no room; files have the whole."""
    text = drawable(text)
    if len(text) * SMALL <= width or stringWidth(text, PLAIN, SMALL) <= width:
        return text
    room = width - stringWidth("...", PLAIN, SMALL)
    kept = text
    while kept and stringWidth(kept, PLAIN, SMALL) > room:
        kept = kept[:-1]
    return f"{kept}..."


def wrapped(text: str, font: str, size: int, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and stringWidth(longer, font, size) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]

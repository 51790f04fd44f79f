"""How far each kind of record reaches, drawn by the server as bars on one line of time: attributes only, so that the
strict policy lets it pass. The sentences beside it say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sync.coverage import Span

WIDTH = 1000
MARGIN = 10  # where the beginning is missing, nobody knows how much: a tenth of the rest stands for it
LEAST = 4  # what is missing is seen, however short


@dataclass(frozen=True, slots=True)
class Piece:
    x: int
    width: int
    missing: bool


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    begins: datetime
    bars: tuple[Bar, ...]
    before: bool  # something is missing from before the line begins
    anything_missing: bool


def reach_of(spans: Sequence[Span], *, now: datetime) -> Reach | None:
    """Nothing where nothing has happened yet: there is no line of time."""
    moments = [at for span in spans for at in (span.first_row_at, span.since, *(hole.since for hole in span.missing))]
    begins = min(filter(None, moments), default=now)
    if begins >= now:
        return None
    before = any(span.since for span in spans)
    line = Line(begins - (now - begins) / MARGIN if before else begins, now)
    bars = tuple(Bar(span.name, tuple(pieces_of(span, line))) for span in spans)
    return Reach(begins, bars, before, any(piece.missing for bar in bars for piece in bar.pieces))


@dataclass(frozen=True, slots=True)
class Line:
    begins: datetime
    now: datetime

    def piece(self, since: datetime, until: datetime, *, missing: bool) -> Piece:
        first, last = self.place(since), self.place(until)
        width = max(last - first, LEAST if missing else 0)
        return Piece(min(first, WIDTH - width), width, missing)

    def place(self, at: datetime) -> int:
        inside = min(max(at, self.begins), self.now)
        return round(WIDTH * ((inside - self.begins) / (self.now - self.begins)))


def pieces_of(span: Span, line: Line) -> Iterator[Piece]:
    """What is here first: what is missing lies upon it."""
    if span.until:
        yield line.piece(span.since or line.begins, span.until, missing=False)
    if span.since:
        yield line.piece(line.begins, span.since, missing=True)
    for hole in span.missing:
        yield line.piece(hole.since, hole.until, missing=True)

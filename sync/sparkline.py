"""Counts of the last hours as bars, drawn by the server: attributes only, so that the strict policy lets it pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT, STEP, BAR = 24, 5, 4


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The newest hour is the last bar."""

    counts: Sequence[int]

    width_of_bar = BAR
    height = HEIGHT

    @property
    def width(self) -> int:
        return len(self.counts) * STEP

    @property
    def total(self) -> int:
        return sum(self.counts)

    @property
    def most(self) -> int:
        return max(self.counts, default=0)

    @property
    def bars(self) -> list[Bar]:
        """What happened is seen, however small beside the rest."""
        heights = [max(1, count * HEIGHT // self.most) if count else 0 for count in self.counts]
        return [Bar(place * STEP, HEIGHT - height, height) for place, height in enumerate(heights) if height]

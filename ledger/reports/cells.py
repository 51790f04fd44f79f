"""What a paper's lists look like, and how money is written there; drawing itself is in `paper`, for workers only."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date


class Cell(NamedTuple):
    """A column of a list: what stands above it, how wide it is, and whether figures stand in it, to the right."""

    title: str
    width: int
    figure: bool = False


def money(number: Decimal, places: int = 2) -> str:
    """As the forms write it: below nought in parentheses."""
    rounded = number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"({-rounded:,f})" if rounded < 0 else f"{abs(rounded):,f}"  # nought has no sign


def dated(at: date) -> str:
    return f"{at:%d %B %Y}".lstrip("0")

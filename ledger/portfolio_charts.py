"""A history as a page draws it: figures as texts for the line, some for a table, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger import portfolio_shown as shown
from ledger.pricing.clock import seconds
from ledger.sums import NOUGHT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.portfolio_history import History, Point

LINES = 60  # of the table
NAMED = 5  # assets that are named as left out


@dataclass(frozen=True, slots=True)
class LeftOut:
    asset: str
    points: int
    always: bool


def data(history: History, zone: str) -> dict[str, Any]:
    """Figures are texts: the browser makes numbers of them for its lines, and shows the text."""
    points, money = history.points, history.currency
    told: dict[str, Any] = {
        "times": [seconds(point.at) for point in points],
        "values": [plain(point, money) for point in points],
        "out": [point.left_out for point in points],
        "currency": money,
        "zone": zone if history.grid.hourly else "UTC",
        "hourly": history.grid.hourly,
    }
    if any(point.amount is not None for point in points):
        told["amounts"] = [shown.amount(point.amount) if point.amount is not None else "" for point in points]
        told["prices"] = [shown.price(point.price) for point in points]
    return told


def plain(point: Point, currency: str) -> str | None:
    if point.value is None:
        return None
    return f"{shown.rounded(point.value, shown.step_of(currency)):f}"


def lines(history: History) -> list[Point]:
    """Newest first, evenly taken, the newest among them."""
    step = max(1, -(-len(history.points) // LINES))
    return list(reversed(history.points))[::step]


def left_out(history: History) -> list[LeftOut]:
    """Those that were left out most come first."""
    found = sorted(history.left_out.items(), key=lambda each: (-each[1], each[0]))
    return [LeftOut(asset, points, asset in history.never) for asset, points in found]


def change(points: Sequence[Point], currency: str) -> tuple[str, str]:
    """From the first point to the last, with what was paid in and out. Nothing, where something that is in one of both
    sums is left out of the other: it would be told for a gain, or for a loss.
    """
    told = [point for point in points if point.value is not None]
    if len(told) < 2 or told[0].left_out or told[-1].left_out:  # noqa: PLR2004 - a beginning and an end
        return "", ""
    first, last = (point.value or NOUGHT for point in (told[0], told[-1]))
    return shown.signed(last - first, currency), shown.signed_share(last - first, first)

"""Prices by their place: one close for each hour or day of a stretch, and nothing where nothing was traded.

A run lies within one period (thirty days of hours, 360 days of days, counted from 1970), so that what is kept of a pair
is read a period at a time, and only the periods somebody asks about.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.series import Found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from ledger.pricing.series import Pair

LENGTHS = {HOUR: 30 * DAY, DAY: 360 * DAY}
Stretch = tuple[int, int]  # from, and just before, in seconds


@dataclass(frozen=True, slots=True)
class Run:
    begins: int
    span: int
    cells: tuple[str, ...]

    @property
    def ends(self) -> int:
        return self.begins + len(self.cells) * self.span

    @property
    def text(self) -> str:
        return ",".join(self.cells)

    def cell(self, at: int) -> str:
        return self.cells[(at - self.begins) // self.span] if self.begins <= at < self.ends else ""

    def priced(self) -> Iterator[tuple[int, str]]:
        return ((self.begins + place * self.span, cell) for place, cell in enumerate(self.cells) if cell)


def read(begins: int, span: int, text: str) -> Run:
    return Run(begins, span, tuple(text.split(",")))


def written(stretch: Stretch, span: int, closes: Mapping[int, Decimal]) -> list[Run]:
    """What was told of a stretch, cut where periods end."""
    return [
        Run(begin, span, tuple(cell(closes.get(at)) for at in range(begin, end, span)))
        for begin, end in cut(stretch, LENGTHS[span])
        if begin < end
    ]


def cell(price: Decimal | None) -> str:
    return "" if price is None else f"{price:f}"


def cut(stretch: Stretch, length: int) -> Iterator[Stretch]:
    begin, end = stretch
    while begin < end:
        border = min((begin // length + 1) * length, end)
        yield begin, border
        begin = border


def joined(former: Run, newer: Run) -> Run | None:
    """One of two that touch: where both were told, the newer word holds. None: something lies between them."""
    if max(former.begins, newer.begins) > min(former.ends, newer.ends):
        return None
    span = newer.span
    before = former.cells[: max(0, newer.begins - former.begins) // span]
    after = former.cells[max(0, newer.ends - former.begins) // span :]
    return Run(min(former.begins, newer.begins), span, (*before, *newer.cells, *after))


class Runs:
    """Prices of one pair from one source, as `Series` gives them, but read only where somebody looks.

    `fetch` is asked for the runs of one period, once.
    """

    def __init__(self, pair: Pair, fetch: Callable[[int], Iterable[Run]]) -> None:
        self.pair, self.fetch = pair, fetch
        self._length = LENGTHS[pair.span]
        self._periods: dict[int, list[Run]] = {}

    def find(self, moment: int, *, carry: int = 0) -> Found | None:
        """The price in whose span the moment lies, else the last one before, at most `carry` seconds past its span."""
        span = self.pair.span
        at = moment // span * span
        late = 0
        while late <= carry:
            if text := self._cell(at):
                return Found(at, Decimal(text), late)
            at -= span
            late = moment - at - span + 1
        return None

    def _cell(self, at: int) -> str | None:
        period = at // self._length
        runs = self._periods.get(period)
        if runs is None:
            runs = self._periods[period] = list(self.fetch(period))
        return next((cell for run in reversed(runs) if (cell := run.cell(at))), None)


def at_hand(pair: Pair, runs: Iterable[Run]) -> Runs:
    """Of runs that are read already."""
    by_period: dict[int, list[Run]] = defaultdict(list)
    for run in runs:
        by_period[run.begins // LENGTHS[pair.span]].append(run)
    return Runs(pair, lambda period: by_period.get(period, ()))

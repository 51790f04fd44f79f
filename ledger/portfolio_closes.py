"""What many assets closed at, moment after moment: as the price book answers, but a column at a time.

A chart asks for two hundred assets on hundreds of days. The legs that all of them share (a stablecoin in dollars,
dollars in euros) are looked up once for each moment, and not once for each asset.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from ledger import prices
from ledger.price_rates import rates
from ledger.pricing.base import EXACT, ONE, Method
from ledger.pricing.book import LONGEST, PriceBook, coarseness
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from ledger.pricing.runs import LENGTHS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ledger.pricing.book import Prices
    from ledger.pricing.fiat import Rates
    from ledger.pricing.runs import Run, Runs
    from ledger.pricing.series import Found

MANY = 16  # more legs than any way has
Cell = tuple[Decimal, int, int]  # a price, how many whole days old, and how coarse it is
Column = list["Cell | None"]


def closes(
    assets: Iterable[str], quote: str, moments: Sequence[datetime], *, owner_id: int, hourly: bool = False
) -> dict[str, list[Decimal | None]]:
    """In a constant number of questions. None: there is no price, nor one of shortly before that could stand in."""
    asked = list(dict.fromkeys(assets))
    if not asked or not moments:
        return {asset: [] for asset in asked}
    spans = (HOUR, DAY) if hourly else (DAY,)
    kept = prices.stored(asked, moments[0], moments[-1], *spans)
    found = Columns([*prices.own(owner_id), *map(Cells, kept)], rates(), moments)
    return {asset: found.column(asset, quote) for asset in asked}


class Cells:
    """`Runs` that are looked into by place, and not taken apart: a chart asks for few of their cells."""

    def __init__(self, runs: Runs) -> None:
        self.pair, self.fetch = runs.pair, runs.fetch
        self.find = runs.find
        self._length = LENGTHS[runs.pair.span]
        self._periods: dict[int, list[Run]] = {}

    def text(self, moment: int) -> str:
        """The price in whose span the moment lies; empty: there is none."""
        period = moment // self._length
        if period not in self._periods:
            self._periods[period] = list(self.fetch(period))
        for run in self._periods[period]:
            if run.begins <= moment < run.ends:
                return run.cells[(moment - run.begins) // run.span]
        return ""


class Columns(PriceBook):
    """One answer for each of `moments`, each the one that `price` would give."""

    def __init__(self, series: Iterable[Prices], rates: Rates, moments: Sequence[datetime]) -> None:
        super().__init__(series, rates)
        self._moments = moments
        self._seconds = [seconds(at) for at in moments]
        self._legs: dict[tuple[str, str], Column] = {}
        self._ways_on: dict[tuple[str, str], Column] = {}

    def column(self, asset: str, quote: str) -> list[Decimal | None]:
        if asset == quote:
            return [ONE] * len(self._moments)
        found = self._owners(asset, quote)
        fill(found, self._leg(asset, quote))
        self._fill_through(found, asset, quote)
        return [cell[0] if cell else None for cell in found]

    def _owners(self, asset: str, quote: str) -> Column:
        """By what the owner says, in whatever money."""
        if asset not in self._spoken:
            return [None] * len(self._moments)
        return [self._own(asset, quote, place) for place in range(len(self._moments))]

    def _own(self, asset: str, quote: str, place: int) -> Cell | None:
        for money, own in self._words(asset, quote, self._moments[place]):
            if money == quote:
                return own.value, 0, 0
            if onward := self._onwards(money, quote)[place]:
                return joined([(own.value, 0, 0), onward], *onward[1:])
        return None

    def _onwards(self, asset: str, quote: str) -> Column:
        if (asset, quote) not in self._ways_on:
            found = list(self._leg(asset, quote))
            self._fill_through(found, asset, quote)
            self._ways_on[asset, quote] = found
        return self._ways_on[asset, quote]

    def _leg(self, asset: str, quote: str) -> Column:
        """Without a way through anything else. Whoever gets it leaves it as it is."""
        if (asset, quote) not in self._legs:
            found = self._kept(asset, quote, Method.OWNER)
            fill(found, self._officially(asset, quote))
            fill(found, self._kept(asset, quote, Method.HOUR))
            fill(found, self._kept(asset, quote, Method.DAY))
            self._legs[asset, quote] = found
        return self._legs[asset, quote]

    def _officially(self, asset: str, quote: str) -> Column:
        if asset not in self._official_money or quote not in self._official_money:
            return []
        answers = (self._official(asset, quote, at) for at in self._moments)
        return [(answer.value, 0, weight(*coarseness(answer))) if answer else None for answer in answers]

    def _kept(self, asset: str, quote: str, method: Method) -> Column:
        ways = ((asset, quote, False), (quote, asset, True))
        both = [
            (series, turned) for one, other, turned in ways for series in self._series.get((one, other, method), ())
        ]
        if not both:
            return [None] * len(self._seconds)
        carry, daily = self._tolerance.of(method), method is Method.DAY
        found = at_once(both[0][0], self._seconds, daily=daily) if len(both) == 1 and not both[0][1] else []
        return [
            found[place] if found and found[place] else nearest(both, second, carry, daily=daily)
            for place, second in enumerate(self._seconds)
        ]

    def _fill_through(self, found: Column, asset: str, quote: str) -> None:
        for legs in range(2, LONGEST + 1):
            open_still = [place for place, cell in enumerate(found) if cell is None or cell[1]]
            if not open_still:
                return
            ways = [way for stops in self._routed(asset, quote, legs) if (way := self._way(stops))]
            for place in open_still if ways else ():
                found[place] = fresher(found[place], best_of(ways, place))

    def _way(self, stops: tuple[str, ...]) -> tuple[Column, ...]:
        """Nothing, where one of its legs has no price at all."""
        found = []
        for one, other in pairwise(stops):
            leg = self._leg(one, other)
            if not any(leg):
                return ()
            found.append(leg)
        return tuple(found)


def at_once(series: Prices, moments: Iterable[int], *, daily: bool) -> Column:
    """What the only source of a pair tells of the moments themselves."""
    if not isinstance(series, Cells):
        return []
    fine, text = weight(daily, carried=0), series.text
    return [(Decimal(told), 0, fine) if (told := text(moment)) else None for moment in moments]


def fill(found: Column, more: Column) -> None:
    for place, cell in enumerate(more):
        if cell is not None and found[place] is None:
            found[place] = cell


def weight(days: int, carried: int) -> int:
    """The finer of two ways is the one that weighs less."""
    return days * MANY + carried


def nearest(both: Sequence[tuple[Prices, bool]], second: int, carry: int, *, daily: bool) -> Cell | None:
    """Of several that tell of one pair the one whose price is the latest, of equals the first."""
    best: Found | None = None
    over = False
    for series, turned in both:
        found = series.find(second, carry=carry)
        if found and (best is None or found.late < best.late) and not (turned and not found.price):
            best, over = found, turned
            if not found.late:
                break
    if best is None:
        return None
    old = (second - best.at) // DAY if best.late else 0
    return EXACT.divide(ONE, best.price) if over else best.price, old, weight(daily, best.late > 0)


def fresher(former: Cell | None, other: Cell | None) -> Cell | None:
    """The former one, unless the other is whole days fresher."""
    return other if former is None or (other is not None and other[1] < former[1]) else former


def best_of(ways: Sequence[tuple[Column, ...]], place: int) -> Cell | None:
    """The freshest way at a moment, of those the finest; of equals the first."""
    best: list[Cell] = []
    least = 0, 0
    for way in ways:
        legs = [cell for leg in way if (cell := leg[place]) is not None]
        if len(legs) < len(way):
            continue
        weighs = max([each[1] for each in legs]), sum([each[2] for each in legs])
        if not best or weighs < least:
            best, least = legs, weighs
    return joined(best, *least) if best else None


def joined(legs: Sequence[Cell], old: int, weighs: int) -> Cell:
    value = legs[0][0]
    for leg in legs[1:]:
        value = EXACT.multiply(value, leg[0])
    return value, old, weighs

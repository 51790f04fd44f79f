"""Prices of one pair from one source, in order of time: seventeen bytes each, exact."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.pricing.base import Method

LARGEST = 2**63 - 1
POWERS = range(-128, 128)


@dataclass(frozen=True, slots=True)
class Pair:
    asset: str
    quote: str
    source: str
    method: Method
    span: int = 0  # seconds that each price speaks for, from its time on: 3600 for the candle of an hour


@dataclass(frozen=True, slots=True)
class Found:
    at: int  # seconds
    price: Decimal
    late: int  # seconds between the end of what it speaks for and the moment asked about; nought within it


class Series:
    """Of two prices at one time the later given is kept. The price of a candle is its close."""

    def __init__(self, pair: Pair, points: Iterable[tuple[int, Decimal]]) -> None:
        self.pair = pair
        self._times = array("q")
        self._digits = array("q")
        self._powers = array("b")
        self._odd: dict[int, Decimal] = {}  # by place: numbers of more digits than a machine word holds
        for at, price in sorted(dict(points).items()):
            self._keep(at, price)

    def __len__(self) -> int:
        return len(self._times)

    def __iter__(self) -> Iterator[tuple[int, Decimal]]:
        return ((self._times[place], self._price(place)) for place in range(len(self)))

    def find(self, moment: int, *, carry: int = 0) -> Found | None:
        """The price in whose span the moment lies, else the last one before, at most `carry` seconds past its span."""
        place = bisect_right(self._times, moment) - 1
        if place < 0:
            return None
        at = self._times[place]
        late = max(0, moment - at - max(0, self.pair.span - 1))
        return Found(at, self._price(place), late) if late <= carry else None

    def _keep(self, at: int, price: Decimal) -> None:
        sign, digits, power = price.as_tuple()
        number = int(price.scaleb(-power)) if isinstance(power, int) and power in POWERS and not sign else -1
        if not 0 <= number <= LARGEST or len(digits) > 18:  # noqa: PLR2004 - digits that surely fit the word
            self._odd[len(self._times)], number, power = price, 0, 0
        self._times.append(at)
        self._digits.append(number)
        self._powers.append(int(power))

    def _price(self, place: int) -> Decimal:
        if place in self._odd:
            return self._odd[place]
        return Decimal(self._digits[place]).scaleb(self._powers[place])

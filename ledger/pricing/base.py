"""What pricing says: frozen values. A price carries every step it was made of, so that its owner can open it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# Products of prices are exact within this; quotients are cut here, far below anything that is ever shown or booked.
EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN)
ONE = Decimal(1)


class Method(StrEnum):
    """How a number was come by; the more it can be trusted, the earlier here."""

    OWNER = "owner"
    TRADE = "trade"  # what was paid in this very trade
    SOURCE = "source"  # what the exchange itself said it was worth
    HOUR = "hour"
    DAY = "day"
    OFFICIAL = "official"  # a central bank's daily rate


@dataclass(frozen=True, slots=True)
class Step:
    """One `asset` was `price` of `quote` at `at`, as `source` has it."""

    asset: str
    quote: str
    price: Decimal
    at: datetime
    source: str
    method: Method
    turned: bool = False  # the source has it the other way round, and one was divided by it
    carried: bool = False  # nothing was traded or published at the moment itself: the last before it


@dataclass(frozen=True, slots=True)
class Price:
    asset: str
    quote: str
    at: datetime
    value: Decimal
    steps: tuple[Step, ...] = ()  # none: an asset in itself


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no price, and what was looked for: a value, so that it can be counted, shown and mended."""

    asset: str
    quote: str
    at: datetime
    tried: tuple[str, ...] = ()


def product(numbers: tuple[Decimal, ...]) -> Decimal:
    value = ONE
    for number in numbers:
        value = EXACT.multiply(value, number)
    return value

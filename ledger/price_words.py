"""Prices in the words of a page and of the API: who says so, how it was come by, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from ledger.models import OwnPrice
from ledger.prices import YOU
from ledger.pricing.base import Method, Price
from ledger.pricing.fiat import SOURCE
from wallets import catalogue
from wallets.public_prices import SERVED_BY

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.pricing.base import Missing, Step

METHODS = {
    Method.OWNER: "your own price",
    Method.TRADE: "what was paid in the trade itself",
    Method.SOURCE: "what the exchange wrote beside it",
    Method.HOUR: "the close of that hour",
    Method.DAY: "the close of that day",
    Method.OFFICIAL: "official daily rate",
}
REACHES = {
    OwnPrice.Reach.HOUR: "this hour",
    OwnPrice.Reach.DAY: "this whole day",
    OwnPrice.Reach.ONWARD: "this day and from then on",
}
HELD = {
    OwnPrice.Reach.HOUR: "that hour",
    OwnPrice.Reach.DAY: "that whole day",
    OwnPrice.Reach.ONWARD: "and from then on",
}
# Figures to be read. What is reckoned with has all its digits.
DIGITS = Context(prec=24, rounding=ROUND_HALF_EVEN)
SHOWN = Context(prec=12, rounding=ROUND_HALF_EVEN)
SMALLEST = Decimal("1e-36")


@dataclass(frozen=True, slots=True)
class Line:
    """One step, ready to be read."""

    step: Step
    source: str
    method: str

    @property
    def figure(self) -> Decimal:
        return readable(self.step.price)


def lines(found: Price) -> list[Line]:
    return [Line(step, source(step.source), METHODS[step.method]) for step in found.steps]


def source(name: str) -> str:
    if name in {YOU, SOURCE} or " " in name:
        return "you" if name == YOU else name
    return f"{catalogue.named(SERVED_BY.get(name, name))}"


def method(found: Price) -> str:
    """Of a price made of several steps: the one that can be trusted least decides. An asset in itself has none."""
    trusted = list(Method)
    return max((step.method for step in found.steps), key=trusted.index, default=Method.OFFICIAL)


def sources(found: Price) -> str:
    return ", ".join(dict.fromkeys(source(step.source) for step in found.steps))


def carried(found: Price) -> bool:
    return any(step.carried for step in found.steps)


def readable(value: Decimal) -> Decimal:
    return SHOWN.plus(value)


def exactly(value: Decimal) -> Decimal:
    """As the API tells it: as many digits as one could want, and no more decimals than it takes."""
    cut = DIGITS.plus(value)
    exponent = cut.as_tuple().exponent
    return cut.quantize(SMALLEST) if isinstance(exponent, int) and exponent < -36 else cut  # noqa: PLR2004 - as said


def as_of(found: Price) -> datetime:
    """The oldest of what it is made of."""
    return min((step.at for step in found.steps), default=found.at)


def tried(missing: Missing) -> str:
    return "; ".join(missing.tried) if missing.tried else f"No way from {missing.asset} to {missing.quote} is known."

"""What a trade says about worth: who pays 43,000 EUR for one bitcoin has priced both.

The worth itself is exact; the price of one unit is a quotient of it. Fees are no part of it: whether they belong to the
cost is the reckoning's question, not the market's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.pricing.base import EXACT, Method

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from ledger.naming.base import AssetKind

THIS_TRADE = "this trade"
# Which side of a trade between two coins is priced, the best known first; then by how much it is traded.
ORDER = {"fiat": 0, "stablecoin": 1}
MOST_TRADED = ("BTC", "ETH", "BNB", "SOL", "XRP", "LTC", "BCH", "ADA", "DOGE", "TRX")


@dataclass(frozen=True, slots=True)
class Side:
    amount: Decimal  # above nought
    asset: str


@dataclass(frozen=True, slots=True)
class Implied:
    """`amount` of `asset` was worth `worth` of `quote`."""

    asset: str
    quote: str
    amount: Decimal
    worth: Decimal
    source: str = THIS_TRADE
    method: Method = Method.TRADE

    @property
    def price(self) -> Decimal:
        return EXACT.divide(self.worth, self.amount)


@dataclass(frozen=True, slots=True)
class Sides:
    """Of a trade between two coins: the one whose price is looked up, and the one that is worth the same."""

    priced: Side
    follows: Side

    def implied(self, quote: str, price: Decimal, source: str) -> Implied:
        """What the other side was worth, once the priced one's price is known."""
        worth = EXACT.multiply(self.priced.amount, price)
        return Implied(self.follows.asset, quote, self.follows.amount, worth, source)


def by_money(sent: Side, received: Side, kind: Callable[[str], AssetKind]) -> Implied | None:
    """Where one side is money and the other is not: the other, priced by it."""
    money, thing = (received, sent) if kind(received.asset) == "fiat" else (sent, received)
    if kind(money.asset) != "fiat" or kind(thing.asset) == "fiat" or not thing.amount:
        return None
    return Implied(thing.asset, money.asset, thing.amount, money.amount)


def by_source(side: Side, worth: Decimal, currency: str, source: str) -> Implied | None:
    """What the exchange itself wrote beside it."""
    if not side.amount:
        return None
    return Implied(side.asset, currency, side.amount, worth, source, Method.SOURCE)


def sides(sent: Side, received: Side, kind: Callable[[str], AssetKind]) -> Sides:
    """The better known side gives the price; of equals what was received: that is what the other was given for."""
    if known(sent, kind) < known(received, kind):
        return Sides(sent, received)
    return Sides(received, sent)


def known(side: Side, kind: Callable[[str], AssetKind]) -> tuple[int, int]:
    place = MOST_TRADED.index(side.asset) if side.asset in MOST_TRADED else len(MOST_TRADED)
    return ORDER.get(kind(side.asset), len(ORDER)), place

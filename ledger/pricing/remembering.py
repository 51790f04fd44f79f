"""A price book that learns of an asset's series when it is first asked about it, and remembers what it found.

Candles, rates and owners' prices all begin and end at whole hours, and so does what may stand in for a missing one: two
moments of one hour have one price. So the hour is what is remembered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.pricing.base import Price
from ledger.pricing.book import BRIDGES, PriceBook
from ledger.pricing.clock import EPOCH

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from ledger.pricing.base import Missing
    from ledger.pricing.book import Prices
    from ledger.pricing.fiat import Rates
    from ledger.pricing.implied import Implied

HOUR = timedelta(hours=1)
MOST = 500_000  # answers; then it begins anew

Key = tuple[str, str, int]


class RememberingBook(PriceBook):
    def __init__(self, learn: Callable[[Collection[str]], Iterable[Prices]], rates: Rates) -> None:
        """`learn` brings all series of these assets: first those of what others are priced in."""
        super().__init__((), rates)
        self._learn = learn
        self._learned: set[str] = set()
        self._answers: dict[Key, Price | Missing] = {}
        self._ways_on: dict[Key, Price | None] = {}

    def price(self, asset: str, quote: str, at: datetime, *, implied: Implied | None = None) -> Price | Missing:
        if asset not in self._learned or quote not in self._learned:
            self.know(asset, quote)
        if implied is not None:
            self.know(implied.quote)
            return super().price(asset, quote, at, implied=implied)
        key = (asset, quote, (at - EPOCH) // HOUR)
        answer = self._answers.get(key)
        if answer is None:
            answer = super().price(asset, quote, at)
            if len(self._answers) >= MOST:
                self._answers.clear()
            self._answers[key] = answer
        if answer.at == at:
            return answer
        if isinstance(answer, Price):
            return Price(asset, quote, at, answer.value, answer.steps)
        return type(answer)(asset, quote, at, answer.tried)

    def know(self, *assets: str) -> None:
        new = {*assets, *BRIDGES} - self._learned
        if not new:
            return
        self._learned |= new
        for series in self._learn(sorted(new)):
            self.add(series)

    def _onward(self, asset: str, quote: str, at: datetime) -> Price | None:
        key = (asset, quote, (at - EPOCH) // HOUR)
        if key not in self._ways_on:
            if len(self._ways_on) >= MOST:
                self._ways_on.clear()
            self._ways_on[key] = super()._onward(asset, quote, at)
        return self._ways_on[key]

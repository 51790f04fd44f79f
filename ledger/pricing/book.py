"""All prices that are known, and how one is found at a moment.

In this order: the owner's own number, of several in different moneys the one that speaks of the shortest time; what was
paid in the trade itself; the candle of the hour; the candle of the day; a way through another asset, each leg of it
found in the same order. Money against money goes by the official rate. A stablecoin is an asset like any other: it is
worth what it was traded for. What is not found is a `Missing`.

Where nothing was traded at a moment, the last price before stands in, but whole days go before all of this: of two ways
the one whose oldest candle is fewer days old. A direct price spares the spread of a second market, which is less than a
coin moves in a day; within a day it is the better one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from ledger.pricing.base import EXACT, ONE, Method, Missing, Price, Step, product
from ledger.pricing.clock import moment, seconds
from ledger.pricing.fiat import CARRIED, SOURCE, NoRate, Rate, Rates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from ledger.pricing.implied import Implied
    from ledger.pricing.series import Found, Pair

# What lies between an asset and money, what is traded most first. Other money comes before: it has official rates.
BRIDGES = ("USDT", "USDC", "BTC", "ETH", "BNB", "DAI", "FDUSD", "BUSD", "TUSD")
LONGEST = 3  # legs of a way: SHIB in USDT, USDT in USD, USD in EUR
WHOLE_DAY = timedelta(days=1)
TRADED = (Method.HOUR, Method.DAY)  # what can be old: rates of money have a bound of their own, owners' words none


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How long the last price before may stand in where nothing was traded, or published."""

    hour: int = 6 * 3600
    day: int = 3 * 86400
    official: int = CARRIED  # days

    def of(self, method: Method) -> int:
        if method is Method.HOUR:
            return self.hour
        return self.day if method is Method.DAY else 0


class Prices(Protocol):
    """Prices of one pair from one source, wherever they lie: a `Series`, or `Runs`."""

    pair: Pair

    def find(self, moment: int, *, carry: int = 0) -> Found | None: ...


class PriceBook:
    def __init__(
        self, series: Iterable[Prices], rates: Rates | None = None, tolerance: Tolerance | None = None
    ) -> None:
        """Of several series for a pair, those given first are believed first: give the deepest source first."""
        self._rates = rates or Rates({}, {})
        self._official_money = self._rates.currencies
        self._tolerance = tolerance or Tolerance()
        self._series: dict[tuple[str, str, Method], list[Prices]] = {}
        self._quotes: dict[str, set[str]] = {}
        self._owned: dict[str, list[str]] = {}  # assets that the owner priced, and in what
        self._spoken: set[str] = set()  # those, and what they are priced in
        # Asked again and again for the same few pairs and days:
        self._routes: dict[tuple[str, str, int], list[tuple[str, ...]]] = {}
        self._money: dict[tuple[str, str, date], Rate | NoRate] = {}
        for each in series:
            self.add(each)

    def add(self, series: Prices) -> None:
        pair = series.pair
        self._series.setdefault((pair.asset, pair.quote, pair.method), []).append(series)
        self._quotes.setdefault(pair.asset, set()).add(pair.quote)
        self._quotes.setdefault(pair.quote, set()).add(pair.asset)
        if pair.method is Method.OWNER:
            self._owned.setdefault(pair.asset, []).append(pair.quote)
            self._spoken |= {pair.asset, pair.quote}
        self._routes.clear()

    def price(self, asset: str, quote: str, at: datetime, *, implied: Implied | None = None) -> Price | Missing:
        """`implied`: what the trade that is being priced says itself, if it does."""
        if asset == quote:
            return Price(asset, quote, at, ONE)
        return (
            (self._by_owner(asset, quote, at) if asset in self._spoken else None)
            or (self._by_trade(asset, quote, at, implied) if implied else None)
            or self._onward(asset, quote, at)
            or Missing(asset, quote, at, self._tried(asset, quote))
        )

    def _by_owner(self, asset: str, quote: str, at: datetime) -> Price | None:
        """What the owner said in another money holds in this one, too."""
        for money, own in self._words(asset, quote, at):
            if money == quote:
                return own
            if onward := self._onward(money, quote, at):
                return joined(own, onward)
        return None

    def _words(self, asset: str, quote: str, at: datetime) -> list[tuple[str, Price]]:
        """The owner's, each in its money: what is said of the hour before what is said of the day, and that before what
        holds from some day on, the latest of those first. Of equals the one that needs no other money.
        """
        found = []
        for money in dict.fromkeys((quote, *self._owned.get(asset, ()))):
            if own := self._nearest(asset, money, at, Method.OWNER):
                span, said = own
                found.append(((span, at - said.steps[0].at), money, said))
        return [(money, said) for _, money, said in sorted(found, key=lambda each: each[0])]

    def _onward(self, asset: str, quote: str, at: datetime) -> Price | None:
        direct = self._direct(asset, quote, at)
        return direct if direct and not staleness(direct) else self._through(asset, quote, at, direct)

    def _by_trade(self, asset: str, quote: str, at: datetime, implied: Implied) -> Price | None:
        if implied.asset != asset:
            return None
        step = Step(asset, implied.quote, implied.price, at, implied.source, implied.method)
        own = Price(asset, implied.quote, at, implied.price, (step,))
        if implied.quote == quote:
            return own
        onward = self._onward(implied.quote, quote, at)
        return joined(own, onward) if onward else None

    def _direct(self, asset: str, quote: str, at: datetime) -> Price | None:
        return (
            self._stored(asset, quote, at, Method.OWNER)
            or self._official(asset, quote, at)
            or self._stored(asset, quote, at, Method.HOUR)
            or self._stored(asset, quote, at, Method.DAY)
        )

    def _stored(self, asset: str, quote: str, at: datetime, method: Method) -> Price | None:
        found = self._nearest(asset, quote, at, method)
        return found[1] if found else None

    def _nearest(self, asset: str, quote: str, at: datetime, method: Method) -> tuple[int, Price] | None:
        """And how long it speaks for, in seconds."""
        straight, turned_round = self._series.get((asset, quote, method)), self._series.get((quote, asset, method))
        if straight is None and turned_round is None:
            return None
        second, carry = seconds(at), self._tolerance.of(method)
        best: tuple[int, int, Price] | None = None
        for some, turned in ((straight or (), False), (turned_round or (), True)):
            for series in some:
                found = series.find(second, carry=carry)
                if found and (best is None or found.late < best[0]) and not (turned and not found.price):
                    told_so = told(series, found, asset, quote, at, turned=turned)
                    best = (found.late, series.pair.span, told_so)
        return best[1:] if best else None

    def _official(self, currency: str, quote: str, at: datetime) -> Price | None:
        if currency not in self._official_money or quote not in self._official_money:
            return None
        rate = self._rate(currency, quote, at.astimezone(UTC).date())
        if isinstance(rate, NoRate):
            return None
        day = datetime(rate.day.year, rate.day.month, rate.day.day, tzinfo=UTC)
        steps = tuple(
            Step("EUR", code, number, day, SOURCE, Method.OFFICIAL, turned=code == currency, carried=rate.carried)
            for code, number in rate.published
        )
        return Price(currency, quote, at, rate.value, steps)

    def _rate(self, currency: str, quote: str, day: date) -> Rate | NoRate:
        if (currency, quote, day) not in self._money:
            rate = self._rates.rate(currency, quote, day, carry=self._tolerance.official)
            self._money[currency, quote, day] = rate
        return self._money[currency, quote, day]

    def _through(self, asset: str, quote: str, at: datetime, best: Price | None = None) -> Price | None:
        """The freshest way, then that of the fewest legs, of the finest prices, over what is traded most. `best` is a
        shorter one, if there is one.
        """
        for legs in range(2, LONGEST + 1):
            ways = [way for stops in self._routed(asset, quote, legs) if (way := self._walked(stops, at))]
            finest = min(ways, key=lambda way: (staleness(way), coarseness(way)), default=None)  # the first of equals
            if finest and (best is None or staleness(finest) < staleness(best)):
                best = finest
            if best and not staleness(best):
                break
        return best

    def _routed(self, asset: str, quote: str, legs: int) -> list[tuple[str, ...]]:
        if (asset, quote, legs) not in self._routes:
            self._routes[asset, quote, legs] = list(self._ways(asset, quote, legs))
        return self._routes[asset, quote, legs]

    def _ways(self, asset: str, quote: str, legs: int) -> Iterator[tuple[str, ...]]:
        if legs == 1:
            yield (asset, quote)
            return
        for bridge in self._bridges(asset, quote):
            for rest in self._ways(bridge, quote, legs - 1):
                if asset not in rest:
                    yield (asset, *rest)

    def _bridges(self, asset: str, quote: str) -> list[str]:
        reached = self._quotes.get(asset, set()) - {quote}
        if asset in self._official_money:
            return []  # money goes straight to money; there is no way through a coin
        money = sorted(reached & self._official_money, key=lambda code: (code not in {"USD", "EUR"}, code))
        return [*money, *(bridge for bridge in BRIDGES if bridge in reached)]

    def _walked(self, stops: tuple[str, ...], at: datetime) -> Price | None:
        legs: list[Price] = []
        for one, other in pairwise(stops):
            leg = self._direct(one, other, at)
            if leg is None:
                return None
            legs.append(leg)
        return joined(*legs)

    def _tried(self, asset: str, quote: str) -> tuple[str, ...]:
        """In words: the pairs that prices are kept of, of those that would have led there."""
        if asset not in self._quotes:
            return (f"No prices of {asset} are kept.",)
        ways = [stops for legs in range(1, LONGEST + 1) for stops in self._routed(asset, quote, legs)]
        return tuple(" \u2192 ".join(stops) for stops in ways)


def told(series: Prices, found: Found, asset: str, quote: str, at: datetime, *, turned: bool) -> Price:
    pair = series.pair
    time = moment(found.at)
    step = Step(pair.asset, pair.quote, found.price, time, pair.source, pair.method, turned, carried=found.late > 0)
    value = EXACT.divide(ONE, found.price) if turned else found.price
    return Price(asset, quote, at, value, (step,))


def joined(*legs: Price) -> Price:
    value = product(tuple(leg.value for leg in legs))
    steps = tuple(step for leg in legs for step in leg.steps)
    return Price(legs[0].asset, legs[-1].quote, legs[0].at, value, steps)


def coarseness(price: Price) -> tuple[int, int]:
    """How many of its steps are of whole days, and how many stand in for a moment without a price."""
    return sum(step.method is Method.DAY for step in price.steps), sum(step.carried for step in price.steps)


def staleness(price: Price) -> int:
    """Whole days since the oldest candle in it began that stands in for the moment."""
    old = (price.at - step.at for step in price.steps if step.carried and step.method in TRADED)
    return max((late // WHOLE_DAY for late in old), default=0)

"""Which exchange is asked for an asset's older prices. From exchanges.md, section 6.

How deep a list goes is what exchanges.md says, M unless marked; that an asset is traded there at all is read from the
exchange's own markets by whoever asks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger.naming.aliases import ended, formerly
from ledger.pricing.clock import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Depth:
    exchange: str
    page: int  # candles in one reply
    since: datetime  # of its oldest pair
    newest: int = 0  # S: only so many of the newest candles are told, whatever is asked for; nought: all
    quotes: tuple[str, ...] = ()  # the best first


def day(year: int, month: int, of: int = 1) -> datetime:
    return datetime(year, month, of, tzinfo=UTC)


DEPTHS = (
    Depth("bitstamp", 1000, day(2011, 8), quotes=("USD", "EUR", "GBP", "USDT", "USDC", "BTC")),
    Depth("coinbaseexchange", 300, day(2015, 7), quotes=("USD", "EUR", "GBP", "USDC", "USDT", "BTC")),
    Depth("binance", 1000, day(2017, 8, 17), quotes=("USDT", "USDC", "FDUSD", "BUSD", "EUR", "BTC", "ETH", "BNB")),
    Depth("binanceus", 1000, day(2019, 9), quotes=("USD", "USDT")),
    Depth("kraken", 720, day(2013, 9), newest=720, quotes=("USD", "EUR", "GBP", "USDT", "USDC", "BTC")),
)


@dataclass(frozen=True, slots=True)
class Market:
    exchange: str
    symbol: str  # the asset, as it was called there then
    quote: str


def markets(asset: str, traded: Mapping[str, Collection[tuple[str, str]]], *, since: datetime) -> list[Market]:
    """Where its prices from `since` on are to be had, the deepest first. `traded`: exchange -> pairs of (asset, quote)
    by our codes or former names. Who began after `since` comes later; who only tells the newest, last.
    """
    found = [
        (reach(depth, since), place, depth.quotes.index(quote), number, Market(depth.exchange, symbol, quote))
        for place, depth in enumerate(DEPTHS)
        for number, symbol in enumerate((asset, *formerly(asset)))
        for quote in depth.quotes
        if (symbol, quote) in traded.get(depth.exchange, ())
    ]
    return [market for *_, market in sorted(found, key=lambda each: each[:4])]


def reach(depth: Depth, since: datetime) -> tuple[bool, datetime]:
    return bool(depth.newest), max(depth.since, since)


def meanings(asset: str, markets: Iterable[Market]) -> dict[str, int]:
    """Of tickers that another asset took over: until when, in seconds, each meant this one."""
    until = {market.symbol: ended(asset, market.symbol) for market in markets}
    return {symbol: seconds(at) for symbol, at in until.items() if at}

"""Candles, as exchanges tell them to anybody: replies in, exact numbers out.

Shapes as in exchanges.md, section 6, and ccxt's source; none was recorded from the live exchange by us. All count
seconds or milliseconds from 1970 in UTC, and a candle's time is its beginning. A candle that still grows is left out:
who keeps it would keep a price that nobody ever saw closed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HOUR = 3600
DAY = 86400


@dataclass(frozen=True, slots=True)
class Candle:
    at: int  # seconds, its beginning
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


class NoCandlesError(ValueError):
    """The reply is not what candles look like, or the exchange says why there are none."""


def parsed(exchange: str, body: bytes | str, *, span: int, now: int) -> list[Candle]:
    """In order of time, each once, only those that were over at `now`. What contradicts itself is left out."""
    try:
        found = READERS[exchange](json.loads(body, parse_float=Decimal))
        candles = {candle.at: candle for candle in found}
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
        if isinstance(error, NoCandlesError):
            raise
        raise NoCandlesError(f"{exchange}: not a reply with candles") from error
    return [candles[at] for at in sorted(candles) if at + span <= now and sound(candles[at])]


def sound(candle: Candle) -> bool:
    """Early lists have bad ticks: a price of nought, a close above the highest."""
    return 0 < candle.low <= min(candle.open, candle.close) and max(candle.open, candle.close) <= candle.high


def kraken(reply: Any) -> Iterable[Candle]:
    """OHLC: time, open, high, low, close, vwap, volume, count, under the pair's own name; `last` beside it."""
    if reply.get("error"):
        raise NoCandlesError("kraken: " + ", ".join(map(str, reply["error"])))
    return [
        candle(row[0], row[1], row[2], row[3], row[4], row[6])
        for pair, rows in reply["result"].items()
        if pair != "last"
        for row in rows
    ]


def binance(reply: Any) -> Iterable[Candle]:
    """Klines: open time in milliseconds, open, high, low, close, volume, and more."""
    if isinstance(reply, dict):
        raise NoCandlesError(f"binance: {reply.get('code')} {reply.get('msg')}")
    return [candle(int(row[0]) // 1000, *row[1:6]) for row in reply]


def coinbase(reply: Any) -> Iterable[Candle]:
    """Advanced Trade names its fields; Exchange has rows of time, low, high, open, close, volume. The newest first."""
    if isinstance(reply, list):
        return [candle(row[0], row[3], row[2], row[1], row[4], row[5]) for row in reply]
    if "candles" not in reply:
        raise NoCandlesError(f"coinbase: {reply.get('message', reply.get('error', 'no candles'))}")
    return [named(row, "start") for row in reply["candles"]]


def bitstamp(reply: Any) -> Iterable[Candle]:
    if "data" not in reply:
        raise NoCandlesError(f"bitstamp: {reply.get('reason', reply.get('errors', 'no candles'))}")
    return [named(row, "timestamp") for row in reply["data"]["ohlc"]]


def named(row: dict[str, Any], time: str) -> Candle:
    return candle(row[time], row["open"], row["high"], row["low"], row["close"], row["volume"])


def candle(at: Any, *numbers: Any) -> Candle:
    first, high, low, close, volume = map(exact, numbers)
    return Candle(int(at), first, high, low, close, volume)


def exact(value: Any) -> Decimal:
    number = Decimal(value) if isinstance(value, (str, int, Decimal)) else None
    if number is None or not number.is_finite():
        raise NoCandlesError(f"not a number: {value!r}")
    return number


READERS: dict[str, Callable[[Any], Iterable[Candle]]] = {
    "kraken": kraken,
    "binance": binance,
    "binanceus": binance,
    "coinbase": coinbase,
    "coinbaseexchange": coinbase,
    "bitstamp": bitstamp,
}

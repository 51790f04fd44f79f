"""What everything is worth in the sandbox's world, at any hour: drawn from the seed, none kept.

A price swings about the one that the sandbox's own trades are drawn from (`books.PRICES`), within the same fifth, so
what an account paid fits what the market says. It is made of waves of several lengths; each wave goes from one drawn
height to the next.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from wallets.sandbox.books import PRICES

HOUR, DAY = 3600, 86400
# In euros. Those that trades are drawn from, and a few that only have a market.
IN_EUROS = {name: Decimal(price) for name, price in PRICES.items()} | {
    "XRP": Decimal("0.52"),
    "LTC": Decimal(84),
    "DOGE": Decimal("0.11"),
    "LINK": Decimal(14),
    "BNB": Decimal(310),
    "SHIB": Decimal("0.000017"),
    "PEPE": Decimal("0.0000083"),
}
# Length of a wave, and how far it may lift or lower a price, in thousandths: together less than a fifth.
WAVES = ((360 * DAY, 90), (60 * DAY, 50), (7 * DAY, 30), (DAY, 15), (HOUR, 8))
CALM = ((90 * DAY, 25), (7 * DAY, 6), (DAY, 3))  # money against money
STABLE = ((30 * DAY, 2), (DAY, 1), (HOUR, 1))  # what is meant to be a dollar, and is nearly
# So much for a euro; invented, and about right for 2024.
PER_EURO = {
    "USD": Decimal("1.085"),
    "JPY": Decimal("163.8"),
    "CZK": Decimal("25.1"),
    "DKK": Decimal("7.46"),
    "GBP": Decimal("0.856"),
    "HUF": Decimal(391),
    "PLN": Decimal("4.31"),
    "RON": Decimal("4.97"),
    "SEK": Decimal("11.4"),
    "CHF": Decimal("0.955"),
    "ISK": Decimal("150.1"),
    "NOK": Decimal("11.6"),
    "TRY": Decimal("34.9"),
    "AUD": Decimal("1.645"),
    "BRL": Decimal("5.6"),
    "CAD": Decimal("1.472"),
    "CNY": Decimal("7.82"),
    "HKD": Decimal("8.48"),
    "IDR": Decimal(17050),
    "ILS": Decimal("4.02"),
    "INR": Decimal("90.4"),
    "KRW": Decimal(1466),
    "MXN": Decimal("18.9"),
    "MYR": Decimal("5.09"),
    "NZD": Decimal("1.77"),
    "PHP": Decimal("61.6"),
    "SGD": Decimal("1.457"),
    "THB": Decimal("38.7"),
    "ZAR": Decimal("20.1"),
}
STABLECOINS = ("USDT", "USDC")
# A world of this name has tides: prices that rise and fall over years, far beyond the fifth. Quarter by quarter of four
# years, in hundredths, and again from the beginning; drawn by hand, so that three years of them look like three years.
TIDAL = " with tides"
QUARTER = 1461 * DAY // 16
TIDES = {
    "BTC": (236, 212, 188, 225, 96, 88, 82, 90, 128, 158, 141, 172, 231, 204, 246, 262),
    "ETH": (148, 121, 134, 160, 92, 86, 79, 88, 126, 148, 115, 121, 138, 78, 152, 171),
    "SOL": (121, 94, 108, 138, 41, 38, 52, 66, 118, 164, 141, 176, 212, 138, 162, 181),
    "ADA": (71, 58, 49, 61, 68, 59, 52, 58, 94, 71, 55, 63, 118, 92, 86, 79),
    "DOT": (44, 37, 32, 39, 92, 81, 70, 74, 118, 109, 78, 66, 84, 62, 57, 51),
}
DIGITS = Context(prec=8, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Candle:
    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal


def candle(seed: str, asset: str, quote: str, at: int, span: int) -> Candle:
    """Opens where the one before closed."""
    first, last = price(seed, asset, quote, at), price(seed, asset, quote, at + span)
    low, high = sorted((first, last))
    drawn = height(seed, f"{asset} volume", at // HOUR)
    return Candle(
        at, first, rounded(high * Decimal("1.0007")), rounded(low * Decimal("0.9994")), last, Decimal(drawn + 1001) / 8
    )


def price(seed: str, asset: str, quote: str, at: int) -> Decimal:
    return rounded(in_euros(seed, asset, at) / in_euros(seed, quote, at))


@lru_cache(maxsize=65536)
def in_euros(seed: str, asset: str, at: int) -> Decimal:
    if asset == "EUR":
        return Decimal(1)
    if asset in STABLECOINS:
        return in_euros(seed, "USD", at) * swung(seed, asset, at, STABLE)
    if asset in PER_EURO:
        return 1 / (PER_EURO[asset] * swung(seed, asset, at, CALM))
    return IN_EUROS[asset] * swung(seed, asset, at, WAVES) * tide(seed, asset, at)


def tide(seed: str, asset: str, at: int) -> Decimal:
    if not seed.endswith(TIDAL) or asset not in TIDES:
        return Decimal(1)
    heights, (quarter, inside) = TIDES[asset], divmod(at, QUARTER)
    one, other = heights[quarter % len(heights)], heights[(quarter + 1) % len(heights)]
    return (one + Decimal(other - one) * inside / QUARTER) / 100


def swung(seed: str, asset: str, at: int, waves: tuple[tuple[int, int], ...]) -> Decimal:
    return 1 + sum((wave(seed, asset, at, *each) for each in waves), Decimal(0)) / 1000


def wave(seed: str, asset: str, at: int, length: int, thousandths: int) -> Decimal:
    number, inside = divmod(at, length)
    one, other = height(seed, f"{asset} {length}", number), height(seed, f"{asset} {length}", number + 1)
    return (Decimal(one) + Decimal(other - one) * inside / length) * thousandths / 1000


@lru_cache(maxsize=65536)
def height(seed: str, of: str, number: int) -> int:
    """Between -1000 and 1000."""
    drawn = hashlib.sha256(f"{seed} price of {of} {number}".encode()).digest()
    return int.from_bytes(drawn[:4], "big") % 2001 - 1000


def rounded(value: Decimal) -> Decimal:
    return DIGITS.plus(value)

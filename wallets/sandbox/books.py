"""An account's true history, made from the seed: any event by its number, none kept.

A million events cost no memory, the same number gives the same event in every run, and whoever tests a sync can ask
for the truth and compare. Kinds repeat in blocks, so that a resident can tell at which of its own rows event n stands.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    BUY = "buy"
    SELL = "sell"
    CONVERT = "convert"
    REWARD = "reward"


B, S = Kind.BUY, Kind.SELL
BLOCK = (
    Kind.DEPOSIT,
    B,
    B,
    B,
    S,
    Kind.REWARD,
    B,
    B,
    Kind.CONVERT,
    S,
    Kind.REWARD,
    Kind.WITHDRAWAL,
    B,
    B,
    S,
    Kind.REWARD,
)
COINS = ("BTC", "ETH", "SOL", "ADA", "DOT")
PRICES = {"BTC": 41000, "ETH": 2300, "SOL": 98, "ADA": 1, "DOT": 7}
STEP = timedelta(minutes=37)


@dataclass(frozen=True, slots=True)
class Event:
    """`base` came in or went out for `quote`; movements and rewards have no quote."""

    number: int
    kind: Kind
    at: datetime
    base: str
    amount: Decimal
    quote: str
    total: Decimal  # of the quote
    fee: Decimal  # of the quote, or of the base where there is no quote
    mark: str  # 64 hexadecimal digits that ids are drawn from

    @property
    def changes(self) -> dict[str, Decimal]:
        """What the event does to the account, asset by asset, fees included."""
        change: dict[str, Decimal] = defaultdict(Decimal)
        incoming = self.kind in {Kind.DEPOSIT, Kind.BUY, Kind.REWARD}
        change[self.base] += self.amount if incoming else -self.amount
        if self.quote:
            change[self.quote] += -self.total if incoming else self.total
        change[self.quote or self.base] -= self.fee
        return dict(change)


@dataclass(slots=True)
class Books:
    """`size` events, beginning at `start`. Letting `size` grow adds newer ones."""

    seed: str
    size: int
    start: datetime

    def event(self, number: int) -> Event:
        if not 0 <= number < self.size:
            raise IndexError(number)
        return make(self.seed, self.start, number)

    def newest_first(self, first: int, count: int) -> Iterator[Event]:
        for number in range(self.size - 1 - first, max(-1, self.size - 1 - first - count), -1):
            yield self.event(number)

    def balances(self) -> dict[str, Decimal]:
        held: dict[str, Decimal] = defaultdict(Decimal)
        for number in range(self.size):
            for asset, change in self.event(number).changes.items():
                held[asset] += change
        return dict(held)

    def later_than(self, moment: datetime) -> int:
        """The number of the first event after a moment: times rise with numbers, so halving finds it."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self.event(middle).at > moment:
                high = middle
            else:
                low = middle + 1
        return low


@lru_cache(maxsize=4096)
def make(seed: str, start: datetime, number: int) -> Event:
    mark = hashlib.sha256(f"{seed} event {number}".encode()).hexdigest()
    kind = BLOCK[number % len(BLOCK)]
    # Block by block one coin, sold in the block it was bought in: nobody sells what they do not hold.
    coin = COINS[number // len(BLOCK) % len(COINS)]
    value = Decimal(5000 + int(mark[:4], 16) % 900) / 100  # 50 to 59 of the quote's units
    price = PRICES[coin] * (Decimal(100) + Decimal(int(mark[4:8], 16) % 4001 - 2000) / 100) / 100
    at = start + number * STEP + timedelta(microseconds=int(mark[8:14], 16) * 100)
    amount = (value / price).quantize(Decimal("1e-10"))
    fee = (value * Decimal("0.0026")).quantize(Decimal("1e-4"))
    match kind:
        case Kind.DEPOSIT:
            return Event(number, kind, at, "EUR", value * 10, "", Decimal(0), Decimal(0), mark)
        case Kind.WITHDRAWAL:
            return Event(number, kind, at, coin, amount / 2, "", Decimal(0), amount / 100, mark)
        case Kind.REWARD:
            return Event(number, kind, at, coin, amount / 64, "", Decimal(0), Decimal(0), mark)
        case _:
            return Event(number, kind, at, coin, amount, "EUR", value, fee, mark)

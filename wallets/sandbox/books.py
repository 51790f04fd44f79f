"""An account's true history, made from the seed: any event by its number, none kept.

A million events cost no memory, the same number gives the same event in every run, and whoever tests a sync can ask
for the truth and compare. Kinds repeat in blocks, so that a resident can tell at which of its own rows event n stands.
Figures come round after `ROUND` events, marks and moments never do: so what a million of them add up to is known as
soon as one round is. Each block has twins: two fills alike in all but their ids.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


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
TWIN = 7  # in its block; the fill before it is the other one
COINS = ("BTC", "ETH", "SOL", "ADA", "DOT")
PRICES = {"BTC": 41000, "ETH": 2300, "SOL": 98, "ADA": 1, "DOT": 7}
STEP = timedelta(minutes=37)
ROUND = len(BLOCK) * len(COINS) * 50
NEVER = datetime.min.replace(tzinfo=UTC)
TICK = timedelta(microseconds=100)  # nobody tells a finer moment
CORRECTION = Decimal("0.0001")


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
    scripted: bool = field(default=False, compare=False)  # somebody wanted it so: it is told as plainly as can be

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
    """`size` events, beginning at `start`, one each `step`. Letting `size` grow adds newer ones."""

    seed: str
    size: int
    start: datetime
    step: timedelta = STEP
    arrived: list[datetime] = field(default_factory=list)  # when the newest came, which keep to no step
    hidden: set[int] = field(default_factory=set)  # not told yet, or no longer
    corrected: set[int] = field(default_factory=set)
    scripted: dict[int, Event] = field(default_factory=dict)  # what somebody wanted to have happened

    def configure(self, name: str, value: object, *, now: datetime) -> bool:
        """Takes these, and says whether it was one of them.

        {"size": 400}                          so many events
        {"start": "2024-01-03T00:00:00+00:00"} the first of them then
        {"step_seconds": 2220}                 and one each so many seconds
        {"arrive": [3600, 0]}                  events come in, so many seconds ago
        {"hide": [7], "show": [8]}             events are told no longer, or again, wherever they would stand
        {"correct": [9]}                       the fee was another one
        {"script": [{"number": 0, "at": "2024-01-03T00:00:00+00:00", "base": "BTC", "amount": "0.5",
                     "quote": "EUR", "total": "20000.0000", "fee": "52.0000", "mark": "..."}]}
                                               these were so; of what kind, their place in the block says
        """
        match name, value:
            case "size", int(size):
                self.size, self.arrived = size, []
            case "start", str(start):
                self.start = datetime.fromisoformat(start)
            case "step_seconds", int(seconds):
                self.step = timedelta(seconds=seconds)
            case "arrive", [*ago]:
                self.arrived += [now - timedelta(seconds=int(str(each))) for each in ago]
                self.size += len(ago)
            case "script", [*told]:
                written = [self._written({**each}) for each in told if isinstance(each, dict)]
                self.scripted |= {event.number: event for event in written}
            case (("hide" | "show" | "correct"), [*numbers]):
                self._treat(name, {int(str(number)) for number in numbers})
            case _:
                return False
        return True

    def _treat(self, name: str, numbers: set[int]) -> None:
        self.hidden = self.hidden | numbers if name == "hide" else self.hidden - numbers
        self.corrected = self.corrected | numbers if name == "correct" else self.corrected

    def _written(self, told: dict[str, str]) -> Event:
        number = int(told["number"])
        amounts = {name: Decimal(told.get(name, "0")) for name in ("amount", "total", "fee")}
        return Event(
            number,
            BLOCK[number % len(BLOCK)],
            datetime.fromisoformat(told["at"]),
            told["base"],
            quote=told.get("quote", ""),
            mark=told.get("mark") or mark_of(self.seed, number),
            scripted=True,
            **amounts,
        )

    # --- events --------------------------------------------------------------------------------------------------

    def event(self, number: int) -> Event:
        if not 0 <= number < self.size:
            raise IndexError(number)
        made = self.scripted.get(number) or make(self.seed, self.start, self.step, number)
        place = number - self.size + len(self.arrived)
        if place >= 0:
            made = replace(made, at=self.arrived[place])
        return replace(made, fee=made.fee + CORRECTION) if number in self.corrected else made

    def events(self, numbers: Iterable[int]) -> Iterator[Event]:
        """Those that are told."""
        return (self.event(number) for number in numbers if number not in self.hidden)

    @property
    def told(self) -> int:
        return self.size - sum(number < self.size for number in self.hidden)

    def newest_first(self, first: int, count: int) -> Iterator[Event]:
        numbers: Sequence[int] = range(self.size - 1, -1, -1)
        if self.hidden:
            numbers = [number for number in numbers if number not in self.hidden]
        return self.events(numbers[first : first + count])

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

    # --- what they add up to -------------------------------------------------------------------------------------

    def balances(self) -> dict[str, Decimal]:
        held: dict[str, Decimal] = defaultdict(Decimal)
        rounds, rest = divmod(self.size, ROUND)
        for times, count in ((rounds, ROUND), (1, rest)):
            for asset, change in added_up(self.seed, count) if times else ():
                held[asset] += times * change
        for number in {number for number in self.corrected | self.hidden | set(self.scripted) if number < self.size}:
            for asset, change in figures(self.seed, number % ROUND).changes.items():
                held[asset] -= change
            for asset, change in () if number in self.hidden else self.event(number).changes.items():
                held[asset] += change
        return dict(held)


@lru_cache(maxsize=64)
def added_up(seed: str, count: int) -> tuple[tuple[str, Decimal], ...]:
    """The changes of the first events of a round."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for place in range(count):
        for asset, change in figures(seed, place).changes.items():
            held[asset] += change
    return tuple(held.items())


@lru_cache(maxsize=4096)
def make(seed: str, start: datetime, step: timedelta, number: int) -> Event:
    drawn = figures(seed, number % ROUND)
    sooner = number - (number % len(BLOCK) == TWIN)
    into = int(mark_of(seed, sooner)[8:14], 16) * (step // TICK) // (STEP // TICK) * TICK
    at = start + sooner * step + into
    told = (drawn.base, drawn.amount, drawn.quote, drawn.total, drawn.fee)
    return Event(number, drawn.kind, at, *told, mark_of(seed, number))


@lru_cache(maxsize=4096)
def mark_of(seed: str, number: int) -> str:
    return hashlib.sha256(f"{seed} event {number}".encode()).hexdigest()


@lru_cache(maxsize=4096)
def figures(seed: str, place: int) -> Event:
    """What came in or went out at a place of the round. Number, moment and mark are those of no event."""
    twin = place % len(BLOCK) == TWIN
    mark = mark_of(seed, place - twin)
    kind = BLOCK[place % len(BLOCK)]
    # Block by block one coin, sold in the block it was bought in: nobody sells what they do not hold.
    coin = COINS[place // len(BLOCK) % len(COINS)]
    value = Decimal(5000 + int(mark[:4], 16) % 900) / 100  # 50 to 59 of the quote's units
    price = PRICES[coin] * (Decimal(100) + Decimal(int(mark[4:8], 16) % 4001 - 2000) / 100) / 100
    amount = (value / price).quantize(Decimal("1e-10"))
    fee = (value * Decimal("0.0026")).quantize(Decimal("1e-4"))
    return Event(place, kind, NEVER, *drawn_for(kind, coin, amount, value, fee), mark)


def drawn_for(
    kind: Kind, coin: str, amount: Decimal, value: Decimal, fee: Decimal
) -> tuple[str, Decimal, str, Decimal, Decimal]:
    """Base, amount, quote, total, fee."""
    nothing = Decimal(0)
    match kind:
        case Kind.DEPOSIT:
            return "EUR", value * 10, "", nothing, nothing
        case Kind.WITHDRAWAL:
            return coin, amount / 2, "", nothing, amount / 100
        case Kind.REWARD:
            return coin, amount / 64, "", nothing, nothing
        case _:
            return coin, amount, "EUR", value, fee

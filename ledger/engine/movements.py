"""What moves, in whole units: the values that are booked, and what booking makes of them.

A movement is one asset coming into or leaving one wallet. Movements sort by their first fields alone: time, then
acquisitions before transfers before arrivals before disposals, then the exchange's own sequence, then the
transaction's key. Whoever reads them from a database may make them there.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime

    from ledger.engine.types import Problem, Rule, Term

# Ranks: what comes first at one moment, and who handles it.
ACQUIRED, DEPARTED, ARRIVED, DISPOSED, NOTED = range(5)
FEE_PART = 2  # a fee's movement within its transaction; what came is 0, what went is 1


class Act(StrEnum):
    BOUGHT = "bought"
    INCOME = "income"
    GIVEN = "given"  # a gift that came in
    INHERITED = "inherited"
    FORKED = "forked"  # came of itself, at no cost
    UNKNOWN = "unknown"  # came from nobody knows where
    HALF = "half"  # money of a trade whose other side is missing: nothing is booked, and it is said
    RESULT = "result"  # of a margin or futures position: comes or goes, and is a gain or a loss as a whole
    DEPARTED = "departed"
    ARRIVED = "arrived"
    SOLD = "sold"
    SPENT = "spent"
    FEE = "fee"
    TRANSFER_FEE = "transfer_fee"
    GIFT = "gift"
    LOST = "lost"
    WITHDRAWN = "withdrawn"  # to nobody knows where
    ADJUSTED = "adjusted"


# These leave with their cost: whether a gift or a loss counts is each country's own matter and decided before.
WITHOUT_GAIN = frozenset({Act.WITHDRAWN, Act.ADJUSTED, Act.TRANSFER_FEE})


class More(NamedTuple):
    """What few movements have."""

    link: str = ""
    counts: bool = True  # a gain or a loss is reckoned
    known: bool = True  # somebody says what it cost
    acquired: datetime | None = None
    dated: bool = True  # no: nobody says when it was acquired, only when it came
    long: bool = False  # it is long-term, however soon it is sold
    worth: int | None = None  # of a gift, at the market's price, where a loss is reckoned from that
    income: int | None = None  # what it was worth when it came, where that is income
    category: str = ""
    fee: Movement | None = None  # of a departure: what does not arrive
    extra: int = 0  # of a departure: money that the transfer cost besides
    bound: tuple[tuple[str, int], ...] = ()  # of a departure: how much goes into which wallet
    remarks: tuple[tuple[Problem, int], ...] = ()  # what was found before it is booked, and the money that touches


NO_MORE = More()


class Movement(NamedTuple):
    at: datetime
    rank: int
    sequence: int
    id: str
    part: int  # tells movements of one transaction in one asset apart
    act: Act
    wallet: str
    asset: str
    amount: int
    value: int | None  # the cost of what comes, with fees; the proceeds of what goes, after fees; none: no price
    more: More = NO_MORE


def brought(movement: Movement, days: int) -> bool:
    """It only came from elsewhere: its owner says that it had been acquired so many days before it came, and more, or
    nobody says when it was acquired. What is given is acquired when it comes.
    """
    acquired = movement.more.acquired
    if movement.act is Act.GIVEN:
        return False
    if not movement.more.dated:
        return True
    return acquired is not None and movement.at - acquired > timedelta(days=days)


class Origin(NamedTuple):
    """An acquisition, as a lot remembers it. It sorts as lots do: oldest first."""

    acquired: datetime
    sequence: int
    id: str
    part: int
    known: bool
    amount: int
    cost: int
    dated: bool  # no: it was acquired on a day that nobody knows, or on several; then it is as old as when it came


class Take(NamedTuple):
    """A part of a lot that left. `proceeds` less `cost`, and `adjustment` given back, is the gain."""

    out: Movement
    lot: Origin
    amount: int
    proceeds: int
    cost: int
    adjustment: int
    term: Term
    rule: Rule
    day: date

    @property
    def gain(self) -> int:
        return self.proceeds - self.cost + self.adjustment

    @property
    def counts(self) -> bool:
        return self.out.more.counts


class Receipt(NamedTuple):
    """Income: what came and what it was worth."""

    of: Movement
    value: int
    day: date


class Remark(NamedTuple):
    """A finding, before its figures are written as decimals."""

    problem: Problem
    of: Movement
    amount: int
    money: int

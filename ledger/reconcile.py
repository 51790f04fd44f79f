"""What an exchange says it holds, against what its transactions add up to: where the two differ, by how much, and the
row that would make them agree. Frozen values in, frozen values out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ledger.deriving import text_of, time_of
from ledger.fields import EARLIEST
from ledger.readings.base import Kind
from ledger.sums import NOUGHT, less, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

FINEST = 8  # decimals that every exchange tells at least
OPENING, CORRECTION = "opening balance", "correction"


class Code(StrEnum):
    """What may be the reason. Each was found in the data; none is a guess."""

    STILL_READING = "still_reading"
    EXCHANGE_NOT_READ = "exchange_not_read"
    MISSING_BEGINNING = "missing_beginning"
    MISSING_SPAN = "missing_span"
    UNREADABLE_ROWS = "unreadable_rows"
    UNSURE_ROWS = "unsure_rows"
    UNMATCHED = "unmatched"
    IGNORED = "ignored"
    TOLD_TWICE = "told_twice"
    FILE = "file"
    CONFLICT = "conflict"
    OTHER_NAME = "other_name"
    UNKNOWN_ASSET = "unknown_asset"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Cause:
    """`exact`: it accounts for the difference to the last digit. `href`: where it is mended."""

    code: Code
    words: str
    href: str = ""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """How the calculated balance ran: whether it was ever below nought, which no account can be."""

    first_day: date
    lowest: Decimal
    below_since: date | None = None
    months: Sequence[tuple[date, Decimal]] = ()  # the last day of each on which something moved, and the balance then


@dataclass(frozen=True, slots=True)
class Proposal:
    """The row that would make both agree. The last resort: it explains nothing."""

    category: str
    occurred_at: datetime
    amount: Decimal
    asset: str
    lowest_after: Decimal | None  # of the whole history

    @property
    def fields(self) -> dict[str, Any]:
        """As a transaction is written down by hand."""
        leg = "received" if self.category == OPENING else "sent"
        return {
            "kind": str(Kind.ADJUSTMENT),
            "category": self.category,
            "occurred_at": time_of(self.occurred_at),
            leg: {"amount": text_of(self.amount), "asset": self.asset},
        }


@dataclass(frozen=True, slots=True)
class Reported:
    amount: Decimal
    at: datetime
    typed: bool = False  # the owner's word, where no key tells


@dataclass(frozen=True, slots=True)
class Then:
    """Both as of one report that was kept."""

    at: datetime
    reported: Decimal
    calculated: Decimal

    @property
    def difference(self) -> Decimal:
        return less(self.reported, self.calculated)

    @property
    def gap(self) -> Decimal:
        """Without its sign."""
        return self.difference.copy_abs()

    @property
    def agrees(self) -> bool:
        return same(self.reported, self.calculated)


@dataclass(frozen=True, slots=True)
class Since:
    """Between the two moments something happened that only one side knows. `agreed`: none, where they differed in the
    first report that was kept. `href`: the transactions between.
    """

    agreed: datetime | None
    differs: datetime
    days: tuple[Then, ...]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    asset: str
    reported: Reported | None  # none: nobody says
    calculated: Decimal  # as of the report; without one, now
    causes: tuple[Cause, ...] = ()
    past: Past | None = None
    proposal: Proposal | None = None
    since: Since | None = None

    @property
    def difference(self) -> Decimal | None:
        """Above nought: the exchange has more than the transactions tell."""
        return None if self.reported is None else less(self.reported.amount, self.calculated)

    @property
    def gap(self) -> Decimal:
        """Without its sign."""
        return NOUGHT if self.difference is None else self.difference.copy_abs()

    @property
    def difference_text(self) -> str:
        """Every digit, for the form that accepts it."""
        return "" if self.difference is None else f"{self.difference:f}"

    @property
    def agrees(self) -> bool:
        return self.difference is not None and same(self.reported.amount, self.calculated)  # type: ignore[union-attr] # a difference has a report

    @property
    def differs(self) -> bool:
        return self.difference is not None and not self.agrees


def same(reported: Decimal, calculated: Decimal) -> bool:
    """Exchanges cut what they show: less than the last digit they tell is no difference."""
    exponent = reported.as_tuple().exponent
    digits = max(FINEST, -exponent if isinstance(exponent, int) else 0)
    return less(reported, calculated).copy_abs() < Decimal(1).scaleb(-digits)


def compared(
    reported: Mapping[str, Reported], calculated: Mapping[str, Decimal], *, whole: Reported | None
) -> list[Line]:
    """`whole`: the report names everything, and what it leaves out is this: nought. What differs most comes first."""
    lines = [
        Line(asset, reported.get(asset, whole), calculated.get(asset, NOUGHT))
        for asset in {*reported, *(asset for asset, amount in calculated.items() if amount)}
    ]
    return sorted(lines, key=lambda line: (not line.differs, line.asset))


def explained(line: Line, causes: Iterable[Cause], past: Past | None) -> Line:
    """With what was found, that which accounts for all of it first."""
    found = sorted(causes, key=lambda cause: (not cause.exact, list(Code).index(cause.code)))
    if past and past.below_since:
        words = (
            f"The calculated balance falls below nought on {day(past.below_since)}: something before that is missing."
        )
        found.append(Cause(Code.SHORT, words))
    return replace(line, causes=tuple(found), past=past, proposal=proposal(line, past))


def day(at: date) -> str:
    return f"{at.day} {at:%b %Y}"


def proposal(line: Line, past: Past | None) -> Proposal | None:
    if not line.differs or line.difference is None or line.reported is None:
        return None
    gap, at = line.difference, line.reported.at
    if gap < 0:
        return Proposal(CORRECTION, at, gap.copy_abs(), line.asset, None)
    before = datetime.combine(past.first_day, time(), UTC) - timedelta(seconds=1) if past else at
    lowest = total((past.lowest, gap)) if past else None
    return Proposal(OPENING, max(before, EARLIEST), gap, line.asset, lowest)


# --- since when they differ ----------------------------------------------------------------------------------------

MOST_DAYS = 12


def since(thens: Sequence[Then]) -> Since | None:
    """`thens`: in turn, the last as it stands now. Of one report alone nothing can be told."""
    if len(thens) < 2 or thens[-1].agrees:  # noqa: PLR2004 - a day before, and now
        return None
    after = next(number for number in range(len(thens), 0, -1) if number == 1 or thens[number - 2].agrees) - 1
    agreed = thens[after - 1 : after]
    return Since(agreed[0].at if agreed else None, thens[after].at, telling((*agreed, *thens[after:])))


def telling(thens: Sequence[Then]) -> tuple[Then, ...]:
    """Of many days, those on which the difference moved, and the last: how it began, and how it went of late."""
    least = Decimal(1).scaleb(-FINEST)
    moved = [
        each
        for before, each in pairwise(thens[1:])
        if less(each.difference, before.difference).copy_abs() >= least or each is thens[-1]
    ]
    return (*thens[:2], *moved[2 - MOST_DAYS :])


# --- causes that lines give each other -----------------------------------------------------------------------------


def other_names(line: Line, lines: Iterable[Line]) -> list[str]:
    """Assets that are off by just as much the other way: perhaps one thing under two names."""
    gap = line.difference
    if not line.differs or gap is None:
        return []
    others = [(each.asset, each.difference) for each in lines if each.differs]
    return [asset for asset, difference in others if difference is not None and same(difference, gap.copy_negate())]


@dataclass(frozen=True, slots=True)
class Open:
    """Something of an asset that left or arrived elsewhere, and has no other end."""

    asset: str
    change: Decimal  # what it would change here, if it were the other end
    fee: Decimal
    words: str
    href: str


MOST_ENDS = 3


def from_open_ends(line: Line, ends: Iterable[Open]) -> list[Cause]:
    gap = line.difference or NOUGHT
    fitting = [end for end in ends if end.asset == line.asset and (end.change > 0) == (gap > 0)]
    found = [Cause(Code.UNMATCHED, end.words, end.href, exact=closes(end, gap)) for end in fitting]
    return sorted(found, key=lambda cause: not cause.exact)[:MOST_ENDS]


def closes(end: Open, gap: Decimal) -> bool:
    return any(same(gap, change) for change in (end.change, less(end.change, end.fee), total((end.change, end.fee))))

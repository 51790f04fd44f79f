"""Where the next walk begins: a little below what is complete, for rows that are booked late, and as far down as there
are rows that may still change.

To read weeks again at every sync, because a withdrawal may be on its way, would cost a busy account dozens of pages for
nothing. Which rows are on their way is known: they say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wallets.records import Record

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
LATE = timedelta(hours=6)  # rows that are booked late, with a time before those already read


@dataclass(frozen=True, slots=True)
class Settling:
    """Rows are waited for until they are final, or for so long. A state that is not known is none that is final."""

    within: timedelta
    is_final: Callable[[Mapping[str, Any]], bool]

    def oldest(self, known: int, records: Iterable[Record], *, unit: timedelta) -> int:
        """The moment of the oldest row that may change; `known`: of earlier pages. 0: there is none."""
        waiting = [(record.occurred_at - BEGINNING) // unit for record in records if not self.is_final(record.raw)]
        return min([known, *waiting] if known else waiting, default=0)


def oldest_of(settling: Settling | None, known: int, records: Iterable[Record], *, unit: timedelta) -> int:
    return settling.oldest(known, records, unit=unit) if settling else 0


def begin_again(top: int, opened: int, *, overlap: timedelta, settling: Settling | None, unit: timedelta) -> int:
    """`top`: up to here it is complete; `opened`: the oldest row that may change, or 0."""
    late = top - overlap // unit
    return max(min(late, opened), top - settling.within // unit) if settling and opened else late


def said(name: str, *words: str) -> Callable[[Mapping[str, Any]], bool]:
    """Final by the word under this name."""
    return lambda row: str(row.get(name)) in words

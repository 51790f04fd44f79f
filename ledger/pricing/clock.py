"""Time as candles count it: whole seconds from 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def seconds(at: datetime) -> int:
    return (at - EPOCH) // SECOND


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def moment(at: int) -> datetime:
    return EPOCH + at * SECOND

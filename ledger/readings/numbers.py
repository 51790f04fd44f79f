"""Numbers and times as texts of exchanges have them, without ever passing through a float."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from typing import Any

NOTHING = Decimal(0)
# Between these anything may have happened: what lies at the ends of the calendar has no day before it, or none after,
# and so stops who looks around it. Nor is there that much of anything.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
WHOLE_DIGITS = 40
# Sums and products keep every digit, of any two amounts that are read here. Decimal's own way rounds to 28 digits, and
# a token of 18 decimals has more. The engine and prices have their own: they divide, and so they round.
EXACT = Context(prec=250)


def decimal(value: Any) -> Decimal:
    """Nothing, for nothing said. Raises ValueError for what is no finite number."""
    if value in (None, ""):
        return NOTHING
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not number.is_finite():
        raise ValueError(value)
    return number


def from_epoch(value: Any, *, per_second: int = 1) -> datetime:
    """Seconds, or thousandths or millionths of them, as text or number, to the microsecond."""
    microseconds = int(decimal(value) * 1_000_000 / per_second)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)

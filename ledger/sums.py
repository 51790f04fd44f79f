"""Sums of amounts to the last digit: Python's own round to 28, and a token of 18 decimals may have more."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable

NOUGHT = Decimal(0)


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """What is not there adds nothing."""
    return reduce(EXACT.add, (amount for amount in amounts if amount is not None), NOUGHT)


def less(amount: Decimal, other: Decimal) -> Decimal:
    return EXACT.subtract(amount, other)

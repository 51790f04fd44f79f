"""Whether what a reader made of a row can be kept: what cannot would stop its wallet's journal there, each time."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from ledger.readings.numbers import EARLIEST, LATEST, WHOLE_DIGITS

if TYPE_CHECKING:
    from decimal import Decimal

    from ledger.readings.base import Reading

LEAST = -100
TEXTS = attrgetter("identity", "event", "category", "order", "group", "hash", "address", "network", "note", "skip")


def kept(reading: Reading) -> Reading:
    """Raises ValueError or TypeError."""
    if not EARLIEST <= reading.at < LATEST:
        raise ValueError("no such time")
    told = "".join(TEXTS(reading))
    for leg in reading.legs:
        told += checked(leg.amount, leg.asset)
    if reading.about:
        told += checked(reading.about.amount, reading.about.asset)
    if reading.worth:
        told += checked(reading.worth.amount, reading.worth.currency)
    if "\0" in told:
        raise ValueError("no such text")
    told.encode()  # halves of a character are refused by it
    return reading


def checked(amount: Decimal, unit: str) -> str:
    """The amount can be added up with any other to the last digit."""
    if not (amount.is_finite() and LEAST < amount.adjusted() < WHOLE_DIGITS):
        raise ValueError("no such amount")
    return unit

"""What an owner wrote down themselves: the fields of a transaction, as they stand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.numbers import decimal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.readings.base import Row

VERSION = 2
FAMILY = "hand"
NAMES = (("sent", True, False), ("received", False, False), ("fee", True, True))  # whether it left, whether it is a fee


def read(row: Row) -> Iterator[Reading]:
    identity = f"{FAMILY}:{row.external_id}"
    worth = row.raw.get("value")
    yield Reading(
        identity,
        identity,
        datetime.fromisoformat(row.raw["occurred_at"]),
        Kind(row.raw["kind"]),
        tuple(legs(row.raw)),
        category=row.raw.get("category") or "",
        worth=Worth(decimal(worth["amount"]), worth["currency"]) if worth else None,
    )


def legs(raw: Mapping[str, Any]) -> Iterator[Leg]:
    for name, left, fee in NAMES:
        if amount := raw.get(name):
            number = decimal(amount["amount"])
            yield Leg(amount["asset"], number.copy_negate() if left else number, fee)

"""What looks like a slip in a transaction, or explains a figure nobody said: told beside it; nothing is forbidden."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from ledger import known_costs
from ledger.gains.terms import money
from ledger.readings.base import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ledger.models import Transaction

AHEAD = timedelta(days=1)  # clocks differ, and days begin elsewhere before they begin here


class Doubt(NamedTuple):
    title: str
    words: str


def doubts_of(each: Transaction, *, now: datetime) -> Iterator[Doubt]:
    if each.ignored:
        return
    if each.occurred_at > now + AHEAD:
        yield Doubt(
            "It lies in the future", "It counts as held all the same. Check its day and year, and change them here."
        )
    if _lacks_a_side(each):
        yield Doubt(
            "The other side of this trade is missing",
            "Nobody says what was paid, so what the asset was worth then counts as that. "
            "Say here what was sent or received for it, or its value. If it was no trade, change its kind.",
        )


def _lacks_a_side(each: Transaction) -> bool:
    sides = [asset for asset in (each.sent_asset, each.received_asset) if asset]
    alone = each.kind == Kind.TRADE and each.value_amount is None and len(sides) == 1 and sides[0] not in money()
    return alone and known_costs.of(each) is None

"""What an exchange says of a movement in another list, where nothing but the figures says that it is the same one.

Its hash and address are worth more than anything else to whoever looks for the other end; those of another movement
would be worse than none. So a detail is given to a movement only where no other could be meant: first among those told
within a minute of each other, then within the hours by which such lists differ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from ledger.matching.base import Movement, Side

APART = (timedelta(minutes=1), timedelta(hours=2))
# How far from a row that came or went another movement may be given another detail: it may have been what made two
# alike within a minute, which look for others within hours, which may be what a third one was given.
FELT = 2 * (APART[0] + APART[1])


@dataclass(frozen=True, slots=True)
class Detail:
    """As `Movement` has them. `amount` may be told with the fee or without it."""

    id: int
    wallet: str
    side: Side
    asset: str
    amount: Decimal
    at: datetime


Alike = tuple[str, "Side", str, "Decimal"]


def given(movements: Sequence[Movement], details: Iterable[Detail]) -> dict[str, Detail]:
    """Of those that have no hash of their own: which movement each detail is certainly about."""
    alike: dict[Alike, list[Detail]] = defaultdict(list)
    for detail in details:
        alike[detail.wallet, detail.side, detail.asset, detail.amount].append(detail)
    wanting = {each.id: (each, said_of(each, alike)) for each in movements if not each.hash}
    done: dict[str, Detail] = {}
    for apart in APART:
        taken = {detail.id for detail in done.values()}
        fitting = {
            name: [detail for detail in said if detail.id not in taken and abs(each.at - detail.at) <= apart]
            for name, (each, said) in wanting.items()
            if name not in done
        }
        done |= certain(fitting)
    return done


def said_of(movement: Movement, alike: Mapping[Alike, Sequence[Detail]]) -> list[Detail]:
    fee = movement.fee if movement.fee_asset in {"", movement.asset} else 0
    amounts = {movement.amount, EXACT.add(movement.amount, fee)}
    return [
        detail
        for amount in amounts
        for detail in alike.get((movement.wallet, movement.side, movement.asset, amount), ())
    ]


def certain(fitting: Mapping[str, Sequence[Detail]]) -> dict[str, Detail]:
    """Where one fits one only, and is fitted by no other."""
    wanted = Counter(detail.id for found in fitting.values() for detail in found)
    return {name: found[0] for name, found in fitting.items() if len(found) == 1 and wanted[found[0].id] == 1}

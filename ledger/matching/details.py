"""What an exchange says of a movement in another list, where nothing but the figures says that it is the same one.

Its hash and address are worth more than anything else to whoever looks for the other end; those of another movement
would be worse than none. So a detail is given to a movement only where no other could be meant: first among those told
within a minute of each other, then within the hours by which such lists differ.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from ledger.matching.base import Movement, Side

APART = (timedelta(minutes=1), timedelta(hours=2))


@dataclass(frozen=True, slots=True)
class Detail:
    """As `Movement` has them. `amount` may be told with the fee or without it."""

    wallet: str
    side: Side
    asset: str
    amount: Decimal
    at: datetime
    hash: str = ""
    address: str = ""
    network: str = ""


Alike = tuple[str, "Side", str]


def filled(movements: Iterable[Movement], details: Iterable[Detail]) -> list[Movement]:
    """The same movements in the same order, with what is certainly said of them elsewhere."""
    found = list(movements)
    kept: dict[Alike, list[Detail]] = defaultdict(list)
    for detail in details:
        kept[detail.wallet, detail.side, detail.asset].append(detail)
    wanting: dict[Alike, list[int]] = defaultdict(list)
    for place, each in enumerate(found):
        if not each.hash and (each.wallet, each.side, each.asset) in kept:
            wanting[each.wallet, each.side, each.asset].append(place)
    for alike, places in wanting.items():
        for place, detail in settled({place: found[place] for place in places}, kept[alike]).items():
            found[place] = told(found[place], detail)
    return found


def settled(movements: Mapping[int, Movement], details: Sequence[Detail]) -> dict[int, Detail]:
    done: dict[int, Detail] = {}
    for apart in APART:
        open_places = {place: each for place, each in movements.items() if place not in done}
        taken = {id(detail) for detail in done.values()}
        left = [detail for detail in details if id(detail) not in taken]
        fitting = {place: [each for each in left if fits(m, each, apart)] for place, m in open_places.items()}
        wanted = [id(each) for found in fitting.values() for each in found]
        only = {place: found[0] for place, found in fitting.items() if len(found) == 1}
        done |= {place: detail for place, detail in only.items() if wanted.count(id(detail)) == 1}
    return done


def fits(movement: Movement, detail: Detail, apart: timedelta) -> bool:
    fee = movement.fee if movement.fee_asset in {"", movement.asset} else 0
    near = abs(movement.at - detail.at) <= apart
    return near and detail.amount in {movement.amount, EXACT.add(movement.amount, fee)}


def told(movement: Movement, detail: Detail) -> Movement:
    return replace(
        movement,
        hash=detail.hash,
        address=movement.address or detail.address,
        network=movement.network or detail.network,
    )

"""One withdrawal that arrived as several deposits, or several as one.

Where one transaction on the network carries them all and the sums agree, that is certain. Sums that agree without it
are a suggestion only: among many amounts some add up by chance.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from ledger.matching import likeness
from ledger.matching.base import NONE, Ends, Side, Transfer
from ledger.matching.reasons import Reason, Why
from ledger.matching.transfer_candidates import DAY_SECONDS, forbidden
from ledger.matching.transfer_evidence import LIKE_MOVES, MOVES, came_as, left_by

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from ledger.matching.base import Decided, Movement

CERTAIN, TOLD = 95, 50
NEAREST = 8  # in time, of which parts are tried
EARLY = 900  # seconds by which a part may be before its whole

Key = tuple[str, str]


def of_one_hash(movements: Iterable[Movement], decided: Decided) -> list[Transfer]:
    """Of one transaction on the network, one out and several ins, or the other way round, that add up."""
    found = []
    for (asset, _), (outs, ins) in sorted(by_hash(movements).items()):
        if min(len(outs), len(ins)) == 1 < max(len(outs), len(ins)) and apart(outs, ins) and add_up(outs, ins):
            found.append(whole(outs, ins, CERTAIN, asset, automatic=True))
    return [each for each in found if not forbidden(each.ends.outs, each.ends.ins, decided)]


def by_hash(movements: Iterable[Movement]) -> Mapping[Key, tuple[list[Movement], list[Movement]]]:
    found: dict[Key, tuple[list[Movement], list[Movement]]] = defaultdict(lambda: ([], []))
    for movement in movements:
        if movement.hash and movement.kind in MOVES | LIKE_MOVES:
            outs, ins = found[movement.asset, likeness.plain_hash(movement.hash)]
            (outs if movement.side is Side.OUT else ins).append(movement)
    return found


def apart(outs: Iterable[Movement], ins: Iterable[Movement]) -> bool:
    return not {each.wallet for each in outs} & {each.wallet for each in ins}


def add_up(outs: Sequence[Movement], ins: Sequence[Movement]) -> bool:
    """With the fees inside or on top, on either side."""
    return any(likeness.same_amount(sent, came) for sent in sums(outs, Side.OUT) for came in sums(ins, Side.IN))


def sums(movements: Sequence[Movement], side: Side) -> set[Decimal]:
    kinds = [left_by(each) if side is Side.OUT else came_as(each) for each in movements]
    return {sum((kind[0] for kind in kinds), NONE), sum((kind[-1] for kind in kinds), NONE)}


def whole(
    outs: Sequence[Movement], ins: Sequence[Movement], score: int, asset: str, *, automatic: bool = False
) -> Transfer:
    parts = max(len(outs), len(ins))
    reasons = [Reason(Why.HASH_EQUAL)] if automatic else []
    reasons += [Reason(Why.SAME_ASSET, asset), Reason(Why.AMOUNTS_ADD_UP, str(parts))]
    ends = Ends(frozenset(each.id for each in outs), frozenset(each.id for each in ins))
    return Transfer(ends, score, tuple(reasons), automatic)


def of_parts(movements: Iterable[Movement], suggested: Collection[str], decided: Decided) -> list[Transfer]:
    """Of what is still open: two or three of one wallet that make up one of another, within a day. A round amount, or
    one for which a whole partner is suggested, is made up by chance too often.
    """
    able = [each for each in movements if each.kind in MOVES and not each.fiat]
    outs, ins = shelved(able, Side.OUT), shelved(able, Side.IN)
    found = [
        *(each for out in outs.all if telling(out, suggested) for each in made_up(out, ins.after(out))),
        *(each for came in ins.all if telling(came, suggested) for each in made_up(came, outs.before(came))),
    ]
    return [each for each in found if not forbidden(each.ends.outs, each.ends.ins, decided)]


def telling(one: Movement, suggested: Collection[str]) -> bool:
    return one.id not in suggested and likeness.digits(one.amount) > 2  # noqa: PLR2004 - 100, 2500


@dataclass(frozen=True, slots=True)
class Days:
    """Movements of one side by asset and day, in order of time."""

    all: Sequence[Movement]
    places: Mapping[tuple[str, int], Sequence[Movement]]

    def after(self, out: Movement) -> dict[str, list[Movement]]:
        at = likeness.seconds(out.at)
        return self._between(out, at - EARLY, at + DAY_SECONDS)

    def before(self, arrived: Movement) -> dict[str, list[Movement]]:
        at = likeness.seconds(arrived.at)
        return self._between(arrived, at - DAY_SECONDS, at + EARLY)

    def _between(self, one: Movement, first: int, last: int) -> dict[str, list[Movement]]:
        """By wallet, the nearest in time of those that are smaller."""
        days = range(first // DAY_SECONDS, last // DAY_SECONDS + 1)
        near = [each for day in days for each in self.places.get((one.asset, day), ())]
        fits = [
            each
            for each in near
            if each.wallet != one.wallet and each.amount < one.amount and first <= likeness.seconds(each.at) <= last
        ]
        wallets: dict[str, list[Movement]] = defaultdict(list)
        for each in sorted(fits, key=lambda each: (abs(each.at - one.at), each.id)):
            if len(wallets[each.wallet]) < NEAREST:
                wallets[each.wallet].append(each)
        return wallets


def shelved(movements: Iterable[Movement], side: Side) -> Days:
    ordered = sorted((each for each in movements if each.side is side), key=lambda each: (each.at, each.id))
    places: dict[tuple[str, int], list[Movement]] = defaultdict(list)
    for each in ordered:
        places[each.asset, likeness.seconds(each.at) // DAY_SECONDS].append(each)
    return Days(ordered, places)


def made_up(one: Movement, wallets: Mapping[str, Sequence[Movement]]) -> Iterator[Transfer]:
    for _, parts in sorted(wallets.items()):
        fitting = list(fitting_parts(one, parts))
        if len(fitting) == 1:  # more than one way to add up is no way
            outs, ins = ([one], fitting[0]) if one.side is Side.OUT else (fitting[0], [one])
            yield whole(outs, ins, TOLD, one.asset)


def fitting_parts(one: Movement, parts: Sequence[Movement]) -> Iterator[list[Movement]]:
    """Those whose amounts add up to it exactly, as told or with the fees taken into account."""
    goals = set(left_by(one) if one.side is Side.OUT else came_as(one))
    for amounts in {tuple(each.amount for each in parts), tuple(carried(each) for each in parts)}:
        for goal in sorted(goals):
            yield from ([parts[place] for place in places] for places in adding_up(amounts, goal))


def carried(part: Movement) -> Decimal:
    return left_by(part)[-1] if part.side is Side.OUT else came_as(part)[-1]


def adding_up(amounts: Sequence[Decimal], goal: Decimal) -> Iterator[tuple[int, ...]]:
    """Places of two or three amounts: the last one is looked up, not tried."""
    last = {amount: place for place, amount in enumerate(amounts)}
    for count in (1, 2):
        for places in combinations(range(len(amounts)), count):
            rest = goal - sum((amounts[place] for place in places), NONE)
            if last.get(rest, -1) > places[-1]:
                yield *places, last[rest]

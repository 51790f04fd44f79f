"""What is held of an asset, into the database: a lot that lies there as it is stays where it is.

Whoever books a hundred trades of yesterday changes a hundred lots of a hundred thousand. The others lie in blocks that
are as they were when it was reckoned last, and are not looked at.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from operator import add, sub
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from ledger.engine.frozen import EPOCH
from ledger.engine.units import MONEY, USUAL, units
from ledger.gains.blocks import Kept, NotAsLeftError, listed
from ledger.gains.lines import NULL, escaped, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ledger.engine.booking import Booked
    from ledger.models import Reckoning

# As the engine tells them: the time in microseconds, figures in whole units.
LYING = """
    SELECT id, coalesce(wallet::text, ''), coalesce(origin::text, ''), part,
        round(date_part('epoch', acquired) * 1000000)::bigint, trunc(amount * %(piece)s), trunc(cost * %(money)s),
        known::integer
    FROM ledger_lot WHERE reckoning_id = %(reckoning)s AND asset = %(asset)s AND acquired = ANY(%(times)s)
"""
LEFT = """
    DELETE FROM ledger_holding WHERE reckoning_id = %s AND asset = ANY(%s)
    RETURNING asset, coalesce(wallet::text, ''), blocks, amount, cost, unknown, lots
"""


class Lot(NamedTuple):
    wallet: str
    origin: str
    part: int
    acquired: int
    amount: int
    cost: int
    known: int


class Left(NamedTuple):
    """What lay in a wallet when it was reckoned last."""

    blocks: Sequence[str]
    sums: tuple[int, ...]  # amount, cost, so much of the amount at a cost nobody knows; how many lots


NOTHING = Left((), (0, 0, 0, 0))


def left(reckoning: Reckoning, scales: Mapping[str, int], assets: list[str]) -> dict[str, dict[str, Left]]:
    """By asset and wallet. Whoever asks writes it anew."""
    found: dict[str, dict[str, Left]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(LEFT, [reckoning.pk, assets])
        for asset, wallet, blocks, amount, cost, unknown, lots in cursor:
            scale = scales.get(asset, USUAL)
            sums = (units(amount, scale), units(cost, MONEY), units(unknown, scale), lots)
            found[asset][wallet] = Left([each.hex for each in blocks], sums)
    return found


class Held:
    def __init__(self, reckoning: Reckoning, asset: str, scale: int, former: Mapping[str, Left]) -> None:
        self.reckoning, self.asset, self.scale, self.former = reckoning, asset, scale, former
        self.start = f"{reckoning.pk}\t{escaped(asset)}\t"
        self.now: dict[str, Left] = {}

    def lots(self, booked: Booked) -> Iterator[str]:
        """Those that are new, or other than they were. What is no more is taken away."""
        gone: Counter[Lot] = Counter()
        come: Counter[Lot] = Counter()
        held = booked.held()
        for wallet in sorted({*self.former, *held}):
            former = self.former.get(wallet, NOTHING)
            before, after = Counter(former.blocks), Counter(held.get(wallet, ()))
            names = list((before - after).elements())
            less = lots_in(wallet, names, Kept(self.reckoning, self.asset, names))
            more = lots_in(wallet, (after - before).elements(), booked.texts)
            sums = tuple(map(add, map(sub, former.sums, summed(less)), summed(more)))
            self.now[wallet] = Left(held.get(wallet, ()), sums)
            gone.update(lot for lot, _ in less)
            come.update(lot for lot, _ in more)
        self.take_away(gone - come)
        return map(self.line, (come - gone).elements())

    def take_away(self, gone: Counter[Lot]) -> None:
        """Of those that say the same, as many as are to go."""
        if not gone:
            return
        going = []
        with connection.cursor() as cursor:
            cursor.execute(LYING, self.facts(gone))
            for number, *facts in cursor:
                lot = Lot(*facts)
                if gone[lot]:
                    gone[lot] -= 1
                    going.append(number)
            if gone.total():
                raise NotAsLeftError
            cursor.execute("DELETE FROM ledger_lot WHERE id = ANY(%s)", [going])

    def facts(self, lots: Iterable[Lot]) -> dict[str, Any]:
        return {
            "reckoning": self.reckoning.pk,
            "asset": self.asset,
            "piece": 10**self.scale,
            "money": 10**MONEY,
            "times": sorted({EPOCH + timedelta(microseconds=lot.acquired) for lot in lots}),
        }

    def line(self, lot: Lot) -> str:
        wallet, origin, part, acquired, amount, cost, known = lot
        at = (EPOCH + timedelta(microseconds=acquired)).isoformat()
        return (
            f"{self.start}{wallet or NULL}\t{origin or NULL}\t{part}\t{at}\t{amount}e-{self.scale}\t{cost}e-{MONEY}"
            f"\t{said(yes=bool(known))}\n"
        )

    def holdings(self) -> Iterator[str]:
        piece, money = f"e-{self.scale}\t", f"e-{MONEY}\t"
        for wallet, (blocks, (amount, cost, unknown, lots)) in self.now.items():
            if lots:
                figures = f"{amount}{piece}{cost}{money}{unknown}{piece}{lots}"
                yield f"{self.start}{wallet or NULL}\t{figures}\t{listed(blocks)}\n"


def lots_in(wallet: str, names: Iterable[str], texts: Mapping[str, str]) -> list[tuple[Lot, int]]:
    """With so much of each as is at a cost nobody knows: of a pool that is a part."""
    return [
        (Lot(wallet, origin, part, acquired, amount, cost, known), 0 if known else unknown or amount)
        for name in names
        for acquired, _, origin, part, known, _, _, _, unknown, amount, cost in json.loads(texts[name])
    ]


def summed(lots: Iterable[tuple[Lot, int]]) -> tuple[int, ...]:
    amounts = costs = unknowns = number = 0
    for lot, unknown in lots:
        number += 1
        amounts += lot.amount
        costs += lot.cost
        unknowns += unknown
    return amounts, costs, unknowns, number

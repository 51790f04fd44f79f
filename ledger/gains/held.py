"""What is held of an asset, into the database: a lot that lies there as it is stays where it is.

Whoever books a hundred trades of yesterday changes a hundred lots of a hundred thousand. The others are told apart as
text, without being made into lots first.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from operator import add
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.engine.frozen import EPOCH
from ledger.engine.units import MONEY
from ledger.gains.lines import NULL, escaped, said

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.engine.booking import Booked
    from ledger.models import Reckoning

# As `Held.lots` tells them: the time in microseconds, figures in whole units. Many at once, for each row fetched
# costs as much as the lot in it.
LYING = """
    SELECT string_agg(concat_ws(E'\\t', id, coalesce(wallet::text, ''), coalesce(origin::text, ''), part,
        round(date_part('epoch', acquired) * 1000000)::bigint, trunc(amount * %(piece)s), trunc(cost * %(money)s),
        known::integer), E'\\n')
    FROM ledger_lot WHERE reckoning_id = %(reckoning)s AND asset = %(asset)s GROUP BY id / 1000
"""


class Held:
    """Lots are gone through once: what they come to is told afterwards."""

    def __init__(self, reckoning: Reckoning, asset: str, scale: int) -> None:
        self.reckoning, self.asset, self.scale = reckoning, asset, scale
        self.start = f"{reckoning.pk}\t{escaped(asset)}\t"
        self.gone: list[int] = []
        self.there = self.lying()
        self.sums: dict[str, tuple[int, ...]] = {}

    def lying(self) -> dict[str, int]:
        """Of two that say the same, one goes: whoever needs both writes it anew."""
        facts = {
            "reckoning": self.reckoning.pk,
            "asset": self.asset,
            "piece": 10**self.scale,
            "money": 10**MONEY,
        }
        there: dict[str, int] = {}
        with connection.cursor() as cursor:
            cursor.execute(LYING, facts)
            for line in chain.from_iterable(lots.split("\n") for (lots,) in cursor):
                number, _, lot = line.partition("\t")
                if there.setdefault(lot, int(number)) != int(number):
                    self.gone.append(int(number))
        return there

    def lots(self, booked: Booked) -> Iterator[str]:
        """Those that are new, or other than they were."""
        for wallet, lots in booked.held():
            yield from self.of_wallet(wallet, lots)

    def of_wallet(self, wallet: str, lots: Iterable[Sequence[Any]]) -> Iterator[str]:
        lies, where, piece, money = self.there.pop, self.start + (wallet or NULL), f"e-{self.scale}\t", f"e-{MONEY}\t"
        amounts = costs = unknown = number = 0
        for acquired, _, origin, part, known, _, _, amount, cost in lots:
            number += 1
            amounts += amount
            costs += cost
            unknown += 0 if known else amount
            if not lies(f"{wallet}\t{origin}\t{part}\t{acquired}\t{amount}\t{cost}\t{known}", 0):
                at = (EPOCH + timedelta(microseconds=acquired)).isoformat()
                lot = f"{origin or NULL}\t{part}\t{at}\t{amount}{piece}{cost}{money}{said(yes=known)}"
                yield f"{where}\t{lot}\n"
        former = self.sums.get(wallet, (0, 0, 0, 0))  # what is on its way lies where all lie that count together
        if number:
            self.sums[wallet] = tuple(map(add, former, (amounts, costs, unknown, number)))

    def holdings(self) -> Iterator[str]:
        piece, money = f"e-{self.scale}\t", f"e-{MONEY}\t"
        for wallet, (amount, cost, unknown, lots) in self.sums.items():
            yield f"{self.start}{wallet or NULL}\t{amount}{piece}{cost}{money}{unknown}{piece}{lots}\n"

    def clear(self) -> None:
        """What is held no longer, or other than it was; the sums are written anew."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_lot WHERE id = ANY(%s)", [[*self.gone, *self.there.values()]])
            cursor.execute(
                "DELETE FROM ledger_holding WHERE reckoning_id = %s AND asset = %s", [self.reckoning.pk, self.asset]
            )

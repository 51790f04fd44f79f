"""Revolut's crypto statement. It names no time zone, and money has its sign glued on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    bought,
    less,
    more,
    paid,
    reading,
    sold,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import AIRDROP, BONUS, STAKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES: tuple[tuple[str, Meaning, bool], ...] = (
    (r"(crypto )?(receive|deposit|transfer in)|received", MOVE, True),
    (r"(crypto )?(send|sent|withdraw(al)?|transfer out)", MOVE, False),
    (r".*staking reward.*", STAKING, True),
    (r".*(learn|earn|reward|bonus).*", BONUS, True),
    (r".*airdrop.*", AIRDROP, True),
    (r".*payment.*", means(Kind.ADJUSTMENT, "card", went=Kind.SPEND), False),
)


def line(cells: Cells) -> Iterable[Reading] | Skip:
    what, coin, amount = cells.word("type"), cells.asset("symbol"), more(cells.needed("quantity"))
    if re.fullmatch(r"stak(e|ing)|unstak(e|ing)|stake started|stake ended", what):
        return Skip("Staked or taken out again: it stays at Revolut, and no balance changed.")
    value, fee = cells.told("value"), cells.told("fee")
    currency = value.asset or cells.told("price").asset or cells.options.base
    # In money, also where a coin is sent (R; M that it is not taken of the coin).
    fees = [paid(name, fee.amount)] if fee.amount and (name := fee.asset or currency) else []
    worth = Worth(more(value.amount), value.asset or cells.options.base) if value.amount else None
    if re.match(r"(buy|sell)\b", what):
        if not currency or value.amount is None:
            raise Unreadable(cells.column("value"), "Does not say what was paid, in which currency. Please correct it.")
        legs = (bought if what.startswith("buy") else sold)((coin, amount), (currency, value.amount))
        return [reading(cells, cells.when(), Kind.TRADE, [*legs, *fees])]
    found = next((each for each in TYPES if re.fullmatch(each[0], what)), None)
    if not found:
        raise unknown(cells.text("type"), cells.column("type"))
    leg = Leg(coin, amount if found[2] else less(amount))
    kind, category = found[1].kind(leg.amount), found[1].category
    return [reading(cells, cells.when(), kind, [leg, *fees], category=category, worth=worth)]


FORMATS = (
    Format(
        name="revolut",
        version=2,
        exchange="",
        title="Revolut crypto",
        columns={
            "symbol": "symbol",
            "type": "type",
            "quantity": "quantity",
            "price": "price",
            "value": "value",
            "fee": "fees",
            "time": "date",
        },
        read_cells=line,
        zone="",
    ),
)

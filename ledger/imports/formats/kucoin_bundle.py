"""What lies in KuCoin's bundle beside trades and movements: conversions, what Earn brought, closed positions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, done, paid, reading, swapped
from ledger.imports.formats.kucoin import FILLED, HOME, at
from ledger.readings.base import Leg
from ledger.readings.telling import CONTRACT, CONVERTED, STAKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from ledger.readings.base import Reading

# In what a contract is settled: its name ends with it, or begins with the coin (R).
SETTLED = re.compile(r"\w+(?P<quote>USDT|USDC)M|(?P<coin>\w+)USDM|(?P<dated>XBT)M[FGHJKMNQUVXZ]\d\d")


def conversion(cells: Cells) -> Iterable[Reading] | Skip:
    if skip := done(cells, *FILLED):
        return skip
    legs = swapped(side(cells, "sent"), side(cells, "received"))
    return [reading(cells, cells.when(), CONVERTED.came, legs, category=CONVERTED.category)]


def side(cells: Cells, key: str) -> tuple[str, Decimal]:
    """“20.5 USDT”."""
    told, amount = cells.told(key), cells.needed(key)
    if not told.asset:
        raise Unreadable(cells.column(key), "Names no coin. Please write it such as 20.5 USDT.")
    return told.asset, amount


def profit(cells: Cells) -> Iterable[Reading]:
    legs = [Leg(cells.asset("asset"), cells.needed("amount")), paid(cells.asset("asset"), cells.amount("fee"))]
    note = " ".join(filter(None, map(cells.text, ("product", "nature"))))
    return [reading(cells, cells.when(), STAKING.kind(legs[0].amount), legs, category=STAKING.category, note=note)]


def position(cells: Cells) -> Iterable[Reading]:
    """What it won or lost is with its fees."""
    found = SETTLED.fullmatch(cells.text("symbol"))
    if not found:
        raise Unreadable(cells.column("symbol"), "Is a contract of which it is not known what it is settled in.")
    coin = found["quote"] or found["coin"] or found["dated"]
    leg = Leg("BTC" if coin == "XBT" else coin, cells.needed("result"))
    note = cells.text("symbol")
    return [reading(cells, cells.when(), CONTRACT.kind(leg.amount), [leg], category=CONTRACT.category, note=note)]


FORMATS = (
    Format(
        name="kucoin_conversions",
        exchange="kucoin",
        title="KuCoin conversions",
        columns={
            "from": "payment account",
            "sent": "sell",
            "received": "buy",
            "price": "price",
            "time": at("time of update"),
            "status": "status",
        },
        optional={"uid": "uid", "account": "account type", "tax": "tax"},
        read_cells=conversion,
        zone=HOME,
    ),
    Format(
        name="kucoin_earn_profits",
        exchange="kucoin",
        title="KuCoin Earn profits",
        columns={
            "time": at("time"),
            "staked": "staked coin",
            "product": "product name",
            "asset": "earnings coin",
            "nature": "earnings type",
            "amount": "amount",
            "fee": "fee",
        },
        optional={
            "uid": "uid",
            "account": "account type",
            "order": "order id",
            "kind": "product type",
            "remark": "remarks?",
            "worth": r"amount ?\(usdt\)",
        },
        read_cells=profit,
        zone=HOME,
    ),
    Format(
        name="kucoin_positions",
        exchange="kucoin",
        title="KuCoin closed positions",
        columns={
            "symbol": "symbol",
            "close": "close type",
            "result": "realized pnl",
            "funding": "total funding fees",
            "fees": "total trading fees",
            "time": rf",?{at('position closing time')}",
        },
        optional={
            "uid": "uid",
            "account": "account type",
            "total": "total realized pnl",
            "opened": rf"{at('position opening time')},?",
        },
        read_cells=position,
        zone=HOME,
    ),
)

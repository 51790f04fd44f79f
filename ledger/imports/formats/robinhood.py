"""Robinhood's crypto orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import NOTHING, Cells, Format, Skip, by_side, done, product, reading, total
from ledger.readings.base import Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

MONEY = "USD"


def order(cells: Cells) -> Iterable[Reading] | Skip:
    """What is left of an order was never filled; all of it is priced in dollars."""
    if skip := done(cells, "filled", "partially filled", "partially_filled", key="state"):
        return skip
    coin = cells.asset("symbol").upper().replace("-", "").replace("/", "")
    coin = coin.removesuffix(MONEY) or coin
    amount = cells.needed("quantity")
    left = NOTHING if cells.word("state") == "filled" else cells.amount("left")
    filled = total(amount, left.copy_negate())
    value = cells.maybe("total")
    if value is None or filled != amount:
        value = product(filled, cells.needed("price"))
    return [reading(cells, cells.when(), Kind.TRADE, by_side(cells)((coin, filled), (MONEY, value)))]


FORMATS = (
    Format(
        name="robinhood",
        exchange="",
        title="Robinhood crypto orders",
        columns={
            "id": "uuid",
            "time": "time entered",
            "symbol": "symbol",
            "side": "side",
            "quantity": "quantity",
            "state": "state",
            "price": "average price",
            "total": "notional",
        },
        optional={"kind": "order type", "left": "leaves quantity", "entered": "entered price"},
        read_cells=order,
        key=("id",),
        zone="",
    ),
)

"""Bitfinex's trades, movements and ledger. Years of two digits and an order of the account's own: both are asked.

What a line is taken for is the same as in the API's lists, so it is said there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, product, reading
from ledger.readings import bitfinex
from ledger.readings.base import Kind, Leg, Reading, Row

if TYPE_CHECKING:
    from collections.abc import Iterable


def trade(cells: Cells) -> Iterable[Reading]:
    """Sold: below nought."""
    sides = bitfinex.sides_of(cells.text("pair"))
    if not sides:
        raise Unreadable(cells.column("pair"), bitfinex.NO_PAIR)
    size = cells.needed("amount")
    legs = [
        Leg(sides[0], size),
        Leg(sides[1], product(size, cells.needed("price")).copy_negate()),
        Leg(cells.text("fee_asset") or sides[1], cells.amount("fee"), fee=True),
    ]
    name = (
        bitfinex.trade_name(cells.text("id"), *sides) if "#" not in cells.id and cells.form.key_of(cells.cells) else ""
    )
    return [reading(cells, cells.when(), Kind.TRADE, legs, identity=name, order=cells.text("order"))]


def movement(cells: Cells) -> Iterable[Reading] | Skip:
    why = bitfinex.why_not_yet(cells.text("status"))
    if why:
        return Skip(why)
    number, asset = cells.needed("amount"), cells.asset("asset")
    return [
        reading(
            cells,
            cells.when(),
            Kind.WITHDRAWAL if number < 0 else Kind.DEPOSIT,
            [Leg(asset, number), Leg(asset, cells.amount("fee"), fee=True)],
            address=cells.text("description"),
            hash=cells.text("hash"),
            note=cells.text("note"),
        )
    ]


def ledger(cells: Cells) -> Iterable[Reading] | Skip:
    raw = {
        "description": cells.text("description"),
        "currency": cells.asset("asset"),
        "amount": str(cells.needed("amount")),
        "mts": f"{cells.when():%Y-%m-%dT%H:%M:%S}",
    }
    found = list(bitfinex.line(Row("ledger", cells.id, cells.when(), raw)))
    if len(found) == 1 and found[0].skip:
        return Skip(found[0].skip)
    return found if cells.has("id") else [apart(cells, each) for each in found]


def apart(cells: Cells, each: Reading) -> Reading:
    """Files of 2019 and 2020 have no ids (R): the API's lines of the same fill would be added to theirs."""
    event = cells.identity if each.event == each.identity else f"file:{each.event}"
    return each._replace(identity=cells.identity, event=event)


FORMATS = (
    Format(
        name="bitfinex_trades",
        exchange="bitfinex",
        title="Bitfinex trades",
        columns={
            "id": "#",
            "pair": "pair",
            "amount": "amount",
            "price": "price",
            "fee": "fee",
            "fee_asset": "fee currency",
            "time": "date",
            "order": "order ?id",
        },
        optional={"percent": "fee perc"},
        read_cells=trade,
        key=("id", "pair"),
        zone="",
    ),
    Format(
        name="bitfinex_movements",
        exchange="bitfinex",
        title="Bitfinex movements",
        columns={
            "id": "#",
            "time": "date|started",
            "asset": "currency",
            "status": "status",
            "amount": "amount",
            "fee": "fees",
            "description": "description",
            "hash": "transaction id",
        },
        optional={"updated": "updated", "note": "note"},
        read_cells=movement,
        key=("id",),
        list="movements",
        zone="",
    ),
    Format(
        name="bitfinex_ledger",
        version=3,
        exchange="bitfinex",
        title="Bitfinex ledger",
        columns={
            "description": "description",
            "asset": "currency",
            "amount": "amount",
            "balance": "balance",
            "time": "date",
            "wallet": "wallet",
        },
        optional={"id": "#"},
        read_cells=ledger,
        key=("id",),
        list="ledger",
        zone="",
    ),
)

"""MEXC's trades, deposits and withdrawals. A trade's fee has its asset glued on; times name no zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    by_side,
    done,
    less,
    moved,
    paid,
    product,
    reading,
)
from ledger.readings.base import Kind, Leg, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

ARRIVED = ("credited successfully", "success", "successful", "completed", "withdrawal successful", "credited")


QUOTES = ("USDT", "USDC", "USD1", "USDE", "USDF", "EUR", "BRL", "BTC", "ETH")  # R: newer files write LTCUSDT


def sides(name: str) -> tuple[str, str]:
    base, _, quote = name.upper().replace("-", "_").replace("/", "_").partition("_")
    if not quote:
        quote = next((each for each in QUOTES if base.endswith(each)), "")
        base = base.removesuffix(quote)
    return base, quote


def pair(cells: Cells) -> tuple[str, str]:
    base, quote = sides(cells.text("pair"))
    if not base or not quote:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC_USDT.")
    return base, quote


def trade(cells: Cells) -> Iterable[Reading]:
    base, quote = pair(cells)
    amount, value = cells.needed("amount"), cells.needed("total")
    fee = cells.told("fee")
    legs = [*by_side(cells)((base, amount), (quote, value))]
    if fee.amount:
        legs.append(paid(fee.asset or quote, fee.amount))
    return [reading(cells, cells.when(), Kind.TRADE, legs)]


def order(cells: Cells) -> Iterable[Reading] | Skip:
    """What was filled of it, at the average price: the amount beside is what was ordered, or somewhat more (R). These
    lists tell no fee, which those of trades do.
    """
    base, quote = pair(cells)
    amount = cells.needed("amount")
    if not amount:
        return Skip("Nothing of this order was filled.")
    legs = by_side(cells)((base, amount), (quote, product(amount, cells.needed("price"))))
    return [reading(cells, cells.when(), Kind.TRADE, legs)]


def deposit(cells: Cells) -> Iterable[Reading] | Skip:
    return done(cells, *ARRIVED) or [moved(cells, comes=True, **on_chain(cells))]


def withdrawal(cells: Cells) -> Iterable[Reading] | Skip:
    """What was settled is without the fee, whether what was asked for is with it or not."""
    if skip := done(cells, *ARRIVED):
        return skip
    fee, settled = cells.amount("fee"), cells.amount("settled")
    found = moved(cells, comes=False, fee=fee, within=True, **on_chain(cells))
    if settled:
        found = found._replace(legs=(Leg(found.legs[0].asset, less(settled)), *found.legs[1:]))
    return [found]


def on_chain(cells: Cells) -> dict[str, Any]:
    return {"hash": cells.text("hash"), "address": cells.text("address"), "network": cells.text("network")}


def at(name: str) -> str:
    return rf"{name}(\(utc.*\))?"


FORMATS = (
    Format(
        name="mexc_trades",
        version=2,
        exchange="",
        title="MEXC trades",
        columns={
            "pair": "pairs",
            "time": at("time"),
            "side": "side",
            "price": "filled price",
            "amount": "executed amount",
            "total": "total",
            "fee": "fee",
            "role": "role",
        },
        optional={"uid": "uid"},
        read_cells=trade,
        zone="",
    ),
    Format(
        name="mexc_orders",
        exchange="",
        title="MEXC spot orders",
        columns={
            "pair": "pairs",
            "time": at("time"),
            "kind": "type",
            "side": "direction",
            "price": "average filled price",
            "order_price": "order price",
            "amount": "filled quantity",
            "order_amount": "order quantity",
            "order_total": "order amount",
            "status": "status",
        },
        optional={"uid": "uid"},
        read_cells=order,
        zone="",
    ),
    Format(
        name="mexc_deposits",
        exchange="",
        title="MEXC deposits",
        columns={
            "status": "status",
            "time": at("time"),
            "asset": "crypto",
            "network": "network",
            "amount": "deposit amount",
            "hash": "txid",
            "progress": "progress",
        },
        optional={"uid": "uid"},
        read_cells=deposit,
        zone="",
    ),
    Format(
        name="mexc_withdrawals",
        version=2,
        exchange="",
        title="MEXC withdrawals",
        columns={
            "status": "status",
            "time": at("time"),
            "asset": "crypto",
            "network": "network",
            "amount": "request amount",
            "address": "withdrawal address",
            "hash": "txid",
            "fee": "trading fee",
            "settled": "settlement amount",
        },
        optional={"uid": "uid", "memo": "memo", "description": "withdrawal descriptions?"},
        read_cells=withdrawal,
        zone="",
    ),
)

"""MEXC's trades, deposits and withdrawals. A trade's fee has its asset glued on; times name no zone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, by_side, done, moved, paid, reading
from ledger.readings.base import Kind, Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

ARRIVED = ("credited successfully", "success", "successful", "completed", "withdrawal successful", "credited")


def trade(cells: Cells) -> Iterable[Reading]:
    base, _, quote = cells.text("pair").upper().replace("-", "_").replace("/", "_").partition("_")
    if not base or not quote:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC_USDT.")
    amount, value = cells.needed("amount"), cells.needed("total")
    fee = cells.told("fee")
    legs = [*by_side(cells)((base, amount), (quote, value))]
    if fee.amount:
        legs.append(paid(fee.asset or quote, fee.amount))
    return [reading(cells, cells.when(), Kind.TRADE, legs)]


def deposit(cells: Cells) -> Iterable[Reading] | Skip:
    return done(cells, *ARRIVED) or [moved(cells, comes=True, **on_chain(cells))]


def withdrawal(cells: Cells) -> Iterable[Reading] | Skip:
    """What was asked for is with the fee; what was settled is without."""
    return done(cells, *ARRIVED) or [
        moved(cells, comes=False, fee=cells.amount("fee"), within=True, **on_chain(cells)),
    ]


def on_chain(cells: Cells) -> dict[str, Any]:
    return {"hash": cells.text("hash"), "address": cells.text("address"), "network": cells.text("network")}


def at(name: str) -> str:
    return rf"{name}(\(utc.*\))?"


FORMATS = (
    Format(
        name="mexc_trades",
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

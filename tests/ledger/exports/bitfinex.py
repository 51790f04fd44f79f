"""Bitfinex: the ledger, or trades and movements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import Export, Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORT_YEAR = "%d-%m-%y %H:%M:%S"


def bitfinex_trades(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("trades"):
        market = f"{each.event.base}/{each.event.quote}"
        told = raw["amount"], raw["price"], raw["fee"], "0.2", raw["fee_currency"], each.at(SHORT_YEAR)
        yield raw["id"], market, *told, raw["order_id"]


def bitfinex_movements(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("movements"):
        told = raw["currency"], "COMPLETED", raw["amount"], raw["fees"], raw["destination_address"]
        yield raw["id"], each.at(SHORT_YEAR), *told, raw["transaction_id"], ""


def bitfinex_ledger(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("ledger"):
        yield raw["id"], raw["description"], raw["currency"], raw["amount"], "0", each.at(SHORT_YEAR), "exchange"


BITFINEX_LEDGER = Export("ledger.csv", "#,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET", bitfinex_ledger)
BITFINEX = (
    Export("trades.csv", "#,PAIR,AMOUNT,PRICE,FEE,FEE PERC,FEE CURRENCY,DATE,ORDER ID", bitfinex_trades),
    Export(
        "movements.csv",
        "#,DATE,CURRENCY,STATUS,AMOUNT,FEES,DESCRIPTION,TRANSACTION ID,NOTE",
        bitfinex_movements,
    ),
    BITFINEX_LEDGER,
)

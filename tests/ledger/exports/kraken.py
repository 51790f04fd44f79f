"""Kraken: its ledger, and its list of trades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import Export, Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def kraken_ledgers(each: Happened) -> Iterable[Sequence[Any]]:
    for row in each.rows:
        if row.family == "ledger":
            told = (row.raw[name] for name in ("type", "subtype", "aclass", "asset", "amount", "fee", "balance"))
            yield row.external_id, row.raw["refid"], each.at(), *told


def kraken_trades(each: Happened) -> Iterable[Sequence[Any]]:
    for row in each.rows:
        if row.family == "trades":
            named = (row.raw[name] for name in ("ordertxid", "pair"))
            told = (row.raw[name] for name in ("type", "ordertype", "price", "cost", "fee", "vol", "margin", "misc"))
            yield row.external_id, *named, each.at(), *told, ""


KRAKEN_LEDGERS = Export("ledgers.csv", "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance", kraken_ledgers)
KRAKEN_TRADES = Export(
    "trades.csv", "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers", kraken_trades
)

"""Kraken's ledgers.csv and trades.csv. Their columns have the API's names, so its reader says what a line means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip
from ledger.readings.kraken import ledger_reading, trade_reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.readings.base import Reading

# "Empty txid" means that it was announced only; when it is settled, it comes again with one.
NOT_SETTLED = Skip("Kraken gave this line no id: it was announced and not settled, or it failed.")
LEDGER_WORDS = ("refid", "type", "subtype", "asset")
TRADE_WORDS = ("ordertxid", "pair", "type", "misc", "posstatus")


def ledger(cells: Cells) -> Iterable[Reading] | Skip:
    if not cells.text("txid"):
        return NOT_SETTLED
    raw = {key: cells.text(key) for key in LEDGER_WORDS}
    raw |= {key: str(cells.amount(key)) for key in ("amount", "fee")}
    cells.asset("asset")
    return [ledger_reading(cells.id, cells.time("time"), raw)]


def trade(cells: Cells) -> Iterable[Reading]:
    raw = {key: cells.text(key) for key in TRADE_WORDS}
    raw |= {key: str(cells.amount(key)) for key in ("cost", "fee", "vol", "margin")}
    return [trade_reading(cells.id, cells.time("time"), raw)]


FORMATS = (
    Format(
        name="kraken_ledgers",
        exchange="kraken",
        title="Kraken ledgers",
        columns={
            "txid": "txid",
            "refid": "refid",
            "time": "time",
            "type": "type",
            "aclass": "aclass",
            "asset": "asset",
            "amount": "amount",
            "fee": "fee",
        },
        optional={
            "subtype": "subtype",
            "subclass": "subclass",
            "wallet": "wallet",
            "balance": "balance",
            "worth": "amount(usd)",
        },
        read_cells=ledger,
        key=("txid",),
        list="ledger",
        changing=("balance",),
    ),
    Format(
        name="kraken_trades",
        exchange="kraken",
        title="Kraken trades",
        columns={
            "txid": "txid",
            "ordertxid": "ordertxid",
            "pair": "pair",
            "time": "time",
            "type": "type",
            "price": "price",
            "cost": "cost",
            "fee": "fee",
            "vol": "vol",
        },
        optional={
            "ordertype": "ordertype",
            "margin": "margin",
            "misc": "misc",
            "ledgers": "ledgers",
            "posstatus": "posstatus",
        },
        read_cells=trade,
        key=("txid",),
        list="trades",
        open_ended=True,  # what a position adds is empty in spot trades
    ),
)

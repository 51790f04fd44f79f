"""Coinbase's reports of one account each, until 2018 (R). A trade stands in the report of its coin with what was paid;
the report of the money tells its other half in words alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import NOTHING, Cells, Format, Skip, Unreadable, less, more, paid, reading, total
from ledger.imports.formats.coinbase import given_for
from ledger.readings.base import Kind, Leg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.readings.base import Reading

IN_NAME = re.compile(r"([A-Z]{3,5}) amount", re.IGNORECASE)  # the oldest have only "BTC Amount"
HALF = re.compile(r"(?:bought|sold) [\d.,]+ (?P<coin>[a-z\d]+)\b.*")
OTHER_HALF = Skip("The report of the coin tells this trade, with both sides and the fee.")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    asset, amount = asset_of(cells), cells.needed("amount")
    money = cells.text("total_asset")
    if cells.text("transfer") and money and money != asset and not cells.text("hash"):
        return [traded(cells, Leg(asset, amount), money)]
    half = HALF.fullmatch(cells.word("notes"))
    if half and half["coin"] != asset.casefold():
        return OTHER_HALF
    return [movement(cells, Leg(asset, amount))]


def asset_of(cells: Cells) -> str:
    match = IN_NAME.fullmatch(cells.column("amount"))
    if match and not cells.text("asset"):
        return match[1].upper()
    return cells.asset("asset")


def traded(cells: Cells, coin: Leg, money: str) -> Reading:
    """The total is with the fee: above the price where coins were bought, below it where they were sold."""
    whole, fee = more(cells.needed("total")), more(cells.amount("fee"))
    if cells.text("fee_asset") not in {"", money}:
        raise Unreadable(cells.column("fee_asset"), "Is in another currency than the total. Please correct it.")
    price = total(less(whole), fee) if coin.amount > 0 else total(whole, fee)
    legs = [coin, Leg(money, price), paid(money, fee)]
    return reading(cells, cells.when(), Kind.TRADE, legs, note=cells.text("notes"))


def movement(cells: Cells, leg: Leg) -> Reading:
    given = given_for(cells) if leg.amount > NOTHING else ""
    kind = Kind.WITHDRAWAL if leg.amount < NOTHING else Kind.REWARD if given else Kind.DEPOSIT
    chain = cells.text("hash")
    said = {"hash": chain, "address": cells.text("to") if chain else "", "note": cells.text("notes")}
    return reading(cells, cells.when(), kind, [leg], category=given, **said)


FORMATS = (
    Format(
        name="coinbase_accounts",
        exchange="coinbase",
        title="Coinbase account report (until 2018)",
        columns={
            "time": "timestamp",
            "balance": "balance",
            "amount": "([A-Z]{3,5} )?amount",
            "to": "to",
            "notes": "notes",
            "exchanged": "instantly exchanged",
            "total": "transfer total",
            "total_asset": "transfer total currency",
            "fee": "transfer fee",
            "fee_asset": "transfer fee currency",
            "transfer": "transfer id",
            "id": "coinbase id.*",
        },
        optional={"asset": "currency", "hash": "([a-z]+ )?hash.*", "method": "transfer payment method"},
        read_cells=line,
        key=("id",),
    ),
)

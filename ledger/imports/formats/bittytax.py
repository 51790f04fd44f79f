"""BittyTax's transaction records. What a value is in, its column's name says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.trackers import Entry, Words, currency_in, fee, side, told, worth_in

if TYPE_CHECKING:
    from ledger.readings.base import Worth


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sell", "sold", "place"),
        side(cells, "buy", "bought", "place"),
        fee(cells, place="place"),
        more={"worth": value(cells)},
    )
    return told(cells, entry, Words(cells.text("type"), cells.text("note")))


def value(cells: Cells) -> Worth | None:
    keys = ("buy_worth", "sell_worth")
    return next((found for key in keys if (found := worth_in(cells, key, currency_in(cells, key)))), None)


FORMATS = (
    Format(
        name="bittytax",
        exchange="",
        title="BittyTax transaction records",
        columns={
            "type": "type",
            "buy": "buy quantity",
            "bought": "buy asset",
            "buy_worth": r"buy value in \w{3}",
            "sell": "sell quantity",
            "sold": "sell asset",
            "sell_worth": r"sell value in \w{3}",
            "fee": "fee quantity",
            "fee_asset": "fee asset",
            "fee_worth": r"fee value in \w{3}",
            "place": "wallet",
            "time": "timestamp",
        },
        optional={"note": "note", "raw": "raw data"},
        read_cells=line,
        zone="",
        seconds=False,
        changing=("type", "note", "raw", "buy_worth", "sell_worth", "fee_worth"),
        open_ended=True,  # the exchange's own line may follow
    ),
)

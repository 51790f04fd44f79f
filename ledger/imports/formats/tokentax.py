"""TokenTax's template. It does not say in which zone its times are."""

from __future__ import annotations

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.times import MONTH_FIRST
from ledger.imports.trackers import Entry, Words, fee, side, told


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sell", "sold", "place"),
        side(cells, "buy", "bought", "place"),
        fee(cells, place="place"),
    )
    return told(cells, entry, Words(cells.text("type"), cells.text("comment"), cells.text("group")))


FORMATS = (
    Format(
        name="tokentax",
        exchange="",
        title="TokenTax template",
        columns={
            "type": "type",
            "buy": "buyamount",
            "bought": "buycurrency",
            "sell": "sellamount",
            "sold": "sellcurrency",
            "fee": "feeamount",
            "fee_asset": "feecurrency",
            "place": "exchange",
            "group": "group",
            "comment": "comment",
            "time": "date",
        },
        optional={"import": "import"},
        read_cells=line,
        zone="",
        order=MONTH_FIRST,
        seconds=False,
        changing=("type", "group", "comment"),
    ),
)

"""Accointing's export, in three variants. The newest keeps what its owner said a line was worth, without a currency."""

from __future__ import annotations

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.trackers import Entry, Side, Words, named, side, symbol, told, worth_in


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        ticked_side(cells, "sold"),
        ticked_side(cells, "bought"),
        ticked_side(cells, "fee"),
        more={
            "hash": cells.text("hash"),
            "address": cells.text("other_address"),
            "worth": worth_in(cells, "worth", cells.options.base),
        },
    )
    return told(cells, entry, Words(cells.text("label"), cells.text("comment")))


def ticked_side(cells: Cells, key: str) -> Side | None:
    """A coin that Accointing does not know has its name in a column of its own."""
    amount = cells.amount(f"{key}_amount")
    if amount and not cells.text(key) and cells.text(f"{key}_ticker"):
        return Side(symbol(cells, f"{key}_ticker"), amount.copy_abs(), named(cells, "place"))
    return side(cells, f"{key}_amount", key, "place")


COLUMNS = {
    "time": "timeexecuted",
    "type": "type",
    "bought_amount": "boughtquantity",
    "bought": "boughtcurrency",
    "sold_amount": "soldquantity",
    "sold": "soldcurrency",
    "fee_amount": "feequantity",
    "fee": "feecurrency",
    "label": "classification",
    "place": "walletname",
    "id": "id",
}
OPTIONAL = {
    "bought_id": "boughtcurrencyid",
    "sold_id": "soldcurrencyid",
    "fee_id": "feecurrencyid",
    "provider": "walletprovider",
    "provider_id": "providerid",
    "hash": "txid",
    "address": "primaryaddress",
    "other_address": "otheraddress",
    "name": "temporarycurrencyname",
    "fee_name": "temporaryfeecurrencyname",
    "bought_ticker": "temporaryboughtcurrencyticker",
    "sold_ticker": "temporarysoldcurrencyticker",
    "fee_ticker": "temporaryfeecurrencyticker",
    "transfer": "associatedtransferid",
    "comment": "comments",
}
VALUED = {"worth": "fiatvalueoverwrite", "fee_worth": "feefiatvalueoverwrite"}

FORMATS = (
    Format(
        name="accointing",
        exchange="",
        title="Accointing transactions",
        columns=COLUMNS,
        optional=OPTIONAL,
        read_cells=line,
        key=("id",),
        zone="",
        seconds=False,
    ),
    Format(
        name="accointing_valued",
        exchange="",
        title="Accointing transactions with values",
        columns={**COLUMNS, **VALUED},
        optional=OPTIONAL,
        read_cells=line,
        key=("id",),
        zone="",
        seconds=False,
        asks=("base",),
    ),
)

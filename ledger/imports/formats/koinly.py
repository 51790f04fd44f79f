"""Koinly's four files: two templates, the export, and the one for changing many at once, with ids and deletions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.trackers import (
    Entry,
    Side,
    Words,
    currency_in,
    fee,
    named,
    side,
    symbol,
    ticked,
    told,
    worth,
    worth_in,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SIDES = {
    "sent_amount": "sent amount",
    "sent": "sent currency",
    "received_amount": "received amount",
    "received": "received currency",
    "fee": "fee amount",
    "fee_asset": "fee currency",
}
WORTH = {"worth": "net worth amount", "worth_asset": "net worth currency"}
CHAIN = {"source": "txsrc", "address": "txdest"}
DATE = r"date( \(utc\))?"
LABEL = "label|tag"
SAID = ("label", "description", "worth", "worth_asset")


def sided(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sent_amount", "sent", "sent_place"),
        side(cells, "received_amount", "received", "received_place"),
        fee(cells),
        more=details(cells),
    )
    return told(cells, entry, words(cells))


def signed(cells: Cells) -> Read | Skip:
    """Of the simple template: what went out stands below nought."""
    amount = cells.needed("amount")
    moved = Side(symbol(cells, "asset"), amount.copy_abs()) if amount else None
    sent, received = (moved, None) if amount < 0 else (None, moved)
    return told(cells, Entry(cells.when(), sent, received, more=details(cells)), words(cells))


def details(cells: Cells) -> Mapping[str, Any]:
    value = worth(cells) if cells.has("worth_asset") else worth_in(cells, "worth", currency_in(cells, "worth"))
    return {"hash": cells.text("hash"), "address": cells.text("address"), "worth": value}


def words(cells: Cells) -> Words:
    return Words(named_label(cells), cells.text("description"), ignored=ticked(cells, "deleted"))


def named_label(cells: Cells) -> str:
    return named(cells, "label") if cells.text("label") else ""


FORMATS = (
    Format(
        name="koinly_template",
        exchange="",
        title="Koinly template",
        columns={"time": DATE, **SIDES, "label": LABEL},
        optional={**WORTH, "description": "description", "hash": "txhash"},
        read_cells=sided,
        seconds=False,
        changing=SAID,
    ),
    Format(
        name="koinly_simple",
        exchange="",
        title="Koinly simple template",
        columns={"time": "koinly date", "amount": "amount", "asset": "currency"},
        optional={"label": LABEL, "hash": "txhash", **WORTH, "description": "description"},
        read_cells=signed,
        seconds=False,
        changing=SAID,
    ),
    Format(
        name="koinly_export",
        exchange="",
        title="Koinly transactions",
        columns={
            "time": DATE,
            "type": "type",
            "label": LABEL,
            "sent_place": "sending wallet",
            **SIDES,
            "received_place": "receiving wallet",
        },
        optional={
            "sent_basis": "sent cost basis",
            "received_basis": "received cost basis",
            "gain": r"gain \(\w{3}\)",
            "worth": r"net value \(\w{3}\)",
            "fee_worth": r"fee value \(\w{3}\)",
            **CHAIN,
            "hash": "txhash",
            "description": "description",
        },
        read_cells=sided,
        seconds=False,
        changing=(*SAID, "type", "sent_basis", "received_basis", "gain", "fee_worth"),
    ),
    Format(
        name="koinly_bulk_edit",
        exchange="",
        title="Koinly bulk edit",
        columns={
            "id": r"id \(read-only\)",
            "time": DATE,
            "type": "type",
            "label": LABEL,
            "sent_place": r"from wallet \(read-only\)",
            "sent_amount": "from amount",
            "sent": "from currency",
            "received_place": r"to wallet \(read-only\)",
            "received_amount": "to amount",
            "received": "to currency",
            "fee": "fee amount",
            "fee_asset": "fee currency",
            "deleted": "deleted",
        },
        optional={
            "parent": r"parent id \(read-only\)",
            "sent_place_id": "from wallet id",
            "received_place_id": "to wallet id",
            **WORTH,
            "fee_worth": "fee worth amount",
            "fee_worth_asset": "fee worth currency",
            "value": r"net value \(read-only\)",
            "fee_value": r"fee value \(read-only\)",
            "value_asset": r"value currency \(read-only\)",
            "sent_source": r"from source \(read-only\)",
            "received_source": r"to source \(read-only\)",
            **CHAIN,
            "hash": "txhash",
            "description": "description",
        },
        read_cells=sided,
        key=("id",),
        seconds=False,
    ),
)

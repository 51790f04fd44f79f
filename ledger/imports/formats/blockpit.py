"""Blockpit's template and new export, which have the same columns, and the export of before."""

from __future__ import annotations

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.times import DAY_FIRST
from ledger.imports.trackers import Entry, Words, fee, side, told

SIDES = {
    "sent": "outgoing asset",
    "sent_amount": "outgoing amount",
    "received": "incoming asset",
    "received_amount": "incoming amount",
    "fee_asset": r"fee asset( \(optional\))?",
    "fee": r"fee amount( \(optional\))?",
}


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sent_amount", "sent", "place"),
        side(cells, "received_amount", "received", "place"),
        fee(cells, place="place"),
        more={"hash": cells.text("hash")},
    )
    return told(cells, entry, Words(cells.text("label"), cells.text("note")))


FORMATS = (
    Format(
        name="blockpit",
        exchange="",
        title="Blockpit transactions",
        columns={"time": r"date \(utc\)", "place": "integration name", "label": "label", **SIDES},
        optional={
            "note": r"comments?( \(optional\))?",
            "hash": r"trx\. id( \(optional\))?",
            "source_type": "source type",
            "source": "source name",
        },
        read_cells=line,
        order=DAY_FIRST,
        seconds=False,
        changing=("label", "note"),
    ),
    Format(
        name="blockpit_old",
        exchange="",
        title="Blockpit export",
        columns={
            "id": "blockpit id",
            "time": "timestamp",
            "place": "source name",
            "label": "transaction type",
            **SIDES,
        },
        optional={
            "source_type": "source type",
            "integration": "integration",
            "hash": "transaction id",
            "note": "note",
            "merged": "merge id",
        },
        read_cells=line,
        key=("id",),
        order=DAY_FIRST,
        seconds=False,
    ),
)

"""CoinTracker's template, which Awaken takes too, and its export, whose lines may be remarks and whose trades may lack
the side that came.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.labels import folded, is_plain
from ledger.imports.times import MONTH_FIRST
from ledger.imports.trackers import Entry, Side, Words, fee, noted, side, ticked, told
from ledger.readings.telling import TRADED

if TYPE_CHECKING:
    from collections.abc import Mapping

REMARK = Skip("A remark of CoinTracker's, and no transaction.")
TRADES = {"trade", "buy", "sell", "multi token trade"}
SIDES = {
    "received_amount": "received quantity",
    "received": "received currency",
    "sent_amount": "sent quantity",
    "sent": "sent currency",
    "fee": "fee amount",
    "fee_asset": "fee currency",
}


def line(cells: Cells) -> Read | Skip:
    if cells.text("time").startswith(("...", "#")):
        return REMARK
    entry = Entry(
        cells.when(),
        held(side(cells, "sent_amount", "sent", "sent_place")),
        held(side(cells, "received_amount", "received", "received_place")),
        fee(cells),
        more=details(cells),
    )
    if folded(cells.text("type")) in TRADES and bool(entry.sent) != bool(entry.received):
        entry = half_a_trade(cells, entry)
    return told(cells, entry, words(cells))


def held(side: Side | None) -> Side | None:
    """“Coinbase - ETH Wallet”: what stands behind is a part of one account."""
    return Side(side.asset, side.amount, side.place.partition(" - ")[0].strip()) if side else None


def half_a_trade(cells: Cells, entry: Entry) -> Entry:
    """Its other side is empty, or stands in other lines of the same transaction."""
    name = cells.text("id")
    event = {"event": f"cointracker:{name}"[:200]} if name and "multi" in cells.word("type") else {}
    return replace(entry, meaning=TRADED, more={**entry.more, **event})


def details(cells: Cells) -> Mapping[str, Any]:
    return {"hash": cells.text("hash"), "address": cells.text("sent_address") or cells.text("received_address")}


def words(cells: Cells) -> Words:
    """What its owner made of it goes before what CoinTracker did."""
    tags = [cells.text(key) for key in ("tag", "received_tag", "sent_tag")]
    label = next((tag for tag in tags if tag and not is_plain(tag)), cells.text("type"))
    note = noted(cells.text("received_comment"), cells.text("sent_comment"))
    return Words(label, note, ignored=ticked(cells, "ignored"))


FORMATS = (
    Format(
        name="cointracker_template",
        exchange="",
        title="CoinTracker template",
        columns={"time": "date", **SIDES, "tag": "tag"},
        optional={"hash": "transaction (id|hash)"},
        read_cells=line,
        order=MONTH_FIRST,
        changing=("tag",),
    ),
    Format(
        name="cointracker_export",
        exchange="",
        title="CoinTracker transactions",
        columns={
            "time": "date",
            "type": "type",
            "id": "transaction id",
            **SIDES,
            "received_place": "received wallet",
            "sent_place": "sent wallet",
        },
        optional={
            "received_basis": r"received cost basis \(\w{3}\)?",
            "received_address": "received address",
            "received_tag": "received tag",
            "received_comment": "received comment",
            "sent_basis": r"sent cost basis \(\w{3}\)?",
            "sent_address": "sent address",
            "sent_tag": "sent tag",
            "sent_comment": "sent comment",
            "fee_basis": r"fee cost basis \(\w{3}\)?",
            "gain": r"realized return \(\w{3}\)?",
            "fee_gain": r"fee realized return \(\w{3}\)?",
            "hash": "transaction hash",
            "ignored": "ignored",
        },
        read_cells=line,
        key=("id",),
        order=MONTH_FIRST,
    ),
)

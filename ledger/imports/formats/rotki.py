"""rotki's generic files. Times are epoch milliseconds; an asset is a symbol, or what its chain calls it."""

from __future__ import annotations

import re

from ledger.imports.formats.base import Cells, Format, Read, Skip, unknown
from ledger.imports.trackers import Entry, Side, Words, told
from ledger.imports.trackers import side as plain_side
from ledger.readings.base import Kind
from ledger.readings.cells import MOVE, Meaning, means
from ledger.readings.telling import STAKING

# “USDC (eip155:1/erc20:0xA0…)”: where a symbol is told, it is what everybody calls the asset.
SYMBOL_FIRST = re.compile(r"(?P<symbol>\S{1,20}) \([a-z0-9]+:\S+\)", re.IGNORECASE)
COMES = {"deposit": MOVE, "income": means(Kind.INCOME), "staking": STAKING}
GOES = {"withdrawal": MOVE, "loss": means(Kind.LOST), "spend": means(Kind.SPEND)}


def trade(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sent_amount", "sent"),
        side(cells, "received_amount", "received"),
        side(cells, "fee", "fee_asset"),
    )
    return told(cells, entry, Words(note=cells.text("description")))


def event(cells: Cells) -> Read | Skip:
    what, moved = cells.word("type"), side(cells, "amount", "asset")
    meaning: Meaning | None = COMES.get(what) or GOES.get(what)
    if meaning is None:
        raise unknown(cells.text("type"), cells.column("type"))
    sent, received = (None, moved) if what in COMES else (moved, None)
    entry = Entry(cells.when(), sent, received, side(cells, "fee", "fee_asset"), meaning=meaning)
    return told(cells, entry, Words(note=cells.text("description")))


def side(cells: Cells, amount: str, asset: str) -> Side | None:
    found = plain_side(cells, amount, asset, "place")
    match = SYMBOL_FIRST.fullmatch(found.asset) if found else None
    return Side(match["symbol"], found.amount, found.place) if found and match else found


REST = {"fee": "fee", "fee_asset": "fee currency", "description": "description", "time": "timestamp"}

FORMATS = (
    Format(
        name="rotki_trades",
        exchange="",
        title="rotki generic trades",
        columns={
            "place": "location",
            "sent": "spend currency",
            "received": "receive currency",
            "received_amount": "receive amount",
            "sent_amount": "spend amount",
            **REST,
        },
        read_cells=trade,
        changing=("description",),
    ),
    Format(
        name="rotki_events",
        exchange="",
        title="rotki generic events",
        columns={"type": "type", "place": "location", "asset": "currency", "amount": "amount", **REST},
        read_cells=event,
        changing=("description",),
    ),
)

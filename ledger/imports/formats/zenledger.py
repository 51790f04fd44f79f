"""ZenLedger's template. Of what only came or went, the other side may say what it was worth in dollars."""

from __future__ import annotations

from dataclasses import replace

from ledger.imports.formats.base import Cells, Format, Read, Skip
from ledger.imports.labels import folded
from ledger.imports.trackers import Entry, Words, fee, side, told
from ledger.readings.base import Worth

COMES = {"receive", "fork", "airdrop", "payment", "mined", "gift received", "dividend received", "misc reward"}
COMES |= {"staking reward", "interest received", "mining"}
GOES = {"send", "lost", "stolen", "fee", "donation sent", "gift sent", "donation 501c3", "gift"}


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "out_amount", "out", "place"),
        side(cells, "in_amount", "in", "place"),
        fee(cells, place="place"),
    )
    return told(cells, valued(entry, folded(cells.text("type"))), Words(cells.text("type")))


def valued(entry: Entry, what: str) -> Entry:
    sent, received = entry.sent, entry.received
    if not (sent and received) or sent.asset == received.asset:
        return entry
    if what in COMES and sent.asset == "USD":
        return replace(entry, sent=None, more={"worth": Worth(sent.amount, "USD")})
    if what in GOES and received.asset == "USD":
        return replace(entry, received=None, more={"worth": Worth(received.amount, "USD")})
    return entry


FORMATS = (
    Format(
        name="zenledger",
        exchange="",
        title="ZenLedger template",
        columns={
            "time": "timestamp",
            "type": "type",
            "in_amount": "in amount",
            "in": "in currency",
            "out_amount": "out amount",
            "out": "out currency",
            "fee": "fee amount",
            "fee_asset": "fee currency",
            "place": r"exchange( ?\(optional\))?",
        },
        optional={"us": "us[- ]based", "id": r"txid( ?\(optional\))?"},
        read_cells=line,
        zone="",
        seconds=False,
        changing=("type",),
    ),
)

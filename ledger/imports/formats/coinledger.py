"""CoinLedger's template, and its export: a line for each leg, joined by CoinLedger's own id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Skip, Unreadable, less, more, reading, unknown
from ledger.imports.labels import folded, is_plain, meaning_of
from ledger.imports.times import MONTH_FIRST
from ledger.imports.trackers import NOTHING_MOVED, Entry, Side, Words, edits, fee, named, side, symbol, told
from ledger.readings.base import Kind, Leg

if TYPE_CHECKING:
    from decimal import Decimal

FEES = {"network fee", "platform fee"}
COMES = {"airdrop", "gift received", "hard fork", "mining", "staking"}
GOES = {"gift sent", "investment loss", "merchant payment", "network fee", "theft loss"}


def line(cells: Cells) -> Read | Skip:
    entry = Entry(
        cells.when(),
        side(cells, "sent_amount", "sent", "place"),
        side(cells, "received_amount", "received", "place"),
        fee(cells, place="place"),
        more={"hash": cells.text("hash")},
    )
    return told(cells, entry, Words(cells.text("type"), cells.text("description")))


def leg(cells: Cells) -> Read | Skip:
    record, amount = folded(cells.text("record")), directed(cells)
    if not amount:
        return NOTHING_MOVED
    meaning = meaning_of(cells.text("type")) or meaning_of(record)
    asset = symbol(cells, "asset")
    found = reading(
        cells,
        cells.when(),
        kind_of(cells, record, comes=amount > 0),
        [Leg(asset, amount, fee=record in FEES)],
        event=f"coinledger:{cells.text('internal')}"[:200] if cells.text("internal") else "",
        category=meaning.category if meaning else "",
        hash=cells.text("hash"),
    )
    moved = Side(asset, more(amount))
    entry = Entry(found.at, received=moved) if amount > 0 else Entry(found.at, sent=moved)
    label = "" if record in FEES else cells.text("type")
    said = edits(Words(label, cells.text("description")), meaning, entry)
    return Read((found,), {found.identity: cells.text("account") or named(cells, "platform")}, said)


def directed(cells: Cells) -> Decimal:
    """The kind of record says which way; a sign that contradicts it is nobody's to decide here."""
    amount, record, label = cells.needed("amount"), folded(cells.text("record")), folded(cells.text("type"))
    if record == "margin gain" or label.startswith("interest"):
        return amount
    if record not in {"credit", "debit", *FEES}:
        raise unknown(cells.text("record"), cells.column("record"))
    against = amount < 0 and (record == "credit" or label in COMES)
    if against or (amount > 0 and label in GOES):
        raise Unreadable(
            cells.column("amount"), f"Its sign contradicts “{cells.text('type')[:40]}”. Please correct it."
        )
    return more(amount) if record == "credit" else less(amount)


def kind_of(cells: Cells, record: str, *, comes: bool) -> Kind:
    label = folded(cells.text("type"))
    if record in FEES:
        return Kind.FEE
    if meaning := meaning_of(label) or meaning_of(record):
        return meaning.came if comes else meaning.went
    if is_plain(label) and label not in {"deposit", "withdrawal", "transfer"}:
        return Kind.TRADE
    return Kind.DEPOSIT if comes else Kind.WITHDRAWAL


FORMATS = (
    Format(
        name="coinledger_template",
        exchange="",
        title="CoinLedger template",
        columns={
            "time": r"date \(utc\)",
            "sent": "asset sent",
            "sent_amount": r"amount sent",
            "received": "asset received",
            "received_amount": "amount received",
            "fee_asset": r"fee currency( \(optional\))?",
            "fee": r"fee amount( \(optional\))?",
            "type": "type",
        },
        optional={
            "place": r"platform( \(optional\))?",
            "description": r"description( \(optional\))?",
            "hash": r"txhash( \(optional\))?",
        },
        read_cells=line,
        order=MONTH_FIRST,
        changing=("type", "description"),
    ),
    Format(
        name="coinledger_export",
        exchange="",
        title="CoinLedger transactions",
        columns={
            "time": r"timestamp \(utc\)",
            "type": "type",
            "internal": "internal id",
            "platform": "platform",
            "account": "account name",  # Voyager's file has all but this
            "record": "record type",
            "asset": "asset",
            "amount": "amount",
        },
        optional={"platform_id": "platform id", "hash": "blockchain id", "description": "description"},
        read_cells=leg,
        changing=("type", "description"),
    ),
)

"""Our own export (`ledger.exporting`), read back to the same amounts, with its owner's words as edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Read, Unreadable, less, more, paid, reading
from ledger.readings.base import Kind, Leg, Worth

if TYPE_CHECKING:
    from decimal import Decimal

MARK = "'"
RISKY = ("=", "+", "-", "@", "\t", "\r")
WORDS = ("category", "note", "tags", "ignored")


def said(cells: Cells, key: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    text = cells.text(key)
    return text[1:] if text.startswith(MARK) and text.lstrip(MARK).startswith(RISKY) else text


def legs(cells: Cells) -> list[Leg]:
    found = []
    if amount := pair(cells, "sent"):
        found.append(Leg(said(cells, "sent_asset"), less(amount)))
    if amount := pair(cells, "received"):
        found.append(Leg(said(cells, "received_asset"), more(amount)))
    if amount := pair(cells, "fee"):
        fee = said(cells, "fee_asset")
        found.append(paid(fee, amount) if amount > 0 else Leg(fee, more(amount), fee=True))  # below nought: given back
    return found


def pair(cells: Cells, leg: str) -> Decimal:
    amount = cells.amount(f"{leg}_amount")
    if amount:
        cells.asset(f"{leg}_asset")
    return amount


def kind(cells: Cells) -> Kind:
    try:
        return Kind(cells.word("kind"))
    except ValueError:
        words = f"“{cells.text('kind')[:40]}” is no kind of transaction."
        raise Unreadable(cells.column("kind"), words) from None


def its_own_kind(cells: Cells) -> str:
    """Where what moved says another one by itself: so its owner said it."""
    sent, received = pair(cells, "sent"), pair(cells, "received")
    by_itself = Kind.TRADE if sent and received else kind(cells) if sent or received else Kind.FEE
    return "" if kind(cells) is by_itself else str(kind(cells))


def read(cells: Cells) -> Read:
    worth = cells.amount("value_amount")
    found = reading(
        cells,
        cells.when(),
        kind(cells),
        legs(cells),
        group=said(cells, "group"),
        order=said(cells, "order"),
        hash=said(cells, "hash"),
        address=said(cells, "address"),
        network=said(cells, "network"),
        worth=Worth(worth, said(cells, "value_currency")) if worth else None,
    )
    edits = {name: text for name in WORDS if (text := said(cells, name))}
    if said_otherwise := its_own_kind(cells):
        edits["kind"] = said_otherwise
    places = {found.identity: said(cells, "wallet")} if cells.text("wallet") else {}
    return Read((found,), places, edits)


FORMATS = (
    Format(
        name="holdfast_transactions",
        exchange="",
        title="Holdfast transactions",
        columns={
            name: name
            for name in (
                *("id", "time", "kind", "category", "sent_amount", "sent_asset", "received_amount", "received_asset"),
                *("fee_amount", "fee_asset", "value_amount", "value_currency", "wallet", "exchange"),
            )
        },
        optional={
            name: name
            for name in (*("note", "tags", "ignored", "group", "order"), *("hash", "address", "network", "linked"))
        },
        read_cells=read,
        key=("id",),
        changing=("linked",),
    ),
)

"""Our own export (`ledger.exporting`), read back to the same amounts, with its owner's words as edits."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ledger.imports import times
from ledger.imports.formats.base import MAX_ASSET, Cells, Format, Read, Unreadable, less, more, paid, reading
from ledger.readings.base import Kind, Leg, Worth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MARK = "'"
RISKY = ("=", "+", "-", "@", "\t", "\r")
WORDS = ("category", "note", "tags", "ignored")
LEGS = ("sent", "received", "fee")
LONGEST = 4000
MOST_TAGS = 20
BROKEN = re.compile("[\0\ud800-\udfff]")  # JSON can write these, and no database keeps them
FIGURE = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,36})?", re.ASCII)


def said(cells: Cells, key: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    text = cells.text(key)
    return text[1:] if text.startswith(MARK) and text.lstrip(MARK).startswith(RISKY) else text


def pair(cells: Cells, leg: str) -> tuple[str, Decimal] | None:
    unit = "value_currency" if leg == "value" else f"{leg}_asset"
    amount = cells.amount(f"{leg}_amount")
    if not amount:
        return None
    if leg != "value":
        cells.asset(unit)
    return said(cells, unit), amount


def kind(cells: Cells) -> Kind:
    try:
        return Kind(cells.word("kind"))
    except ValueError:
        words = f"“{cells.text('kind')[:40]}” is no kind of transaction."
        raise Unreadable(cells.column("kind"), words) from None


def before(cells: Cells) -> dict[str, Any]:
    """What sources had said of the fields that the owner says otherwise."""
    found = told_in(cells, "before")
    return {name: before_of(cells, "before", name, value) for name, value in found.items() if name in READ_BEFORE}


def conflicts(cells: Cells) -> dict[str, Any]:
    """What was against the owner's word, as our own fields have it, where the owner has not decided yet."""
    found = {name: value for name, value in told_in(cells, "conflicts").items() if name in READ}
    return {name: as_field(name, before_of(cells, "conflicts", name, value), value) for name, value in found.items()}


def as_field(name: str, read: Any, told: Any) -> Any:
    """Of what is told no more than was read."""
    if isinstance(read, datetime):
        return read.isoformat().replace("+00:00", "Z")
    if isinstance(read, tuple):
        unit = "currency" if name == "value" else "asset"
        return {"amount": told["amount"], unit: read[0]}
    return read


def told_in(cells: Cells, column: str) -> dict[str, Any]:
    try:
        found = json.loads(said(cells, column) or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        words = "Does not say what was there before. Please leave it as it was written, or empty."
        raise Unreadable(cells.column(column), words)
    return found


def before_of(cells: Cells, column: str, name: str, value: Any) -> Any:
    try:
        return READ[name](value)
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        words = f"What it says of “{name}” cannot have been there before. Please leave it as it was written, or empty."
        raise Unreadable(cells.column(column), words) from None


def moment(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return times.possible(at.astimezone(UTC))


def pair_of(unit: str) -> Callable[[Any], tuple[str, Decimal] | None]:
    def read(value: Any) -> tuple[str, Decimal] | None:
        if value is None:
            return None
        name = text(value[unit])
        if not FIGURE.fullmatch(value["amount"]) or not 0 < len(name) <= MAX_ASSET:
            raise ValueError
        return name, Decimal(value["amount"])

    return read


def text(value: Any) -> str:
    if not isinstance(value, str) or BROKEN.search(value):
        raise TypeError
    return value[:LONGEST]


def tags(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise TypeError
    return [text(each) for each in value[:MOST_TAGS]]


def truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


# Tags, and what is left out, are the owner's alone: there was nothing before, but two words may differ.
READ_BEFORE: dict[str, Callable[[Any], Any]] = {
    "kind": Kind,
    "category": text,
    "occurred_at": moment,
    "sent": pair_of("asset"),
    "received": pair_of("asset"),
    "fee": pair_of("asset"),
    "value": pair_of("currency"),
    "note": text,
}
READ: dict[str, Callable[[Any], Any]] = {**READ_BEFORE, "tags": tags, "ignored": truth}


def legs_of(held: Mapping[str, tuple[str, Decimal] | None]) -> Iterator[Leg]:
    if sent := held["sent"]:
        yield Leg(sent[0], less(sent[1]))
    if received := held["received"]:
        yield Leg(received[0], more(received[1]))
    if fee := held["fee"]:  # below nought: given back
        yield paid(*fee) if fee[1] > 0 else Leg(fee[0], more(fee[1]), fee=True)


def its_own_kind(cells: Cells, first: Kind, *, sent: bool, received: bool) -> str:
    """Where what moved says another one by itself: so its owner said it. Of linked ends the link says that they are."""
    if kind(cells) is Kind.TRANSFER and cells.text("linked") and sent != received:
        return ""
    by_itself = Kind.TRADE if sent and received else first if sent or received else Kind.FEE
    return "" if kind(cells) is by_itself else str(kind(cells))


def read(cells: Cells) -> Read:
    """As sources had it, and the owner's words as edits. Without that column, what holds is what sources say."""
    first, now = before(cells), {name: pair(cells, name) for name in (*LEGS, "value")}
    held = {**now, **{name: first[name] for name in now if name in first}}
    worth, first_kind = held["value"], first.get("kind", kind(cells))
    words = {name: said(cells, name) for name in ("category", "note")}
    kept = {name: first.get(name, text) for name, text in words.items()} if cells.has("before") else {}
    found = reading(
        cells,
        first.get("occurred_at", cells.when()),
        first_kind,
        legs_of(held),
        group=said(cells, "group"),
        order=said(cells, "order"),
        hash=said(cells, "hash"),
        address=said(cells, "address"),
        network=said(cells, "network"),
        worth=Worth(worth[1], worth[0]) if worth else None,
        **kept,
    )
    places = {found.identity: said(cells, "wallet")} if cells.text("wallet") else {}
    return Read((found,), places, edits_of(cells, first, now, kept, its_own_kind(cells, first_kind, **sides(held))))


def sides(held: Mapping[str, Any]) -> dict[str, bool]:
    return {name: bool(held[name]) for name in ("sent", "received")}


def edits_of(
    cells: Cells, first: Mapping[str, Any], now: Mapping[str, Any], kept: Mapping[str, str], said_kind: str
) -> dict[str, str]:
    """In the words of the file, and what moved as our own fields have it. Nothing is said of what stayed as it was."""
    edits = {name: text for name in WORDS if (text := said(cells, name)) != kept.get(name, "")}
    edits |= {name: written(name, now[name]) for name in now if name in first}
    if "occurred_at" in first:
        edits["occurred_at"] = cells.when().isoformat()
    edits |= {"kind": said_kind} if said_kind else {}
    doubts = conflicts(cells)
    return edits | ({"conflicts": json.dumps(doubts)} if doubts else {})


def written(name: str, held: tuple[str, Decimal] | None) -> str:
    unit = "currency" if name == "value" else "asset"
    return json.dumps(held and {"amount": f"{held[1]:f}", unit: held[0]})


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
            for name in (
                *("note", "tags", "ignored", "group", "order", "hash", "address", "network"),
                *("linked", "apart", "before", "conflicts"),
            )
        },
        read_cells=read,
        key=("id",),
        changing=("linked", "apart", "conflicts"),
    ),
)

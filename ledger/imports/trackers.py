"""What the files of other programs share: a line has two sides, a fee, one wallet or two, and words of its owner's.

Both halves of a transfer are one event. Imported wallet by wallet each finds its half; all into one, they come to
nothing, as a transfer within one wallet does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import Cells, Read, Skip, Unreadable, less, more, reading, total
from ledger.imports.labels import IGNORED, folded, is_plain, meaning_of
from ledger.readings.base import Kind, Leg, Reading, Worth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from ledger.readings.cells import Meaning

LONGEST = 64  # letters of a symbol; chains name tokens by their contract
NO_WALLET = "No wallet named"
NOTHING_MOVED = Skip("It moves nothing: no amount is given.")
TRUE = {"true", "yes", "1", "t", "y", "x"}


@dataclass(frozen=True, slots=True)
class Side:
    """Always above nought: in which column it stands says which way it went."""

    asset: str
    amount: Decimal
    place: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The owner's, as the other program keeps them."""

    label: str = ""
    note: str = ""
    tags: str = ""
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    at: datetime
    sent: Side | None = None
    received: Side | None = None
    fee: Side | None = None
    inclusive: bool = False  # the sides are with the fee, and a fee in anything else is told by a line of its own
    meaning: Meaning | None = None  # where it is not the label that says it
    more: Mapping[str, Any] = field(default_factory=dict)  # further fields of its readings


def told(cells: Cells, entry: Entry, words: Words) -> Read | Skip:
    entry = settled(entry)
    if not (entry.sent or entry.received or entry.fee):
        return NOTHING_MOVED
    meaning = entry.meaning or meaning_of(words.label)
    halves = apart(entry)
    found = in_halves(cells, entry) if halves else [whole(cells, entry, meaning)]
    places = {each.identity: place for each, place in zip(found, places_of(entry, halves=halves), strict=True) if place}
    return Read(tuple(found), places, edits(words, meaning, entry))


# --- what moved -------------------------------------------------------------------------------------------------------


def settled(entry: Entry) -> Entry:
    """With its fee beside its sides, however the file has them."""
    sent, received, fee = entry.sent, entry.received, entry.fee
    if entry.inclusive:
        return without_fee(entry)
    if sent and received and sent.asset != received.asset:
        sent, received = beside(sent, received), beside(received, sent)
    elif sent and received:
        gone = total(sent.amount, less(received.amount))
        if gone > 0 and (fee is None or (fee.asset == sent.asset and fee.amount == gone)):
            sent, fee = Side(sent.asset, received.amount, sent.place), Side(sent.asset, gone)
    return Entry(entry.at, sent, received, fee, meaning=entry.meaning, more=entry.more)


def beside(side: Side, other: Side) -> Side:
    """A trade is where either of its sides says it is."""
    return Side(side.asset, side.amount, other.place) if side.place in {"", NO_WALLET} else side


def without_fee(entry: Entry) -> Entry:
    sent, received, fee = entry.sent, entry.received, entry.fee
    if fee and sent and fee.asset == sent.asset and fee.amount < sent.amount:
        sent = Side(sent.asset, total(sent.amount, less(fee.amount)), sent.place)
    elif fee and received and fee.asset == received.asset:
        received = Side(received.asset, total(received.amount, fee.amount), received.place)
    elif sent or received:
        fee = None
    return Entry(entry.at, sent, received, fee, meaning=entry.meaning, more=entry.more)


def apart(entry: Entry) -> bool:
    """Whether its sides are told by a reading each."""
    sent, received = entry.sent, entry.received
    if not (sent and received):
        return False
    return sent.asset == received.asset or (bool(sent.place and received.place) and sent.place != received.place)


def in_halves(cells: Cells, entry: Entry) -> list[Reading]:
    sent, received = legs_of(entry)
    name = cells.identity
    return [
        reading(cells, entry.at, Kind.WITHDRAWAL, [*sent, *fee_of(entry)], **entry.more),
        reading(cells, entry.at, Kind.DEPOSIT, received, identity=f"{name}/in", event=name, **entry.more),
    ]


def whole(cells: Cells, entry: Entry, meaning: Meaning | None) -> Reading:
    sent, received = legs_of(entry)
    kind = kind_of(entry, meaning)
    fits = meaning and (kind is not Kind.TRADE or meaning.came is Kind.TRADE)
    category = meaning.category if meaning and fits else ""
    legs = [*sent, *received, *fee_of(entry)]
    return reading(cells, entry.at, kind, legs, category=category, **entry.more)


def legs_of(entry: Entry) -> tuple[list[Leg], list[Leg]]:
    sent, received = entry.sent, entry.received
    return (
        [Leg(sent.asset, less(sent.amount))] if sent else [],
        [Leg(received.asset, more(received.amount))] if received else [],
    )


def fee_of(entry: Entry) -> list[Leg]:
    """One below nought was given back."""
    fee = entry.fee
    return [Leg(fee.asset, fee.amount.copy_negate(), fee=True)] if fee else []


def kind_of(entry: Entry, meaning: Meaning | None) -> Kind:
    if entry.sent and entry.received:
        return Kind.TRADE
    if not entry.sent and not entry.received:
        return Kind.FEE
    if meaning and (meaning is entry.meaning or meaning.came is not Kind.TRADE):
        return meaning.came if entry.received else meaning.went
    return Kind.DEPOSIT if entry.received else Kind.WITHDRAWAL


def places_of(entry: Entry, *, halves: bool) -> list[str]:
    sent, received, fee = (side.place if side else "" for side in (entry.sent, entry.received, entry.fee))
    return [sent, received] if halves else [sent or received or fee]


# --- what was said about it -------------------------------------------------------------------------------------------


def edits(words: Words, meaning: Meaning | None, entry: Entry) -> dict[str, str]:
    """A word whose meaning is certain says the kind too, so that it counts where the exchange itself says less."""
    labelled = words.label and not is_plain(words.label) and folded(words.label) not in IGNORED
    single = bool(entry.sent) != bool(entry.received)
    found = {
        "kind": str(kind_of(entry, meaning)) if labelled and single and meaning and meaning_of(words.label) else "",
        "category": (meaning.category if meaning else "") or words.label if labelled else "",
        "note": words.note,
        "tags": words.tags,
        "ignored": "true" if words.ignored or folded(words.label) in IGNORED else "",
    }
    return {name: text for name, text in found.items() if text}


# --- cells ------------------------------------------------------------------------------------------------------------


def side(cells: Cells, amount: str, asset: str, place: str = "") -> Side | None:
    """None, where the file names nothing that moved."""
    found = cells.amount(amount)
    return Side(symbol(cells, asset), more(found), named(cells, place)) if found else None


def fee(cells: Cells, amount: str = "fee", asset: str = "fee_asset", place: str = "") -> Side | None:
    """Programs write it with either sign."""
    return side(cells, amount, asset, place)


def symbol(cells: Cells, key: str) -> str:
    """Without the number of its own that a program puts behind it: “USDC;3054”."""
    name = cells.text(key).partition(";")[0].strip()
    if len(name) > LONGEST:
        raise Unreadable(cells.column(key), "Is longer than any asset's name. Please correct it.")
    return name or cells.asset(key)


def named(cells: Cells, key: str) -> str:
    """A wallet, without its program's own id. A line that names none where others do is no other wallet's."""
    if not cells.has(key):
        return ""
    return cells.text(key).partition(";")[0].strip()[:200] or NO_WALLET


def worth(cells: Cells, amount: str = "worth", currency: str = "worth_asset") -> Worth | None:
    return worth_in(cells, amount, symbol(cells, currency) if cells.text(currency) else "")


def worth_in(cells: Cells, key: str, currency: str) -> Worth | None:
    found = cells.amount(key)
    return Worth(more(found), currency) if found and currency else None


def ticked(cells: Cells, key: str) -> bool:
    return cells.word(key) in TRUE


def currency_in(cells: Cells, key: str) -> str:
    """“Net Value (EUR)” and “Buy Value in EUR” name their currency in the column's own name."""
    words = cells.column(key).replace("(", " ").replace(")", " ").split() if cells.has(key) else []
    return next((word.upper() for word in reversed(words) if len(word) == 3 and word.isalpha()), "")  # noqa: PLR2004 - as ISO 4217 has them


def noted(*texts: str) -> str:
    """What two columns say alike is said once."""
    return "; ".join(dict.fromkeys(filter(None, texts)))

"""For a file of unknown form: which column is what, as its owner says it. Proven before it is used.

A mapping makes a format like any other, and goes with each row that was read by it, so that the row can be read again.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    NOTHING,
    Cells,
    Format,
    FormatReader,
    Read,
    Skip,
    Unreadable,
    less,
    paid,
    reading,
    swapped,
    unsaid,
)
from ledger.readings.base import Kind, Leg

if TYPE_CHECKING:
    from collections import abc
    from decimal import Decimal

NAME = "mapped"
SKIP = "skip"
SOLD = "sold"  # a trade whose one amount left, though it bears no sign
OUTGOING = frozenset({Kind.WITHDRAWAL, Kind.FEE, Kind.SPEND, Kind.LOST, Kind.GIFT, SOLD})
ROLES = (
    "date", "time", "sent_amount", "sent_currency", "received_amount", "received_currency", "fee_amount",
    "fee_currency", "amount", "currency", "type", "wallet", "note", "hash", "id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mapping:
    """Names of columns; none: the file has no such column."""

    date: str = ""
    time: str = ""  # where the time of day stands in a column of its own
    sent_amount: str = ""
    sent_currency: str = ""
    received_amount: str = ""
    received_currency: str = ""
    fee_amount: str = ""
    fee_currency: str = ""
    amount: str = ""  # above nought came, below nought went
    currency: str = ""
    type: str = ""
    wallet: str = ""
    note: str = ""
    hash: str = ""
    id: str = ""
    # A value of `type` -> a kind, a kind and category ("reward:staking"), "sold", or "skip".
    kinds: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value}, sort_keys=True)

    @classmethod
    def of(cls, text: str) -> Mapping:
        """Raises ValueError for what no mapping says."""
        told = json.loads(text)
        if not isinstance(told, dict) or not set(told) <= {each.name for each in fields(cls)}:
            raise ValueError("is no mapping")
        kinds = tuple(sorted((str(value), str(kind)) for value, kind in told.pop("kinds", ())))
        return cls(**{name: str(value) for name, value in told.items()}, kinds=kinds)

    def columns(self) -> dict[str, str]:
        return {role: name for role in ROLES if (name := getattr(self, role))}


@dataclass(frozen=True, slots=True)
class Problem:
    role: str
    column: str
    words: str


def problems(mapping: Mapping, names: abc.Sequence[str]) -> tuple[Problem, ...]:
    """What must be put right before a line can be read by it."""
    found = [
        Problem(role, column, f"The file has no column “{column}”.")
        for role, column in mapping.columns().items()
        if column not in names
    ]
    if not mapping.date:
        found.append(Problem("date", "", "Please say which column holds the date."))
    if not (mapping.sent_amount or mapping.received_amount or mapping.amount):
        found.append(Problem("amount", "", "Please say which column holds the amount, or what was sent and received."))
    if mapping.amount and (mapping.sent_amount or mapping.received_amount):
        words = f"“{mapping.amount}” is one amount with a sign; it cannot stand beside columns for sent and received."
        found.append(Problem("amount", mapping.amount, words))
    return (*found, *doubled(mapping), *without_amount(mapping), *wrong_kinds(mapping))


def doubled(mapping: Mapping) -> list[Problem]:
    taken: dict[str, str] = {}
    found = []
    for role, column in mapping.columns().items():
        other = taken.setdefault(column, role)
        if other != role and not (role.endswith("_currency") or other.endswith("currency")):
            found.append(Problem(role, column, f"“{column}” cannot be both {worded(other)} and {worded(role)}."))
    return found


def without_amount(mapping: Mapping) -> list[Problem]:
    pairs = (("sent_currency", "sent_amount"), ("received_currency", "received_amount"), ("fee_currency", "fee_amount"))
    return [
        Problem(role, column, f"“{column}” names a currency, but its amount is missing.")
        for role, amount in pairs
        if (column := getattr(mapping, role)) and not getattr(mapping, amount)
    ]


def wrong_kinds(mapping: Mapping) -> list[Problem]:
    known = {*map(str, Kind), SOLD, SKIP}
    return [
        Problem("kinds", mapping.type, f"“{kind}”, said of “{value}”, is no kind of transaction.")
        for value, kind in mapping.kinds
        if kind.partition(":")[0] not in known
    ]


def worded(role: str) -> str:
    return role.replace("_", " ")


# --- reading by it ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=200)
def format_of(mapping: Mapping) -> Format:
    needed = {"date", "sent_amount", "received_amount", "amount"}
    columns = {role: re.escape(name) for role, name in mapping.columns().items()}
    return Format(
        name=NAME,
        exchange="",
        title="Your own columns",
        columns={role: name for role, name in columns.items() if role in needed},
        optional={role: name for role, name in columns.items() if role not in needed},
        read_cells=lambda cells: read(cells, mapping),
        key=("id",) if mapping.id else (),
        clock=("date", "time") if mapping.time else ("date",),
        zone="",
        decimal="",
        seconds=False,
        open_ended=True,
        asks=("base",) if not (mapping.currency or mapping.sent_currency or mapping.received_currency) else (),
    )


def reader_of(mapping: Mapping) -> FormatReader:
    form = format_of(mapping)
    return FormatReader(form, form.version)


def read(cells: Cells, mapping: Mapping) -> Read | Skip:
    kind, category = kind_of(cells, dict(mapping.kinds))
    if kind == SKIP:
        return Skip(f"Lines with “{cells.text('type')}” are left out, as you said.")
    legs = [*moved(cells, kind), *fees(cells)]
    found = reading(
        cells,
        cells.when(),
        kind_by(legs) if not kind else Kind.TRADE if kind == SOLD else Kind(kind),
        legs,
        category=category,
        note=cells.text("note"),
        hash=cells.text("hash"),
    )
    if not found.legs:
        return Skip("Nothing moved: no amount in this line is more than nought.")
    return Read((found,), {found.identity: cells.text("wallet")} if cells.text("wallet") else {})


def kind_of(cells: Cells, kinds: abc.Mapping[str, str]) -> tuple[str, str]:
    if not kinds:
        return "", ""
    said = cells.text("type")
    told = kinds.get(said) or next((kind for value, kind in kinds.items() if value.casefold() == said.casefold()), "")
    if not told and said:
        raise unsaid(said, cells.column("type"))
    kind, _, category = told.partition(":")
    return kind, category


def kind_by(legs: abc.Sequence[Leg]) -> Kind:
    signs = {leg.amount > 0 for leg in legs if not leg.fee and leg.amount}
    if len(signs) > 1:
        return Kind.TRADE
    return Kind.FEE if not signs else Kind.DEPOSIT if True in signs else Kind.WITHDRAWAL


def moved(cells: Cells, kind: str) -> list[Leg]:
    if cells.has("amount"):
        amount, asset = valued(cells, "amount", "currency")
        return [Leg(asset, less(amount) if kind in OUTGOING else amount)]
    sent = valued(cells, "sent_amount", "sent_currency")
    received = valued(cells, "received_amount", "received_currency")
    return list(swapped((sent[1], sent[0]), (received[1], received[0])))


def fees(cells: Cells) -> list[Leg]:
    amount, asset = valued(cells, "fee_amount", "fee_currency", like="currency")
    return [paid(asset, amount)] if amount else []


def valued(cells: Cells, amount: str, currency: str, *, like: str = "") -> tuple[Decimal, str]:
    """The asset is what its column says, what is glued to the amount, or what the owner said of the whole file."""
    told = cells.told(amount)
    asset = cells.text(currency) or told.asset or (cells.text(like) if like else "") or cells.options.base
    if told.amount and not asset:
        raise Unreadable(cells.column(currency), "Says no currency. Please fill it in, or say it of the whole file.")
    return told.amount or NOTHING, asset

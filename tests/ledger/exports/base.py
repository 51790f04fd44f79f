"""The sandbox's books as exchanges' own export files: their header lines, their words, and what they round.

An export writes the lines of one event, and may look at the rows that the API has of it, for ids are the same where an
exchange writes them into its files. Times are cut to what the file tells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tests.ledger.readings.books import account_of, drafts_of
from wallets.sandbox.books import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.readings.base import Row
    from ledger.readings.events import Draft
    from tests.ledger.readings.books import Account
    from wallets.sandbox.books import Event

SIZE = 32  # events: two blocks, each with its twins
BUY, SELL, CONVERT = Kind.BUY, Kind.SELL, Kind.CONVERT
DEPOSIT, WITHDRAWAL, REWARD = Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.REWARD
TRADES = (BUY, SELL)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, and all that the API says of it."""

    event: Event
    rows: Sequence[Row]
    drafts: Sequence[Draft]

    @property
    def kind(self) -> Kind:
        return self.event.kind

    @property
    def draft(self) -> Draft:
        return self.drafts[0]

    @property
    def buys(self) -> bool:
        return self.kind is BUY

    def of(self, family: str) -> list[Mapping[str, Any]]:
        """The API's rows of one list, oldest id first."""
        found = [row for row in self.rows if row.family.partition(":")[0] == family]
        return [row.raw for row in sorted(found, key=lambda row: row.external_id)]

    def at(self, form: str = "%Y-%m-%d %H:%M:%S", *, hours: int = 0) -> str:
        return f"{moment(self.draft.at, hours):{form}}"


def moment(at: datetime, hours: int) -> datetime:
    return at.astimezone(UTC) + timedelta(hours=hours)


Lines = Callable[[Happened], Iterable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Export:
    name: str  # of the file
    header: str
    lines: Lines
    preamble: str = ""

    def body(self, told: Iterable[Happened]) -> bytes:
        text = io.StringIO()
        write = csv.writer(text, lineterminator="\n")
        write.writerows(line for each in told for line in self.lines(each))
        return f"{self.preamble}{self.header}\n{text.getvalue()}".encode()


@dataclass(frozen=True, slots=True)
class Way:
    """How an owner may bring a history by file: what is downloaded, and what else is to be known about it."""

    exchange: str
    exports: Sequence[Export]
    answers: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[Kind] = frozenset(Kind)  # that the files tell of
    sums: bool = False  # all of one second is one whole there: twins, too
    same_rows: bool = False  # its lines are the API's own rows, by id and by event


def happened(exchange: str, size: int = SIZE) -> list[Happened]:
    account: Account = account_of(exchange, size)
    reader = import_module(f"ledger.readings.{exchange}")
    rows = {event.number: account.rows_of(event.number) for event in account.events}
    return [Happened(event, rows[event.number], drafts_of(reader, rows[event.number])) for event in account.events]


def when(kinds: Iterable[Kind], write: Lines) -> Lines:
    """Nothing for events of other kinds."""
    those = set(kinds)
    return lambda each: write(each) if each.kind in those else ()


def plain(number: Decimal) -> str:
    return f"{number:f}"


def less(number: Decimal) -> str:
    return plain(number.copy_negate())


def fee_of(draft: Draft) -> Decimal:
    return draft.fee.amount if draft.fee else Decimal(0)

"""What the engine found, into the database and out of it again: by COPY, as text, in batches.

Figures are written as the whole units they are, with an exponent: the database makes exact numbers of them. While it
does, the engine books on: a thread hands the lines over, by the same connection and in the same transaction.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.engine.days import tax_year
from ledger.engine.units import MONEY, USUAL
from ledger.gains import sums
from ledger.gains.blocks import listed, names_of, packed
from ledger.gains.held import Held, left
from ledger.gains.lines import NULL, escaped, said

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from datetime import date, datetime

    from psycopg import Connection

    from ledger.engine.booking import Booked
    from ledger.engine.checkpoints import Checkpoint
    from ledger.engine.movements import Receipt, Remark, Take
    from ledger.engine.types import Settings
    from ledger.gains.held import Left
    from ledger.models import Reckoning

AT_ONCE = 5_000  # lines
MANY = 20_000
TABLES = {
    "ledger_match": "reckoning_id, asset, wallet, disposal, part, act, lot, amount, acquired, disposed, day, year, "
    "proceeds, cost, adjustment, term, rule, counts, known",
    "ledger_earning": "reckoning_id, asset, wallet, transaction, part, at, day, year, amount, value, category, known",
    "ledger_finding": "reckoning_id, problem, asset, wallet, transaction, at, year, amount, money",
    "ledger_lot": "reckoning_id, asset, wallet, origin, part, acquired, amount, cost, known",
    "ledger_holding": "reckoning_id, asset, wallet, amount, cost, unknown, lots, blocks",
    "ledger_block": "reckoning_id, asset, name, lots",
    "ledger_checkpoint": "reckoning_id, asset, at, state, blocks",
}
# When that was which is found from a moment on.
FOUND = {"ledger_match": "disposed", "ledger_earning": "at", "ledger_finding": "at"}


class Writer:
    """For one reckoning. Lines are gathered over assets, so that many small ones cost no more than a large one."""

    def __init__(self, reckoning: Reckoning, settings: Settings) -> None:
        self.reckoning = reckoning
        self.settings = settings
        self.lines: dict[str, list[str]] = {table: [] for table in TABLES}
        self.years = Years(settings)
        self.left: dict[str, dict[str, Left]] = {}
        self.there: dict[str, set[str]] = {}  # names of blocks
        self.thread: ThreadPoolExecutor | None = None
        self.under_way: Future[None] | None = None

    def take_up(self, assets: list[str]) -> None:
        """What was left of them when they were reckoned last."""
        self.left |= left(self.reckoning, self.settings.scales, assets)
        self.there |= names_of(self.reckoning, assets)

    def add(self, asset: str, booked: Booked, since: datetime) -> None:
        """What was booked of an asset from a moment on. What comes before it is there already."""
        name, scale = escaped(asset), self.settings.scales.get(asset, USUAL)
        self.put("ledger_match", self.matches(name, scale, booked.takes))
        self.put("ledger_earning", self.earnings(name, scale, booked.receipts))
        self.put("ledger_finding", self.findings(name, scale, booked.findings))
        held = Held(self.reckoning, asset, scale, self.left.get(asset, {}))
        self.put("ledger_lot", held.lots(booked))
        self.put("ledger_holding", held.holdings())
        self.put("ledger_block", self.blocks(name, booked.texts, self.there.get(asset, ())))
        self.put("ledger_checkpoint", (self.checkpoint(name, each) for each in booked.checkpoints if each.at > since))

    def put(self, table: str, lines: Iterable[str]) -> None:
        rest = iter(lines)
        while some := list(islice(rest, AT_ONCE)):
            self.lines[table] += some
            if len(self.lines[table]) >= MANY:
                self.copy(table)

    def copy(self, table: str) -> None:
        lines, self.lines[table] = self.lines[table], []
        if lines and self.thread:
            self.settle()
            self.under_way = self.thread.submit(copied, connection.connection, table, lines)
        elif lines:
            copied(connection.connection, table, lines)

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Lines go to the database in a thread. Whoever asks it something meanwhile waits until they are there."""
        with ThreadPoolExecutor(1) as self.thread, connection.execute_wrapper(self.afterwards):
            yield
            self.settle()
        self.thread = None

    def afterwards(self, execute: Callable[..., Any], *asked: Any) -> Any:
        self.settle()
        return execute(*asked)

    def settle(self) -> None:
        if self.under_way:
            self.under_way.result()
            self.under_way = None

    def finish(self) -> None:
        for table in TABLES:
            self.copy(table)

    # --- lines ---------------------------------------------------------------------------------------------------

    def matches(self, asset: str, scale: int, takes: Iterable[Take]) -> Iterator[str]:
        scaled, money = f"e-{scale}\t", f"e-{MONEY}\t"
        former, start, time = None, "", ""
        for out, lot, amount, proceeds, cost, adjustment, term, rule, day in takes:
            if out is not former:  # a disposal of many lots is told the same way each time
                former, moment = out, out.at.isoformat()
                start = f"{self.reckoning.pk}\t{asset}\t{out.wallet}\t{out.id}\t{out.part}\t{out.act}\t"
                time = f"{moment}\t{day}\t{self.years.of(out.at, day)}\t"
                counts = said(yes=out.more.counts)
            acquired = lot.acquired.isoformat() if lot.dated else NULL
            yield (
                f"{start}{lot.id or NULL}\t{amount}{scaled}{acquired}\t{time}{proceeds}{money}{cost}{money}"
                f"{adjustment}{money}{term}\t{rule}\t{counts}\t{said(yes=lot.known)}\n"
            )

    def earnings(self, asset: str, scale: int, receipts: Iterable[Receipt]) -> Iterator[str]:
        for of, value, day in receipts:
            yield (
                f"{self.reckoning.pk}\t{asset}\t{of.wallet}\t{of.id}\t{of.part}\t{of.at.isoformat()}\t{day}"
                f"\t{self.years.of(of.at, day)}\t{of.amount}e-{scale}\t{value}e-{MONEY}\t{escaped(of.more.category)}"
                f"\t{said(yes=of.more.income is not None)}\n"
            )

    def findings(self, asset: str, scale: int, remarks: Iterable[Remark]) -> Iterator[str]:
        for problem, of, amount, money in remarks:
            day = of.at.astimezone(self.settings.zone).date()
            yield (
                f"{self.reckoning.pk}\t{problem}\t{asset}\t{of.wallet or NULL}\t{of.id or NULL}\t{of.at.isoformat()}"
                f"\t{self.years.of(of.at, day)}\t{amount}e-{scale}\t{money}e-{MONEY}\n"
            )

    def checkpoint(self, asset: str, kept: Checkpoint) -> str:
        state = packed(kept.state).hex()
        return f"{self.reckoning.pk}\t{asset}\t{kept.at.isoformat()}\t\\\\x{state}\t{listed(kept.blocks)}\n"

    def blocks(self, asset: str, texts: Mapping[str, str], there: Collection[str]) -> Iterator[str]:
        for name, text in texts.items():
            if name not in there:
                yield f"{self.reckoning.pk}\t{asset}\t{name}\t\\\\x{packed(text).hex()}\n"


def copied(raw: Connection[Any], table: str, lines: list[str]) -> None:
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} ({TABLES[table]}) FROM STDIN") as copy:
        for place in range(0, len(lines), AT_ONCE):
            copy.write("".join(lines[place : place + AT_ONCE]))


class Years:
    """Asked for every match, mostly of the day before's year."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.known: dict[date, int] = {}

    def of(self, at: datetime, day: date) -> int:
        year = self.known.get(day)
        if year is None:
            year = self.known[day] = tax_year(self.settings, at, day)
        return year


# --- what goes before something new is written --------------------------------------------------------------------


def forget(reckoning: Reckoning, assets: list[str], since: datetime) -> None:
    """What was found of assets from a moment on."""
    sums.take_off(reckoning, assets, since)
    with connection.cursor() as cursor:
        for table, time in FOUND.items():
            execute = f"DELETE FROM {table} WHERE reckoning_id = %s AND asset = ANY(%s) AND {time} >= %s"  # noqa: S608 - only names of our own
            cursor.execute(execute, [reckoning.pk, assets, since])
        later = "DELETE FROM ledger_checkpoint WHERE reckoning_id = %s AND asset = ANY(%s) AND at > %s"
        cursor.execute(later, [reckoning.pk, assets, since])


def forget_all(reckoning: Reckoning) -> None:
    with connection.cursor() as cursor:
        for table in (*TABLES, *(each.table for each in sums.SUMS)):
            cursor.execute(f"DELETE FROM {table} WHERE reckoning_id = %s", [reckoning.pk])  # noqa: S608 - as above

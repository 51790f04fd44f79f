"""What a format is: columns known by pattern, and a pure function from one line to readings.

A format never raises on a line, whatever stands in it: it answers with readings, a `Skip` that says why nothing moved,
or a `Failure` that names the column and what to do. The same function reads a stored row again, years later, from its
cells and from the options it was read with.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ledger.imports import numbers, times
from ledger.imports.numbers import POINT, Told
from ledger.imports.times import Clock
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.numbers import EXACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ledger.readings.base import Row
    from ledger.readings.cells import Meaning

NOTHING = Decimal(0)
MAX_ASSET = 40
MAX_CURRENCY = 16  # what is longer names no money, and is kept nowhere


@dataclass(frozen=True, slots=True)
class Options:
    """What a file does not say and its owner does, or all of its lines together prove. Kept with every row."""

    zone: str = ""
    order: str = ""  # of dates such as 03/04/2021: "dmy", "mdy", "ymd"
    decimal: str = ""  # "." or ","
    base: str = ""  # the currency amounts are in, where the file names none
    direction: str = ""  # "deposit" or "withdrawal", where only the file's name tells
    wallet: str = ""  # of a file of many wallets: only what this one moved
    mapping: str = ""  # of a file of unknown form: see `ledger.imports.mapping`

    def told(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, told: Any) -> Options:
        known = {each.name for each in fields(cls)}
        found = told.items() if isinstance(told, dict) else ()
        return cls(**{name: value for name, value in found if name in known and isinstance(value, str)})


@dataclass(frozen=True, slots=True)
class Read:
    """What a line says. Files of other programs say more than what moved: whose wallet it was (`places`, by a reading's
    identity), and their owner's own words (`edits`: "kind", "category", "note", "tags", "ignored"), which become edits.
    """

    readings: tuple[Reading, ...]
    places: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skip:
    why: str


@dataclass(frozen=True, slots=True)
class Failure:
    column: str
    why: str


Result = Read | Skip | Failure


class Unreadable(Exception):  # noqa: N818 - becomes a Failure before anybody else sees it
    def __init__(self, column: str, why: str) -> None:
        super().__init__(why)
        self.column = column
        self.why = why


class Cells:
    """A line's cells by the format's own names for its columns, read as it means them."""

    __slots__ = ("cells", "columns", "form", "id", "options")

    def __init__(
        self, form: Format, cells: Mapping[str, str], columns: Mapping[str, str], options: Options, external_id: str
    ) -> None:
        self.form = form
        self.cells = cells
        self.columns = columns
        self.options = options
        self.id = external_id

    @property
    def identity(self) -> str:
        """The same whether API or file tells it, where the file has the exchange's own id."""
        return identity_of(self.form, self.cells, self.id)

    @property
    def by_key(self) -> bool:
        """Whether the line is named by the exchange's own id, and by nothing else."""
        return bool(self.id) and self.form.key_of(self.cells) == self.id

    def column(self, key: str) -> str:
        return self.columns.get(key, key)

    def has(self, key: str) -> bool:
        return key in self.columns

    def text(self, key: str) -> str:
        return self.cells.get(self.columns.get(key, ""), "")

    def word(self, key: str) -> str:
        """For comparing: without capitals and needless space."""
        return " ".join(self.text(key).casefold().split())

    def asset(self, key: str) -> str:
        name = self.text(key)
        if not name or len(name) > MAX_ASSET:
            raise Unreadable(self.column(key), "Names no asset. Please fill it in, or leave this line out.")
        return name

    def told(self, key: str, *, asset: str = "") -> Told:
        """An amount that may have its asset glued to it."""
        try:
            return numbers.told(self.text(key), self.options.decimal or self.form.decimal, asset=asset)
        except ValueError as error:
            raise Unreadable(self.column(key), f"“{self.text(key)[:40]}” {error}. Please correct it.") from error

    def in_column(self, name: str, *, asset: str = "") -> Decimal | None:
        """Of a column by the file's own name for it."""
        try:
            return numbers.told(self.cells[name], self.options.decimal or self.form.decimal, asset=asset).amount
        except ValueError as error:
            raise Unreadable(name, f"“{self.cells[name][:40]}” {error}. Please correct it.") from error

    def maybe(self, key: str) -> Decimal | None:
        return self.told(key).amount

    def amount(self, key: str) -> Decimal:
        """Nothing, for nothing said."""
        return self.told(key).amount or NOTHING

    def needed(self, key: str) -> Decimal:
        found = self.told(key).amount
        if found is None:
            raise Unreadable(self.column(key), "Has no amount. Please fill it in, or leave this line out.")
        return found

    def when(self) -> datetime:
        """The line's own time."""
        return self.time(*self.form.clock)

    def time(self, *keys: str) -> datetime:
        said, key = " ".join(text for text in map(self.text, keys) if text), keys[0]
        if not self.text(key):
            raise Unreadable(self.column(key), "Says no time. Please fill it in, or leave this line out.")
        named = next(filter(None, (times.zone_in(self.column(each)) for each in keys)), "")
        name = self.text(self.form.zone_in) or named or self.options.zone or self.form.zone
        try:
            return times.moment(said, Clock(name, self.options.order or self.form.order))
        except ValueError as error:
            raise Unreadable(self.column(key), f"“{said[:40]}” {error}. Please correct it.") from error

    def only(self, pattern: str) -> list[tuple[re.Match[str], str]]:
        """All columns of a changing set, by pattern, with what stands in them."""
        found = ((re.fullmatch(pattern, name, re.IGNORECASE), text) for name, text in self.cells.items())
        return [(match, text) for match, text in found if match]


@dataclass(frozen=True, eq=False)
class Format:
    """`columns`: our name -> pattern of the file's, all of which must be there; `optional`: those that may be.

    `key`: the columns that together are the exchange's own id of a line; else its content is, and how often it came.
    """

    name: str  # also the family of its rows, so it never changes
    exchange: str  # as the catalogue calls it; none: trackers, and exchanges that are not connected
    title: str
    columns: Mapping[str, str]
    read_cells: Callable[[Cells], Iterable[Reading] | Read | Skip]
    optional: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    list: str = ""  # what the API's reader calls the list that has the same ids
    clock: tuple[str, ...] = ("time",)  # where the line's own time stands; several: date and time apart
    zone_in: str = ""  # the column that names its zone
    zone: str = "UTC"  # none: it must be asked, unless the line says it
    zone_named: bool = False  # ... or the file's name does
    order: str = ""
    decimal: str = POINT
    asks: tuple[str, ...] = ()  # of "base", "direction": what only the owner can say
    seconds: bool = True  # its times have seconds; if a file's have none, a spreadsheet took them
    changing: tuple[str, ...] = ()  # columns that differ from one export to the next: no part of a line's content
    passing: str = ""  # pattern of further such columns
    open_ended: bool = False  # has columns for each asset ever held
    named: str = ""  # pattern of the file's name, where the header fits another format as well
    version: int = 1

    def match(self, names: Sequence[str]) -> Mapping[str, str] | None:
        """Our names -> the file's, if all that must be there is."""
        found = columns_in(self, tuple(names))
        return found if all(key in found for key in self.columns) else None

    def key_of(self, cells: Mapping[str, str]) -> str:
        """Nothing, if the line has no id, or a spreadsheet rounded it."""
        columns = columns_in(self, tuple(cells))
        parts = [cells.get(columns.get(key, ""), "") for key in self.key]
        whole = parts and all(parts) and not any(numbers.mangled(part) for part in parts)
        return "/".join(parts) if whole and sum(map(len, parts)) < 150 else ""  # noqa: PLR2004 - what a row's id may hold

    def time_in(self, cells: Mapping[str, str]) -> str:
        """When a line says it was, as it stands there."""
        columns = columns_in(self, tuple(cells))
        return " ".join(text for key in self.clock if (text := cells.get(columns.get(key, ""), "")))

    def names_zone(self, cells: Mapping[str, str]) -> bool:
        """Whether a line says itself in which zone that is: in its time, in a column for it, or by a column's name."""
        columns = columns_in(self, tuple(cells))
        named = any(times.zone_in(columns[key]) for key in self.clock if key in columns)
        told = cells.get(columns.get(self.zone_in, ""), "")
        return named or bool(told) or times.names_zone(self.time_in(cells))

    def read(self, cells: Mapping[str, str], options: Options, external_id: str) -> Result:
        line = Cells(self, cells, columns_in(self, tuple(cells)), options, external_id)
        try:
            found = self.read_cells(line)
            result: Result = found if isinstance(found, (Read, Skip)) else Read(tuple(found))
        except Unreadable as error:
            return Failure(error.column, error.why)
        except ValueError:  # of a reader that is shared with the API
            return Failure("", "A number in this line could not be read. Please correct it, or leave this line out.")
        if isinstance(result, Read) and options.wallet:
            result = within(result, options.wallet)
        return result

    def at(self, cells: Mapping[str, str], options: Options) -> datetime | None:
        """When a line says it was, though nothing else of it may be readable."""
        line = Cells(self, cells, columns_in(self, tuple(cells)), options, "")
        try:
            return line.when()
        except Unreadable:
            return None


ELSEWHERE = Skip("It tells of another wallet than the one that is imported.")


def within(read: Read, wallet: str) -> Read | Skip:
    """What is said of no wallet is said of all."""
    kept = tuple(each for each in read.readings if read.places.get(each.identity, wallet) == wallet)
    return Read(kept, read.places, read.edits) if kept else ELSEWHERE


@lru_cache(maxsize=500)
def columns_in(form: Format, names: tuple[str, ...]) -> Mapping[str, str]:
    """Each column of the file is one column of the format at most."""
    found: dict[str, str] = {}
    free = list(names)
    for key, pattern in (*form.columns.items(), *form.optional.items()):
        name = next((name for name in free if matches(pattern, name)), None)
        if name is not None:
            found[key] = name
            free.remove(name)
    return found


def matches(pattern: str, name: str) -> bool:
    return re.fullmatch(pattern, name, re.IGNORECASE) is not None


@dataclass
class FormatReader:
    """A format as a reader of stored rows. What is a skip or a failure there says so here."""

    form: Format
    VERSION: int

    def read(self, row: Row) -> Iterable[Reading]:
        told = row.raw.get("cells")
        cells = {str(name): str(text) for name, text in told.items()} if isinstance(told, dict) else {}
        result = self.form.read(cells, Options.of(row.raw.get("read_as")), row.external_id)
        if isinstance(result, Read):
            return result.readings
        why = result.why if isinstance(result, Skip) else f"{result.column}: {result.why}"
        identity = identity_of(self.form, cells, row.external_id)
        return (Reading(identity, identity, row.at, Kind.ADJUSTMENT, skip=why),)


def identity_of(form: Format, cells: Mapping[str, str], external_id: str) -> str:
    """What was made of a line's content is no id that the exchange would know."""
    return f"{form.list if form.list and form.key_of(cells) else form.name}:{external_id}"


# --- for those who write formats ----------------------------------------------------------------------------------


def reading(cells: Cells, at: datetime, kind: Kind, legs: Iterable[Leg], **more: Any) -> Reading:
    """By itself an event; `identity` and `event` say otherwise."""
    identity = more.pop("identity", "") or cells.identity
    event = more.pop("event", "") or identity
    if (worth := more.get("worth")) and len(worth.currency) > MAX_CURRENCY:
        more["worth"] = None
    return Reading(identity, event, at, kind, tuple(leg for leg in legs if leg.amount), **more)


def paid(asset: str, amount: Decimal) -> Leg:
    """A fee, which files tell with either sign. One that was given back is for the format to know."""
    return Leg(asset, less(amount), fee=True)


def swapped(sent: tuple[str, Decimal], received: tuple[str, Decimal]) -> tuple[Leg, Leg]:
    """Whatever signs the file gives them."""
    return Leg(sent[0], less(sent[1])), Leg(received[0], more(received[1]))


def bought(coin: tuple[str, Decimal], money: tuple[str, Decimal]) -> tuple[Leg, Leg]:
    return swapped(money, coin)


def sold(coin: tuple[str, Decimal], money: tuple[str, Decimal]) -> tuple[Leg, Leg]:
    return swapped(coin, money)


def by_side(cells: Cells, key: str = "side") -> Callable[[tuple[str, Decimal], tuple[str, Decimal]], tuple[Leg, Leg]]:
    """How a line that says "buy" or "sell" reads coin and money."""
    said = cells.word(key)
    if said not in {"buy", "sell", "bid", "ask"}:
        raise unknown(cells.text(key), cells.column(key))
    return bought if said in {"buy", "bid"} else sold


def done(cells: Cells, *states: str, key: str = "status") -> Skip | None:
    """Why a line does not count, if its state is none of these. One without a state is over."""
    said = cells.word(key)
    return None if said in {"", *states} else Skip(f"Not completed: the file says “{cells.text(key)[:40]}”.")


def moved(cells: Cells, *, comes: bool, fee: Decimal = NOTHING, within: bool = False, **more_said: Any) -> Reading:
    """A deposit or a withdrawal of `amount` in `asset`. `within`: the amount that left is with its fee."""
    asset, amount = cells.asset("asset"), more(cells.needed("amount"))
    fee = more(fee)
    if within and not comes:
        amount = total(amount, less(fee))
    leg = Leg(asset, amount if comes else less(amount))
    kind = Kind.DEPOSIT if comes else Kind.WITHDRAWAL
    return reading(cells, cells.when(), kind, [leg, paid(asset, fee)], **more_said)


def less(amount: Decimal) -> Decimal:
    """Below nought, whatever its sign was, to the last digit: plain arithmetic would round it."""
    return amount.copy_abs().copy_negate()


def more(amount: Decimal) -> Decimal:
    return amount.copy_abs()


def total(*amounts: Decimal) -> Decimal:
    found = NOTHING
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


def product(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.multiply(left, right)


def meaning_of(cells: Cells, types: Iterable[tuple[str, Meaning]], within: re.Pattern[str]) -> Meaning | None:
    """Of the line's type, by the first pattern that fits. None: a move within the account."""
    what = cells.word("type").replace("_", " ")
    if within.fullmatch(what):
        return None
    found = next((meaning for pattern, meaning in types if re.fullmatch(pattern, what)), None)
    if not found:
        raise unknown(cells.text("type"), cells.column("type"))
    return found


UNKNOWN = "is a kind of line that is not known here yet"


def unknown(what: str, column: str) -> Unreadable:
    """Nobody is asked what it is: a line that says its time is kept, and read again by whatever is learned."""
    words = f"“{what[:40]}” {UNKNOWN}. It is kept, and counts as soon as it is known."
    return Unreadable(column, f"{words} Until then, write down by hand what it moved.")


def unsaid(what: str, column: str) -> Unreadable:
    """Of a file whose owner says what its lines are."""
    return Unreadable(column, f"“{what[:40]}” {UNKNOWN}. Please say what it is, or leave it out.")

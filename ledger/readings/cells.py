"""What the fields of a row hold, whatever was put into them. Readers ask here and meet no surprise: a text is a text, a
number is a number or a ValueError, and a row that cannot be read says so instead of raising.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.numbers import EXACT, NOTHING, decimal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

    Tell = Callable[[Row], Iterable[Reading]]

LARGEST, SMALLEST = 60, -100  # powers of ten: nothing that is held is beyond these
LONGEST = 64  # letters of a symbol
UNREADABLE = "A number in this row could not be read, so nothing was taken from it."
UNKNOWN_LIST = "This row comes from a list that is not known here yet. It is kept, and counts for nothing."
NOTHING_MOVED = "The amount is nothing: no balance changed."


def read_by(lists: Mapping[str, Tell], row: Row) -> list[Reading]:
    """By the row's family, without its market."""
    tell = lists.get(row.family.partition(":")[0])
    if tell is None:
        return [skipped(row, UNKNOWN_LIST)]
    try:
        return [*tell(row)]
    except ValueError:
        return [skipped(row, UNREADABLE)]


def name_of(row: Row) -> str:
    return f"{row.family}:{row.external_id}"


def skipped(row: Row, why: str, *, event: str = "", note: str = "") -> Reading:
    identity = name_of(row)
    return Reading(identity, event or identity, row.at, Kind.ADJUSTMENT, skip=why, note=note)


# --- fields -------------------------------------------------------------------------------------------------------


def text(raw: Mapping[str, Any], name: str) -> str:
    """Empty for what is no text and no whole number."""
    value = raw.get(name)
    if type(value) is str:  # nearly always
        return value.replace("\x00", "").strip()
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).replace("\x00", "").strip()


def amount(raw: Mapping[str, Any], name: str) -> Decimal:
    """Nothing, where nothing is said. Raises ValueError for what is no number, or none that anybody could hold."""
    number = decimal(raw.get(name))
    if number and not SMALLEST < number.adjusted() < LARGEST:
        raise ValueError(name)
    return number


def inner(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What lies one level down; empty where nothing does."""
    value = raw.get(name)
    return value if isinstance(value, dict) else {}


def asset(raw: Mapping[str, Any], name: str) -> str:
    """A symbol. Raises ValueError where there is none: an amount of nobody knows what is no movement."""
    found = text(raw, name)
    if not found or len(found) > LONGEST:
        raise ValueError(name)
    return found


def times(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.multiply(left, right)


def plus(left: Decimal, right: Decimal) -> Decimal:
    return EXACT.add(left, right)


def signed(number: Decimal, sign: int) -> Decimal:
    """Below nought, above, or, for 0, as it is. Python's own minus would keep 28 digits only."""
    return number.copy_abs().copy_negate() if sign < 0 else number.copy_abs() if sign else number


# --- movements ----------------------------------------------------------------------------------------------------


def moved(*legs: Leg) -> tuple[Leg, ...]:
    return tuple([leg for leg in legs if leg.amount])


def came(symbol: str, number: Decimal) -> Leg:
    return Leg(symbol, number.copy_abs())


def went(symbol: str, number: Decimal) -> Leg:
    return Leg(symbol, number.copy_abs().copy_negate())


def paid(symbol: str, number: Decimal) -> Leg:
    """A fee as exchanges write it: above nought it was taken, below it was given back."""
    return Leg(symbol, number.copy_negate(), fee=True)


def told_of(raw: Mapping[str, Any], symbol: str, number: str, *, came_in: bool) -> Leg | None:
    """What a row says more about. Where that cannot be read, the row still says the rest."""
    try:
        found, moved_by = asset(raw, symbol).upper(), amount(raw, number)
    except ValueError:
        return None
    return (came if came_in else went)(found, moved_by) if moved_by else None


def charged(raw: Mapping[str, Any], number: str, symbol: str) -> tuple[Leg, ...]:
    """A fee with a currency of its own: none, where none is said."""
    fee = amount(raw, number)
    return (paid(asset(raw, symbol), fee),) if fee else ()


def worth(raw: Mapping[str, Any]) -> Worth | None:
    """From {"amount": .., "currency": ..}; what nobody can read is not worth a row."""
    try:
        told, currency = amount(raw, "amount"), text(raw, "currency")
    except ValueError:
        return None
    return Worth(told.copy_abs(), currency) if told and currency else None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a type of row is taken to be, by whether something came or went."""

    came: Kind
    went: Kind
    category: str = ""

    def kind(self, number: Decimal) -> Kind:
        return self.came if number >= NOTHING else self.went


def means(kind: Kind, category: str = "", *, went: Kind | None = None) -> Meaning:
    return Meaning(kind, went or kind, category)


MOVE = Meaning(Kind.DEPOSIT, Kind.WITHDRAWAL)  # also what an unknown type is taken for: the amount moves all the same

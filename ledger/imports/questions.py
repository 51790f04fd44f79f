"""What only the owner can say, with the choices and the lines that show why it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.imports.numbers import COMMA, POINT
from ledger.imports.times import DAY_FIRST, MONTH_FIRST, YEAR_FIRST, Clock, moment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.imports.numbers import Marks
    from ledger.imports.tables import Line
    from ledger.imports.times import Orders

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Sample:
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """`name` is the option it settles. Without choices, any value of its kind may be given."""

    name: str
    title: str
    why: str
    choices: tuple[Choice, ...]
    samples: tuple[Sample, ...]


def samples_of(pairs: Sequence[tuple[int, str]]) -> tuple[Sample, ...]:
    return tuple(Sample(number, text) for number, text in pairs[:SHOWN])


def decimal_asked(marks: Marks) -> Question:
    both = bool(marks.seen[POINT] and marks.seen[COMMA])
    why = (
        "Some amounts in this file have a decimal comma, others a decimal point."
        if both
        else "An amount like this can be read in two ways, and nothing else in the file says which is meant."
    )
    choices = (
        Choice(POINT, "A point: 1.234 is a little more than one"),
        Choice(COMMA, "A comma: 1.234 is over a thousand"),
    )
    return Question("decimal", "What is the decimal sign?", why, choices, samples_of(list(marks.samples.values())))


ORDER_WORDS = {
    DAY_FIRST: "The day comes first",
    MONTH_FIRST: "The month comes first",
    YEAR_FIRST: "The year comes first",
}


def order_asked(orders: Orders) -> Question:
    possible = sorted(orders.possible or ORDER_WORDS)
    example = orders.samples[0][1] if orders.samples else ""
    why = (
        "These dates can be read in more than one way, and none in the file says which is meant."
        if orders.possible
        else "The dates in this file contradict each other: some can only have the day first, others only the month."
    )
    choices = tuple(Choice(order, example_of(order, example)) for order in possible)
    return Question("order", "How are dates written?", why, choices, samples_of(orders.samples))


def example_of(order: str, text: str) -> str:
    try:
        at = moment(text, Clock("UTC", order))
    except ValueError:
        return ORDER_WORDS[order]
    return f"{ORDER_WORDS[order]}: {text} is {at.day} {at:%B %Y}"


def zone_asked(pairs: Sequence[tuple[int, str]]) -> Question:
    return Question(
        "zone",
        "In which time zone are these times?",
        "The file does not say it. Many exports are in UTC; others in the zone set in the account they come from.",
        (),
        samples_of(pairs),
    )


def base_asked(lines: Sequence[Line]) -> Question:
    return Question(
        "base",
        "In which currency are the amounts?",
        "The file gives amounts without naming their currency.",
        (),
        samples_of([(line.number, line.original[:200]) for line in lines]),
    )


def direction_asked(lines: Sequence[Line]) -> Question:
    return Question(
        "direction",
        "Are these deposits or withdrawals?",
        "The exchange writes both kinds of file with the same columns, and this file's name does not tell.",
        (Choice("deposit", "Deposits: what came in"), Choice("withdrawal", "Withdrawals: what went out")),
        samples_of([(line.number, line.original[:200]) for line in lines]),
    )

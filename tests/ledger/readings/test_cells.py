"""Fields hold what exchanges put into them; whoever asks here gets a text, a number, or a ValueError."""

from __future__ import annotations

import ast
import sys
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given

from ledger.readings import cells
from ledger.readings.base import Kind, Leg, Reading, Row, Worth
from ledger.readings.cells import amount, asset, inner, means, moved, plus, read_by, signed, text, times, worth
from tests.ledger.readings.books import ANYTHING

LONG = "123456789012345678901234567890123456.789012345678901234"
READINGS = Path(cells.__file__).parent
ROW = Row("ledger:EUR", "1", datetime(2024, 3, 1, tzinfo=UTC), {"amount": "x"})


@given(ANYTHING)
def test_whatever_stands_there_is_a_text_a_number_or_a_value_error(value):
    raw = {"field": value}
    assert isinstance(text(raw, "field"), str)
    assert isinstance(inner(raw, "field"), dict)
    with suppress(ValueError):
        assert amount(raw, "field").is_finite()
    assert isinstance(worth(inner(raw, "field")), Worth | None)


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_said_is_nothing(value):
    assert amount({"field": value}, "field") == 0
    assert amount({}, "field") == 0


@pytest.mark.parametrize("value", ["1e400", "1e-400", "NaN", "Infinity", "ten", True, [], {}])
def test_what_nobody_can_hold_is_no_number(value):
    with pytest.raises(ValueError, match=r"."):
        amount({"field": value}, "field")


@pytest.mark.parametrize("value", ["", None, "A" * 65, True])
def test_what_names_no_coin_is_no_symbol(value):
    with pytest.raises(ValueError, match="field"):
        asset({"field": value}, "field")


def test_every_digit_stays():
    number = Decimal(LONG)
    assert str(signed(number, -1)) == f"-{LONG}"
    assert signed(signed(number, -1), 1) == signed(number, 0) == number
    assert plus(number, signed(number, -1)) == 0
    assert str(times(number, Decimal(1))) == LONG
    assert moved(Leg("A", Decimal(0)), Leg("B", number)) == (Leg("B", number),)


def test_a_kind_goes_by_the_sign():
    told = means(Kind.REWARD, "staking", went=Kind.ADJUSTMENT)
    assert (told.kind(Decimal(1)), told.kind(Decimal(0)), told.kind(Decimal(-1))) == (
        Kind.REWARD,
        Kind.REWARD,
        Kind.ADJUSTMENT,
    )


def test_a_row_that_cannot_be_read_or_is_of_no_known_list_says_so():
    def tell(row: Row) -> list[Reading]:
        amount(row.raw, "amount")
        return []

    [unread] = read_by({"ledger": tell}, ROW)
    [unknown] = read_by({}, ROW)
    assert unread.skip
    assert unknown.skip
    assert unread.skip != unknown.skip
    assert unread.identity == unknown.identity == "ledger:EUR:1"


@pytest.mark.parametrize("path", sorted(READINGS.glob("*.py")), ids=lambda path: path.stem)
def test_what_rows_mean_takes_nothing_but_python(path):
    """So that it can be done again at any time, by any version, and without asking anybody."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    taken = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    taken |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    foreign = {name for name in taken if name.partition(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if name.partition(".readings")[0] != "ledger"} == set()

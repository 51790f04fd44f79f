"""Fields hold what exchanges put into them; whoever asks here gets a text, a number, or a ValueError."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given

from ledger.readings.base import Kind, Leg, Reading, Row, Worth
from ledger.readings.cells import amount, asset, inner, means, moved, plus, read_by, signed, text, times, worth
from tests.ledger.readings.books import ANYTHING

LONG = "123456789012345678901234567890123456.789012345678901234"
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

"""Amounts are read as written, to the last digit; what may mean two things is asked."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.imports.numbers import COMMA, POINT, Marks, Told, amount, evidence, mangled, told


@pytest.mark.parametrize(
    ("text", "number", "asset"),
    [
        ("5.28ZEN", "5.28", "ZEN"),
        ("0.2092 BTC ", "0.2092", "BTC"),
        ("(0.03447186 BTC)", "-0.03447186", "BTC"),
        ("($53.62)", "-53.62", "USD"),
        ("$11,093.73 ", "11093.73", "USD"),
        ("-€597.49846", "-597.49846", "EUR"),
        ("€-597.4", "-597.4", "EUR"),
        ("C$5.10", "5.10", "CAD"),
        ("USD 5", "5", "USD"),
        ("\u22121.5", "-1.5", ""),
        ("1e-8", "0.00000001", ""),
        ("2.5E+3", "2500", ""),
        ("12,345,678.9", "12345678.9", ""),
        ("1'000.5", "1000.5", ""),
        ("1\u202f234.5", "1234.5", ""),
        ("7-", "-7", ""),
        (".5", "0.5", ""),
        ("2.6555512332505829909239", "2.6555512332505829909239", ""),
        ("1EUR", "1", "EUR"),
    ],
)
def test_amounts_as_exchanges_write_them(text, number, asset):
    assert told(text) == Told(Decimal(number), asset)


@pytest.mark.parametrize("text", ["", " ", "-", "--", "\u2014", "n/a", "N/A", "null"])
def test_nothing_is_nothing(text):
    assert told(text) == Told(None)


@pytest.mark.parametrize(
    "text", ["abc", "1,5", "1.2.3", "1,23.4", "5 5", "1e999", "9" * 200, "12:30", "1 BTC or so", "$", "€"]
)
def test_what_is_no_amount_says_so(text):
    with pytest.raises(ValueError, match=r"^(is|has|does)"):
        told(text)


def test_with_a_decimal_comma():
    assert [amount(text, COMMA) for text in ("1.234,56", "1,5", "1.234", "-0,1 €")] == [
        Decimal("1234.56"), Decimal("1.5"), Decimal(1234), Decimal("-0.1"),
    ]  # fmt: skip


def test_an_asset_that_begins_with_a_digit_is_known_by_its_name():
    assert told("5.281INCH", asset="1INCH") == Told(Decimal("5.28"), "1INCH")


@pytest.mark.parametrize(
    ("text", "sign"),
    [("1.5", POINT), ("1,5", COMMA), ("1,234.5", POINT), ("1.234.567", COMMA), ("1.234", "?"), ("1,234", "?"),
     ("0.123", POINT), ("1234.123", POINT), ("12", ""), ("1.234,5 BTC", COMMA)],
)  # fmt: skip
def test_what_an_amount_proves_about_its_decimal_sign(text, sign):
    assert evidence(text) == sign


def marks_of(texts):
    marks = Marks()
    for number, text in enumerate(texts, 1):
        marks.look(number, text)
    return marks


def test_a_file_decides_only_what_it_proves():
    assert marks_of(["1.234", "1,5"]).decided() == COMMA
    assert marks_of(["12", "3"]).decided() == POINT
    assert not marks_of(["1.234", "5.678"]).decided()
    assert marks_of(["1.234"]).decided(POINT) == POINT
    assert not marks_of(["1.5", "1,5"]).decided(POINT)


def test_ids_that_a_spreadsheet_rounded_are_seen():
    assert mangled("6.12E+23")
    assert mangled("6,12E+23")
    assert not mangled("612E23-AB")


AMOUNTS = st.decimals(-(10**30), 10**30, places=18, allow_nan=False)


@given(AMOUNTS, st.sampled_from([POINT, COMMA]))
def test_what_was_written_is_read(number, mark):
    grouped = f"{number:,.18f}"
    text = grouped if mark == POINT else grouped.translate({ord(","): ".", ord("."): ","})
    assert amount(text, mark) == number
    assert evidence(text) == mark
    assert amount(f"({text.lstrip('-')} BTC)", mark) == number.copy_abs().copy_negate()


@given(st.text(max_size=30), st.sampled_from([POINT, COMMA]))
def test_any_text_is_an_amount_or_none_or_says_so(text, mark):
    evidence(text)
    try:
        found = amount(text, mark)
    except ValueError:
        return
    assert found is None or found.is_finite()

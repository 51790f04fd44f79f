"""Figures of lists: every digit, and one sign for what is below nought."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.lines import exact


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("-39904.992", "\N{MINUS SIGN}39,904.992"),
        ("-0.000000000000000001", "\N{MINUS SIGN}0.000000000000000001"),
        ("123456789012345.50", "123,456,789,012,345.5"),
        ("0.000", "0"),
    ],
)
def test_an_amount_has_every_digit_and_the_sign_of_every_other_figure(amount: str, words: str) -> None:
    assert exact(Decimal(amount)) == words

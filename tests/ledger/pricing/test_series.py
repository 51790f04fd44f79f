from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing.base import Method
from ledger.pricing.candles import HOUR
from ledger.pricing.series import Found, Pair, Series

HOURLY = Pair("BTC", "USD", "Kraken", Method.HOUR, span=HOUR)
AT = 470_000 * HOUR

numbers = st.decimals(min_value=0, allow_nan=False, allow_infinity=False)


def series(*points: tuple[int, str]) -> Series:
    return Series(HOURLY, [(at, Decimal(price)) for at, price in points])


@given(st.dictionaries(st.integers(-(10**10), 10**10), numbers))
def test_every_number_comes_back_as_it_went_in(points: dict[int, Decimal]) -> None:
    kept = list(Series(HOURLY, points.items()))

    assert [(at, str(price)) for at, price in kept] == [(at, str(points[at])) for at in sorted(points)]


def test_a_candle_speaks_for_its_own_hour() -> None:
    found = series((AT, "1"), (AT + HOUR, "2"))

    assert found.find(AT) == found.find(AT + HOUR - 1) == Found(AT, Decimal(1), 0)
    assert found.find(AT + HOUR) == Found(AT + HOUR, Decimal(2), 0)
    assert found.find(AT - 1) is None


def test_after_it_the_last_price_stands_in_for_a_while() -> None:
    found = series((AT, "1"))

    assert found.find(AT + HOUR) is None
    assert found.find(AT + HOUR, carry=60) == Found(AT, Decimal(1), 1)
    assert found.find(AT + 2 * HOUR, carry=60) is None


def test_of_two_prices_at_one_time_the_later_given_is_kept() -> None:
    assert list(series((AT, "1"), (AT, "2"))) == [(AT, Decimal(2))]


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(-10, 1100), st.integers(0, 50))
def test_it_is_found_as_by_looking_at_each(times: list[int], moment: int, carry: int) -> None:
    pair = Pair("A", "B", "", Method.HOUR, span=10)
    before = [time for time in times if time <= moment]
    expected = max(before) if before and moment - max(before) - 9 <= carry else None

    found = Series(pair, [(time, Decimal(time)) for time in times]).find(moment, carry=carry)

    assert (found.at if found else None) == expected

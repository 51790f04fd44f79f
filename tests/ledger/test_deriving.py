"""The short way from sources to columns, which nearly all transactions go, ends where the long one does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.deriving import Found, Legs, as_merged, as_told, told_by_sources, without_doubles
from ledger.keys import Key, Known
from ledger.readings.base import Kind, Worth
from ledger.readings.events import Amount, Draft

NUMBERS = st.builds(
    lambda digits, place: Decimal(digits).scaleb(place), st.integers(0, 10**27), st.integers(-40, 40)
) | st.sampled_from([Decimal(100), Decimal("1E+3"), Decimal("0.10"), Decimal("0E-8"), Decimal("10.000")])
SENT, RECEIVED, FEE = (st.none() | st.builds(Amount, NUMBERS, st.just(code)) for code in ("EUR", "BTC", "BNB"))
TIMES = st.builds(
    datetime.fromtimestamp, st.integers(0, 4 * 10**9), st.sampled_from([UTC, timezone(timedelta(hours=-7))])
)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@given(SENT, RECEIVED, FEE, st.none() | st.builds(Worth, NUMBERS, st.just("EUR")), TIMES, st.sampled_from(Kind))
def test_what_sources_tell_is_the_same_with_texts_and_without(sent, received, fee, worth, at, kind):
    draft = Draft("a", ("a",), (1,), at, kind, sent, received, fee, category="staking", note="as it was", worth=worth)
    legs = Legs(sent, received, fee)
    assert written(as_told(draft, legs)) == written(as_merged(told_by_sources(draft, legs)))


def written(held):
    """With every digit that would be stored."""
    sides = (held.sent, held.received, held.fee, held.value)
    amounts = [(None if amount is None else f"{amount:f}", asset) for amount, asset in sides]
    return (*held[:3], amounts, held.note, list(held.tags), held.ignored)


@pytest.mark.parametrize("came", list(permutations(range(3))), ids=str)
def test_two_that_are_each_the_same_as_a_third_are_one_whichever_came_first(came):
    """Decided were the pairs of the middle one only: it may be the last that came, and stand behind both."""
    keys = [Key(UUID(int=place + 1), f"f:{place}", FIRST + timedelta(days=day)) for place, day in enumerate(came)]
    three = [
        Found(f"e{n}", Draft(key.anchor, (key.anchor,), (n,), FIRST, Kind.DEPOSIT), 3, [key], {})
        for n, key in enumerate(keys)
    ]
    one, middle, other = (key.pk for key in keys)
    known = Known(same={middle: {one, other}, one: {middle}, other: {middle}})
    [left] = without_doubles(three, known)
    assert left.draft.rows == (0, 1, 2)
    assert left.key == keys[came.index(0)]
    assert {key.pk for key in left.keys} == {one, middle, other}

"""What another list says of a movement is given to that movement, and only where no other could be meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from ledger.matching.base import Movement, Side
from ledger.matching.details import FELT, Detail, given

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def movement(name="m", amount="1", at=NOON, side=Side.OUT, **more):
    return Movement(name, "w", side, at, "BTC", Decimal(amount), **more)


def detail(amount="1", at=NOON, side=Side.OUT, name=1, wallet="w"):
    return Detail(name, wallet, side, "BTC", Decimal(amount), at)


def about(movements, details):
    return {name: found.id for name, found in given(movements, details).items()}


def test_the_only_one_is_given_what_is_said_within_hours():
    assert about([movement()], [detail(at=NOON + 50 * MINUTE)]) == {"m": 1}


def test_the_fee_may_be_in_the_figure_or_beside_it():
    assert about([movement(fee=Decimal("0.001"), fee_asset="BTC")], [detail("1.001")]) == {"m": 1}
    assert about([movement(fee=Decimal("0.001"), fee_asset="ETH")], [detail("1.001")]) == {}


@pytest.mark.parametrize(
    "other",
    [
        detail("1.1"),
        detail(at=NOON + 121 * MINUTE),
        detail(side=Side.IN),
        detail(wallet="x"),
    ],
)
def test_another_ones_is_not(other):
    assert about([movement()], [other]) == {}


def test_where_two_could_be_meant_neither_is():
    alike = [movement("a"), movement("b", at=NOON + MINUTE)]
    assert about(alike, [detail(at=NOON + 30 * MINUTE)]) == {}
    assert about([movement()], [detail(), detail(name=2)]) == {}


def test_of_two_alike_each_is_given_what_was_told_within_a_minute_of_it():
    alike = [movement("a"), movement("b", at=NOON + 30 * MINUTE)]
    assert about(alike, [detail(at=NOON + 30 * MINUTE, name=2), detail()]) == {"a": 1, "b": 2}


def test_what_a_source_says_itself_stands():
    assert about([movement(hash="own")], [detail()]) == {}


@given_any(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200)), max_size=8), st.data())
def test_no_detail_is_given_twice_and_the_order_of_them_means_nothing(told, data):
    movements, details = drawn(told, data)
    found = about(movements, details)
    assert len(found) == len(set(found.values()))
    assert found == about(movements, data.draw(st.permutations(details)))


@given_any(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 1500)), max_size=10), st.data())
def test_what_lies_further_away_than_can_be_felt_changes_nothing(told, data):
    movements, details = drawn(told, data)
    gone = data.draw(st.sampled_from([*movements, *details])) if told else None
    before = about(movements, details)
    after = about([each for each in movements if each is not gone], [each for each in details if each is not gone])
    at = {each.id: each.at for each in (*movements, *details)}
    moved = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert all(gone and abs(at[name] - gone.at) <= FELT for name in moved)


def drawn(told, data):
    movements = [movement(f"m{place}", str(amount), NOON + at * MINUTE) for place, (amount, at) in enumerate(told)]
    near = st.tuples(st.sampled_from(told), st.integers(-130, 130)) if told else st.nothing()
    said = data.draw(st.lists(near, max_size=8)) if told else []
    details = [
        detail(str(amount), NOON + (at + late) * MINUTE, name=place) for place, ((amount, at), late) in enumerate(said)
    ]
    return movements, details

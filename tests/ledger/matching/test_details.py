"""What another list says of a movement is given to that movement, and only where no other could be meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.matching.base import Movement, Side
from ledger.matching.details import Detail, filled

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def movement(name="m", amount="1", at=NOON, side=Side.OUT, **more):
    return Movement(name, "w", side, at, "BTC", Decimal(amount), **more)


def detail(amount="1", at=NOON, side=Side.OUT, name="ab", wallet="w"):
    return Detail(wallet, side, "BTC", Decimal(amount), at, hash=name, address="bc1", network="Bitcoin")


def test_the_only_one_is_given_its_hash_address_and_network():
    [told] = filled([movement()], [detail(at=NOON + 50 * MINUTE)])
    assert (told.hash, told.address, told.network) == ("ab", "bc1", "Bitcoin")


def test_the_fee_may_be_in_the_figure_or_beside_it():
    [told] = filled([movement(fee=Decimal("0.001"), fee_asset="BTC")], [detail("1.001")])
    assert told.hash == "ab"


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
    assert filled([movement()], [other]) == [movement()]


def test_where_two_could_be_meant_neither_is():
    alike = [movement("a"), movement("b", at=NOON + MINUTE)]
    assert filled(alike, [detail(at=NOON + 30 * MINUTE)]) == alike
    assert filled([movement()], [detail(), detail(name="cd")]) == [movement()]


def test_of_two_alike_each_is_given_what_was_told_within_a_minute_of_it():
    alike = [movement("a"), movement("b", at=NOON + 30 * MINUTE)]
    told = filled(alike, [detail(at=NOON + 30 * MINUTE, name="second"), detail(name="first")])
    assert [each.hash for each in told] == ["first", "second"]


def test_what_a_source_says_itself_stands():
    [told] = filled([movement(hash="own")], [detail()])
    assert told.hash == "own"


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 200)), max_size=8), st.data())
def test_no_detail_is_given_twice_and_the_order_of_them_means_nothing(told, data):
    movements = [movement(f"m{place}", str(amount), NOON + at * MINUTE) for place, (amount, at) in enumerate(told)]
    details = [
        detail(str(amount), NOON + at * MINUTE, name=f"h{place}")
        for place, (amount, at) in enumerate(
            data.draw(st.lists(st.sampled_from(told), max_size=8) if told else st.just([]))
        )
    ]
    found = filled(movements, details)
    hashes = [each.hash for each in found if each.hash]
    assert len(hashes) == len(set(hashes))
    assert found == filled(movements, data.draw(st.permutations(details)))

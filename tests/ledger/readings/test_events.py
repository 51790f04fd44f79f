"""Readings of one event become transactions: nothing dropped, nothing made up, in any order the same."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.events import Amount, Told, drafts

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def reading(identity, *legs, kind=Kind.TRADE, at=AT, **more):
    told = tuple(Leg(asset, Decimal(amount), fee) for asset, amount, fee in legs)
    return Reading(identity, "e", at, kind, told, **more)


def legs_of(found):
    sums = Counter()
    for draft in found:
        for amount, sign in ((draft.sent, -1), (draft.received, 1), (draft.fee, -1)):
            if amount:
                sums[amount.asset] += sign * amount.amount
    return {asset: amount for asset, amount in sums.items() if amount}


def test_two_ledger_rows_are_one_trade():
    [trade] = drafts(
        [
            Told(reading("ledger:B", ("EUR", "-100", False), ("EUR", "-0.26", True)), 2),
            Told(reading("ledger:A", ("XBT", "0.002", False)), 1),
        ]
    )
    assert (trade.kind, trade.sent, trade.received) == (
        Kind.TRADE,
        Amount(Decimal(100), "EUR"),
        Amount(Decimal("0.002"), "XBT"),
    )
    assert trade.fee == Amount(Decimal("0.26"), "EUR")
    assert (trade.anchor, trade.identities, trade.rows) == ("ledger:A", ("ledger:A", "ledger:B"), (1, 2))


def test_a_lone_leg_keeps_its_kind():
    [deposit] = drafts([Told(reading("d:1", ("EUR", "50", False), kind=Kind.DEPOSIT), 1)])
    assert (deposit.kind, deposit.sent, deposit.received) == (Kind.DEPOSIT, None, Amount(Decimal(50), "EUR"))


def test_a_lone_fee_is_a_fee():
    [fee] = drafts([Told(reading("l:1", ("EUR", "-0.02", True)), 1)])
    assert (fee.kind, fee.fee, fee.sent) == (Kind.FEE, Amount(Decimal("0.02"), "EUR"), None)


def test_what_the_api_and_a_file_both_tell_counts_once_and_both_rows_stay():
    exact = reading("ledger:A", ("XBT", "0.00200001", False), kind=Kind.DEPOSIT)
    rounded = reading("ledger:A", ("XBT", "0.002", False), kind=Kind.DEPOSIT)
    [deposit] = drafts([Told(rounded, 1, trust=1), Told(exact, 2)])
    assert (deposit.received, deposit.rows) == (Amount(Decimal("0.00200001"), "XBT"), (1, 2))


def test_a_second_list_of_the_same_adds_details_and_stands_in_alone():
    fill = reading("trade:T", ("EUR", "-100", False), ("XBT", "1", False), rank=1, order="O-1", hash="ab")
    ledger = [reading("ledger:A", ("XBT", "1", False)), reading("ledger:B", ("EUR", "-100", False))]
    [alone] = drafts([Told(fill, 3)])
    [whole] = drafts([Told(fill, 3), *(Told(each, row) for row, each in enumerate(ledger))])
    assert (alone.received, alone.anchor) == (Amount(Decimal(1), "XBT"), "trade:T")
    assert (whole.received, whole.order, whole.anchor) == (Amount(Decimal(1), "XBT"), "O-1", "ledger:A")
    assert "trade:T" in whole.identities  # its key is found, had it come first


def test_a_move_within_the_account_is_no_transaction():
    assert not drafts(
        [Told(reading("l:1", ("XBT", "-1", False)), 1), Told(reading("l:2", ("XBT", "1", False)), 2)],
    )


def test_a_basket_is_several_transactions_of_one_group():
    found = drafts(
        [
            Told(reading("l:1", ("ADA", "-1", False)), 1),
            Told(reading("l:2", ("DOT", "-2", False)), 2),
            Told(reading("l:3", ("BNB", "3", False), ("BNB", "-0.1", True)), 3),
        ]
    )
    assert [draft.anchor for draft in found] == ["l:1", "l:2"]
    assert {draft.group for draft in found} == {"e"}
    assert legs_of(found) == {"ADA": -1, "DOT": -2, "BNB": Decimal("2.9")}


def test_no_digit_is_lost():
    [trade] = drafts(
        [
            Told(reading("l:1", ("SHIB", "123456789012345678.000000000000000001", False)), 1),
            Told(reading("l:2", ("SHIB", "1.000000000000000001", False), ("SHIB", "-0.000000000000000001", True)), 2),
        ]
    )
    assert trade.received == Amount(Decimal("123456789012345679.000000000000000002"), "SHIB")


AMOUNTS = st.decimals(-5, 5, places=3, allow_nan=False).filter(bool)
LEGS = st.tuples(st.sampled_from(["BTC", "ETH", "EUR"]), AMOUNTS, st.booleans())
READINGS = st.lists(st.tuples(st.lists(LEGS, max_size=3), st.integers(0, 2)), min_size=1, max_size=6)


@given(READINGS, st.randoms())
def test_legs_are_conserved_and_order_changes_nothing(rows, random):
    told = [
        Told(reading(f"l:{place}", *legs, at=AT + timedelta(seconds=late)), place)
        for place, (legs, late) in enumerate(rows)
    ]
    truth = Counter()
    for legs, _ in rows:
        for asset, amount, _ in legs:
            truth[asset] += amount
    found = drafts(told)
    assert legs_of(found) == {asset: amount for asset, amount in truth.items() if amount}
    assert len({draft.anchor for draft in found}) == len(found)
    identities = [identity for draft in found for identity in draft.identities]
    assert len(identities) == len(set(identities))
    random.shuffle(told)
    assert drafts(told) == found

"""Bitstamp's rows: a column for each currency, and a second list that only knows where things went."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import bitstamp
from ledger.readings.base import Kind, Row
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
UNTOUCHED = {"usd": 0, "btc": 0, "eur": 0}


def row(nature, number="7", **more):
    return Row("transactions", number, AT, {"id": int(number), "type": nature, "fee": "0", **UNTOUCHED, **more})


SOLD_FOR_COINS = row("2", fee="0.0001", eth="-1", btc="0.05", eth_btc="0.05", order_id=12)


class TestBooks(ReadsTheBooks):
    exchange, reader = "bitstamp", bitstamp
    partial = frozenset({"crypto"})  # it shares no id with the transactions, and counts for nothing
    more_rows = (SOLD_FOR_COINS, row("14", btc="1"))


def test_the_fee_of_a_trade_is_in_what_it_is_priced_in():
    [draft] = drafts_of(bitstamp, [SOLD_FOR_COINS])
    assert (draft.kind, draft.fee.asset, draft.order) == (Kind.TRADE, "BTC", "12")
    assert net([draft]) == {"ETH": -1, "BTC": Decimal("0.0499")}


def test_without_a_price_it_is_in_money():
    [draft] = drafts_of(bitstamp, [row("2", fee="0.25", btc="0.001", usd="-100")])
    assert draft.fee.asset == "USD"


@pytest.mark.parametrize(
    ("nature", "amount", "kind", "category"),
    [
        ("14", "1", Kind.TRANSFER, "internal"),
        ("14", "-1", Kind.TRANSFER, "internal"),
        ("27", "1", Kind.REWARD, "staking"),
        ("32", "1", Kind.REWARD, "referral"),
        ("58", "-1", Kind.LOST, "futures"),
        ("58", "1", Kind.INCOME, "futures"),
        ("99", "1", Kind.DEPOSIT, ""),
        ("99", "-1", Kind.WITHDRAWAL, ""),
    ],
)
def test_types_have_their_meaning_and_an_unknown_one_moves_its_amount(nature, amount, kind, category):
    [draft] = drafts_of(bitstamp, [row(nature, btc=amount)])
    assert (draft.kind, draft.category, net([draft])) == (kind, category, {"BTC": int(amount)})
    assert ("99" in draft.note) == (nature == "99")


@pytest.mark.parametrize("nature", ["25", "26"])
def test_what_is_staked_is_still_the_owners(nature):
    [reading] = readings_of(bitstamp, row(nature, btc="-1"))
    assert "stays the same" in reading.skip


def test_a_fee_of_nobody_knows_what_is_said_to_be_one():
    [reading] = readings_of(bitstamp, row("1", fee="0.1"))
    assert "which currency" in reading.skip


def test_files_name_types_by_words():
    assert bitstamp.type_of("Market") == "2"
    assert bitstamp.type_of("Staking reward") == "27"
    assert bitstamp.type_of("Something new") == "something new"


def test_a_column_of_words_is_no_currency():
    [draft] = drafts_of(bitstamp, [row("1", btc="-1", fee="0.1", sender="bank")])
    assert (draft.sent.asset, draft.fee.amount) == ("BTC", Decimal("0.1"))

"""Binance.US: Binance's rows, and lists of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import binanceus
from ledger.readings.base import Kind, Row
from ledger.readings.binanceus import sides
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def row(family, name="1", **raw):
    return Row(family, name, AT, raw)


class TestBooks(ReadsTheBooks):
    exchange, reader = "binanceus", binanceus


@pytest.mark.parametrize(
    ("symbol", "both"),
    [
        ("BTCUSD", ("BTC", "USD")),
        ("FETUSD", ("FET", "USD")),
        ("BNBUSD", ("BNB", "USD")),
        ("BNBBUSD", ("BNB", "BUSD")),
        ("SHIBUSD", ("SHIB", "USD")),
        ("BTCBUSD", ("BTC", "BUSD")),
        ("BTCUSDT", ("BTC", "USDT")),
        ("USD", None),
    ],
)
def test_a_market_has_two_sides(symbol, both):
    assert sides(symbol) == both


@pytest.mark.parametrize(
    ("coin", "changes"),
    [
        ("BTC", {"USD": "-100", "BTC": "0.002"}),
        ("USD", {"USD": "-100", "BTC": "0.002"}),
        ("BNB", {"USD": "-100", "BTC": "0.002", "BNB": "-0.0001"}),
    ],
)
def test_a_fee_is_within_its_coin_unless_it_is_a_third_one(coin, changes):
    told = {"fromCoin": "USD", "fromAmount": "100", "toCoin": "BTC", "toAmount": "0.002", "orderStatus": "SUCCESS"}
    [draft] = drafts_of(binanceus, [row("instant buys", feeCoin=coin, feeAmount="0.0001", **told)])
    assert net([draft]) == {asset: Decimal(change) for asset, change in changes.items()}
    assert draft.fee.amount == Decimal("0.0001")


def test_a_reward_that_stands_in_two_lists_counts_once():
    rows = [
        row("distributions", "9", tranId=9, asset="ADA", amount="1", category="staking"),
        row("staking rewards", "9", tranId=9, asset="ADA", amount="1"),
    ]
    [draft] = drafts_of(binanceus, rows)
    assert (draft.kind, net([draft])) == (Kind.REWARD, {"ADA": 1})
    assert set(draft.identities) == {"distributions:9", "staking rewards:9"}


@pytest.mark.parametrize(("family", "change"), [("fiat deposits", "97"), ("fiat withdrawals", "-103")])
def test_money_has_two_fees(family, change):
    told = {"fiatCurrency": "USD", "amount": "100", "transactionFee": "1", "platformFee": "2"}
    assert net(drafts_of(binanceus, [row(family, orderStatus="Successful", **told)])) == {"USD": Decimal(change)}
    assert readings_of(binanceus, row(family, orderStatus="Failed", **told))[0].skip

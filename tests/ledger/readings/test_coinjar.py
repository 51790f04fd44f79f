"""CoinJar: fills and transfers, as far as they are known."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import coinjar
from ledger.readings.base import Kind, Row
from ledger.readings.coinjar import sides
from tests.ledger.readings.books import EXPECTED, ReadsTheBooks, drafts_of, net, readings_of
from wallets.sandbox.books import Kind as Happened

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
TRANSFER = {"type": "withdraw", "amount": "2", "account_number": "BTC-1", "processed_at": "2024-03-01T12:00:00Z"}


def transfer(**said):
    return Row("transfers", "1", AT, TRANSFER | said)


class TestBooks(ReadsTheBooks):
    exchange, reader = "coinjar", coinjar
    expected = EXPECTED | {Happened.REWARD: Kind.DEPOSIT}  # nothing tells a reward from a deposit


@pytest.mark.parametrize(
    ("product", "both"),
    [
        ("BTCAUD", ("BTC", "AUD")),
        ("USDCAUD", ("USDC", "AUD")),
        ("ETH/GBP", ("ETH", "GBP")),
        ("ETH-GBP", ("ETH", "GBP")),
        ("AUD", None),
        ("", None),
    ],
)
def test_a_market_has_two_sides(product, both):
    assert sides(product) == both


def test_a_fill_without_its_value_is_size_times_price():
    raw = {"product_id": "BTCAUD", "side": "sell", "size": "0.5", "price": "60000", "estimated_fee": "30"}
    [draft] = drafts_of(coinjar, [Row("fills", "1", AT, raw)])
    assert net([draft]) == {"BTC": Decimal("-0.5"), "AUD": Decimal(29970)}


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ({}, {"BTC": -2}),
        ({"type": "deposit"}, {"BTC": 2}),
        ({"account_number": "eth"}, {"ETH": -2}),
        ({"account_number": "1234", "asset_code": "AUD"}, {"AUD": -2}),
        ({"type": "something new"}, {"BTC": 2}),
    ],
)
def test_a_transfer_is_of_its_accounts_coin(said, change):
    assert net(drafts_of(coinjar, [transfer(**said)])) == change


@pytest.mark.parametrize("said", [{"account_number": "1234"}, {"account_number": ""}, {"processed_at": None}])
def test_a_transfer_that_cannot_count_says_why(said):
    [reading] = readings_of(coinjar, transfer(**said))
    assert reading.skip
    assert not reading.legs

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.naming.base import AssetKind
from ledger.pricing.base import Method
from ledger.pricing.implied import Implied, Side, by_money, by_source, sides

KINDS = {"EUR": AssetKind.FIAT, "USD": AssetKind.FIAT, "USDT": AssetKind.STABLECOIN, "USDC": AssetKind.STABLECOIN}


def kind(code: str) -> AssetKind:
    return KINDS.get(code, AssetKind.COIN)


def side(amount: str, asset: str) -> Side:
    return Side(Decimal(amount), asset)


def test_a_coin_bought_or_sold_for_money_has_told_its_price() -> None:
    bought = by_money(side("100", "EUR"), side("4", "SOL"), kind)
    sold = by_money(side("4", "SOL"), side("100", "EUR"), kind)

    assert bought == sold == Implied("SOL", "EUR", Decimal(4), Decimal(100))
    assert bought.price == 25


@pytest.mark.parametrize(("sent", "received"), [("EUR", "USD"), ("BTC", "ETH"), ("USDT", "BTC")])
def test_money_for_money_and_coin_for_coin_tell_nothing_of_the_kind(sent: str, received: str) -> None:
    assert by_money(side("1", sent), side("2", received), kind) is None


def test_of_nothing_there_is_no_price() -> None:
    assert by_money(side("100", "EUR"), side("0", "SOL"), kind) is None
    assert by_source(side("0", "SOL"), Decimal(1), "EUR", "Coinbase") is None


def test_what_the_exchange_wrote_beside_it_counts_as_its_word() -> None:
    implied = by_source(side("3", "SOL"), Decimal(75), "EUR", "Coinbase")

    assert implied is not None
    assert (implied.price, implied.method, implied.source) == (25, Method.SOURCE, "Coinbase")


@pytest.mark.parametrize(
    ("sent", "received", "priced"),
    [
        ("USDT", "BTC", "USDT"),
        ("BTC", "USDC", "USDC"),
        ("BTC", "ETH", "BTC"),
        ("SHIB", "ETH", "ETH"),
        ("SHIB", "PEPE", "PEPE"),
        ("USDT", "USDC", "USDC"),
    ],
)
def test_the_better_known_side_is_priced_and_the_other_follows(sent: str, received: str, priced: str) -> None:
    assert sides(side("1", sent), side("2", received), kind).priced.asset == priced


@given(
    st.decimals("0.00000001", 10**9, places=8),
    st.decimals("0.00000001", 10**9, places=8),
    st.decimals("0.01", 10**6, places=2),
)
def test_both_sides_of_a_trade_are_worth_the_same(amount: Decimal, other: Decimal, price: Decimal) -> None:
    trade = sides(Side(amount, "BTC"), Side(other, "SHIB"), kind)

    implied = trade.implied("EUR", price, "Bitstamp")

    assert implied.worth == amount * price
    assert (implied.asset, implied.amount) == ("SHIB", other)

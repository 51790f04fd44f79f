"""What the engine is told of a transaction."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.engine.legs import Ground, movements_of
from ledger.engine.types import Country, Method, Regime, Scope, Settings
from ledger.gains.feeding import Feed, Row, Worth, sequence
from ledger.naming.base import AssetKind
from ledger.pricing.base import Method as By
from ledger.pricing.book import PriceBook
from ledger.pricing.series import Pair, Series

AT = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTINGS = Settings((Regime(2009, Country.US, Method.FIFO, Scope.UNIVERSAL),), money=frozenset({"EUR"}))
KINDS = {"USDT": AssetKind.STABLECOIN}


def feed(prices=()):
    """Without a database: its owner said nothing."""
    made = Feed.__new__(Feed)
    made.links, made.bases, made.scales = {}, {}, {}
    made.worth = Worth(SETTINGS, book(prices), KINDS)
    return made


def book(prices):
    moment = int(AT.timestamp()) // 3600 * 3600
    return PriceBook(
        [Series(Pair(asset, quote, "test", By.HOUR, 3600), [(moment, Decimal(n))]) for asset, quote, n in prices]
    )


def row(**told):
    blank = Row("t", AT, "trade", "", "w", "x:12", None, "", None, "", None, "", None, "", value_is_mine=False)
    return blank._replace(**told)


AMOUNTS = st.decimals(min_value=Decimal("0.00000001"), max_value=10**9, places=8)
FEES = st.none() | st.decimals(min_value=-10, max_value=10, places=8)


@given(bought=st.booleans(), amount=AMOUNTS, money=AMOUNTS, fee=FEES, number=st.integers(0, 10**20))
def test_the_short_way_gives_what_the_engine_makes_of_the_event(bought, amount, money, fee, number):
    legs = ("USD", money, "BTC", amount) if bought else ("BTC", amount, "USD", money)
    told = row(
        event=f"trades:{number}",
        sent_asset=legs[0],
        sent_amount=legs[1],
        received_asset=legs[2],
        received_amount=legs[3],
        fee_asset="" if fee is None else "USD",
        fee_amount=fee,
    )
    fed = feed()
    assert [fed.plain(told)] == movements_of(fed.event(told), Ground(SETTINGS))


@pytest.mark.parametrize(
    "told",
    [
        {"sent_asset": "EUR", "sent_amount": Decimal(1), "received_asset": "BTC", "received_amount": Decimal(1)},
        {"received_asset": "BTC", "received_amount": Decimal(1), "kind": "reward"},
        {
            "sent_asset": "USD",
            "sent_amount": Decimal(1),
            "received_asset": "BTC",
            "received_amount": Decimal(1),
            "fee_asset": "BNB",
            "fee_amount": Decimal(1),
        },
    ],
)
def test_what_is_not_plain_goes_the_whole_way(told):
    assert feed().plain(row(**told)) is None


def test_a_trade_in_other_money_is_worth_what_that_was_worth():
    told = row(sent_asset="EUR", sent_amount=Decimal(10), received_asset="BTC", received_amount=Decimal(1))
    assert feed([("EUR", "USD", "1.1")]).event(told).value == 11


def test_a_trade_in_money_without_a_rate_is_worth_what_was_bought():
    """Nobody publishes a rate of it, but everybody knows what the coin was worth: it did not cost nothing."""
    told = row(sent_asset="EUR", sent_amount=Decimal(10), received_asset="BTC", received_amount=Decimal(2))
    assert feed([("BTC", "USD", "6")]).event(told).value == 12
    said = told._replace(value_amount=Decimal(11), value_currency="USD")
    assert feed([("BTC", "USD", "6")]).event(said).value == 11
    assert feed().event(told).value is None


def test_a_trade_of_coins_is_worth_its_better_known_side():
    told = row(sent_asset="USDT", sent_amount=Decimal(10), received_asset="SHIB", received_amount=Decimal(900))
    assert feed([("USDT", "USD", "0.99"), ("SHIB", "USD", "5")]).event(told).value == Decimal("9.90")
    assert feed([("SHIB", "USD", "5")]).event(told).value == 4500
    assert feed().event(told).value is None


def test_what_the_exchange_said_goes_before_a_price_that_is_kept():
    told = row(
        kind="reward",
        received_asset="DOT",
        received_amount=Decimal(2),
        value_amount=Decimal(15),
        value_currency="USD",
    )
    assert feed([("DOT", "USD", "7")]).event(told).value == 15


@pytest.mark.parametrize(
    ("half", "told"),
    [
        (True, {"received_asset": "BTC", "received_amount": Decimal(1)}),
        (True, {"sent_asset": "BTC", "sent_amount": Decimal(1)}),
        (True, {"received_asset": "EUR", "received_amount": Decimal(9), "value_amount": 9, "value_currency": "USD"}),
        (False, {"received_asset": "BTC", "received_amount": Decimal(1), "value_amount": 9, "value_currency": "EUR"}),
        (False, {"received_asset": "BTC", "received_amount": Decimal(1), "sent_asset": "ETH", "sent_amount": 1}),
        (False, {"kind": "deposit", "received_asset": "BTC", "received_amount": Decimal(1)}),
        (False, {"fee_asset": "BTC", "fee_amount": Decimal(1)}),
    ],
)
def test_half_a_trade_is_said_to_be_one_unless_its_worth_is_told(half, told):
    """What was bought by card has no other side on the exchange, and its price beside it."""
    assert feed().event(row(**told)).half is half


def test_the_owners_word_goes_before_the_trade_itself():
    told = row(
        sent_asset="EUR",
        sent_amount=Decimal(10),
        received_asset="BTC",
        received_amount=Decimal(1),
        value_amount=Decimal(12),
        value_currency="USD",
        value_is_mine=True,
    )
    fed = feed([("EUR", "USD", "1.1")])
    [bought] = movements_of(fed.event(told), Ground(SETTINGS))
    assert bought.value == 12 * 10**8


def test_the_owners_word_goes_before_their_own_money_too():
    """Sold to a brother for a song: the law takes what it was worth, and nobody but the owner can say so."""
    told = row(
        sent_asset="BTC", sent_amount=Decimal(1), received_asset="USD", received_amount=Decimal(10), fee_asset="USD",
        fee_amount=Decimal(1), value_amount=Decimal(12), value_currency="USD", value_is_mine=True,
    )  # fmt: skip
    [sold] = movements_of(feed().event(told), Ground(SETTINGS))
    assert sold.value == 11 * 10**8
    [sold] = movements_of(feed().event(told._replace(value_is_mine=False)), Ground(SETTINGS))
    assert sold.value == 9 * 10**8


def test_a_fee_in_a_third_asset_is_worth_its_price():
    told = row(
        sent_asset="USD",
        sent_amount=Decimal(10),
        received_asset="BTC",
        received_amount=Decimal(1),
        fee_asset="BNB",
        fee_amount=Decimal("0.1"),
    )
    assert feed([("BNB", "USD", "300")]).event(told).fee_value == 30


@pytest.mark.parametrize(
    ("event", "number"), [("trades:BTC:123", 123), ("LABC", 0), ("", 0), ("x:" + "9" * 30, 10**18 - 1)]
)
def test_the_exchanges_own_number_orders_what_happened_at_one_moment(event, number):
    assert sequence(event) == number

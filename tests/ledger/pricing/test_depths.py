from __future__ import annotations

from datetime import UTC, datetime

from ledger.pricing.clock import seconds
from ledger.pricing.depths import Market, markets, meanings

TRADED = {
    "bitstamp": {("BTC", "USD"), ("BTC", "EUR")},
    "coinbaseexchange": {("BTC", "USD"), ("SOL", "USD")},
    "binance": {("BTC", "USDT"), ("SOL", "USDT"), ("MATIC", "USDT"), ("POL", "USDT")},
    "kraken": {("BTC", "USD"), ("SOL", "USD")},
}


def exchanges(asset: str, year: int) -> list[str]:
    return [market.exchange for market in markets(asset, TRADED, since=datetime(year, 1, 1, tzinfo=UTC))]


def test_the_deepest_goes_first_and_who_tells_only_the_newest_last() -> None:
    assert exchanges("BTC", 2012) == ["bitstamp", "bitstamp", "coinbaseexchange", "binance", "kraken"]
    assert exchanges("SOL", 2021) == ["coinbaseexchange", "binance", "kraken"]


def test_older_prices_are_looked_for_under_the_older_name() -> None:
    assert markets("POL", TRADED, since=datetime(2022, 1, 1, tzinfo=UTC)) == [
        Market("binance", "POL", "USDT"),
        Market("binance", "MATIC", "USDT"),
    ]


def test_a_ticker_that_another_asset_took_over_tells_of_the_former_one_until_then_only() -> None:
    """LUNA was Luna Classic until May 2022, and is another coin since, at thousands of times the price."""
    luna, classic, matic = (Market("binance", each, "USDT") for each in ("LUNA", "LUNC", "MATIC"))

    assert meanings("LUNC", [classic, luna]) == {"LUNA": seconds(datetime(2022, 5, 28, 6, tzinfo=UTC))}
    assert meanings("LUNA", [luna]) == meanings("POL", [matic]) == {}


def test_what_nobody_trades_is_asked_of_nobody() -> None:
    assert markets("FOO", TRADED, since=datetime(2022, 1, 1, tzinfo=UTC)) == []

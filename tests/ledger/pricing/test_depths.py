from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.depths import Market, chunks, markets

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


def test_what_nobody_trades_is_asked_of_nobody() -> None:
    assert markets("FOO", TRADED, since=datetime(2022, 1, 1, tzinfo=UTC)) == []


@given(
    st.integers(0, 3 * 10**9),
    st.integers(0, 5000 * DAY),
    st.sampled_from([HOUR, DAY]),
    st.sampled_from([300, 720, 1000]),
)
def test_pieces_are_whole_days_without_gap_and_fit_a_page(since: int, length: int, span: int, page: int) -> None:
    pieces = list(chunks(since, since + length, span=span, page=page))

    assert all(begin % DAY == 0 and end % DAY == 0 and begin < end for begin, end in pieces)
    assert all((end - begin) // span <= page for begin, end in pieces)
    assert [end for _, end in pieces[:-1]] == [begin for begin, _ in pieces[1:]]
    assert not pieces or (pieces[0][0] <= since and pieces[-1][1] <= since + length)

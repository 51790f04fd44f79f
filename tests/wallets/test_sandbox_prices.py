"""Candles as the sandbox plays them: each exchange's shape and limits, one market for all, near what accounts paid."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
import requests

from ledger.pricing import candles, fiat
from ledger.pricing.candles import DAY, HOUR
from wallets.connectors.public import PLACES, Public
from wallets.public_prices import SERVED_BY
from wallets.records import ConnectorError
from wallets.sandbox.books import PRICES, Books
from wallets.sandbox.prices import candle, price

NOW = int(datetime.now(UTC).timestamp())
PAIRS = {"kraken": "EUR", "binance": "EUR", "binanceus": "USD", "coinbaseexchange": "EUR", "bitstamp": "EUR"}


class Patient:
    def before(self, cost):
        """Nobody is counted here."""

    def slow_down(self, wait, whose):
        """As above."""


@pytest.fixture
def public(playground):
    playground.control("reset")
    return lambda name: Public(name, pace=Patient(), origin=playground.at(SERVED_BY.get(name, name)))


def name_of(there, asset, quote):
    return {(base, other): name for base, other, name in there.pairs()}[
        {"BTC": "XBT"}.get(asset, asset) if there.place is PLACES["kraken"] else asset, quote
    ]


@pytest.mark.parametrize("exchange", sorted(PLACES))
@pytest.mark.parametrize("span", [HOUR, DAY])
def test_all_tell_of_one_market_each_in_its_own_shape(public, exchange, span):
    there, quote = public(exchange), PAIRS[exchange]
    end = NOW // span * span - 3 * span
    begin = end - 100 * span

    body = there.candles(name_of(there, "BTC", quote), span=span, begin=begin, end=end)
    found = [each for each in candles.parsed(exchange, body, span=span, now=NOW) if begin <= each.at < end]

    assert [each.at for each in found] == list(range(begin, end, span))
    assert [each.close for each in found] == [price("holdfast", "BTC", quote, each.at + span) for each in found]
    assert all(one.close == other.open for one, other in pairwise(found))


def test_kraken_tells_the_newest_720_whatever_is_asked(public):
    there = public("kraken")
    body = there.candles(name_of(there, "BTC", "USD"), span=HOUR, begin=NOW - 9000 * HOUR, end=NOW - 8000 * HOUR)

    rows = next(iter(json.loads(body)["result"].values()))
    assert len(rows) == 720
    assert 0 <= rows[-1][0] - NOW // HOUR * HOUR <= HOUR  # the one that still grows


def test_coinbase_refuses_more_than_300(public):
    there = public("coinbaseexchange")

    with pytest.raises(ConnectorError):
        there.candles("BTC-USD", span=HOUR, begin=NOW - 400 * HOUR, end=NOW)


@pytest.mark.parametrize(
    ("exchange", "name"), [("kraken", "NOPE"), ("binance", "NOPE"), ("coinbaseexchange", "NO-PE"), ("bitstamp", "nope")]
)
def test_a_pair_that_is_not_there_is_an_error(public, exchange, name):
    with pytest.raises(ConnectorError):
        public(exchange).candles(name, span=HOUR, begin=NOW - HOUR * 9, end=NOW)


def test_what_is_down_or_slow_is_told_by_its_cause(public, playground):
    playground.fault("status", status=429, times=1, provider="binance")
    playground.fault("status", status=451, times=1, provider="binance")
    playground.fault("status", status=200, body='{"error": ["EGeneral:Too many requests"]}', times=1, provider="kraken")
    causes = []
    for exchange in ("binance", "binance", "kraken"):
        with pytest.raises(ConnectorError) as caught:
            public(exchange).pairs()
        causes.append(caught.value.cause)

    assert causes == ["rate_limited", "region_blocked", "rate_limited"]


def test_what_accounts_paid_is_near_the_market() -> None:
    """Both swing about the same price, by a fifth at most."""
    for coin, about in PRICES.items():
        quoted = [price("any seed", coin, "EUR", NOW - number * 37 * HOUR) for number in range(200)]
        assert all(Decimal("0.8") * about <= each <= Decimal("1.2") * about for each in quoted)
    books = Books("any seed", 400, datetime(2024, 1, 3, tzinfo=UTC))
    trades = [event for event in books.events(range(400)) if event.total]
    assert all(Decimal("0.79") < event.total / event.amount / PRICES[event.base] < Decimal("1.21") for event in trades)


def test_a_candle_is_sound_and_the_same_in_every_run() -> None:
    one, other = (candle("seed", "SHIB", "USDT", NOW // HOUR * HOUR, HOUR) for _ in range(2))

    assert one == other
    assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
    assert Decimal("0.99") < price("seed", "USDT", "USD", NOW) < Decimal("1.01")


def test_the_bank_publishes_on_its_working_days(playground):
    answer = requests.get(f"{playground.at('ecb')}/stats/eurofxref/eurofxref-hist.zip", timeout=20)

    days = [date.fromisoformat(row[:10]) for row in fiat.unpacked(answer.content).splitlines()[1:]]
    assert answer.headers["Content-Type"] == "application/zip"
    assert days == sorted(days, reverse=True)
    assert {day.weekday() for day in days} == set(range(5))
    assert days[0] <= datetime.now(UTC).date()

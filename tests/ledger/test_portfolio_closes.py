"""Columns of prices are the answers of the price book, one by one: whatever is kept, and whatever is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import prices
from ledger.portfolio_closes import Cells, Columns, closes
from ledger.pricing import fiat
from ledger.pricing.base import Method
from ledger.pricing.book import PriceBook
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from ledger.pricing.runs import at_hand, written
from ledger.pricing.series import Pair, Series
from tests.ledger.priced import daily, quoted
from tests.strength import examples

BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
RATES = fiat.read("Date,USD,GBP\n2024-03-04,1.0846,0.8557\n2024-03-01,1.0813,0.8559\n2024-02-29,1.0826,0.8559\n")
PAIRS = (
    *(("XYZ", money) for money in ("USD", "EUR", "USDT", "BTC")),
    *(("BTC", "USD"), ("BTC", "USDT"), ("USDT", "USD"), ("USDT", "EUR"), ("EUR", "USDT"), ("BTC", "XYZ")),
)
SPANS = {Method.HOUR: HOUR, Method.DAY: DAY, Method.OWNER: DAY}
OWNERS = (HOUR, DAY, 100 * 366 * DAY)
DAYS = range(14)


@st.composite
def market(draw):
    """A few pairs, each told of on some days, from one or two sources."""
    found = []
    for asset, quote in draw(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=6)):
        method = draw(st.sampled_from(list(SPANS)))
        days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=6, unique=True))
        points = [(seconds(BEGIN + timedelta(days=day)), Decimal(draw(st.integers(1, 10**6))) / 1000) for day in days]
        span = draw(st.sampled_from(OWNERS)) if method is Method.OWNER else SPANS[method]
        pair = Pair(asset, quote, f"source {len(found)}", method, span)
        found.append(draw(st.sampled_from([Series, in_runs] if method is not Method.OWNER else [Series]))(pair, points))
    return found


def in_runs(pair, points):
    """As it lies in the database."""
    stretch = seconds(BEGIN), seconds(BEGIN + timedelta(days=len(DAYS)))
    return Cells(at_hand(pair, written(stretch, pair.span, dict(points))))


@settings(max_examples=examples(25))
@given(market(), st.sampled_from(["USD", "EUR", "GBP", "USDT"]), st.sampled_from([HOUR * 5, DAY]))
def test_a_column_is_what_the_book_answers(series, quote, step):
    moments = [BEGIN + timedelta(seconds=step * number) for number in range(15)]
    columns, book = Columns(series, RATES, moments), PriceBook(series, RATES)

    for asset in ("XYZ", "BTC", "USDT", "USD", quote):
        assert columns.column(asset, quote) == [prices.worth(book.price(asset, quote, at)) for at in moments]


@pytest.mark.django_db
def test_what_is_kept_is_read_for_all_at_once(alice, django_assert_num_queries):
    quoted("BTC", "EUR", BEGIN, "100", "", "", "", "", "120", span=DAY)
    quoted("ETH", "BTC", BEGIN, "0.5", "0.25", span=DAY)
    days = [BEGIN + timedelta(days=number) for number in range(6)]

    with django_assert_num_queries(3):  # owners' prices, candles, and whether the bank told of newer rates
        found = closes(["BTC", "ETH", "EUR", "NONE"], "EUR", days, owner_id=alice.pk)

    assert found["BTC"] == [100, 100, 100, 100, None, 120]
    assert found["ETH"] == [50, 25, 25, 25, None, None]
    assert found["EUR"] == [1] * 6
    assert found["NONE"] == [None] * 6
    assert daily("ETH", "EUR", [each.date() for each in days], alice.pk) == found["ETH"]


@pytest.mark.django_db
def test_hours_go_before_days_where_they_are_told(alice):
    quoted("BTC", "EUR", BEGIN, "100", span=DAY)
    quoted("BTC", "EUR", BEGIN, "101", "102", span=HOUR)
    moments = [BEGIN + timedelta(hours=number) for number in (0, 1, 9)]

    assert closes(["BTC"], "EUR", moments, owner_id=alice.pk, hourly=True) == {"BTC": [101, 102, 100]}
    assert closes(["BTC"], "EUR", [], owner_id=alice.pk) == {"BTC": []}

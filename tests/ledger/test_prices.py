"""The newest price of each asset, of all that is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger import prices
from ledger.pricing.candles import DAY, HOUR
from tests.ledger.priced import hours, quoted

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, 30, tzinfo=UTC)


def days(number):
    return timedelta(days=number)


def latest(owner, asset, quote):
    return prices.worth(prices.latest([asset], quote, owner_id=owner.pk, now=NOW)[asset])


def before(owner, asset, quote):
    return prices.worth(prices.day_before([asset], quote, owner_id=owner.pk, now=NOW)[asset])


@pytest.mark.parametrize("ago", [2, 3, 20])
def test_a_fresh_price_in_other_money_goes_before_an_old_one_of_a_pair_that_is_no_more(alice, ago):
    """Without a trade since, euros tell what it was worth then."""
    quoted("ETH", "GBP", NOW - days(ago), "100", span=DAY)
    quoted("ETH", "USDT", NOW - hours(1), "5000", span=HOUR)
    quoted("USDT", "GBP", NOW - hours(1), "0.8", span=HOUR)

    assert latest(alice, "ETH", "GBP") == 4000


def test_of_two_old_ones_the_newer_is_told(alice):
    quoted("ETH", "GBP", NOW - days(30), "100", span=DAY)
    quoted("ETH", "USDT", NOW - days(3), "5000", span=DAY)
    quoted("USDT", "GBP", NOW - hours(1), "0.8", span=HOUR)

    assert latest(alice, "ETH", "GBP") == 4000


def test_what_was_not_traded_for_more_than_a_month_has_no_price(alice):
    quoted("ETH", "USD", NOW - days(34), "100", span=DAY)
    quoted("BTC", "USD", NOW - days(35), "100", span=DAY)

    assert (latest(alice, "ETH", "USD"), latest(alice, "BTC", "USD")) == (100, None)


def test_a_day_lies_between_both_prices(alice):
    """What closed at noon is beside what closed at noon, and not at one."""
    quoted("BTC", "USD", NOW - hours(25.5), "100", "120", span=HOUR)
    quoted("BTC", "USD", NOW - hours(1), "130", span=HOUR)

    assert (latest(alice, "BTC", "USD"), before(alice, "BTC", "USD")) == (Decimal(130), Decimal(100))


def test_what_is_traded_seldom_is_compared_with_what_was_told_a_day_ago(alice):
    """It is traded at ten in the evening only: yesterday's trade came after this time of yesterday."""
    for ago, price in ((2, "100"), (1, "110")):
        at = (NOW - days(ago)).replace(hour=22)
        quoted("ETH", "USD", at, price, span=HOUR)
        quoted("ETH", "USD", at, price, span=DAY)

    assert (latest(alice, "ETH", "USD"), before(alice, "ETH", "USD")) == (Decimal(110), Decimal(100))

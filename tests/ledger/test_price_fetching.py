"""Prices as they are fetched: from the sandbox's exchanges, over HTTP, into the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger import price_fetching, price_wants, prices
from ledger.models import Balance, PriceWant
from ledger.pricing.base import Price
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from tests.ledger.priced import moved, origins
from wallets.sandbox.prices import price

pytestmark = pytest.mark.django_db
Aim = PriceWant.Aim
FIRST = date(2026, 1, 5)


@pytest.fixture
def market(playground, settings):
    playground.control("reset")
    settings.EXCHANGE_ORIGINS = origins(playground)
    return playground


@pytest.fixture
def now():
    """The sandbox's own clock runs."""
    return datetime.now(UTC).replace(minute=30, second=0, microsecond=0)


def played(asset, quote, at, span=HOUR):
    """What the sandbox says it closed at."""
    return price("holdfast", asset, quote, (seconds(at) // span + 1) * span)


def value(found):
    assert isinstance(found, Price), found
    return found.value


def test_latest_hours_come_first_then_days_then_hours_around_transactions(market, wallet, now):
    moved(wallet, "BTC", FIRST)
    Balance.objects.create(wallet=wallet, owner=wallet.owner, asset="BTC", amount=1)
    price_wants.feed(now)
    order = []
    while price_fetching.work(now, clock=lambda: now):
        whole = PriceWant.objects.exclude(whole_at=None).values_list("aim", flat=True)
        order += [aim for aim in whole if aim not in order]

    assert order == [Aim.LATEST, Aim.DAYS, Aim.HOURS]
    book = prices.book(wallet.owner_id)
    then = datetime(2026, 1, 5, 9, 12, tzinfo=UTC)
    assert value(book.price("BTC", "USD", then)) == played("BTC", "USD", then)
    days = dict(prices.daily(["BTC"], "USD", FIRST, FIRST + timedelta(days=40), owner_id=wallet.owner_id)["BTC"])
    assert days[FIRST + timedelta(days=40)] == played("BTC", "USD", datetime(2026, 2, 14, tzinfo=UTC), DAY)
    newest = prices.latest(["BTC"], "USD", owner_id=wallet.owner_id, now=now)["BTC"]
    assert value(newest) == played("BTC", "USD", now - timedelta(hours=1))
    assert newest.steps[0].at == now.replace(minute=0) - timedelta(hours=1)

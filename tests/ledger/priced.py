"""A market that the sandbox plays, and prices put where they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ledger import price_fetching, price_runs, prices
from ledger.models import DailyChange, Journal, PriceWant
from ledger.price_rates import rates
from ledger.pricing.book import PriceBook
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import midnight, seconds
from ledger.pricing.depths import Market

NAMES = ("kraken", "binance", "binanceus", "coinbase", "bitstamp", "ecb")


def origins(playground):
    return {name: playground.at(name) for name in NAMES}


def moved(wallet, asset, day, amount="1"):
    DailyChange.objects.create(wallet=wallet, owner=wallet.owner, asset=asset, day=day, amount=Decimal(amount))
    later = datetime.now(UTC) + timedelta(hours=1)  # than whatever a test takes for now
    Journal.objects.update_or_create(wallet=wallet, defaults={"owner": wallet.owner, "read_at": later})


def daily(asset, quote, days, owner_id):
    """What it closed at on each of these days, by days alone."""
    first, last = midnight(days[0]), midnight(days[-1])
    book = PriceBook([*prices.own(owner_id), *prices.stored([asset], first, last, DAY)], rates())
    return [prices.worth(book.price(asset, quote, midnight(day))) for day in days]


def fetch_all(now, most=200):
    """As workers do, until nobody's turn has come."""
    for _ in range(most):
        if not price_fetching.work(now, clock=lambda: now):
            return
    raise AssertionError(list(PriceWant.objects.values_list("asset", "aim", "not_before", "trouble")))


def quoted(asset, quote, at, *closes, source="bitstamp", span=HOUR, symbol=""):
    """One close after another from the hour or day in which `at` lies; nothing ("") where nothing was traded."""
    begin = seconds(at) // span * span
    found = {begin + place * span: Decimal(close) for place, close in enumerate(closes) if close}
    market = Market(source, symbol or asset, quote)
    price_runs.keep(price_runs.Told(asset, market, span, (begin, begin + len(closes) * span), found))


def hours(number):
    return timedelta(hours=number)

"""Who looks at the pages of prices when pictures are taken. Development and tests only; invented."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts import visitors as people
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import price_fetching, price_overrides, price_runs, visitors
from ledger.models import PriceWant
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from ledger.pricing.depths import Market
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping

APPRAISER = "appraiser@example.test"


def appraiser(now: datetime) -> Mapping[str, str]:
    """Has a history, prices of most of it, and words of her own about some."""
    cookies = people.owner(now, APPRAISER)
    owner = User.objects.get(email=APPRAISER)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    unknown = visitors.line("Q1", "Q1", "QQFOO", "12.5", at=now - timedelta(days=40), kind="deposit")
    visitors.stored(wallet, [*visitors.history(now), unknown], now)
    quoted("DOT", "USDT", "binance", "6.5125", now)
    quoted("USDT", "USD", "bitstamp", "0.9994", now)
    for asset, price in (("BTC", "41250.5"), ("ETH", "2315.75"), ("SOL", "98.4")):
        quoted(asset, "USD", "bitstamp", price, now)
    PriceWant.objects.create(
        asset="QQFOO", aim=PriceWant.Aim.DAYS, since=now, not_before=now, trouble=price_fetching.NOBODY
    )
    said(owner, now)
    return cookies


def quoted(asset: str, quote: str, source: str, price: str, now: datetime) -> None:
    """The same all along: pictures of pages do not hang on it."""
    for span, count in ((HOUR, 30 * 24), (DAY, 120)):
        end = seconds(now) // span * span
        begin = end - count * span
        closes = {at: Decimal(price) for at in range(begin, end, span)}
        price_runs.keep(price_runs.Told(asset, Market(source, asset, quote), span, (begin, end), closes))


def said(owner: User, now: datetime) -> None:
    by = Actor(ActorKind.OWNER, owner)
    day = (now - timedelta(days=9)).astimezone(UTC)
    facts = {"asset": "SOL", "quote": "EUR", "at": day, "reach": "day", "price": "93.25", "note": "From the invoice"}
    price_overrides.say(by=by, owner=owner, said=facts, now=now)

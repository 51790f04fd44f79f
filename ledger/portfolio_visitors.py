"""Who looks at the portfolio when pictures are taken. Development and tests only; all of it invented."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from accounts import visitors
from accounts.models import User
from ledger import price_runs
from ledger.gains import asking, working
from ledger.models import Balance, Reckoning, ReportedBalance
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import seconds
from ledger.pricing.depths import Market
from ledger.sums import NOUGHT
from ledger.visitors import bought, known, line, stored
from wallets.models import Wallet
from wallets.visitors import one_list_read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wallets.records import Record

INVESTOR, IMPATIENT = "investor@example.test", "impatient@example.test"
A_DAY = timedelta(days=1)
DAYS, HOURS = 800, 24 * 9
# What is asked for a piece: how it begins, and how it swings.
MARKETS = {"BTC": (28000, 17), "ETH": (1600, 23), "SOL": (40, 11), "DOT": (7, 31), "ADA": (1, 13)}


def investor(now: datetime) -> Mapping[str, str]:
    """Has two wallets with a history of two years; something came from nowhere, and something has no price."""
    cookies = visitors.owner(now, INVESTOR)
    owner = User.objects.get(email=INVESTOR)
    owner.time_zone, owner.base_currency = "Europe/Berlin", "EUR"
    owner.save(update_fields=["time_zone", "base_currency"])
    synced = {"last_success_at": now - timedelta(minutes=20), "streams": one_list_read(now)}
    facts = {"owner": owner, "health": "working", "created_at": now, **synced}
    first = Wallet.objects.create(id=known("held"), exchange="kraken", way="key", label="Kraken", **facts)
    second = Wallet.objects.create(exchange="kraken", way="key", label="The family's long-term savings", **facts)
    stored(first, traded(now), now)
    stored(second, saved(now), now)
    reported(owner, now)
    quoted(now)
    reckoned(owner, now)
    return cookies


def reported(owner: User, now: datetime) -> None:
    """What the transactions add up to, but that no account holds less than nothing."""
    ReportedBalance.objects.bulk_create(
        ReportedBalance(
            owner=owner, wallet=each.wallet, asset=each.asset, amount=max(each.amount, NOUGHT), reported_at=now
        )
        for each in Balance.objects.filter(owner=owner).select_related("wallet")
    )


def impatient(now: datetime) -> Mapping[str, str]:
    """Looks before anything is reckoned."""
    cookies = visitors.owner(now, IMPATIENT)
    owner = User.objects.get(email=IMPATIENT)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    stored(wallet, bought("I1", "I1", "XXBT", "-20000.0000", came="0.5", at=now - 50 * A_DAY), now)
    return cookies


# When, in days before today; what was bought; for how much.
ORDERS = (
    (690, "XXBT", "11200.0000", "0.4"),
    (640, "XETH", "6400.0000", "4"),
    (560, "SOL", "2400.0000", "60"),
    (430, "DOT", "1750.0000", "250.5"),
    (300, "XXBT", "7900.0000", "0.25"),
    (210, "XETH", "4100.0000", "2.19264"),
    (120, "ADA", "900.0000", "20679.93236058"),
    (60, "XXBT", "3300.0000", "0.1"),
)


def traded(now: datetime) -> list[Record]:
    found = [line("D0", "D0", "ZEUR", "42000.00", at=now - 700 * A_DAY, kind="deposit")]
    for number, (ago, coin, paid, came) in enumerate(ORDERS):
        found += bought(f"B{number}", f"B{number}", coin, f"-{paid}", came=came, at=now - ago * A_DAY)
    return [
        *found,
        line("S1A", "S1", "XXBT", "-0.15", at=now - 40 * A_DAY),
        line("S1B", "S1", "ZEUR", "6300.00", fee="9.50", at=now - 40 * A_DAY),
        line("Q1", "Q1", "QQFOO", "12000.25", at=now - 20 * A_DAY, kind="deposit"),
        line("Q2", "Q2", "CLAIM-AIRDROP.COM", "1", at=now - 19 * A_DAY, kind="deposit"),
        line("R1", "R1", "DOT", "0.0041732905", at=now - 5 * A_DAY, kind="staking"),
    ]


def saved(now: datetime) -> list[Record]:
    """What came from nobody knows where, and a wallet that gave more than it had."""
    return [
        line("X1", "X1", "XXBT", "0.05", at=now - 500 * A_DAY, kind="deposit"),
        line("X2", "X2", "SOL", "-1.5", at=now - 30 * A_DAY, kind="withdrawal"),
    ]


# --- prices --------------------------------------------------------------------------------------------------------


@transaction.atomic
def quoted(now: datetime) -> None:
    """Everything in euros, by the day for long and by the hour for a week."""
    for coin, shape in MARKETS.items():
        for span, count in ((DAY, DAYS), (HOUR, HOURS)):
            walk(coin, span, count, shape, now)


def walk(coin: str, span: int, count: int, shape: tuple[int, int], now: datetime) -> None:
    begin, swing = shape
    first = (seconds(now) // span - count + 1) * span
    closes = {}
    for at in range(first, first + count * span, span):
        day, rest = divmod(at, DAY)
        closes[at] = Decimal(begin * percent(day, swing) + begin * rest // HOUR // 24) / 100
    market = Market("bitstamp", coin, "EUR")
    price_runs.keep(price_runs.Told(coin, market, span, (first, first + count * span), closes))


def percent(day: int, swing: int) -> int:
    """Up by a little in the long run, and to and fro."""
    ahead = day % (2 * swing)
    return 40 + day % 1600 // 12 + min(ahead, 2 * swing - ahead) + day * 7919 % 5


def reckoned(owner: User, now: datetime) -> None:
    """As a worker does it."""
    asking.standing(owner, now=now)
    while found := Reckoning.objects.filter(owner=owner).select_related("owner").claim(now=now):
        working.work(found, clock=lambda: now)

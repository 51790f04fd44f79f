"""What a portfolio costs to look at: the figures of now, the worth of ten years, an asset; what kept sums save.

The rows are made by the database itself, so that a million of them take seconds.
"""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

from ledger.gains import asking, working
from ledger.models import Reckoning
from tests import measuring
from tests.conftest import signed_in
from tests.factories import OwnerFactory
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.models import User

ASSETS = 300
YEARS = timedelta(days=3650)
WAYS = 3  # wallets
# Two of three buy, one sells a part of what was bought.
TRADES = """
    INSERT INTO ledger_transaction (id, owner_id, wallet_id, event, occurred_at, kind, category, sent_amount,
        sent_asset, received_amount, received_asset, fee_asset, value_currency, note, tags, ignored, "group", "order",
        hash, address, network, origins, rows, mine, ruled, conflicts, unknown, words)
    SELECT md5('holdings ' || n)::uuid, %(owner)s, (%(wallets)s::uuid[])[1 + n %% %(ways)s], 'T' || n,
        %(begin)s + n * %(step)s, 'trade', '',
        CASE WHEN sale THEN 1 ELSE 10 + n %% 90 END, CASE WHEN sale THEN asset ELSE 'USD' END,
        CASE WHEN sale THEN 20 + n %% 50 ELSE 1 + n %% 7 END, CASE WHEN sale THEN 'USD' ELSE asset END,
        '', '', '', '{}', FALSE, '', '', '', '', '', '{api}', '{}', '{}', '{}', '{}', '{}', ''
    FROM (SELECT n, 'QQ' || n %% %(assets)s AS asset, (n / %(assets)s) %% 3 = 2 AS sale
          FROM generate_series(1, %(rows)s) AS n) AS made
"""
LEGS = """
    ledger_transaction AS t CROSS JOIN LATERAL (VALUES
        (t.sent_asset, -t.sent_amount), (t.received_asset, t.received_amount), (t.fee_asset, -t.fee_amount)
    ) AS leg (asset, amount) WHERE t.owner_id = %(owner)s AND NOT t.ignored AND leg.amount IS NOT NULL
"""
CHANGES = f"""
    INSERT INTO ledger_dailychange (wallet_id, owner_id, asset, day, amount)
    SELECT t.wallet_id, t.owner_id, leg.asset, (t.occurred_at AT TIME ZONE 'UTC')::date, sum(leg.amount) FROM {LEGS}
    GROUP BY 1, 2, 3, 4
"""
BALANCES = """
    INSERT INTO ledger_balance (wallet_id, owner_id, asset, amount)
    SELECT wallet_id, owner_id, asset, sum(amount) FROM ledger_dailychange WHERE owner_id = %(owner)s GROUP BY 1, 2, 3
"""
SERIES = """
    INSERT INTO ledger_priceseries (asset, quote, source, symbol, span, last_at, last_price)
    SELECT 'QQ' || n, 'USD', 'bitstamp', 'QQ' || n, 86400, date_trunc('day', now(), 'UTC'), 20 + n %% 50
    FROM generate_series(0, %(assets)s - 1) AS n
"""
RUNS = """
    INSERT INTO ledger_pricerun (series_id, begins, ends, closes)
    SELECT s.id, to_timestamp(p * 31104000), to_timestamp((p + 1) * 31104000),
        (SELECT string_agg((20 + (k + s.id) %% 50) || '.' || k %% 100, ',') FROM generate_series(1, 360) AS k)
    FROM ledger_priceseries AS s, generate_series(44, 57) AS p
"""
KEPT = "SELECT asset, wallet_id, amount FROM ledger_balance WHERE owner_id = %(owner)s ORDER BY 1, 2"
SUMMED = f"SELECT leg.asset, t.wallet_id, sum(leg.amount) FROM {LEGS} GROUP BY 1, 2 ORDER BY 1, 2"


def run(report: Callable[[str], object], *, rows: int) -> None:
    owner = OwnerFactory(email="holder@example.test", base_currency="USD")
    fill(owner, rows)
    browser, script = signed_in(owner), measuring.bearer(owner)
    report(f"{rows:,} trades in ten years, {ASSETS} assets, {WAYS} wallets; {measuring.ROUNDS} rounds")
    report(f"{'page':44} {'p50 ms':>8} {'p95 ms':>8} {'queries':>8}")
    whole, year = "/portfolio/", "/portfolio/history/"
    for address in (whole, f"{year}?range=1w", year, f"{year}?range=all", f"{whole}assets/QQ7/"):
        measuring.say(report, address, *measuring.measure(browser, address, {}))
    for part in ("", "history/", "assets/QQ7/"):
        address = f"/api/v1/portfolio/{part}"
        measuring.say(report, address, *measuring.measure(browser, address, script))
    compare(report, owner)


def fill(owner: User, rows: int) -> None:
    now = timezone.now()
    facts = {"owner": owner, "exchange": "kraken", "way": "csv", "created_at": now}
    wallets = [Wallet.objects.create(label=f"Wallet {number}", **facts) for number in range(WAYS)]
    told = {
        "owner": owner.pk,
        "wallets": [each.pk for each in wallets],
        "ways": WAYS,
        "assets": ASSETS,
        "rows": rows,
        "begin": now - YEARS,
        "step": YEARS / (rows + 1),
    }
    with connection.cursor() as cursor:
        for statement in (TRADES, CHANGES, BALANCES, SERIES, RUNS):
            cursor.execute(statement, told)
        cursor.execute("ANALYZE")
    asking.standing(owner, now=now)
    while found := Reckoning.objects.filter(owner=owner).select_related("owner").claim(now=now):
        working.work(found, clock=timezone.now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def compare(report: Callable[[str], object], owner: User) -> None:
    """What is kept against the same added up, which must be equal to the last digit."""
    kept, summed = fetched(KEPT, owner), fetched(SUMMED, owner)
    assert kept == [line for line in summed if line[2]]
    fast = statistics.median(timed(KEPT, owner) for _ in range(30))
    slow = statistics.median(timed(SUMMED, owner) for _ in range(3))
    times = f"balances kept {fast * 1000:.2f} ms, added up {slow * 1000:.1f} ms"
    report(f"{times}: 1/{slow / fast:.0f}, and equal; wanted 1/300 for a million rows")


def timed(query: str, owner: User) -> float:
    before = time.perf_counter()
    fetched(query, owner)
    return time.perf_counter() - before


def fetched(query: str, owner: User) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, {"owner": owner.pk})
        return cursor.fetchall()

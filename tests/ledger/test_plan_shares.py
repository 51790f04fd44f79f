"""What several windows say of one plan."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, connections, transaction

from accounts.audit import SYSTEM
from ledger import plan_shares, plans
from ledger.engine.types import Share
from ledger.plan_shares import Ground
from ledger.plans import Lot

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
LOT, WALLET = "69936982-b25f-44ed-8b84-a4b915350401", "90aa3f5e-7f4e-4a60-9c4b-0d2f6c1f7b20"
ONE = Decimal(1)
FACTS = {"by": SYSTEM, "since": NEW_YEAR, "today": date(2026, 3, 1), "now": NOW}


def ground(asset):
    return Ground(asset, 8, {WALLET: ONE}, [Lot(LOT, NEW_YEAR, ONE, Decimal(100), known=True, dated=True)], {})


def waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_share_out_two_assets_lose_neither(alice):
    def another_window():
        try:
            plan_shares.save(owner=alice, there=ground("BTC"), said={(LOT, WALLET): ONE}, **FACTS)
        finally:
            connections.close_all()

    other = threading.Thread(target=another_window)
    with transaction.atomic():
        plans.alone(alice)
        read = plan_shares.without(alice, "ETH")
        other.start()
        while other.is_alive() and not waits():
            time.sleep(0.01)
        plans.save(owner=alice, plan=read._replace(shares=(Share("ETH", LOT, WALLET, ONE),)), **FACTS)
    other.join()

    assert {share.asset for share in plans.saved(alice).shares} == {"BTC", "ETH"}

"""A wallet, and records as connectors hand them over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wallets.models import Wallet
from wallets.records import Record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def wallet(alice):
    return Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Kraken", created_at=NOW)


def record_of(name: str, *, family: str = "ledger", at: datetime = NOW, **raw: object) -> Record:
    return Record(family, name, at, {"id": name, **raw})


def hours(number: float) -> timedelta:
    return timedelta(hours=number)

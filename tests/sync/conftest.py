"""The sandbox and its pace, as the tests of wallets have them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.wallets.conftest import house, pace, stage, street  # noqa: F401  # pytest looks for fixtures here
from wallets.connectors.binance import Binance


@pytest.fixture
def begun_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    """Binance's lists, but for its markets, begin this year: its hundreds of months before are another test's."""
    lately = datetime(2026, 1, 1, tzinfo=UTC)
    sources = {name: replace(source, begins=lately) for name, source in Binance.sources.items()}
    monkeypatch.setattr(Binance, "sources", sources)

"""The exchanges that are asked for prices: what they list, and what staff see of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.models import PriceSource
from ledger.price_sources import Sources, held_back, listed
from tests.conftest import signed_in
from tests.ledger.priced import origins
from wallets.records import Cause, ConnectorError

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def market(db, playground, settings):
    playground.control("reset")
    settings.EXCHANGE_ORIGINS = origins(playground)
    return playground


def test_pairs_go_by_our_names_and_former_names_of_assets_stay() -> None:
    told = [("XBT", "USD", "XBTUSD"), ("XDG", "EUR", "XDGEUR"), ("MATIC", "USD", "MATICUSD"), ("BTC", "JPY", "BTCJPY")]

    assert listed("kraken", told, NOW) == {"BTC/USD": "XBTUSD", "DOGE/EUR": "XDGEUR", "MATIC/USD": "MATICUSD"}


def test_lists_are_asked_for_once_a_day(market):
    calls = []
    for at in (NOW, NOW + timedelta(hours=23), NOW + timedelta(hours=25)):
        assert ("BTC", "USD") in Sources(at).traded["kraken"]
        calls.append(market.control("turnstile", method="GET")["calls"]["kraken"])

    assert [call - calls[0] for call in calls] == [0, 0, 1]


def test_who_fails_is_left_alone_for_longer_each_time_but_not_for_ever(market):
    at, waits = NOW, []
    for _ in range(12):
        sources = Sources(at)
        sources.failed("kraken", ConnectorError(Cause.NETWORK))
        row = PriceSource.objects.get(exchange="kraken")
        waits.append(row.not_before - at)
        assert "kraken" not in sources.traded
        at = row.not_before

    assert waits[:4] == [timedelta(minutes=each) for each in (1, 2, 4, 8)]
    assert waits[-1] == timedelta(hours=6)
    assert Sources(at).back_at is None
    assert "kraken" in Sources(at).traded


def test_what_our_own_budget_holds_back_is_no_failure_of_theirs() -> None:
    assert held_back(ConnectorError(Cause.RATE_LIMITED, code="budget"))
    assert not held_back(ConnectorError(Cause.RATE_LIMITED, code="http 429"))


def test_staff_see_who_answers_and_no_asset(market, staff_member, alices_browser):
    sources = Sources(NOW)
    assert sources.traded
    sources.failed("kraken", ConnectorError(Cause.MAINTENANCE, code="http 503"))

    page = signed_in(staff_member).get("/admin/ledger/pricesource/").content.decode()

    assert "http 503" in page
    assert "BTC" not in page
    assert alices_browser.get("/admin/ledger/pricesource/").status_code == 404

"""Programs hear which exchanges are not read just now, in the words that pages use."""

from __future__ import annotations

import pytest

from sync.models import HeldExchange, Incident
from tests.sync.test_schedule import NOW

pytestmark = pytest.mark.django_db


def test_what_is_not_read_just_now_is_listed_once_for_each_exchange_and_staffs_reason_stays_with_us(script):
    for exchange in ("kraken", "binance"):
        Incident.objects.create(exchange=exchange, cause="maintenance", owners=5, began_at=NOW)
    Incident.objects.create(exchange="gemini", cause="maintenance", owners=5, began_at=NOW, ended_at=NOW)
    HeldExchange.objects.create(exchange="kraken", why="they asked us", held_at=NOW)

    told = script.get("/api/v1/holds/").json()["results"]

    assert [(hold["exchange"], hold["by"]) for hold in told] == [("binance", "incident"), ("kraken", "staff")]
    assert told[1]["title"] == "Reading from Kraken is paused for now"
    assert "asked us" not in str(told)

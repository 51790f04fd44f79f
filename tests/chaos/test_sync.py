"""Synchronisation while workers, their cluster and PostgreSQL are killed and the network fails: every row once.

A town of fewer wallets and less noise than `manage.py bench chaos`, which runs as long as it is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.chaos import town as town_of
from tests.chaos.town import standing
from tests.strength import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chaos.town import Town

pytestmark = [pytest.mark.chaos, pytest.mark.redis, pytest.mark.timeout(900)]
SEED = 20261128
QUICK = {"kraken": 3, "bitstamp": 3, "gemini": 2, "coinbase": 2, "coinjar": 2, "okx": 2, "uphold": 2, "bitfinex": 1}
NOISE_SECONDS = 120 if THOROUGH else 24


@pytest.fixture
def town(redis_url: str) -> Iterator[Town]:
    """Of two machines. Where there is no Redis between them, `bench chaos` tries."""
    with standing(QUICK, events=96, machines=2, redis_url=redis_url) as town:
        yield town


def test_every_row_is_there_once_whatever_was_killed_meanwhile(town: Town) -> None:
    town_of.lived_through(town, seconds=NOISE_SECONDS, seed=SEED, patience=240)

    town_of.assert_nothing_lost(town)
    town_of.assert_limits_held(town)
    assert town.deeds["kill_a_worker"] + town.deeds["kill_the_cluster"] > 2
    assert town.deeds["fault"] > 1
    assert town.close() == {}

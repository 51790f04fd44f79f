"""What pools had cost when a tax year was over: booked again, the same wherever it begins."""

from __future__ import annotations

from decimal import Decimal

import pytest

from accounts import tax_settings
from accounts.audit import SYSTEM
from ledger.models import Checkpoint, Holding, Reckoning
from ledger.reporting import source_of
from ledger.reports import holdings
from tests.ledger.conftest import NOW
from tests.ledger.gains.books import buys, day, moved, reckon, sells, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(wallet):
    """300 for three in 2024; then one sold at the end of March 2025, and two for 1000 bought in summer."""
    tell(wallet, *buys("B1", "2", "100", day(0)), *buys("B2", "1", "200", day(30)))
    tell(wallet, *sells("S1", "1", "300", day(440)), *buys("B3", "2", "1000", day(530)))


def reckoned(owner, **settings):
    tax_settings.set_for_all_years(by=SYSTEM, owner=owner, now=day(0), **settings)
    return reckon(owner, now=NOW)


def held(kept, year):
    rows = holdings.held(source_of(kept, year, now=NOW))
    return [(each.amount, each.cost) for each in rows if each.asset == "BTC"]


def test_a_british_year_that_ends_where_no_state_is_kept(alice, story):
    kept = reckoned(alice, country="GB")
    assert held(kept, 2023) == [(3, 300)]  # until 5 April 2024
    assert held(kept, 2024) == [(2, 200)]
    assert held(kept, 2025) == [(4, 1200)]


def test_what_is_bought_back_within_thirty_days_leaves_the_pool_as_it_was(alice, wallet, story):
    tell(wallet, *buys("B4", "1", "500", day(455)))  # on 9 April 2025: what left in March is matched with it
    kept = reckoned(alice, country="GB")
    assert held(kept, 2024) == [(2, 300)]
    assert held(kept, 2025) == [(5, 1300)]


def test_a_canadian_year_ends_where_a_state_is_kept(alice, story):
    kept = reckoned(alice, country="CA")
    assert held(kept, 2024) == [(3, 300)]
    assert held(kept, 2025) == [(4, 1200)]
    Checkpoint.objects.all().delete()
    assert held(kept, 2024) == [(3, 300)]


def test_an_average_and_what_is_under_way_count_too(alice, wallet, story):
    tell(wallet, *moved("W1", "-1", day(531)))
    kept = reckoned(alice, country="other", method="average")
    assert held(kept, 2024) == [(3, 300)]
    Reckoning.objects.update(version="older")
    kept = Reckoning.objects.select_related("owner").get(pk=kept.pk)
    assert held(kept, 2024) == [(3, 300)]
    assert held(kept, 2026) == [(3, Decimal(sum(each.cost for each in Holding.objects.filter(asset="BTC"))))]

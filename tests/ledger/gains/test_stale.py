"""What may come to something else is marked, and nothing but that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.gains import stale
from ledger.models import Reckoning, Stale
from tests.ledger.gains.books import buys, day, moved, reckon, tell

pytestmark = pytest.mark.django_db


def marks(owner):
    return dict(Stale.objects.filter(owner=owner).order_by("-since").values_list("asset", "since"))


@pytest.fixture
def settled(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *buys("T2", "3", "10", day(50), asset="ADA", money="XXBT"))
    tell(wallet, *moved("D1", "5", day(100), asset="SOL"))
    reckon(alice)
    return alice


def test_a_price_touches_what_was_traded_for_it(settled):
    stale.prices_changed(asset="ADA", since=day(10), now=timezone.now(), owner_id=settled.pk)
    assert marks(settled) == {"ADA": day(50), "BTC": day(50)}


def test_only_within_the_stretch_that_is_priced_anew(settled):
    stale.prices_changed(asset="ADA", since=day(10), until=day(20), now=timezone.now(), owner_id=settled.pk)
    assert marks(settled) == {}


def test_everybodys_prices_touch_those_who_know_the_asset(settled, bob):
    Reckoning.objects.create(owner=bob, in_force=True, digest="x", asked_at=day(0), not_before=day(0), assets=["DOT"])
    stale.prices_changed(asset="SOL", since=day(0), now=timezone.now())
    assert marks(settled) == {"SOL": day(100)}
    assert marks(bob) == {}


def test_the_price_of_a_bridge_touches_all_that_may_be_priced_by_way_of_it(settled):
    stale.prices_changed(asset="USDT", since=day(40), now=timezone.now())
    assert marks(settled) == {"ADA": day(50), "BTC": day(50), "SOL": day(100)}


def test_what_was_read_before_is_taken_away_and_nothing_else(settled):
    stale.prices_changed(asset="SOL", since=day(0), now=timezone.now(), owner_id=settled.pk)
    reckon(settled, now=timezone.now() + timedelta(minutes=1))
    assert marks(settled) == {}

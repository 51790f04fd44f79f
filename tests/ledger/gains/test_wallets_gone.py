"""A wallet is deleted for good and nobody has looked since it went into the bin: gains forget it all the same."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from ledger import purge
from ledger.models import Earning, Holding, Stale
from tests.ledger.gains.books import assert_as_from_the_beginning, buys, day, moved, reckon, tell
from tests.ledger.gains.test_working import long_on_its_way
from tests.ledger.matched import another
from tests.ledger.stand import ledger_row
from wallets.models import Wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(alice):
    return another(alice)


def binned(wallet, days):
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=timezone.now() - timedelta(days=days))


def gone(wallet):
    binned(wallet, 31)
    with transaction.atomic():
        purge.purge(wallet)
    Wallet.objects.filter(pk=wallet.pk).update(purged_at=timezone.now())


def test_what_it_held_and_earned_counts_no_longer(alice, wallet, second):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    staked = ledger_row("E1", "E1", "XETH", "1", kind="staking", at=day(3))
    tell(second, *buys("T2", "1", "10", day(0)), staked, *moved("D1", "5", day(9), asset="SOL"))
    assert Earning.objects.filter(reckoning=reckon(alice)).count() == 1
    gone(second)
    reckoning = reckon(alice)
    assert not Earning.objects.filter(reckoning=reckoning).exists()
    held = Holding.objects.filter(reckoning=reckoning).values_list("asset", "wallet", "amount")
    assert list(held) == [("BTC", wallet.pk, Decimal(2))]
    assert_as_from_the_beginning(alice)


@pytest.mark.parametrize("end", ["left", "arrived"])
def test_the_other_end_of_a_transfer_is_reckoned_anew(alice, wallet, second, end):
    long_on_its_way(alice, wallet, second)
    reckon(alice)
    gone(wallet if end == "left" else second)
    assert_as_from_the_beginning(alice)


def test_nothing_is_reckoned_anew_where_it_counted_no_longer(alice, wallet, second):
    tell(wallet, *buys("T1", "2", "100", day(0)))
    tell(second, *buys("T2", "1", "10", day(0)))
    reckon(alice)
    binned(second, 31)
    reckon(alice)
    gone(second)
    assert not Stale.objects.filter(owner=alice).exists()

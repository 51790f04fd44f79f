"""What is held lies there once, whatever lies beside it and says the same."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.audit import Actor, ActorKind
from ledger import linking
from ledger.models import Holding, Lot
from tests.ledger.gains.books import (
    assert_as_from_the_beginning,
    buys,
    day,
    moved,
    named,
    reckon,
    says,
    sells,
    tell,
)
from tests.ledger.matched import another

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(alice):
    return another(alice)


def moves(owner, left, there, name, amount, at):
    tell(left, *moved(name, f"-{amount}", at))
    tell(there, *moved(f"{name}I", amount, at + timedelta(hours=1)))
    ends = [named(owner, each).pk for each in (name, f"{name}I")]
    linking.link(by=Actor(ActorKind.OWNER, owner), owner=owner, named=ends, now=timezone.now())


def of(model, reckoning, wallet):
    rows = model.objects.filter(reckoning=reckoning, wallet=wallet)
    return sorted(rows.values_list("amount", "cost"))


def test_two_halves_of_a_lot_that_say_the_same_are_two(alice, wallet, second):
    """They came by two transfers. One is sold, and comes back when that sale is ignored."""
    tell(wallet, *buys("B1", "2", "200", day(360)))
    moves(alice, wallet, second, "W1", "0.5", day(370))
    moves(alice, wallet, second, "W2", "0.5", day(371))
    half = (Decimal("0.5"), Decimal(50))
    assert of(Lot, reckon(alice), second.pk) == [half, half]

    tell(second, *buys("B2", "1", "300", day(372)))
    assert of(Lot, reckon(alice), second.pk) == [half, half, (1, 300)]
    assert_as_from_the_beginning(alice)

    tell(second, *sells("S1", "0.5", "90", day(400)))
    assert of(Lot, reckon(alice), second.pk) == [half, (1, 300)]
    assert_as_from_the_beginning(alice)

    says(alice, named(alice, "S1"), ignored=True)
    reckoning = reckon(alice)
    assert of(Lot, reckoning, second.pk) == [half, half, (1, 300)]
    assert of(Holding, reckoning, second.pk) == [(2, 400)]
    assert_as_from_the_beginning(alice)

"""What rows mean is derived step by step, and all of it again gives the same: transactions, balances, days, names."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from ledger import journal
from ledger.models import Journal, Sighting, SourceRow, Transaction
from tests.ledger import stand
from tests.ledger.bringing import taken_back, taken_in
from tests.ledger.conftest import NOW
from tests.ledger.stand import BTC, EUR, SOON, assert_sound, held, trade, whole

pytestmark = pytest.mark.django_db


@pytest.fixture
def store(wallet):
    return partial(stand.store, wallet)


@pytest.fixture
def read(wallet):
    return partial(stand.read, wallet)


def test_two_rows_of_a_trade_are_one_transaction_and_its_balances(store, read, wallet):
    store(*trade(1))
    read()
    [bought] = Transaction.objects.all()
    assert (bought.kind, bought.sent_amount, bought.sent_asset) == ("trade", Decimal(100), EUR)
    assert (bought.received_amount, bought.received_asset, bought.fee_amount) == (
        Decimal("0.5"),
        BTC,
        Decimal("0.26"),
    )
    assert held(wallet) == {BTC: Decimal("0.5"), EUR: Decimal("-100.26")}
    assert_sound(wallet)


def test_a_row_that_comes_later_joins_its_event_and_the_name_stays(store, read, wallet):
    first, second = trade(1)
    store(second)
    read()
    [alone] = Transaction.objects.all()
    store(first)
    read()
    [both] = Transaction.objects.all()
    assert (both.pk, both.sent_amount, len(both.rows)) == (alone.pk, Decimal(100), 2)
    assert_sound(wallet)


def test_a_row_that_vanishes_takes_its_part_and_brings_it_back(store, read, wallet):
    store(*trade(1), *trade(2, at=NOW - timedelta(days=1)))
    read()
    before = whole(wallet)["Transaction"]
    row = SourceRow.objects.get(external_id="L1A")
    for kind in ("vanished", "back"):
        Sighting.objects.create(owner=wallet.owner, wallet=wallet, row=row, kind=kind, seen_at=SOON)
        Journal.objects.fall_behind(wallet)
        read()
        assert (Transaction.objects.filter(sent_asset=EUR).count() == 2) is (kind == "back")
        assert_sound(wallet)
    assert whole(wallet)["Transaction"] == before  # under its old name, too


def test_a_row_that_changes_changes_its_transaction_under_the_same_name(store, read, wallet):
    store(*trade(1))
    read()
    [before] = Transaction.objects.values_list("pk", flat=True)
    store(*trade(1, paid="-101"))
    read()
    [after] = Transaction.objects.all()
    assert (after.pk, after.sent_amount) == (before, Decimal(101))
    assert held(wallet)[EUR] == Decimal("-101.26")
    assert_sound(wallet)


def test_small_steps_and_large_ones_give_the_same(store, read, wallet):
    rows = [row for number in range(20) for row in trade(number, at=NOW - timedelta(hours=number))]
    store(*rows[::2], *rows[1::2])
    read(limit=3)
    assert Transaction.objects.filter(kind="trade").count() == 20
    assert_sound(wallet)


def test_a_step_that_dies_has_done_nothing(store, wallet):
    store(*trade(1))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journal.catch_up(wallet, now=SOON)
        assert Transaction.objects.exists()
        raise ZeroDivisionError
    assert not Transaction.objects.exists()
    assert not journal.catch_up(wallet, now=SOON)
    assert_sound(wallet)


def swapped(gone, came):
    at = NOW
    return [
        stand.ledger_row("LA", "T", "MATIC", gone, kind="spend", at=at),
        stand.ledger_row("LB", "T", "POL", came, kind="receive", at=at),
    ]


def test_an_asset_that_only_changed_its_name_was_not_sold(store, read, wallet):
    store(
        stand.ledger_row("L0", "D", "MATIC", "100", kind="deposit", at=NOW - timedelta(days=400)),
        *swapped("-100", "100"),
    )
    read()
    row = Transaction.objects.get(category="rename")
    assert (row.kind, row.sent_amount, row.received_amount) == ("adjustment", None, None)
    assert row.note == "100 MATIC became 100 POL."
    assert held(wallet) == {"POL": 100}
    assert_sound(wallet)


def test_what_there_is_less_of_it_afterwards_went(store, read, wallet):
    store(*swapped("-100", "99.5"))
    read()
    [row] = Transaction.objects.all()
    assert (row.kind, row.sent_amount, row.sent_asset, row.received_amount) == (
        "adjustment",
        Decimal("0.5"),
        "POL",
        None,
    )
    assert_sound(wallet)


@pytest.mark.parametrize("limit", [1, 3, 2000])
def test_what_an_import_that_was_undone_had_replaced_is_there_also_when_everything_is_read_anew(limit, wallet, alice):
    first = taken_in(alice, wallet, trade(1, paid="-101"))
    second = taken_in(alice, wallet, trade(1, paid="-100"))
    assert held(wallet)[EUR] == Decimal("-100.26")
    taken_back(second)
    assert held(wallet)[EUR] == Decimal("-101.26")
    before = whole(wallet)
    journal.from_the_beginning(wallet)
    stand.read(wallet, limit=limit)
    assert whole(wallet) == before
    taken_back(first)
    assert not Transaction.objects.exists()


def test_what_an_import_had_told_before_it_was_undone_does_not_come_back_with_another_one(wallet, alice):
    """Of the same names, with other figures: taken back as well, nothing is left."""
    taken_back(taken_in(alice, wallet, trade(1, paid="-101")))
    second = taken_in(alice, wallet, trade(1, paid="-100"))
    assert held(wallet)[EUR] == Decimal("-100.26")
    taken_back(second)
    assert not Transaction.objects.exists()
    assert held(wallet) == {}
    assert_sound(wallet)

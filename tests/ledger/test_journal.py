"""What rows mean is derived step by step, and all of it again gives the same: transactions, balances, days, names."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from ledger import intake, journal
from ledger.models import Balance, DailyChange, Journal, Sighting, SourceRow, Transaction, TransactionKey
from tests.ledger.conftest import NOW
from wallets.records import Record

pytestmark = pytest.mark.django_db
SOON = NOW + timedelta(minutes=1)
EUR, BTC = "EUR", "BTC"


def ledger_row(name, refid, asset, amount, fee="0", *, kind="trade", at=NOW):
    raw = {
        "id": name,
        "refid": refid,
        "type": kind,
        "subtype": "",
        "aclass": "currency",
        "asset": asset,
        "amount": amount,
        "fee": fee,
        "time": f"{at.timestamp():.4f}",
    }
    return Record("ledger", name, at, raw)


def trade(number, at=NOW, bought="0.5", paid="-100"):
    """Kraken tells a trade in two rows."""
    refid = f"T{number}"
    return [
        ledger_row(f"L{number}A", refid, "ZEUR", paid, "0.26", at=at),
        ledger_row(f"L{number}B", refid, "XXBT", bought, at=at),
    ]


@pytest.fixture
def store(wallet):
    def run(*records, origin=SourceRow.Origin.API, now=NOW):
        with transaction.atomic():
            return intake.store(wallet, records, stream="ledger", now=now, origin=origin)

    return run


@pytest.fixture
def read(wallet):
    def run(limit=journal.STEP):
        while journal.catch_up(wallet, now=SOON, limit=limit):
            pass

    return run


def held(wallet):
    return dict(Balance.objects.filter(wallet=wallet).values_list("asset", "amount"))


def summed(wallet):
    """The same, by adding up."""
    sums, days = Counter(), Counter()
    for each in Transaction.objects.filter(wallet=wallet, ignored=False):
        for asset, amount in (
            (each.sent_asset, -(each.sent_amount or 0)),
            (each.received_asset, each.received_amount or 0),
            (each.fee_asset, -(each.fee_amount or 0)),
        ):
            if asset:
                sums[asset] += amount
                days[asset, each.occurred_at.date()] += amount
    return {a: n for a, n in sums.items() if n}, {a: n for a, n in days.items() if n}


def whole(wallet):
    """Everything that is derived."""
    return {
        model.__name__: sorted(map(repr, model.objects.filter(wallet=wallet).values_list()))
        for model in (Transaction, Balance, DailyChange)
    } | {"keys": sorted(map(repr, TransactionKey.objects.filter(book=wallet.book).values_list()))}


def assert_sound(wallet):
    sums, days = summed(wallet)
    assert held(wallet) == sums
    kept = DailyChange.objects.filter(wallet=wallet).values_list("asset", "day", "amount")
    assert {(asset, day): amount for asset, day, amount in kept} == days
    before = whole(wallet)
    journal.from_the_beginning(wallet)
    while journal.catch_up(wallet, now=SOON, limit=3):
        pass
    assert whole(wallet) == before


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

"""Rows as Kraken sends them, what follows from them, and whether it is sound: its own sums, and the same made anew."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db import transaction

from ledger import intake, journal
from ledger.models import Balance, DailyChange, SourceRow, Transaction, TransactionKey
from tests.ledger.conftest import NOW
from wallets import removal
from wallets.models import Wallet
from wallets.records import Record

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


def store(wallet, *records, origin=SourceRow.Origin.API, now=NOW, pull=None):
    with transaction.atomic():
        return intake.store(wallet, records, stream="ledger", now=now, origin=origin, pull=pull)


def read(wallet, limit=journal.STEP):
    while journal.catch_up(wallet, now=SOON, limit=limit):
        pass


def removed_and_added_again(wallet, *, now, known=True):
    """As its owner does it, with all that time between. Answers the new one, which finds the same book, if the exchange
    tells whose account it is.
    """
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=now - timedelta(days=400))
    while removal.purge_due(now=now):
        pass
    names = ("owner", "exchange", "way", "label", "created_at", *(["book"] if known else []))
    facts = {name: getattr(wallet, name) for name in names}
    return Wallet.objects.create(**facts)


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

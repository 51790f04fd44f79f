"""An owner's history as rows of an exchange, gains reckoned from it, and the same reckoned from the beginning."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.audit import Actor, ActorKind
from ledger import edits
from ledger.engine.frozen import EPOCH, MICROSECOND
from ledger.gains import asking, working
from ledger.gains.blocks import unpacked
from ledger.models import (
    Block,
    Checkpoint,
    DaySum,
    Earning,
    EarningSum,
    Finding,
    FindingSum,
    GainSum,
    Holding,
    Lot,
    Match,
    Reckoning,
    Stale,
    Transaction,
)
from tests.ledger.stand import ledger_row, read, store

START = datetime(2024, 1, 10, 12, tzinfo=UTC)
FOUND = (Match, Earning, Finding, Lot, Holding, GainSum, DaySum, EarningSum, FindingSum)


def day(number, hour=0):
    return START + timedelta(days=number, hours=hour)


def buys(name, amount, paid, at, asset="XXBT", money="ZUSD", fee="0"):
    return [
        ledger_row(f"{name}A", name, money, f"-{paid}", fee, at=at),
        ledger_row(f"{name}B", name, asset, amount, at=at),
    ]


def sells(name, amount, got, at, asset="XXBT", money="ZUSD", fee="0"):
    return [
        ledger_row(f"{name}A", name, asset, f"-{amount}", at=at),
        ledger_row(f"{name}B", name, money, got, fee, at=at),
    ]


def moved(name, amount, at, *, asset="XXBT", fee="0"):
    kind = "withdrawal" if amount.startswith("-") else "deposit"
    return [ledger_row(name, name, asset, amount, fee, kind=kind, at=at)]


def tell(wallet, *rows):
    store(wallet, *rows)
    read(wallet)


def reckon(owner, *, now=None):
    """As the worker does it. Answers what is in force."""
    now = now or timezone.now()
    asking.standing(owner, now=now)
    asking.due(now)
    while reckoning := Reckoning.objects.filter(owner=owner).select_related("owner").claim(now=now):
        working.work(reckoning, clock=lambda: now)
    return Reckoning.objects.get(owner=owner, in_force=True)


def found(reckoning):
    """All that was found, without the names that rows have in their tables."""
    told = {}
    for model in FOUND:
        rows = model.objects.filter(reckoning=reckoning).values()
        told[model.__name__] = sorted(
            tuple((name, plain(value)) for name, value in row.items() if name not in {"id", "reckoning_id", "blocks"})
            for row in rows
        )
    assert_blocks(reckoning)
    return told


def assert_blocks(reckoning):
    """Those in which lots are written say what lies there; none is missing, and none lies about."""
    here = {"reckoning": reckoning}
    texts = {(each.asset, each.name): unpacked(bytes(each.lots)) for each in Block.objects.filter(**here)}
    used = {
        (each.asset, name)
        for model in (Holding, Checkpoint)
        for each in model.objects.filter(**here)
        for name in each.blocks
    }
    assert used == set(texts)
    for each in Holding.objects.filter(**here):
        lots = [lot for name in each.blocks for lot in json.loads(texts[each.asset, name])]
        rows = Lot.objects.filter(**here, asset=each.asset, wallet=each.wallet)
        assert sorted((lot[0], lot[2], lot[3]) for lot in lots) == sorted(
            ((row.acquired - EPOCH) // MICROSECOND, str(row.origin or ""), row.part) for row in rows
        )
        for amount, place in ((each.amount, -2), (each.cost, -1)):
            assert amount.normalize().as_tuple().digits == as_digits(sum(lot[place] for lot in lots))


def as_digits(number):
    return Decimal(number).normalize().as_tuple().digits


def plain(value):
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def anew(reckoning):
    """The same terms, from the beginning."""
    now = timezone.now()
    Reckoning.objects.filter(pk=reckoning.pk).update(version="", finished_at=None, not_before=now)
    return reckon(reckoning.owner, now=now)


def assert_as_from_the_beginning(owner):
    reckoning = reckon(owner)
    assert not Stale.objects.filter(owner=owner).exists()
    told = found(reckoning)
    assert told == found(anew(reckoning))
    return told


def gains(reckoning, year=None):
    rows = Match.objects.filter(reckoning=reckoning, counts=True).order_by("disposed", "id")
    rows = rows.filter(year=year) if year else rows
    return [(each.asset, each.amount, each.proceeds - each.cost + each.adjustment, each.term) for each in rows]


def says(owner, transaction, **fields):
    by = Actor(ActorKind.OWNER, owner)
    edits.edit(by=by, owner=owner, ids=[transaction.pk], changes=fields, now=timezone.now())


def named(owner, event):
    return Transaction.objects.get(owner=owner, event__endswith=event)


def checkpoints(reckoning, asset):
    return list(Checkpoint.objects.filter(reckoning=reckoning, asset=asset).order_by("at").values_list("at", flat=True))

"""The engine against a second reckoning of another shape, on histories by chance.

HOLDFAST_ENGINE_HISTORIES=1000 compares so many for each method; the usual run has fewer.
"""

from __future__ import annotations

import os
from collections import defaultdict
from fractions import Fraction

import pytest

from ledger.engine import shown
from ledger.engine.reckoning import reckon
from ledger.engine.types import Country, Method, Rule, Term
from tests.ledger.engine import naive, naive_pools
from tests.ledger.engine.histories import history

HISTORIES = int(os.environ.get("HOLDFAST_ENGINE_HISTORIES", "60"))
BY_LOTS = (Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO, Method.SPECIFIC, Method.AVERAGE)
NEAR = Fraction(1, 10**5)  # the engine rounds each part down to eight decimals, and keeps the rest


def lines(reckoning, asset, *, by_lot=True, average=False):
    found = defaultdict(lambda: [Fraction(0), Fraction(0), Fraction(0)])
    for match in shown.matches(reckoning):
        if match.asset == asset and match.rule is not Rule.RESULT:
            part = part_of(match)
            lot = "" if average else match.lot  # an average has no lots; what is unknown keeps its name on the way
            line = found[(match.disposal, part, lot) if by_lot else (match.disposal, part)]
            for place, number in enumerate((match.amount, match.proceeds, match.cost - match.adjustment)):
                line[place] += Fraction(number)
    return dict(found)


def near(ours, theirs):
    assert ours.keys() == theirs.keys()
    for key, line in ours.items():
        assert line[0] == theirs[key][0], key
        assert abs(line[1] - theirs[key][1]) < NEAR, key
        assert abs(line[2] - theirs[key][2]) < NEAR, key


@pytest.mark.parametrize("method", BY_LOTS)
def test_lots_are_the_same(method):
    for seed in range(HISTORIES):
        events, settings = history(seed, method)
        reckoning = reckon(events, settings)
        for asset, book in naive.by_lots(events, settings).items():
            near(lines(reckoning, asset, average=method is Method.AVERAGE), parts_of(book.gone, events))
            assert held(reckoning, asset) == {key: amount for key, amount in held_by(book).items() if amount}, seed
            assert balances(reckoning, asset) == {wallet: each for wallet, each in book.held.items() if each}


@pytest.mark.parametrize("method", [Method.FIFO, Method.HIFO])
def test_terms_are_the_same(method):
    for seed in range(HISTORIES):
        events, settings = history(seed, method)
        reckoning = reckon(events, settings)
        books = naive.by_lots(events, settings)
        for match in shown.matches(reckoning):
            if match.lot and settings.regimes[0].country is Country.US:
                part = 2 if match.kind in {"fee", "transfer_fee"} else 1
                long = books[match.asset].long
                said = long.get((match.disposal, part, match.lot), long.get((match.disposal, 1, match.lot)))
                assert (match.term is Term.LONG) == said


@pytest.mark.parametrize("method", [Method.UK_POOL, Method.ACB])
def test_pools_are_the_same(method):
    reckoned = naive_pools.united_kingdom if method is Method.UK_POOL else naive_pools.canada
    for seed in range(HISTORIES):
        events, settings = history(seed, method)
        reckoning = reckon(events, settings)
        for asset, own in naive_pools.of_assets(events, settings).items():
            theirs, amount, cost = reckoned(own, settings)
            near(lines(reckoning, asset, by_lot=False), merged(theirs, events))
            lots = [lot for lot in shown.lots(reckoning) if lot.asset == asset]
            assert sum(Fraction(lot.amount) for lot in lots) == amount
            assert abs(sum(Fraction(lot.cost) for lot in lots) - cost) < NEAR


# --- one shape for both ------------------------------------------------------------------------------------------


def part_of(match):
    return 2 if match.kind in {"fee", "transfer_fee"} else 1


def fee_events(events):
    """A lone fee is a fee as well: its part is told by its kind."""
    return {event.id for event in events if event.kind.value == "fee"}


def parts_of(gone, events):
    alone = fee_events(events)
    return {(name, 2 if name in alone else part, lot): line for (name, part, lot), line in gone.items()}


def merged(theirs, events):
    alone = fee_events(events)
    return {(name, 2 if name in alone else part): line for (name, part), line in theirs.items()}


def held(reckoning, asset):
    found = defaultdict(Fraction)
    for lot in shown.lots(reckoning):
        if lot.asset == asset and lot.amount:
            found[lot.wallet, lot.id] += Fraction(lot.amount)
    return dict(found)


def held_by(book):
    found = defaultdict(Fraction)
    for lot in book.lots:
        if lot.place.startswith("way "):
            found["", "" if book.method is Method.AVERAGE and lot.known else lot.id] += lot.amount
        else:
            found[lot.place, "" if book.method is Method.AVERAGE else lot.id] += lot.amount
    return found


def balances(reckoning, asset):
    return {
        wallet: Fraction(each)
        for wallet, each in shown.balances(reckoning.booked[asset], asset, reckoning.settings).items()
    }

"""What holds of every history, whatever is in it. HOLDFAST_ENGINE_HISTORIES asks for more than the usual run has."""

from __future__ import annotations

import json
import os
import random
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.engine import shown, sums
from ledger.engine.booking import book
from ledger.engine.movements import ACQUIRED
from ledger.engine.reckoning import movements, reckon
from ledger.engine.types import Amount, Kind, Method, Problem, TransferFee
from tests.ledger.engine import blocks
from tests.ledger.engine.histories import history
from tests.ledger.engine.renewing import renew

METHODS = st.sampled_from(list(Method))
BY_LOTS = st.sampled_from([Method.FIFO, Method.LIFO, Method.HIFO, Method.LOFO, Method.SPECIFIC])
POOLS = st.sampled_from([Method.UK_POOL, Method.ACB])
SEEDS = st.integers(0, 10**6)
MOMENTS = [date(2024, 8, 20), date(2024, 9, 15), date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1)]
MANY = settings(max_examples=int(os.environ.get("HOLDFAST_ENGINE_HISTORIES", "25")), derandomize=True)


@MANY
@given(SEEDS, BY_LOTS)
def test_every_lot_is_disposed_of_or_held_to_the_last_unit(seed, method):
    """But for a gift that is sold below its giver's cost: the law takes a part of that away."""
    events, chosen = history(seed, method)
    events = [event._replace(value=None) if event.kind is Kind.GIFT else event for event in events]
    chosen = chosen._replace(transfer_fee=TransferFee.DISPOSAL)

    for booked in reckon(events, chosen).booked.values():
        left, cost = defaultdict(int), defaultdict(int)
        for take in booked.takes:
            left[take.lot] += take.amount
            cost[take.lot] += take.cost
        for _, lot in [*booked.lots, *booked.on_the_way]:
            left[lot.origin] += lot.amount
            cost[lot.origin] += lot.cost
        for origin, amount in left.items():
            assert amount == origin.amount or not origin.id
            assert cost[origin] == origin.cost


@MANY
@given(SEEDS, POOLS)
def test_what_goes_into_a_pool_comes_out_or_stays(seed, method):
    events, chosen = history(seed, method)
    chosen = chosen._replace(transfer_fee=TransferFee.NOTHING)

    reckoning = reckon(events, chosen)

    for asset, moved in movements(events, chosen).items():
        booked = reckoning.booked[asset]
        came = [each for each in moved if each.rank == ACQUIRED]
        beyond = sum(each.amount for each in booked.findings if each.problem is Problem.MORE_ARRIVED)
        gone = sum(take.amount for take in booked.takes if take.rule != "missing")
        assert sum(each.amount for each in came) + beyond == gone + sum(lot.amount for _, lot in booked.lots)
        cost = sum(take.cost - take.adjustment for take in booked.takes)
        assert sum(each.value or 0 for each in came) == cost + sum(lot.cost for _, lot in booked.lots)


@MANY
@given(SEEDS, METHODS)
def test_each_disposal_is_matched_whole_and_brings_what_it_brought(seed, method):
    events, chosen = history(seed, method)

    for booked in reckon(events, chosen).booked.values():
        lines = defaultdict(lambda: [0, 0])
        for take in booked.takes:
            lines[take.out][0] += take.amount
            lines[take.out][1] += take.proceeds
        for out, (amount, proceeds) in lines.items():
            assert amount == out.amount
            assert proceeds == out.value or out.value is None or not out.more.counts


@MANY
@given(SEEDS, METHODS)
def test_days_assets_wallets_and_years_each_sum_to_the_total(seed, method):
    events, chosen = history(seed, method)

    reckoning = reckon(events, chosen)

    takes = list(sums.counted(reckoning))
    gain = sum(take.gain for take in takes)
    for key in (lambda take: take.day, lambda take: take.out.asset, lambda take: take.out.wallet):
        assert sum(each.gain for each in sums.by(takes, key).values()) == gain
    assert sum(take.gain for year in range(2015, 2031) for take in sums.of_year(reckoning, year)) == gain
    assert sum(match.gain for match in shown.matches(reckoning) if match.counts) == shown.money(gain)


@MANY
@given(SEEDS, METHODS)
def test_the_order_in_which_events_are_handed_in_is_of_no_account(seed, method):
    events, chosen = history(seed, method)
    shuffled = random.Random(seed).sample(events, len(events))

    assert shape(reckon(shuffled, chosen)) == shape(reckon(events, chosen))


@MANY
@given(SEEDS, METHODS)
def test_the_number_of_an_assets_decimals_changes_nothing(seed, method):
    events, chosen = history(seed, method)
    finer = chosen._replace(scales={"BTC": 30, "ETH": 21})

    ours, theirs = reckon(events, chosen), reckon(events, finer)

    assert list(shown.matches(ours)) == list(shown.matches(theirs))
    assert list(shown.lots(ours)) == list(shown.lots(theirs))


# --- going on from what was kept ---------------------------------------------------------------------------------


@MANY
@given(SEEDS, METHODS, st.data())
def test_going_on_from_what_was_kept_gives_what_the_whole_gives(seed, method, data):
    """Some events are taken away, some come new; the rest is as it was."""
    events, chosen = history(seed, method)
    changing = data.draw(st.sets(st.sampled_from(sorted({event.link or event.id for event in events})), max_size=3))
    staying = [event for event in events if (event.link or event.id) not in changing]
    before, after = (staying, events) if data.draw(st.booleans()) else (events, staying)
    changed = changes([event for event in events if (event.link or event.id) in changing], chosen)

    with blocks.of_few_lots():
        renewed = renew(reckon(before, chosen, moments=MOMENTS), after, changed, moments=MOMENTS)
        whole = reckon(after, chosen, moments=MOMENTS)
        assert shape(renewed) == shape(whole)


def changes(events, chosen) -> dict[str, datetime]:
    """From when on each asset differs."""
    return {asset: min(each.at for each in moved) for asset, moved in movements(events, chosen).items()}


@MANY
@given(SEEDS, METHODS)
@example(2840, Method.FIFO)  # two pieces of one lot, of which one lies in the block under way
def test_keeping_the_state_changes_nothing(seed, method):
    events, chosen = history(seed, method)

    for asset, moved in movements(events, chosen).items():
        with blocks.of_few_lots():
            kept = shape_of(book(asset, iter(moved), chosen, moments=MOMENTS))
        assert kept[:-1] == shape_of(book(asset, moved, chosen))[:-1]


def shape(reckoning):
    return {asset: shape_of(booked) for asset, booked in reckoning.booked.items()}


def shape_of(booked):
    return (
        booked.takes,
        booked.receipts,
        booked.findings,
        booked.balances,
        booked.lots,
        booked.on_the_way,
        [(each.at, state_of(each)) for each in booked.checkpoints],
    )


def state_of(checkpoint):
    """What it says, in however many blocks."""
    said, own = json.loads(checkpoint.state), map(checkpoint.texts.__getitem__, checkpoint.blocks)
    said["pools"] = {
        wallet: [lot for block in islice(own, count) for lot in json.loads(block)]
        for wallet, count in said["pools"].items()
    }
    return said


# --- one trade or two --------------------------------------------------------------------------------------------


@MANY
@given(SEEDS, st.sampled_from([method for method in Method if method is not Method.SPECIFIC]))
def test_splitting_a_trade_in_two_changes_no_total(seed, method):
    """But for the units by which parts are rounded. Everything has a price, and pieces of a lot cost alike: where a
    transfer's fee raised the cost of one, or there is no price, it matters which of two halves is the older.
    """
    events, chosen = history(seed, method)
    chosen = chosen._replace(transfer_fee=TransferFee.DISPOSAL)
    events = [
        event._replace(value=event.value or Decimal(90), fee_value=event.fee_value or Decimal(2)) for event in events
    ]
    split = [half for event in events for half in halves(event)]

    ours, theirs = reckon(events, chosen), reckon(split, chosen)

    for asset, booked in ours.booked.items():
        other = theirs.booked[asset]
        allowed = 4 * len(other.takes) + 4
        assert sum(take.amount for take in booked.takes) == sum(take.amount for take in other.takes)
        assert abs(sum(take.gain for take in booked.takes) - sum(take.gain for take in other.takes)) <= allowed


def halves(event):
    if event.kind is not Kind.TRADE:
        return [event]
    half = event._replace(
        sent=halved(event.sent),
        received=halved(event.received),
        fee=halved(event.fee),
        value=None if event.value is None else event.value / 2,
        fee_value=None if event.fee_value is None else event.fee_value / 2,
    )
    return [half._replace(id=f"{event.id}a"), half._replace(id=f"{event.id}b")]


def halved(amount: Amount | None) -> Amount | None:
    return amount and Amount(amount.amount / 2, amount.asset)

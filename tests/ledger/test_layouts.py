"""The same history in two layouts of one format: older exports of Coinbase have no ids, newer ones have.

Everything in it counts once, however they came; twins stay twins; what is hours off is asked about.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from ledger import clock_words, clocks, edits
from ledger.models import Balance, ClockQuestion, SourceRow, Transaction
from tests.ledger.bringing import OWNER, taken, taken_back, tracked
from tests.ledger.conftest import NOW
from wallets.models import Wallet

pytestmark = pytest.mark.django_db

BEGIN = datetime(2024, 1, 5, 12, tzinfo=UTC)
HEADERS = {
    "old": "Timestamp,Transaction Type,Asset,Quantity Transacted,EUR Spot Price at Transaction,EUR Subtotal,"
    "EUR Total (inclusive of fees),EUR Fees,Notes",
    "mid": "Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,"
    "Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes",
    "new": "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes",
}
BUYS = [(BEGIN + timedelta(days=day), "Buy", f"0.{day + 1:02}") for day in range(8)]
GIFTS = [(BEGIN + timedelta(days=day, hours=3), "Receive", f"0.{day + 11}") for day in range(8)]
HISTORY = [*BUYS, *GIFTS]


@pytest.fixture
def coinbase(alice):
    return Wallet.objects.create(owner=alice, exchange="coinbase", way="csv", label="C", created_at=NOW)


def told_in(layout, events, ahead=timedelta()):
    lines = []
    for place, (at, kind, much) in enumerate(events):
        money = "100" if kind == "Buy" else "1"
        cells = [f"{at + ahead:%Y-%m-%dT%H:%M:%SZ}", kind, "BTC", much, "1000", money, money, "0", ""]
        if layout != "old":
            cells.insert(4, "EUR")
        if layout == "new":
            cells.insert(0, f"{place:024x}")
        lines.append(",".join(cells))
    return "\n".join([HEADERS[layout], *lines]).encode()


def events_of(wallet):
    found = list(Transaction.objects.filter(wallet=wallet).values_list("occurred_at", "received_amount"))
    balance = Balance.objects.filter(wallet=wallet, asset="BTC").values_list("amount", flat=True).first()
    assert sum(amount for _, amount in found) == (balance or 0)
    return Counter((at, f"{amount.normalize():f}") for at, amount in found)


def counted(events):
    return Counter((at, f"{much.rstrip('0')}") for at, _, much in events)


@pytest.mark.parametrize("order", list(permutations(HEADERS)), ids="-".join)
def test_in_whatever_order_layouts_come_everything_counts_once(alice, coinbase, order):
    for layout in order:
        taken(alice, coinbase, told_in(layout, HISTORY), "c.csv")
    assert events_of(coinbase) == counted(HISTORY)
    assert SourceRow.objects.filter(wallet=coinbase).count() == 3 * len(HISTORY)  # every line is kept


@pytest.mark.parametrize("order", list(permutations(["old", "new"])), ids="-".join)
def test_a_part_in_one_and_a_part_in_the_other_is_the_whole(alice, coinbase, order):
    for layout, part in zip(order, (HISTORY[:10], HISTORY[6:]), strict=True):
        taken(alice, coinbase, told_in(layout, part), "c.csv")
    assert events_of(coinbase) == counted(HISTORY)


@pytest.mark.parametrize("order", list(permutations(["old", "mid"])), ids="-".join)
def test_twins_of_one_layout_are_as_many_as_it_tells(alice, coinbase, order):
    twins = [*HISTORY, HISTORY[3], HISTORY[3]]
    for layout in order:
        taken(alice, coinbase, told_in(layout, twins), "c.csv")
    assert events_of(coinbase) == counted(twins)


def test_more_twins_in_one_layout_than_in_the_other_stay(alice, coinbase):
    taken(alice, coinbase, told_in("old", [*HISTORY, HISTORY[3]]), "c.csv")
    taken(alice, coinbase, told_in("new", HISTORY), "c.csv")
    assert events_of(coinbase) == counted([*HISTORY, HISTORY[3]])


def test_a_cell_too_many_makes_no_layout_of_its_own(alice, coinbase):
    """Else a twin in such a line would be taken for the other's, told by another layout."""
    header, *lines = told_in("mid", [HISTORY[0], HISTORY[0], *HISTORY[1:]]).decode().split("\n")
    taken(alice, coinbase, "\n".join([header, f"{lines[0]},?", *lines[1:]]).encode(), "c.csv")
    taken(alice, coinbase, told_in("old", HISTORY[4:]), "c.csv")
    assert events_of(coinbase) == counted([HISTORY[0], *HISTORY])


def test_the_second_layout_taken_back_leaves_the_first_and_its_owner_s_words(alice, coinbase):
    taken(alice, coinbase, told_in("old", HISTORY), "c.csv")
    noted = Transaction.objects.filter(wallet=coinbase).earliest("occurred_at")
    edits.edit(by=OWNER, owner=alice, ids=[noted.pk], changes={"note": "mine"}, now=NOW)
    later = taken(alice, coinbase, told_in("new", HISTORY), "c.csv")
    assert Transaction.objects.get(wallet=coinbase, note="mine").occurred_at == BEGIN
    taken_back(later)
    assert events_of(coinbase) == counted(HISTORY)
    assert Transaction.objects.get(wallet=coinbase, note="mine").pk == noted.pk


def test_layouts_whose_clocks_are_apart_are_asked_about_and_become_one(alice, coinbase):
    taken(alice, coinbase, told_in("old", HISTORY), "c.csv")
    taken(alice, coinbase, told_in("new", HISTORY, timedelta(hours=2)), "c.csv")
    [question] = ClockQuestion.objects.filter(wallet=coinbase)
    assert clock_words.question(question) == (
        "Everything in the Coinbase transactions file is 2 hours earlier than the same from one with other columns: "
        "16 pairs. Is it the same, told by another clock?"
    )


def test_what_is_said_of_a_format_s_clock_holds_for_its_layouts(alice, coinbase):
    taken(alice, coinbase, tracked(*((at, much) for at, _, much in GIFTS)), "k.csv")
    taken(alice, coinbase, told_in("old", GIFTS, timedelta(hours=-2)), "c.csv")
    [question] = ClockQuestion.objects.filter(wallet=coinbase)
    clocks.say(by=OWNER, asked=question, same=True, now=NOW)
    taken(alice, coinbase, told_in("new", GIFTS, timedelta(hours=-2)), "c.csv")
    assert not ClockQuestion.objects.filter(wallet=coinbase)
    assert events_of(coinbase).total() == len(GIFTS)


def test_layouts_that_are_off_alike_are_one_question(alice, coinbase):
    """It names the format alone, as far as another format is right."""
    for layout in ("old", "new"):
        taken(alice, coinbase, told_in(layout, GIFTS, timedelta(hours=-2)), "c.csv")
    taken(alice, coinbase, tracked(*((at, much) for at, _, much in GIFTS)), "k.csv")
    [question] = ClockQuestion.objects.filter(wallet=coinbase)
    assert {question.origin, question.against} == {"file:coinbase", "file:koinly_simple"}
    assert question.pairs == len(GIFTS)

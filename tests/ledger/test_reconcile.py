"""What is reported against what is calculated: when the two are the same, what explains a gap, what would close it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import reconcile
from ledger.reconcile import Cause, Code, Line, Open, Past, Reported, Then
from ledger.sums import less

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOUGHT = Reported(Decimal(0), NOW)
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=18, allow_nan=False)


def line(reported, calculated, asset="BTC"):
    return Line(asset, Reported(Decimal(reported), NOW), Decimal(calculated))


@pytest.mark.parametrize(
    ("reported", "calculated", "agree"),
    [
        ("1.5", "1.5", True),
        ("1.50000000", "1.500000004", True),  # cut to the digits that it tells
        ("1.5000", "1.50004", False),  # four digits are what was left of more, or not: too few to tell
        ("0", "0.5", False),
        ("0.0000000000", "0.0000000001", False),  # it tells ten digits
        ("-1", "1", False),
    ],
)
def test_less_than_the_last_digit_that_is_told_is_no_difference(reported, calculated, agree):
    assert line(reported, calculated).agrees is agree


@given(amounts, amounts)
def test_a_line_agrees_or_differs_and_its_proposal_closes_it(reported, calculated):
    found = reconcile.explained(line(reported, calculated), (), None)

    assert found.agrees != found.differs
    assert (found.proposal is None) == found.agrees
    if found.proposal:
        came = found.proposal.category == reconcile.OPENING
        left = less(reported, calculated)
        assert (left if came else left.copy_negate()) == found.proposal.amount
        assert found.proposal.amount > 0


def test_what_a_whole_report_leaves_out_is_nought():
    reported, calculated = {"BTC": Reported(Decimal(1), NOW)}, {"BTC": Decimal(1), "ETH": Decimal(2), "SOL": Decimal(0)}

    lines = reconcile.compared(reported, calculated, whole=NOUGHT)

    assert [(each.asset, each.difference) for each in lines] == [("ETH", Decimal(-2)), ("BTC", Decimal(0))]


def test_what_an_owner_did_not_type_in_is_not_said():
    lines = reconcile.compared({"BTC": Reported(Decimal(1), NOW, typed=True)}, {"ETH": Decimal(2)}, whole=None)

    assert [(each.asset, each.difference) for each in lines] == [("BTC", Decimal(1)), ("ETH", None)]
    assert not lines[1].agrees
    assert not lines[1].differs


def test_an_opening_balance_stands_before_the_first_row():
    past = Past(first_day=date(2024, 3, 1), lowest=Decimal("-0.7"), below_since=date(2024, 3, 5))

    found = reconcile.explained(line("1", "0.5"), (), past)

    assert found.proposal.fields == {
        "kind": "adjustment",
        "category": "opening balance",
        "occurred_at": "2024-02-29T23:59:59Z",
        "received": {"amount": "0.5", "asset": "BTC"},
    }
    assert found.proposal.lowest_after == Decimal("-0.2")  # more is missing than this
    assert found.causes[-1].code is Code.SHORT
    assert "5 Mar 2024" in found.causes[-1].words


def test_nothing_is_dated_before_there_was_a_bitcoin():
    found = reconcile.explained(line("1", "0.5"), (), Past(first_day=date(1970, 1, 1), lowest=Decimal(0)))

    assert found.proposal.occurred_at.year == 2008


def test_what_is_too_much_is_taken_off_when_it_was_reported():
    found = reconcile.explained(line("1", "1.5"), (), Past(first_day=date(2024, 3, 1), lowest=Decimal(0)))

    assert found.proposal.fields["sent"] == {"amount": "0.5", "asset": "BTC"}
    assert (found.proposal.category, found.proposal.occurred_at) == ("correction", NOW)


def test_what_accounts_for_all_of_it_is_told_first():
    some, all_of_it = Cause(Code.UNMATCHED, "some"), Cause(Code.UNKNOWN_ASSET, "all", exact=True)

    assert reconcile.explained(line("1", "0"), [some, all_of_it], None).causes == (all_of_it, some)


def test_two_names_of_one_asset_are_off_by_the_same():
    lines = [line("0", "3", "LUNA"), line("3", "0", "LUNC"), line("1", "0", "BTC")]

    assert reconcile.other_names(lines[0], lines) == ["LUNC"]
    assert reconcile.other_names(lines[2], lines) == []


@pytest.mark.parametrize(("change", "fee", "exact"), [("0.5", "0", True), ("0.51", "0.01", True), ("0.3", "0", False)])
def test_an_open_end_elsewhere_may_be_what_is_missing(change, fee, exact):
    end = Open("BTC", Decimal(change), Decimal(fee), "It left Kraken.", "/link/")

    assert [cause.exact for cause in reconcile.from_open_ends(line("1", "0.5"), [end])] == [exact]


def test_what_points_the_other_way_explains_nothing():
    ends = [
        Open("BTC", Decimal("-0.5"), Decimal(0), "It arrived.", ""),
        Open("ETH", Decimal("0.5"), Decimal(0), "", ""),
    ]

    assert reconcile.from_open_ends(line("1", "0.5"), ends) == []


def test_few_open_ends_are_told_the_exact_one_among_them():
    ends = [Open("BTC", Decimal(number), Decimal(0), f"{number}", "") for number in range(1, 9)]

    told = reconcile.from_open_ends(line("8", "0"), ends)

    assert (len(told), told[0].words, told[0].exact) == (3, "8", True)


def test_days_are_told_without_noughts_before_them():
    assert reconcile.day(NOW - timedelta(days=15)) == "5 Nov 2026"


# --- since when they differ ----------------------------------------------------------------------------------------


def course(*differences):
    """A report each day, of one and what it is off by."""
    return [
        Then(NOW + timedelta(days=number), Decimal(1), less(Decimal(1), Decimal(difference)))
        for number, difference in enumerate(differences)
    ]


def ago(number):
    return NOW + timedelta(days=number)


@pytest.mark.parametrize(
    ("differences", "agreed", "differs"),
    [
        ("0 0 1 1", 1, 2),
        ("0 1 0 1", 2, 3),  # they came together again
        ("1 0.000000001 1", 1, 2),  # less than what is told
        ("1 1", None, 0),
    ],
)
def test_the_last_day_of_agreement_is_found_and_the_first_after_it(differences, agreed, differs):
    found = reconcile.since(course(*differences.split()))

    assert (found.agreed, found.differs) == (None if agreed is None else ago(agreed), ago(differs))


@pytest.mark.parametrize("differences", ["", "1", "1 0", "0 0"])
def test_nothing_is_said_of_one_report_or_of_what_agrees_by_now(differences):
    assert reconcile.since(course(*differences.split())) is None


def test_days_are_told_on_which_the_difference_moved_and_how_it_stands():
    found = reconcile.since(course("3", "0", "1", "1", "1", "2", "2", "2"))

    assert [(each.at, each.difference) for each in found.days] == [
        (ago(number), Decimal(difference)) for number, difference in ((1, 0), (2, 1), (5, 2), (7, 2))
    ]


def test_of_many_days_the_beginning_and_the_latest_are_told():
    found = reconcile.since(course("0", *map(str, range(1, 101))))

    assert [each.difference for each in found.days] == [0, 1, *range(91, 101)]


@given(st.lists(st.sampled_from(["0", "0.5", "-2"]), min_size=2, max_size=40))
def test_what_is_told_is_in_turn_bounded_and_differs_after_the_first(differences):
    thens = course(*differences)
    found = reconcile.since(thens)

    assert (found is None) == (differences[-1] == "0")
    if found:
        assert list(found.days) == sorted(set(found.days), key=lambda each: each.at)
        assert len(found.days) <= reconcile.MOST_DAYS
        assert found.days[-1] == thens[-1]
        assert all(not each.agrees for each in thens if each.at >= found.differs)
        assert (found.days[0].at == found.agreed) == (found.agreed is not None) == ("0" in differences)

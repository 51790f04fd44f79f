"""Runs by place against series of points: whatever is told in whatever pieces, they give the same prices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.pricing import fiat
from ledger.pricing.base import Method
from ledger.pricing.book import PriceBook
from ledger.pricing.candles import DAY, HOUR
from ledger.pricing.clock import moment, seconds
from ledger.pricing.remembering import RememberingBook
from ledger.pricing.runs import LENGTHS, Run, at_hand, joined, read, written
from ledger.pricing.series import Pair, Series
from tests.strength import examples

BEGIN = seconds(datetime(2024, 3, 20, tzinfo=UTC))
PAIRS = {span: Pair("BTC", "USD", "bitstamp", Method(name), span) for span, name in ((HOUR, "hour"), (DAY, "day"))}
PRICES = st.decimals("0.0000000001", "99999999", allow_nan=False, allow_infinity=False)
PLACES = st.dictionaries(st.integers(0, 200), PRICES, max_size=40)
CUTS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=8)


def kept(points: dict[int, Decimal], cuts: list[tuple[int, int]], span: int) -> list[Run]:
    """Told in pieces that overlap, in any order, and joined as they are when they are kept."""
    runs: list[Run] = []
    pieces = [(BEGIN + first * span, BEGIN + (first + count) * span) for first, count in cuts]
    for stretch in [*pieces, (BEGIN, BEGIN + 201 * span)]:
        for run in written(stretch, span, points):
            apart = []
            for other in runs:
                together = joined(other, run) if other.begins // LENGTHS[span] == run.begins // LENGTHS[span] else None
                run = together or run  # noqa: PLW2901 - it grows
                apart += [] if together else [other]
            runs = [*apart, run]
    return runs


@pytest.mark.parametrize("span", [HOUR, DAY])
@settings(max_examples=examples(50))
@given(places=PLACES, cuts=CUTS, asked=st.integers(-10, 230), off=st.integers(0, HOUR - 1), carry=st.integers(0, 9))
def test_runs_find_what_series_find(span, places, cuts, asked, off, carry) -> None:
    points = {BEGIN + place * span: price for place, price in places.items()}
    runs = [read(run.begins, span, run.text) for run in kept(points, cuts, span)]
    at = BEGIN + asked * span + off

    one, other = (
        at_hand(PAIRS[span], runs).find(at, carry=carry * span),
        Series(PAIRS[span], points.items()).find(at, carry=carry * span),
    )

    assert one == other


@settings(max_examples=examples(30))
@given(places=PLACES, cuts=CUTS)
def test_pieces_become_one_run_a_period(places, cuts) -> None:
    points = {BEGIN + place * HOUR: price for place, price in places.items()}
    runs = kept(points, cuts, HOUR)

    periods = [run.begins // LENGTHS[HOUR] for run in runs]
    assert len(set(periods)) == len(periods)
    assert {at: Decimal(cell) for run in runs for at, cell in run.priced()} == points


def test_what_lies_apart_stays_apart() -> None:
    one, other = Run(0, HOUR, ("1", "2")), Run(3 * HOUR, HOUR, ("4",))

    assert joined(one, other) is None
    assert joined(one, Run(HOUR, HOUR, ("", "3"))) == Run(0, HOUR, ("1", "", "3"))


def test_a_period_is_read_once_and_only_when_somebody_looks() -> None:
    asked = []
    [run] = written((BEGIN, BEGIN + HOUR), HOUR, {BEGIN: Decimal(7)})
    runs = at_hand(PAIRS[HOUR], [run])
    fetch, runs.fetch = runs.fetch, lambda period: asked.append(period) or fetch(period)

    assert not asked
    for _ in range(3):
        assert runs.find(BEGIN + 5)
    assert asked == [BEGIN // LENGTHS[HOUR]]


# --- the book that remembers ---------------------------------------------------------------------------------------

RATES = fiat.read("Date,USD,GBP,\n2024-03-22,1.25,0.8,\n2024-03-20,1.5,0.75,\n")
MINUTES = st.integers(0, 8 * 24 * 60)


@settings(max_examples=examples(50))
@given(
    places=PLACES, days=PLACES, asked=st.lists(st.tuples(MINUTES, st.sampled_from(["USD", "EUR", "GBP"])), max_size=20)
)
def test_it_answers_as_one_that_does_not(places, days, asked) -> None:
    hours = {BEGIN + place * HOUR: price for place, price in places.items()}
    daily = {BEGIN + place % 8 * DAY: price for place, price in days.items()}
    series = [Series(PAIRS[HOUR], hours.items()), Series(PAIRS[DAY], daily.items())]
    plain = PriceBook(series, RATES)
    book = RememberingBook(lambda assets: [each for each in series if each.pair.asset in assets], RATES)

    for minute, quote in asked:
        at = moment(BEGIN) + timedelta(minutes=minute)
        for asset in ("BTC", "USD"):
            assert book.price(asset, quote, at) == plain.price(asset, quote, at)

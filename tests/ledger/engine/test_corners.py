"""Corners in which figures once went wrong: fees of positions, history that is missing, several targets, last units."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledger.engine import shown
from ledger.engine.reckoning import reckon
from ledger.engine.types import Amount, Country, Event, Kind, Method, Regime, Scope, Settings
from tests.ledger.engine.renewing import renew
from tests.ledger.engine.stories import read, retold, told

US = Settings((Regime(2009, Country.US, Method.FIFO, Scope.UNIVERSAL),))
SEPTEMBER = datetime(2024, 9, 1, tzinfo=UTC)


def results(*events: Event) -> list[tuple[str, Decimal]]:
    return [(match.kind, match.gain) for match in shown.matches(reckon(events, US))]


def of_position(**facts) -> Event:
    return Event("e1", SEPTEMBER, Kind.INCOME, "kraken", category="margin", **facts)


# --- fees in money of which nobody knows the rate ---------------------------------------------------------------------


def found(story: str) -> list[str]:
    return [line for line in told(story).splitlines() if line.startswith("finding")]


@pytest.mark.parametrize("country", ["US fifo universal", "GB uk_pool universal", "CA acb universal"])
def test_a_fee_that_nobody_can_convert_is_said_wherever_it_should_have_counted(country):
    """Whoever files from it would pay tax on money that went to an exchange, and never know."""
    story = f"{country}\nmoney ARS\n2023-01-01 buy 1 ETH for 1000\n"
    assert found(f"{story}2023-06-01 sell 1 ETH for 1500 fee 9 ARS") == ["finding: fee_without_rate, 1 ETH, 1,500"]
    assert found(f"{story}2023-06-01 swap 1 ETH for 2 X worth 1500 fee 9 ARS") == [
        "finding: fee_without_rate, 1 ETH, 1,500"
    ]
    moved = f"{story}2023-06-01 move 1 ETH to cold fee 9 ARS"
    assert found(moved) == []
    assert found(moved.replace("money", "transfer-fee cost\nmoney")) == ["finding: fee_without_rate, 1 ETH"]


def test_a_fee_is_not_doubted_where_it_changes_nothing():
    """Its rate is known, it is nothing, the whole is without a price, or its owner said what all of it had cost."""
    story = "US fifo universal\nmoney ARS\n2023-01-01 buy 1 ETH for 1000 "
    assert found(f"{story}fee 5000 ARS=20") == []
    assert found(f"{story}fee 0 ARS") == []
    assert found(f"{story}fee 5000 ARS cost 1020") == []
    assert found("US fifo universal\nmoney ARS\n2023-01-01 buy 1 ETH for 9 ARS fee 1 ARS") == [
        "finding: missing_price, 1 ETH"
    ]


# --- what the owner says a trade was worth ----------------------------------------------------------------------------


@pytest.mark.parametrize("country", ["US fifo universal", "GB uk_pool universal", "CA acb universal"])
def test_the_owners_word_on_a_trade_counts_on_either_side_and_is_said_where_it_is_not_the_money(country):
    bought = f"{country}\n2023-01-01 buy 1 ETH for 1000 worth 800 fee 10\n"
    story = f"{bought}2023-06-01 sell 1 ETH for 1500 worth 1500 fee 5"
    assert ": 1,495 - 810 = 685" in told(story)
    assert found(story) == ["finding: worth_said, 1 ETH, 200"]


# --- positions ----------------------------------------------------------------------------------------------------


def test_what_a_position_cost_while_it_was_open_is_a_loss():
    assert results(of_position(fee=Amount(Decimal("0.5"), "USD"))) == [("result", Decimal("-0.5"))]


def test_a_fee_of_a_position_lowers_its_result_in_money():
    event = of_position(received=Amount(Decimal(100), "USD"), fee=Amount(Decimal(5), "USD"))
    assert sum(gain for _, gain in results(event)) == 95


def test_a_fee_of_a_position_that_was_given_back_raises_it():
    event = of_position(received=Amount(Decimal(100), "USD"), fee=Amount(Decimal(-5), "USD"))
    assert sum(gain for _, gain in results(event)) == 105


def test_a_fee_of_a_position_in_an_asset_is_spent_and_lowers_the_result():
    bought = Event(
        "b",
        datetime(2024, 1, 1, tzinfo=UTC),
        Kind.TRADE,
        "kraken",
        Amount(Decimal(200), "USD"),
        Amount(Decimal(1), "BNB"),
    )
    event = of_position(fee=Amount(Decimal("0.1"), "BNB"), fee_value=Decimal(30))
    assert results(bought, event) == [("fee", 10), ("result", -30)]


def test_a_result_knows_no_day_of_acquisition():
    [match] = shown.matches(reckon([of_position(received=Amount(Decimal(100), "USD"))], US))
    assert match.acquired is None
    assert match.known


# --- days of acquisition ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("came", ["deposit 1 BTC", "given 1 BTC", "opening 1 BTC"])
def test_when_something_was_acquired_that_came_from_nobody_knows_where_is_not_claimed(came):
    """Whoever files it would swear to a day on which nothing was bought. It was held since then at least."""
    story = f"US fifo per_wallet\n2023-01-01 kraken: {came}\n2023-02-01 kraken: move 1 BTC to cold\n"
    [early] = days_of(f"{story}2023-12-31 cold: sell 1 BTC for 9")
    [late] = days_of(f"{story}2024-01-02 cold: sell 1 BTC for 9")
    assert (early, late) == ((None, "short"), (None, "long"))
    said = story.replace(came, f"{came} cost 5 acquired 2020-02-03")
    [told_of] = days_of(f"{said}2023-12-31 cold: sell 1 BTC for 9")
    assert told_of == (date(2020, 2, 3), "long")


def test_when_something_was_acquired_of_which_only_the_price_is_missing_is_known():
    assert days_of("US fifo universal\n2023-01-01 swap 1 X for 1 BTC\n2023-02-01 sell 1 BTC for 9") == [
        (None, "short"),  # there was no X
        (date(2023, 1, 1), "short"),
    ]
    assert days_of("US fifo universal\n2023-01-01 12:00 reward 1 BTC\n2023-01-01 12:00 sell 1 BTC for 9") == [
        (date(2023, 1, 1), "short")
    ]


def test_what_arrived_beyond_what_was_sent_has_no_day_of_acquisition():
    story = "US fifo per_wallet\n2023-01-01 kraken: buy 1 X for 5\n2023-01-02 kraken: move 1 X to cold arriving 2\n"
    days = days_of(f"{story}2023-02-01 cold: sell 2 X for 9")
    assert days == [(date(2023, 1, 1), "short"), (None, "short")]


@pytest.mark.parametrize("country", ["CA acb universal", "GB uk_pool universal", "other average universal"])
def test_a_pool_knows_no_day_of_acquisition(country):
    story = f"{country}\n2023-01-01 buy 1 X for 5\n2023-02-01 buy 1 X for 7\n2023-06-01 sell 1 X for 9"
    assert days_of(story) == [(None, "")]


def test_a_pool_that_became_a_lot_knows_no_day_either():
    story = "GB uk_pool universal\nUS fifo universal from 2024\n2022-01-01 buy 2 X for 5\n2024-06-01 sell 1 X for 9"
    assert days_of(story) == [(None, "long")]


def days_of(story):
    settings, events = read(story)
    matches = shown.matches(reckon(events, settings, moments=[date(2023, 1, 15), date(2023, 2, 15)]))
    return [(each.acquired and each.acquired.date(), each.term) for each in sorted(matches, key=lambda m: m.disposed)]


# --- history that is missing --------------------------------------------------------------------------------------


SHORT = """
    CA acb universal
    2024-08-01 sell 1 X for 10
    2024-08-10 buy 2 X for 200
    2024-11-15 sell 2 X for 100
    2024-11-20 buy 2 X for 90
"""


def test_in_canada_what_was_sold_without_being_there_does_not_lower_what_is_held_later():
    assert "2024-11-15 2 X of average: 100 - 200 + 100 denied = 0" in told(SHORT)


def test_in_canada_what_arrived_beyond_what_was_sent_is_held():
    story = """
        CA acb universal
        2024-08-01 kraken: buy 2 X for 200
        2024-08-02 kraken: move 1 X to cold arriving 3
        2024-11-15 kraken: sell 1 X for 10
        2024-11-20 kraken: buy 1 X for 10
        2024-11-21 kraken: sell 2 X for 100
    """
    assert "2024-11-15 1 X of average: 10 - 50 + 40 denied = 0" in told(story)


@pytest.mark.parametrize("country", ["GB uk_pool", "CA acb", "other average"])
def test_of_a_pool_only_the_part_that_came_from_nobody_knows_where_is_without_a_cost(country):
    """One deposit of a hundredth of a pool, and all that was ever sold from it was said to have had no cost."""
    story = f"{country} universal\n2024-01-01 buy 3 X for 30\n2024-02-01 deposit 1 X\n2024-08-01 sell 2 X for 400"
    again = f"{story}\n2024-10-01 sell 2 X for 400"
    assert found(again)[1:] == ["finding: missing_basis, 0.5 X, 100"] * 2


SMALLEST = "0.000000000000000001"


@pytest.mark.parametrize("country", ["GB uk_pool", "CA acb", "other average"])
def test_once_all_that_nobody_knew_has_left_a_pool_everything_is_known_of_it(country):
    """The smallest part came from nowhere, and left with the first sale."""
    came = f"{country} universal\n2024-01-01 buy 3 X for 30\n2024-02-01 deposit {SMALLEST} X\n"
    story = f"{came}2024-08-01 sell 1 X for 400"
    first = found(story)
    assert [line.partition(",")[0] for line in first] == ["finding: unknown_origin", "finding: missing_basis"]

    assert found(f"{story}\n2024-10-01 sell 1 X for 400\n2024-12-31 sell 1 X for 20") == first


def test_once_all_that_nobody_knew_of_a_day_is_given_everything_is_known_of_its_rest():
    story = f"""
        GB uk_pool universal
        2024-01-15 buy 1 X for 10
        2024-01-20 sell {SMALLEST} X for 100
        2024-02-01 09:00 reward {SMALLEST} X
        2024-02-01 10:00 buy 3 X for 30
    """
    first = found(story)
    assert [line.partition(",")[0] for line in first] == ["finding: missing_basis", "finding: missing_price"]

    assert found(f"{story}2024-08-01 sell 2 X for 400") == first


def test_in_the_united_kingdom_a_day_of_both_shares_out_what_nobody_knows():
    story = """
        GB uk_pool universal
        2024-02-01 09:00 reward 1 X
        2024-02-01 10:00 buy 3 X for 30
        2024-02-01 11:00 sell 2 X for 400
        2024-01-20 sell 1 X for 100
        2024-06-01 sell 1 X for 100
    """
    assert found(story) == [
        "finding: negative_balance, 1 X",
        "finding: missing_basis, 0.25 X, 25",
        "finding: missing_price, 1 X",
        "finding: missing_basis, 0.5 X, 100",
        "finding: missing_basis, 0.25 X, 25",
    ]


def test_a_pool_that_is_moved_or_turned_keeps_what_nobody_knows_of_it():
    story = """
        other average per_wallet
        US fifo per_wallet from 2025
        2024-01-01 kraken: buy 3 X for 30
        2024-02-01 kraken: deposit 1 X
        2024-03-01 kraken: move 2 X to cold
        2024-04-01 cold: sell 1 X for 100
        2025-04-01 cold: sell 1 X for 100
        2025-04-02 kraken: sell 1 X for 100
    """
    assert found(story)[1:] == ["finding: missing_basis, 0.25 X, 25"] * 3


@pytest.mark.parametrize("country", ["GB uk_pool", "CA acb", "other average"])
def test_going_on_from_what_was_kept_tells_the_same_of_what_nobody_knows(country):
    story = f"""
        {country} universal
        2024-01-01 buy 3 X for 30
        2024-02-01 deposit 1 X
        2024-08-20 sell 2 X for 400
        2024-09-10 deposit 1 X
        2024-09-11 buy 3 X for 30
        2024-11-01 sell 3 X for 300
    """
    chosen, events = read(story)
    late = datetime(2024, 11, 1, tzinfo=UTC)
    kept = reckon([event for event in events if event.at < late], chosen, moments=[SEPTEMBER.date()])

    again = renew(kept, events, {"X": late})

    assert retold(again, UTC) == told(story)


@pytest.mark.parametrize("story", [SHORT])
def test_going_on_from_what_was_kept_gives_the_same_where_history_is_missing(story):
    chosen, events = read(story)
    early = [event for event in events if event.at < SEPTEMBER]
    late = min(event.at for event in events if event.at > SEPTEMBER)
    kept = reckon(early, chosen, moments=[SEPTEMBER.date()])

    again = renew(kept, events, {"X": late})

    assert retold(again, UTC) == told(story)


def test_in_canada_what_a_loss_waits_for_is_known_when_going_on():
    """Kept between the loss and what was bought instead of it."""
    chosen, events = read("""
        CA acb universal
        2024-01-01 buy 10 X for 1000
        2024-08-20 sell 4 X for 200
        2024-09-10 buy 4 X for 240
        2024-11-01 sell 2 X for 900
    """)
    whole = reckon(events, chosen, moments=[date(2024, 9, 1)])

    again = renew(whole, events, {"X": events[-1].at})

    assert again.booked["X"].takes == whole.booked["X"].takes
    assert again.booked["X"].takes[-1].gain == whole.booked["X"].takes[-1].proceeds - 208 * 10**8


def test_what_a_gift_was_worth_is_known_when_going_on():
    chosen, events = read("""
        US fifo per_wallet
        2023-05-01 given 3 X worth 24000 cost 30000 acquired 2019-01-01
        2024-05-01 move 3 X to cold
        2024-09-10 cold: sell 1 X for 7000
        2024-09-11 cold: sell 1 X for 9000
    """)
    whole = reckon(events, chosen, moments=[date(2024, 9, 1)])

    again = renew(whole, events, {"X": events[-1].at})

    assert [take.gain for take in again.booked["X"].takes] == [-1000 * 10**8, 0]
    assert again.booked["X"].takes == whole.booked["X"].takes


def test_what_was_given_is_a_loss_of_the_givers_cost_where_no_price_is_known_and_elsewhere():
    for head, worth in (("US fifo universal", ""), ("DE fifo universal", "worth 8000")):
        story = f"""
            {head}
            2023-05-01 given 1 X {worth} cost 10000 acquired 2022-12-01
            2023-06-02 sell 1 X for 7000
        """
        assert "2023-06-02 1 X of 2022-12-01: 7,000 - 10,000 = -3,000 short fifo" in told(story)


def test_nothing_is_held_before_it_is_acquired():
    story = "US fifo universal\n2023-01-01 given 1 ETH cost 200 acquired 2023-06-01\n2024-02-01 sell 1 ETH for 900"
    assert "2024-02-01 1 ETH of 2023-01-01: 900 - 200 = 700 long fifo" in told(story)


# --- the last unit ------------------------------------------------------------------------------------------------


def test_in_the_united_kingdom_a_day_that_gave_to_earlier_ones_costs_the_same_from_what_was_kept():
    """The day's own sales take their share of its cost before earlier disposals do, wherever one begins."""
    chosen, events = read("""
        GB uk_pool universal
        2024-08-25 sell 1 X for 1
        2024-09-05 09:00 buy 13 X for 0.00000036
        2024-09-05 10:00 sell 6 X for 1
    """)
    whole = reckon(events, chosen, moments=[date(2024, 9, 1)])
    later = Event(
        "new", datetime(2024, 10, 9, tzinfo=UTC), Kind.TRADE, "main", Amount(Decimal(1), "GBP"), Amount(Decimal(1), "X")
    )

    again = renew(whole, [*events, later], {"X": later.at})

    assert again.booked["X"].takes == whole.booked["X"].takes


def test_in_the_united_kingdom_what_a_transfer_cost_goes_to_what_was_bought_on_its_day():
    """Whether it was moved on the day it was bought or on the next is of no account."""
    bought = "GB uk_pool universal\ntransfer-fee cost\n2023-01-01 09:00 kraken: buy 1 BTC for 10000\n"
    sold = "\n2023-07-01 cold: sell 1 BTC for 20000"
    for day in ("2023-01-01 13:00", "2023-01-02 13:00"):
        story = f"{bought}{day} kraken: move 1 BTC to cold fee 5{sold}"
        assert told(story) == "2023-07-01 1 BTC of pool: 20,000 - 10,005 = 9,995"


# --- several targets ----------------------------------------------------------------------------------------------


def test_a_wallet_that_has_got_its_part_takes_nothing_that_is_bound_for_another():
    per_wallet = US._replace(regimes=(Regime(2009, Country.US, Method.FIFO, Scope.PER_WALLET),))

    def btc(amount: int) -> Amount:
        return Amount(Decimal(amount), "BTC")

    def side(name: str, wallet: str, day: int, **legs: Amount) -> Event:
        return Event(name, datetime(2024, 1, day, tzinfo=UTC), Kind.TRANSFER, wallet, link="t", **legs)

    def trade(name: str, wallet: str, day: int, sent: Amount, received: Amount) -> Event:
        return Event(name, datetime(2024, 1, day, tzinfo=UTC), Kind.TRADE, wallet, sent, received)

    usd = Amount(Decimal(900), "USD")
    events = [
        trade("buy", "kraken", 1, usd, btc(3)),
        side("out", "kraken", 2, sent=btc(3)),
        side("in1", "cold", 3, received=btc(1)),
        trade("sale1", "cold", 4, btc(2), usd),
        side("in2", "ledger", 5, received=btc(2)),
        trade("sale2", "ledger", 6, btc(2), usd),
    ]

    found = [
        (match.disposal, match.amount, match.cost, match.known) for match in shown.matches(reckon(events, per_wallet))
    ]

    assert found == [("sale1", 1, 300, True), ("sale1", 1, 0, False), ("sale2", 2, 600, True)]
    problems = [(each.problem, each.event) for each in shown.findings(reckon(events, per_wallet))]
    assert problems == [("missing_basis", "sale1"), ("negative_balance", "sale1")]

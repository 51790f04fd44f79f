"""A tax year's figures, as the forms ask for them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger.engine import figures
from ledger.engine.reckoning import reckon
from tests.ledger.engine.stories import read


def reckoned(story: str):
    chosen, events = read(story)
    return reckon(events, chosen)


def year_of(year: int, story: str):
    return figures.year_of(reckoned(story), year)


def test_schedule_d_has_two_halves():
    year = figures.united_states(
        year_of(
            2023,
            """
            US fifo universal
            2022-01-01 buy 1 ETH for 1000
            2023-01-01 buy 1 ETH for 1500
            2023-06-01 sell 1.5 ETH for 3000 fee 30
            2023-07-01 reward 2 ATOM worth 20 as staking
            2023-08-01 reward 1 ATOM worth 11 as staking
            2024-01-05 sell 0.5 ETH for 2000
        """,
        )
    )

    assert year.long == (Decimal(1980), Decimal(1000), 0, Decimal(980))
    assert year.short == (Decimal(990), Decimal(750), 0, Decimal(240))
    assert year.income == {"staking": 31}


def test_a_year_that_another_countrys_ended_has_what_came_before_by_itself():
    """The American year 2024 ends on 5 April, where the British 2024/25 begins; the number 2024 is of the latter."""
    reckoning = reckoned("""
        US fifo universal
        GB uk_pool universal from 2024
        zone Europe/London
        2023-01-01 buy 10 ETH for 10000
        2023-12-31 sell 1 ETH for 1100
        2024-02-01 sell 1 ETH for 3000
        2024-03-01 reward 2 ATOM worth 20 as staking
        2024-04-05 23:30 sell 1 ETH for 1500
        2024-04-06 00:30 sell 1 ETH for 9000
        2025-02-01 sell 1 ETH for 2000
    """)

    american = figures.united_states(figures.year_of(reckoning, 12024))
    british = figures.united_kingdom(figures.year_of(reckoning, 2024), 2024)

    assert (american.long.proceeds, american.long.gain, american.income) == (4500, 2500, {"staking": 20})
    assert (british.disposals, british.proceeds, british.gains, british.income) == (2, 11000, 9000, {})
    assert figures.united_states(figures.year_of(reckoning, 2023)).short.gain == 100


def test_a_year_in_the_united_kingdom_begins_in_april_and_a_days_sales_are_one_disposal():
    reckoning = reckoned("""
        GB uk_pool universal
        zone Europe/London
        2023-01-01 buy 10 ETH for 10000
        2024-04-05 sell 1 ETH for 3000
        2024-04-06 10:00 sell 1 ETH for 9000
        2024-04-06 11:00 sell 1 ETH for 3000
        2024-05-06 sell 1 ETH for 400
    """)

    year = figures.united_kingdom(figures.year_of(reckoning, 2024), 2024)

    assert (year.disposals, year.proceeds, year.costs) == (2, 12400, 3000)
    assert (year.gains, year.losses) == (10000, 600)
    assert (year.exempt, year.taxable) == (3000, 6400)
    assert figures.united_kingdom(figures.year_of(reckoning, 2023), 2023).gains == 2000
    assert figures.united_kingdom(figures.year_of(reckoning, 2023), 2023).taxable == 0


@pytest.mark.parametrize(
    ("year", "exempt"),
    [(2010, 10100), (2011, 10600), (2012, 10600), (2013, 10900), (2014, 11000), (2016, 11100), (2017, 11300),
     (2018, 11700), (2019, 12000), (2022, 12300), (2023, 6000), (2024, 3000), (2026, 3000)],
)  # fmt: skip
def test_each_british_year_has_its_own_exempt_amount(year, exempt):
    reckoning = reckoned(f"""
        GB uk_pool universal
        zone Europe/London
        {year}-05-01 buy 1 BTC for 1
        {year}-06-01 sell 1 BTC for 20001
    """)

    found = figures.united_kingdom(figures.year_of(reckoning, year), year)

    assert (found.exempt, found.taxable) == (exempt, 20000 - exempt)


def test_half_of_a_gain_is_taxed_in_canada_after_what_was_denied():
    year = figures.canada(
        year_of(
            2023,
            """
            CA acb universal
            2023-01-01 buy 50 X for 5000
            2023-06-01 sell 20 X for 1000
            2023-06-15 buy 15 X for 700
        """,
        )
    )

    assert year.all == (1000, 2000, 750, -250)
    assert year.taxable == -125


def test_german_wages_dividends_and_interest_on_money_are_no_other_income():
    """Neither do they count for the limit of 256 euros, nor are they taxed on that form. Lending an asset is."""
    story = """
        DE fifo per_wallet
        zone Europe/Berlin
        2023-01-10 income 1 BTC worth 900 as salary
        2023-02-10 income 2 X worth 50 as dividend
        2023-03-10 income 40 EUR as interest
        2023-04-10 reward 1 ETH worth {} as interest
    """
    below, above = (figures.germany(year_of(2023, story.format(worth)), 2023) for worth in (255, 256))

    assert (below.other_forms, below.taxable_income) == (990, 0)
    assert (above.other_forms, above.taxable_income) == (990, 256)
    assert above.income == {"dividend": 50, "interest": 296, "salary": 900}


@pytest.mark.parametrize(
    ("day", "price", "taxable"),
    [("2023-06-01", 1599, 0), ("2023-06-01", 1600, 600), ("2024-01-02", 1999, 0), ("2024-01-02", 2000, 1000)],
)
def test_who_reaches_the_german_limit_is_taxed_on_all_of_it(day, price, taxable):
    reckoning = reckoned(f"""
        DE fifo per_wallet
        zone Europe/Berlin
        2020-01-01 buy 1 ETH for 100
        2020-01-01 bitpanda: buy 1 BTC for 100
        2023-05-01 buy 1 ADA for 1000
        {day} sell 1 ADA for {price}
        {day} bitpanda: sell 1 BTC for 50000
    """)

    year = figures.germany(figures.year_of(reckoning, int(day[:4])), int(day[:4]))

    assert year.taxable == taxable
    assert year.free.gain == 49900


def test_what_german_positions_won_or_lost_is_none_of_the_sales():
    """It goes by section 20 EStG: a profit makes nobody reach the limit, and a loss saves nobody from it."""
    story = """
        DE fifo per_wallet
        2022-01-01 buy 1 ETH for 1000
        2022-02-01 sell 0.5 ETH for {}
        2022-03-01 loss 200 EUR fee 5
        2022-04-01 profit 650 EUR
        2022-05-01 loss 0.1 ETH worth 150
    """
    taxed, below = (figures.germany(year_of(2022, story.format(worth)), 2022) for worth in (1100, 1040))

    assert (taxed.within_a_year, taxed.taxable) == ((1250, 600, 0, 650), 650)  # the coin that paid for a loss is sold
    assert (below.within_a_year.gain, below.taxable) == (590, 0)
    assert taxed.results == below.results == (650, 355, 0, 295)


def test_a_german_loss_stays_a_loss_and_rewards_have_a_limit_of_their_own():
    year = figures.germany(
        year_of(
            2024,
            """
            DE fifo per_wallet
            2024-01-01 buy 1 ETH for 1000
            2024-02-01 sell 1 ETH for 900
            2024-03-01 reward 1 ATOM worth 256 as staking
        """,
        ),
        2024,
    )

    assert year.taxable == -100
    assert year.taxable_income == 256


def test_in_australia_losses_go_first_against_what_has_no_discount():
    story = """
        AU fifo universal
        zone Australia/Sydney
        2022-08-01 buy 1 BTC for 10000
        2023-08-01 buy 2 ETH for 4000
        2023-09-01 sell 1 ETH for 2500
        2023-10-01 sell 1 ETH for 1000
        2023-11-01 sell 1 BTC for 20000
    """

    year = figures.australia(figures.year_of(reckoned(story), 2023))

    assert (year.gains, year.discountable, year.losses) == (500, 10000, 1000)
    assert (year.net, year.carried) == (4750, 0)


def test_in_australia_each_parcel_gains_or_loses_by_itself():
    """A loss on one parcel of a sale goes first against gains without the discount."""
    story = """
        AU fifo universal
        zone Australia/Sydney
        2021-08-01 buy 1 BTC for 10000
        2021-09-01 buy 1 BTC for 60000
        2023-08-01 buy 1 ETH for 1000
        2023-10-01 sell 2 BTC for 90000
        2023-11-01 sell 1 ETH for 9000
    """

    year = figures.australia(figures.year_of(reckoned(story), 2023))

    assert (year.gains, year.discountable, year.losses) == (8000, 35000, 15000)
    assert year.net == (35000 - 7000) / 2


def test_in_australia_losses_left_over_are_carried():
    story = """
        AU fifo universal
        2023-08-01 buy 2 ETH for 4000
        2023-09-01 sell 1 ETH for 2500
        2023-10-01 sell 1 ETH for 1000
    """

    year = figures.australia(figures.year_of(reckoned(story), 2023), brought=Decimal(200))

    assert (year.net, year.carried) == (0, 700)

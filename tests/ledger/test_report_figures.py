"""A tax year's figures from kept sums are those that the engine itself would give."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ledger import tax_figures
from ledger.engine import figures as engine
from ledger.engine.types import Country, Method
from tests.ledger.booked import keep, told
from tests.ledger.engine.histories import history

pytestmark = pytest.mark.django_db

ENGINES = {
    Country.US: engine.united_states,
    Country.GB: None,
    Country.CA: engine.canada,
    Country.DE: None,
    Country.AU: engine.australia,
    Country.OTHER: engine.elsewhere,
}


def expected(country, reckoned, year):
    came_to = engine.year_of(reckoned, year)
    if country is Country.GB:
        return engine.united_kingdom(came_to, year)
    if country is Country.DE:
        return engine.germany(came_to, year)
    return ENGINES[country](came_to)


@pytest.mark.parametrize(
    ("country", "method"),
    [
        (Country.US, Method.FIFO),
        (Country.US, Method.HIFO),
        (Country.GB, Method.UK_POOL),
        (Country.CA, Method.ACB),
        (Country.DE, Method.FIFO),
        (Country.AU, Method.LIFO),
        (Country.OTHER, Method.AVERAGE),
    ],
)
def test_the_figures_are_the_engines(alice, country, method):
    events, settings = history(len(country.value) + len(method.value), method, 60)
    regimes = tuple(each._replace(country=country) for each in settings.regimes)
    money = tax_figures.FORM_MONEY.get(country, settings.currency)
    kept, reckoned = keep(alice, events, settings._replace(regimes=regimes))
    kept.settings["currency"] = money  # the same sums in it, so that all of the form can be compared
    for year in (2023, 2024, 2025):
        assert tax_figures.figures(kept, year) == expected(country, reckoned, year)


def test_a_year_is_of_the_country_in_force_then(alice):
    kept = told(
        alice,
        """
        US fifo universal
        2022-01-01 buy 2 ETH for 1000
        2023-01-05 sell 1 ETH for 1500
        """,
    )
    kept.settings["regimes"].append([2024, "DE", "fifo", "per_wallet"])
    assert isinstance(tax_figures.figures(kept, 2023), engine.UnitedStates)
    assert isinstance(tax_figures.figures(kept, 2024), engine.Germany)


def test_figures_are_told_by_name_and_each_asset_by_term(alice):
    kept = told(
        alice,
        """
        US fifo universal
        2022-01-01 buy 2 ETH for 1000
        2023-01-05 sell 1 ETH for 1500.5
        2023-02-01 reward 2 ATOM worth 20 as staking
        """,
    )
    found = tax_figures.figures(kept, 2023)
    assert tax_figures.told(found)["long.gain"] == Decimal("1000.5")
    assert tax_figures.kept(found)["income.staking"] == "20"
    assert tax_figures.by_asset(kept, 2023) == {"ETH": {"long": ["1500.5", "500", "1000.5"]}}
    words = [line.words for line in tax_figures.lines(found)]
    assert words[:2] == ["Short-term: Proceeds", "Short-term: Cost"]
    assert words[-1] == "Income: staking"


def test_what_german_positions_came_to_is_told_apart(alice):
    kept = told(
        alice,
        """
        DE fifo per_wallet
        2022-01-01 buy 1 ETH for 1000
        2022-02-01 sell 0.5 ETH for 1100
        2022-03-01 loss 200 EUR fee 5
        2022-05-01 loss 0.1 ETH worth 150
        """,
    )
    figures = tax_figures.told(tax_figures.figures(kept, 2022))
    assert [figures[name] for name in ("within_a_year.gain", "taxable", "results.gain")] == [650, 650, -355]
    assert tax_figures.words_of("results.gain") == "Margin and futures, for Anlage KAP: Gain or loss"


def test_a_year_without_anything_comes_to_nothing(alice):
    kept = told(alice, "GB uk_pool universal")
    found = tax_figures.figures(kept, 2024)
    assert (found.disposals, found.taxable, found.exempt) == (0, 0, 3000)


@pytest.mark.parametrize(
    ("rules", "money", "named"),
    [("GB uk_pool universal", "GBP", {"exempt", "taxable"}), ("DE fifo per_wallet", "EUR", {"limit", "income_limit"})],
)
def test_what_a_law_counts_in_its_own_money_is_not_set_against_sums_in_another(alice, rules, money, named):
    kept = told(alice, f"{rules}\n2022-01-01 buy 3 ETH for 3000\n2022-06-01 sell 1 ETH for 9000")
    assert tax_figures.other_money(kept, 2022) == ""
    assert named <= set(tax_figures.told(tax_figures.figures(kept, 2022)))

    kept.settings["currency"] = "USD"

    assert tax_figures.other_money(kept, 2022) == money
    assert not named & set(tax_figures.told(tax_figures.figures(kept, 2022)))


def test_figures_take_the_same_queries_however_much_there_is(alice, django_assert_num_queries):
    kept = told(alice, "GB uk_pool universal")
    with django_assert_num_queries(3):
        tax_figures.figures(kept, 2024)

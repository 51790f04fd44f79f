"""What is kept added up is what adding up gives, also where only a part was reckoned anew."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import Actor, ActorKind
from ledger.models import DaySum, Earning, EarningSum, Finding, FindingSum, GainSum, Match
from tests.ledger.gains.books import assert_as_from_the_beginning, buys, day, named, reckon, says, sells, tell
from tests.ledger.stand import ledger_row

pytestmark = pytest.mark.django_db


def earned(name, at, asset="XXBT", kind="staking"):
    return ledger_row(name, name, asset, "0.5", kind=kind, at=at)


def assert_days_are_sums():
    days = {}
    for each in Match.objects.filter(counts=True):
        gain = days.setdefault((each.reckoning_id, each.year, each.asset), Counter())
        gain[each.day] += each.proceeds - each.cost + each.adjustment
    kept = {(e.reckoning_id, e.year, e.asset): (e.days, e.gains, e.losses) for e in DaySum.objects.all()}
    assert kept == {
        key: (len(gain), sum(g for g in gain.values() if g > 0), -sum(g for g in gain.values() if g < 0))
        for key, gain in days.items()
    }
    return kept


def assert_kept_sums_are_sums():
    income, incomes, problems, money = Counter(), Counter(), Counter(), Counter()
    for each in Earning.objects.all():
        key = (each.reckoning_id, each.year, each.asset, each.category)
        income[key] += each.value
        incomes[key] += 1
    for each in Finding.objects.all():
        key = (each.reckoning_id, each.year, each.asset, each.problem)
        money[key] += each.money
        problems[key] += 1
    gained, matches = Counter(), Counter()
    for each in Match.objects.filter(counts=True):
        key = (each.reckoning_id, each.year, each.asset, each.wallet, each.term, each.act)
        gained[key] += each.proceeds - each.cost + each.adjustment
        matches[key] += 1
    gains = {
        (e.reckoning_id, e.year, e.asset, e.wallet, e.term, e.act): (e.gains - e.losses, e.matches)
        for e in GainSum.objects.all()
    }
    assert gains == {key: (gained[key], matches[key]) for key in matches}
    kept = {(e.reckoning_id, e.year, e.asset, e.category): (e.value, e.count) for e in EarningSum.objects.all()}
    assert kept == {key: (income[key], incomes[key]) for key in incomes}
    found = {(f.reckoning_id, f.year, f.asset, f.problem): (f.money, f.count) for f in FindingSum.objects.all()}
    assert found == {key: (money[key], problems[key]) for key in problems}
    return kept, found


def test_income_and_findings_of_each_year_are_added_up(alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)), *buys("B2", "1", "1000", day(1), asset="XETH"))
    tell(wallet, *sells("S1", "3", "900", day(20)), *sells("S2", "3", "900", day(420), asset="XETH"))
    tell(wallet, *(earned(f"R{number}", day(number * 100)) for number in range(6)))
    tell(wallet, earned("E1", day(2), "XETH"), earned("E2", day(500), "XETH"))
    reckon(alice)
    kept, found = assert_kept_sums_are_sums()
    assert {(year, asset) for _, year, asset, _ in kept} == {
        (year, asset) for year in (2024, 2025) for asset in ("BTC", "ETH")
    }
    assert {problem for *_, problem in found} >= {"missing_basis"}

    says(alice, named(alice, "R5"), category="airdrop")
    says(alice, named(alice, "S2"), sent={"amount": "0.1", "asset": "ETH"})
    reckon(alice)
    changed, fewer = assert_kept_sums_are_sums()
    assert {category for *_, category in changed} > {category for *_, category in kept}
    assert sum(count for _, count in fewer.values()) < sum(count for _, count in found.values())
    assert_as_from_the_beginning(alice)


def test_a_history_without_income_has_no_sums(alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)), *sells("S1", "1", "300", day(5)))
    reckon(alice)
    assert assert_kept_sums_are_sums() == ({}, {})


def test_days_of_disposals_are_added_up_where_a_country_counts_them(alice, wallet):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    says_country(alice, "GB")
    tell(wallet, *buys("B1", "20", "1000", day(0)), *buys("B2", "20", "1000", day(1), asset="XETH"))
    tell(wallet, *(row for number in range(6) for row in sells(f"S{number}", "1", "90", day(20, number * 4))))
    tell(wallet, *sells("S8", "3", "9", day(600), asset="XETH"), *buys("B3", "3", "30", day(610), asset="XETH"))
    reckon(alice)
    assert sum(days for days, _, _ in assert_days_are_sums().values()) == 3

    tell(wallet, *sells("S9", "1", "10", day(604), asset="XETH"), *sells("S7", "1", "10", day(20, 23)))
    says(alice, named(alice, "S2"), received={"amount": "10", "asset": "USD"})
    reckon(alice)
    assert sum(days for days, _, _ in assert_days_are_sums().values()) == 4
    assert_as_from_the_beginning(alice)
    says_country(alice, "US")
    reckon(alice)
    assert_kept_sums_are_sums()


def says_country(owner, country):
    by = Actor(ActorKind.OWNER, owner)
    tax_settings.set_for_all_years(by=by, owner=owner, now=timezone.now(), country=country)


def test_what_goes_is_added_up_once_however_many_sums_there_are(alice, wallet):
    """The planner knows nothing of what has just come, and believed that there was next to nothing to add up."""
    sold = [sells(f"S{year}", "1", "90", day(366 * year)) for year in range(1, 4)]
    tell(wallet, *buys("T1", "9", "100", day(0)), *(row for rows in sold for row in rows))
    reckon(alice)
    tell(wallet, *sells("S9", "1", "90", day(370)))
    with CaptureQueriesContext(connection) as asked:
        reckon(alice)
    taken_off = [each["sql"] for each in asked if "UPDATE ledger_gainsum" in each["sql"]]
    assert taken_off
    for sql in taken_off:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE) {sql}")
            added_up = [line for (line,) in cursor.fetchall() if "Aggregate" in line]
        assert added_up
        assert not [line for line in added_up if "loops=1)" not in line and "never executed" not in line]

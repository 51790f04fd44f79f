"""Tax years in the browser: what each came to, what it is made of, and what is wanting in it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import profile, tax_settings
from accounts.audit import SYSTEM, Actor, ActorKind
from ledger import decisions, disposals, edits, filed_years, handmade, locking, tax_years
from ledger.decisions import Verdict
from ledger.gains import asking
from ledger.models import Decision, Edit, Finding, Holding, Match, Reckoning, Report, Transaction, YearLock
from tests.conftest import signed_in
from tests.ledger.gains.books import (
    assert_as_from_the_beginning,
    buys,
    day,
    gains,
    moved,
    named,
    reckon,
    says,
    sells,
    tell,
)
from tests.ledger.matched import another
from tests.ledger.stand import ledger_row
from tests.ledger.test_locking import file_seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def history(alice, wallet):
    """2024: 1 BTC for 100, 1 BTC for 300; 1.5 sold for 600. 2025: 0.25 sold; what came from nowhere sold too."""
    tell(
        wallet,
        *buys("B1", "1", "100", day(0)),
        *buys("B2", "1", "300", day(1)),
        *sells("S1", "1.5", "600", day(30)),
        *moved("D1", "2", day(400), asset="XETH"),
        *sells("S2", "0.25", "200", day(500)),
        *sells("S3", "2", "5000", day(510), asset="XETH"),
    )
    return reckon(alice)


def shown(browser, address, status=200, **query):
    answer = browser.get(address, query)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def by_hand(wallet, **fields):
    return handmade.add(by=Actor(ActorKind.OWNER, wallet.owner), wallet=wallet, fields=fields, now=timezone.now())


def costs_of(reckoning):
    return dict(Holding.objects.filter(reckoning=reckoning).values_list("asset", "cost"))


# --- what counts otherwise than it seems ---------------------------------------------------------------------------


def test_a_fee_that_nobody_can_convert_is_named_with_what_mends_it(alices_browser, alice, wallet):
    spent = {"sent": {"amount": "1000", "asset": "USD"}, "fee": {"amount": "5000", "asset": "KMF"}}
    by_hand(wallet, kind="trade", occurred_at=day(0), received={"amount": "0.5", "asset": "BTC"}, **spent)
    reckon(alice)

    page = shown(alices_browser, "/tax/2024/").replace("\xa0", " ")

    assert "A fee that nobody can convert" in page
    assert "1,000.00 USD</strong> of trades without their fee" in page
    assert "fee 5,000 KMF" in page
    price = re.search(r'href="(/transactions/prices/of/KMF/[^"]*)"', page)
    assert price, page
    quote = {"price": "0.002", "reach": "day"}
    shown(alices_browser, unescape(price[1]))
    alices_browser.post(unescape(price[1]), quote)
    assert costs_of(reckon(alice)) == {"BTC": Decimal(1010)}
    assert "nobody can convert" not in shown(alices_browser, "/tax/2024/")


def test_a_worth_said_against_the_money_counts_and_is_among_what_to_look_at(alices_browser, alice, history):
    sale = named(alice, "S1")
    says(alice, sale, value={"amount": "900", "currency": "USD"})
    reckon(alice)

    page = shown(alices_browser, "/tax/2024/").replace("\xa0", " ")

    assert "+650.00" in page  # 900 - 100 - 150
    assert "Your word on its worth is not the money" in page
    assert "touches 300.00 USD" in page
    assert f'href="/transactions/{sale.pk}/"' in page


def test_half_a_trade_is_named_with_what_mends_it(alices_browser, alice, wallet):
    """Of money alone nothing would be booked at all: what was sold for it would be missing, and nobody would know."""
    tell(wallet, *buys("B1", "2", "100", day(0)), sells("S1", "1", "600", day(30))[1])
    reckon(alice)

    page = shown(alices_browser, "/tax/2024/").replace("\xa0", " ")

    assert "Only one side of a trade is here" in page
    assert "touches 600.00 USD" in page
    assert f'href="/transactions/{named(alice, "S1").pk}/"' in page
    says(alice, named(alice, "S1"), sent={"amount": "1", "asset": "BTC"})
    reckon(alice)
    page = shown(alices_browser, "/tax/2024/").replace("\xa0", " ")
    assert "Only one side" not in page
    assert "+550.00" in page
    assert_as_from_the_beginning(alice)


def test_two_halves_of_a_trade_that_are_here_by_themselves_are_made_one(alice, wallet):
    """As Kraken tells what it made of a coin that it gave up: each side under an id of its own."""
    halves = [ledger_row("H1", "H1", "XXBT", "-1", at=day(30)), ledger_row("H2", "H2", "XETH", "10", at=day(31))]
    tell(wallet, *buys("B1", "1", "100", day(0)), *halves)
    found = Finding.objects.filter(reckoning=reckon(alice), problem="one_sided")
    assert sorted(found.values_list("asset", flat=True)) == ["BTC", "ETH"]
    says(
        alice, named(alice, "H1"), received={"amount": "10", "asset": "ETH"}, value={"amount": "900", "currency": "USD"}
    )
    says(alice, named(alice, "H2"), ignored=True)

    reckoning = reckon(alice)

    assert not Finding.objects.filter(reckoning=reckoning, problem="one_sided").exists()
    assert gains(reckoning) == [("BTC", Decimal(1), Decimal(800), "short")]
    assert costs_of(reckoning) == {"ETH": Decimal(900)}


def test_half_a_trade_that_comes_to_be_whole_is_wanting_no_more_and_back_again(alice, wallet):
    tell(wallet, *buys("B1", "2", "100", day(0)), sells("S1", "1", "600", day(30))[0])
    assert list(Finding.objects.filter(reckoning=reckon(alice), problem="one_sided").values_list("asset")) == [("BTC",)]
    tell(wallet, sells("S1", "1", "600", day(30))[1])
    assert not Finding.objects.filter(reckoning=reckon(alice), problem="one_sided").exists()
    assert_as_from_the_beginning(alice)


def test_a_worth_written_down_by_hand_is_the_owners_word(alice, wallet):
    got = {"received": {"amount": "1", "asset": "BTC"}, "value": {"amount": "1200", "currency": "USD"}}
    by_hand(wallet, kind="trade", occurred_at=day(0), sent={"amount": "1000", "asset": "USD"}, **got)
    assert costs_of(reckon(alice)) == {"BTC": Decimal(1200)}


def test_once_the_exchange_tells_it_too_what_was_written_down_goes_by_the_money(alice, wallet):
    """It is the same happening by now; who still means the worth that was written down says so in an edit."""
    got = {"received": {"amount": "1", "asset": "BTC"}, "value": {"amount": "1200", "currency": "USD"}}
    by_hand(wallet, kind="trade", occurred_at=day(0), sent={"amount": "1000", "asset": "USD"}, **got)
    reckon(alice)
    tell(wallet, *buys("B1", "1", "1000", day(0)))
    one, other = Transaction.objects.filter(owner=alice)
    reckon(alice)
    verdict = Verdict(Decision.Kind.SAME, [one.pk], [other.pk])
    decisions.decide(by=Actor(ActorKind.OWNER, alice), owner=alice, verdict=verdict, now=timezone.now())

    assert costs_of(reckon(alice)) == {"BTC": Decimal(1000)}
    assert_as_from_the_beginning(alice)


# --- years ---------------------------------------------------------------------------------------------------------


def test_without_a_wallet_the_way_to_one_is_shown(alices_browser):
    assert "Add a wallet" in shown(alices_browser, "/tax/")


def test_of_who_has_no_wallet_nothing_is_said_to_have_been_gained(alices_browser, alice):
    """That nothing was gained would be an answer for a tax office."""
    asking.standing(alice, now=timezone.now())
    reckon(alice)

    year, plan = shown(alices_browser, "/tax/2025/"), shown(alices_browser, "/tax/plan/")

    assert "Nothing was gained" not in year
    assert "Add a wallet" in year
    assert "Nothing to share out" in plan
    assert "You have not saved a plan yet" not in plan


def test_a_year_without_a_disposal_says_by_what(alices_browser, history):
    assert "by the transactions that are here" in shown(alices_browser, "/tax/2021/")


def test_what_is_not_reckoned_yet_is_said_and_asked_for_again(alices_browser, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)))

    page = shown(alices_browser, "/tax/2024/")

    assert "being reckoned" in page
    assert 'hx-trigger="every 2s"' in page


def test_years_have_their_gains_and_what_is_wanting(alices_browser, history):
    page = shown(alices_browser, "/tax/")

    assert "/tax/2024/" in page
    assert "+350.00" in page  # 600 - 100 - 150
    assert "to look at" in page


def test_what_figures_leave_open_is_said_where_they_may_be_filed_from(alices_browser, alice, wallet, history):
    unsaid, unread = "You have not said where you pay tax", "“Kraken” is not read to its end yet"
    open_yet = r"(\d+) things? of this year (is|are) open"
    places = ("/tax/2024/", "/tax/2024/reports/", "/tax/2024/lock/")

    for address in ("/tax/", "/tax/2025/", "/tax/2025/reports/", "/tax/2025/lock/"):
        page = shown(alices_browser, address)
        assert unsaid in page
        assert unread in page
        assert bool(re.search(open_yet, page)) == (address != "/tax/")

    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="US", method="fifo", now=timezone.now())
    profile.change(by=SYSTEM, owner=alice, time_zone="America/New_York", now=timezone.now())
    wallet.__class__.objects.update(streams=[{"stream": "ledger", "state": "done"}])
    reckon(alice)
    for address in ("/tax/", *places):
        assert "Before you file" not in shown(alices_browser, address)
    assert re.search(open_yet, shown(alices_browser, "/tax/2025/"))

    locking.lock(by=Actor(ActorKind.OWNER, alice), owner=alice, year=2025, note="", now=timezone.now())
    for address in ("/tax/2025/", "/tax/2025/reports/", "/tax/2025/lock/"):
        assert "Before you file" not in shown(alices_browser, address)


@pytest.mark.parametrize("part", ["", "reports/", "lock/"])
def test_figures_in_another_money_than_the_form_asks_for_are_said_to_be_before_they_are_filed(
    alices_browser, alice, history, part
):
    words = "They are in EUR, and the form of the United States is filled in USD"
    assert words not in shown(alices_browser, f"/tax/2024/{part}")

    profile.change(by=SYSTEM, owner=alice, base_currency="EUR", now=timezone.now())
    alice.refresh_from_db()
    reckon(alice)

    assert words in shown(alices_browser, f"/tax/2024/{part}")


def test_a_filed_year_that_would_now_differ_says_so_and_leads_to_what_was_done(alices_browser, alice, history):
    sale, bought = named(alice, "S1"), named(alice, "B1")
    by = Actor(ActorKind.OWNER, alice)
    locking.lock(by=by, owner=alice, year=2024, note="", now=timezone.now())
    for address in ("/tax/", "/tax/2024/"):
        assert "Would now differ" not in shown(alices_browser, address)

    says(alice, sale, received={"amount": "700", "asset": "USD"})
    edits.edit(by=by, owner=alice, ids=[sale.pk, bought.pk], changes={"note": "Looked at"}, now=timezone.now())
    reckon(alice)

    for address in ("/tax/", "/tax/2024/"):
        page = shown(alices_browser, address)
        assert "Would now differ" in page
        assert "/tax/2024/lock/" in page
    page = shown(alices_browser, "/tax/2024/lock/")
    assert f"/transactions/{sale.pk}/" in page  # edited by itself
    assert f"/transactions/acts/{Edit.objects.get(key=bought.pk).act}/" in page  # with another


@pytest.mark.parametrize("left", ["something", "nothing"])
def test_a_filed_year_in_which_nothing_is_left_stays_and_says_what_differs(left, alices_browser, alice, history):
    """Filed and gone is what must be seen first: the paper that was sent says otherwise."""
    by = Actor(ActorKind.OWNER, alice)
    locking.lock(by=by, owner=alice, year=2024, note="", now=timezone.now())
    rows = Transaction.objects.filter(owner=alice)
    gone = rows.filter(occurred_at__year=2024) if left == "something" else rows
    edits.edit(by=by, owner=alice, ids=[each.pk for each in gone], changes={"ignored": True}, now=timezone.now())
    reckon(alice)

    page = shown(alices_browser, "/tax/")
    assert 'href="/tax/2024/"' in page
    assert "Filed" in page
    assert "Would now differ" in page
    assert ("/tax/2025/" in page) == (left == "something")
    assert "Would now differ" in shown(alices_browser, "/tax/2024/")
    page = shown(alices_browser, "/tax/2024/lock/")
    assert "Filed, and would now differ" in page
    assert "350.00" in page


def test_a_filed_year_that_was_cut_off_stays_also_where_nothing_cuts_it_off_any_more(
    alices_browser, alice, moved_to_britain
):
    """And keeps its name: 2024/25 is another year."""
    file_seen(alices_browser, "/tax/12024/lock/")
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", method="uk_pool", now=timezone.now())
    reckon(alice)

    page = shown(alices_browser, "/tax/").replace("\xa0", " ")
    assert 'href="/tax/12024/"' in page
    assert "2024 until 5 April" in page
    for part in ("", "lock/", "disposals/"):
        page = shown(alices_browser, f"/tax/12024/{part}").replace("\xa0", " ")
        assert re.search(r"<h1[^>]*>\s*2024 until 5 April\s*</h1>", page), part
    page = shown(alices_browser, "/tax/12024/lock/")
    assert "by the rules of the United States. This year goes by the rules of the United Kingdom now" in page
    assert "350.00" in page


def test_only_where_brokers_send_a_form_are_owners_asked_about_it(alices_browser, alice, history):
    assert "1099-DA" in shown(alices_browser, "/tax/2024/")
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    assert "1099-DA" not in shown(alices_browser, "/tax/2024/")


def test_a_year_shows_both_halves_figures_and_assets(alices_browser, history):
    page = shown(alices_browser, "/tax/2025/")

    assert "Long-term" in page
    assert "+125.00" in page  # 200 - 75, held for more than a year
    assert "Short-term: Gain or loss" in page
    assert "/tax/2025/disposals/?asset=ETH" in page


def test_what_the_gain_of_a_missing_cost_touches_stands_beside_what_mends_it(alices_browser, alice, history):
    page = shown(alices_browser, "/tax/2025/")
    deposit = named(alice, "D1")

    assert "Nobody says what it had cost" in page
    assert "5,000.00" in page
    assert f"/tax/costs/{deposit.pk}/" in page
    assert f"/transactions/transfers/link/?one={deposit.pk}" in page


def test_a_cost_that_is_known_in_part_stands_beside_the_gain_it_makes(alices_browser, alice, wallet):
    """One deposit from nowhere in a pool, and "not known" stood beside every gain from it."""
    tell(wallet, *moved("D1", "1", day(0)), *buys("B1", "1", "1000", day(1)), *sells("S1", "1", "1500", day(100)))
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    for address in ("/tax/2024/disposals/", f"/tax/disposals/{named(alice, 'S1').pk}/"):
        page = shown(alices_browser, address)
        assert re.search(r">\s*500\.00 <span[^>]*>in part not known</span>", page)
        assert "+1,000.00" in page


def test_in_a_pool_the_deposit_is_asked_about_and_no_purchase_that_would_count_twice(alices_browser, alice, wallet):
    tell(wallet, *moved("D1", "1", day(0)), *buys("B1", "1", "1000", day(1)), *sells("S1", "1", "1500", day(500)))
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    page = shown(alices_browser, "/tax/2025/")
    assert f"/tax/costs/{named(alice, 'D1').pk}/" in page
    assert "Write the purchase down" not in page

    tell(wallet, *moved("D2", "1", day(2)))
    reckon(alice)

    assert "/tax/2023/findings/?problem=unknown_origin" in shown(alices_browser, "/tax/2025/")


def test_a_fee_that_was_taken_away_since_it_was_found_without_a_rate_keeps_no_page_from_opening(
    alices_browser, alice, history
):
    sold = named(alice, "S1")
    says(alice, sold, fee={"amount": "9", "asset": "ARS"})
    reckon(alice)
    assert "Say its rate" in shown(alices_browser, "/tax/2024/findings/")
    says(alice, sold, fee=None)

    for address in ("/tax/2024/findings/", "/tax/2024/", f"/tax/disposals/{sold.pk}/"):
        page = shown(alices_browser, address)
        assert "Say the fee in other money" in page
        assert "Say its rate" not in page


@pytest.mark.parametrize("part", ["", "disposals/", "income/", "findings/", "methods/"])
def test_a_year_without_anything_is_empty_and_one_that_never_was_is_not_there(alices_browser, history, part):
    shown(alices_browser, f"/tax/2020/{part}")
    shown(alices_browser, f"/tax/1999/{part}", status=404)


def test_in_the_united_kingdom_a_year_has_two_numbers(alices_browser, alice, history):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    page = shown(alices_browser, "/tax/2023/")

    assert "2023/24" in page
    assert "6 Apr 2023 to 5 Apr 2024" in page
    assert "The form is filled in GBP, and these figures are in USD" in page
    assert "Annual exempt amount" not in page
    assert "Short-term" not in page

    reckon(profile.change(by=SYSTEM, owner=alice, base_currency="GBP", now=timezone.now()))

    assert "Annual exempt amount" in shown(alices_browser, "/tax/2023/")


@pytest.mark.parametrize(
    ("country", "month", "called"),
    [
        ("GB", 3, "2025/26 .*?until 5 Apr 2026"),
        ("GB", 5, "2026/27 .*?until 5 Apr 2027"),
        ("AU", 5, "2025/26 .*?until 30 Jun 2026"),
        ("AU", 8, "2026/27 .*?until 30 Jun 2027"),
        ("DE", 2, "2026 .*?until 31 Dec 2026"),
    ],
)
def test_the_tax_year_that_runs_now_is_the_countrys_and_not_the_calendars(
    alice, history, monkeypatch, country, month, called
):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country=country, now=timezone.now())
    reckon(alice)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, month, 2, 12, tzinfo=UTC))

    page = shown(signed_in(alice), "/tax/")

    assert re.search(f"Tax year now</dt>\\s*<dd[^>]*>{called}", page)


@pytest.mark.parametrize("country", tax_settings.Country)
def test_settings_and_engine_have_tax_years_begin_on_one_day(country):
    rules = tax_settings.RULES[country]
    line = tax_settings.Setting(2026, country, rules.methods[0], rules.scopes[0])
    held = tax_years.terms_of(settings_of([[2026, str(country), "fifo", "universal"]]), 2026)

    assert (line.begins, line.called) == (held.first, held.called)


@pytest.mark.parametrize(
    ("country", "year", "zone", "said"),
    [
        ("US", 2024, "UTC", True), ("GB", 2023, "UTC", True),
        ("US", 2024, "America/New_York", False), ("other", 2024, "UTC", False),
    ],
)  # fmt: skip
def test_a_year_reckoned_in_nobodys_time_zone_says_so(alices_browser, alice, history, country, year, zone, said):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country=country, now=timezone.now())
    reckon(profile.change(by=SYSTEM, owner=alice, time_zone=zone, now=timezone.now()))

    page = shown(alices_browser, f"/tax/{year}/")

    assert ("Choose your time zone" in page) is said
    assert "Losses of earlier years" in page


def test_what_was_sold_in_winter_is_told_by_the_rules_of_the_tax_year_it_lies_in(alices_browser, alice, wallet):
    """Nothing of it met a lot: British rules from 2024 on hold from April 2024 on."""
    british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **british, now=timezone.now())
    each = by_hand(
        wallet, kind="reward", occurred_at=datetime(2024, 2, 1, tzinfo=UTC), received={"amount": "1", "asset": "BTC"}
    )
    reckon(alice)

    answer = alices_browser.get(f"/tax/disposals/{each.pk}/")

    assert answer.context["terms"].label == "2024 until 5 April"


def test_a_count_among_sums_of_money_is_called_a_count(alices_browser, alice, history):
    """Its column is headed by the currency."""
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    assert "Number of disposals" in shown(alices_browser, "/tax/2023/")


@pytest.mark.parametrize("part", ["", "disposals/", "income/", "findings/", "methods/", "reports/", "lock/"])
def test_no_page_calls_a_british_year_by_one_of_its_numbers(alices_browser, alice, history, part):
    """2023 alone may be taken for the year before, and a return be filed for the wrong one."""
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    page = shown(alices_browser, f"/tax/2023/{part}")

    assert re.search(r"<h1[^>]*>\s*2023/24\s*</h1>", page)
    assert re.search(r"<title>[^<]*2023/24", page)
    assert not re.search(r"<title>[^<]*2023(?!/24)", page)


@pytest.fixture
def moved_to_britain(alice, history):
    """American rules until 5 April 2024, British ones from then on."""
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **by_british, now=timezone.now())
    return reckon(alice)


def test_what_was_sold_by_another_countrys_rules_before_a_year_began_has_a_page_of_its_own(
    alices_browser, moved_to_britain
):
    """What was sold in February 2024 under American rules is of 2024, though 2024/25 has the same number."""
    page = shown(alices_browser, "/tax/2024/").replace("\xa0", " ")
    assert "The months before stand by themselves" in page
    assert 'href="/tax/12024/"' in page
    assert "600.00" not in page
    assert "The months before" not in shown(alices_browser, "/tax/2025/")

    page = shown(alices_browser, "/tax/12024/").replace("\xa0", " ")
    assert re.search(r"<h1[^>]*>\s*2024 until 5 April\s*</h1>", page)
    assert "This year was cut short" in page
    assert "600.00" in page
    assert "Short-term" in page
    for part in ("disposals/", "income/", "findings/", "reports/", "lock/", "1099-da/"):
        assert "2024 until 5 April" in shown(alices_browser, f"/tax/12024/{part}") or part == "1099-da/"
    years = re.findall(r'<h2><a href="/tax/(\d+)/">', shown(alices_browser, "/tax/"))
    assert years.index("2024") < years.index("12024")


def test_no_method_can_begin_with_a_year_that_was_cut_off(alices_browser, moved_to_britain):
    assert "/tax/12024/methods/" not in shown(alices_browser, "/tax/12024/")
    for part in ("methods/", "methods/hifo/"):
        assert alices_browser.get(f"/tax/12024/{part}").status_code == 404


@pytest.mark.parametrize("year", [12024, 12023, 22024, 2008, 2100, 10000])
def test_a_year_that_nothing_cut_off_is_not_there(alices_browser, history, year):
    for part in ("", "disposals/", "reports/", "lock/"):
        assert alices_browser.get(f"/tax/{year}/{part}").status_code == 404


def test_a_year_that_was_cut_off_is_filed_by_itself(alices_browser, alice, moved_to_britain):
    file_seen(alices_browser, "/tax/12024/lock/")

    assert "2024 until 5 April is marked as filed" in shown(alices_browser, "/tax/12024/lock/")
    lock = YearLock.objects.get(owner=alice)
    assert (lock.year, lock.settings["country"], lock.figures["short.proceeds"]) == (12024, "US", "600")
    assert Report.objects.get(owner=alice).kind == "8949_pdf"
    [touch] = filed_years.filed(alice)
    assert (touch.label, touch.until.date()) == ("2024 until 5 April", date(2024, 4, 6))


TO_BRITAIN, TO_CANADA, TO_THE_STATES = (
    [[2009, "CA", "acb", "universal"], [2024, "GB", "uk_pool", "universal"]],
    [[2009, "GB", "uk_pool", "universal"], [2024, "CA", "acb", "universal"]],
    [[2009, "GB", "uk_pool", "universal"], [2024, "US", "fifo", "universal"]],
)


def settings_of(regimes):
    return {"regimes": regimes, "currency": "USD", "zone": "UTC"}


@pytest.mark.parametrize(
    ("regimes", "year", "former", "is_left"),
    [
        (TO_BRITAIN, 2022, None, False),
        (TO_BRITAIN, 2023, None, False),  # Canada's rules hold for three more months, which are a year of their own
        (TO_BRITAIN, 12024, None, True),
        (TO_BRITAIN, 2024, None, False),
        (TO_CANADA, 2023, None, False),
        (TO_CANADA, 2024, "GB", False),
        ([*TO_CANADA, [2026, "AU", "fifo", "per_wallet"]], 2025, "GB", False),
        ([*TO_CANADA, [2026, "AU", "fifo", "per_wallet"]], 12026, "GB", True),
        ([*TO_CANADA, [2026, "AU", "fifo", "per_wallet"]], 2026, "CA", False),
    ],
)
def test_moves_are_told_of_in_the_years_in_which_they_fall_and_of_no_country_that_came_later(
    regimes, year, former, is_left
):
    came = tax_years.came_from(settings_of(regimes), year)
    assert (came and str(came.country)) == former
    assert tax_years.is_left(settings_of(regimes), year) == is_left


@pytest.mark.parametrize(
    ("regimes", "year", "until"),
    [
        (TO_THE_STATES, 2023, date(2023, 12, 31)),  # 2023/24 goes on until April, without anything in it
        (TO_THE_STATES, 2024, date(2024, 12, 31)),
        (TO_BRITAIN, 12024, date(2024, 4, 5)),
        (TO_BRITAIN, 2024, date(2025, 4, 5)),
        ([[2009, "GB", "uk_pool", "universal"]], 2023, date(2024, 4, 5)),
    ],
)
def test_a_year_is_over_once_another_countrys_rules_hold(regimes, year, until):
    """Else it is said that what is sold until April changes its figures, which stands in the other country's year."""
    held, noon = tax_years.terms_of(settings_of(regimes), year), datetime.combine(until, time(12), UTC)
    assert held.runs_until("UTC", now=noon) == until
    assert held.runs_until("UTC", now=noon + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("regimes", "year", "today", "until"),
    [
        ([[2009, "GB", "uk_pool", "universal"]], 2023, date(2024, 4, 5), None),  # it still runs, which is said
        ([[2009, "GB", "uk_pool", "universal"]], 2023, date(2024, 4, 6), date(2024, 5, 5)),
        ([[2009, "GB", "uk_pool", "universal"]], 2023, date(2024, 5, 5), date(2024, 5, 5)),
        ([[2009, "GB", "uk_pool", "universal"]], 2023, date(2024, 5, 6), None),
        ([[2009, "CA", "acb", "universal"]], 2023, date(2024, 1, 30), date(2024, 1, 30)),
        ([[2009, "CA", "acb", "universal"]], 2023, date(2024, 1, 31), None),
        ([[2009, "US", "fifo", "universal"]], 2023, date(2024, 1, 2), None),
        (TO_THE_STATES, 2023, date(2024, 1, 2), None),  # matching does not look into the next country's rules
        (TO_THE_STATES, 2022, date(2023, 4, 7), date(2023, 5, 5)),
        (TO_BRITAIN, 12024, date(2024, 4, 7), None),
        (TO_CANADA, 2023, date(2024, 1, 2), None),
    ],
)
def test_where_matching_looks_ahead_a_year_stays_open_for_thirty_days(regimes, year, today, until):
    noon = datetime.combine(today, time(12), UTC)
    assert tax_years.met_until(settings_of(regimes), year, now=noon) == until


@pytest.mark.parametrize("part", ["", "reports/", "lock/"])
def test_pages_of_a_year_that_purchases_may_still_change_say_so(alice, history, monkeypatch, part):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 4, 20, 12, tzinfo=UTC))
    browser = signed_in(alice)

    assert "What you buy until 5 May 2026" in shown(browser, f"/tax/2025/{part}")
    assert "What you buy until" not in shown(browser, f"/tax/2024/{part}")


def test_a_year_says_what_another_countrys_rules_held_for_before_it_was_over(alices_browser, alice, history):
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    american = {"country": "US", "method": "fifo", "scope": "universal"}
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, **by_british, now=timezone.now())
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **american, now=timezone.now())
    reckon(alice)

    assert "is not among these figures, but among those of" in shown(alices_browser, "/tax/2023/")
    assert "stands elsewhere" not in shown(alices_browser, "/tax/2022/")


def test_a_year_names_the_days_that_count_in_it_though_nothing_was_sold_on_the_others(alices_browser, alice, wallet):
    """Its head named the whole of 2023/24, of which three months are reckoned by other rules."""
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    american = {"country": "US", "method": "fifo", "scope": "universal"}
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, **by_british, now=timezone.now())
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **american, now=timezone.now())
    sold_in_autumn = day(-60)
    tell(wallet, *buys("B1", "1", "100", day(-90)), *sells("S1", "1", "600", sold_in_autumn))
    reckon(alice)

    page = shown(alices_browser, "/tax/2023/")

    assert "6 Apr 2023 to 31 Dec 2023" in page
    assert "From the next day until 5 Apr 2024 other rules hold" in page
    assert "stands elsewhere" not in page
    assert "6 Apr 2022 to 5 Apr 2023" in shown(alices_browser, "/tax/2022/")


def test_a_british_year_that_is_filed_is_called_by_both_of_its_numbers(alices_browser, alice, history):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="GB", now=timezone.now())
    reckon(alice)

    file_seen(alices_browser, "/tax/2023/lock/")
    assert "2023/24 is marked as filed" in shown(alices_browser, "/tax/2023/lock/")
    answer = alices_browser.post("/tax/2023/lock/open/", follow=True)
    assert "2023/24 is no longer marked as filed" in answer.content.decode()


def test_former_figures_are_shown_while_they_are_brought_up_to_date(alices_browser, alice, wallet, history):
    tell(wallet, *sells("S9", "0.1", "100", day(31)))

    assert "being brought up to date" in shown(alices_browser, "/tax/2024/")
    since = history.reckoned_at.isoformat()
    line = alices_browser.get("/tax/standing/", {"since": since}, headers={"HX-Request": "true"}).content.decode()
    assert "being brought up to date" in line
    reckon(alice)
    line = alices_browser.get("/tax/standing/", {"since": since}, headers={"HX-Request": "true"}).content.decode()
    assert "newer figures" in line


# --- disposals -----------------------------------------------------------------------------------------------------


def test_disposals_open_to_their_lots_and_those_to_their_transactions(alices_browser, alice, history):
    page = shown(alices_browser, "/tax/2024/disposals/")
    sale, first = named(alice, "S1"), named(alice, "B1")
    assert f"/tax/disposals/{sale.pk}/" in page
    assert "2 lots" in page

    page = shown(alices_browser, f"/tax/disposals/{sale.pk}/")
    assert f"/transactions/{first.pk}/" in page
    assert "+300.00" in page  # 400 - 100
    assert "First in, first out" in page


@pytest.mark.parametrize(
    ("said", "there", "gone"),
    [
        ({"asset": "ETH"}, "2 ETH", "0.25 BTC"),
        ({"asset": "BTC"}, "0.25 BTC", "2 ETH"),
        ({"term": "long"}, "0.25 BTC", "2 ETH"),
        ({"problem": "missing_basis"}, "2 ETH", "0.25 BTC"),
    ],
)
def test_disposals_are_filtered(alices_browser, history, said, there, gone):
    page = shown(alices_browser, "/tax/2025/disposals/", **said).replace("\xa0", " ")

    assert f"Sold {there}" in page
    assert f"Sold {gone}" not in page


@pytest.mark.parametrize("said", [{"wallet": "x"}, {"term": "never"}, {"problem": "theft"}, {"asset": "A" * 70}])
def test_a_filter_that_makes_no_sense_is_said(alices_browser, history, said):
    assert "Nothing matches" in shown(alices_browser, "/tax/2025/disposals/", **said)


def test_many_disposals_are_walked_page_by_page_without_a_gap(alice, wallet):
    sold = [row for n in range(9) for row in sells(f"S{n}", "0.1", f"{10 + n}", day(10, hour=n // 3))]
    tell(wallet, *buys("B1", "5", "100", day(0)), *sold)
    read = reckon(alice)

    seen, after = [], ""
    while True:
        page = disposals.page_of(read, 2024, disposals.Filters(), after=after, size=2)
        seen += [row.key for row in page.rows]
        after = page.older
        if not after:
            break

    assert len(seen) == len(set(seen)) == 9
    assert seen == sorted(seen, reverse=True)


def test_thirty_disposals_are_asked_for_as_often_as_one(alices_browser, bobs_browser, alice, bob, wallet):
    other = another(bob)
    tell(wallet, *buys("B1", "5", "100", day(0)), *sells("S1", "0.1", "10", day(10)))
    tell(
        other,
        *buys("B1", "5", "100", day(0)),
        *moved("D1", "7", day(1), asset="XETH"),
        *[row for n in range(30) for row in sells(f"S{n}", "0.1", "10", day(10 + n))],
        *[row for n in range(30) for row in sells(f"E{n}", "0.1", "10", day(10 + n), asset="XETH")],
    )
    reckon(alice)
    reckon(bob)
    for part in ("", "disposals/", "income/", "findings/"):
        counts = []
        for browser in (alices_browser, bobs_browser):
            shown(browser, f"/tax/2024/{part}")
            with CaptureQueriesContext(connection) as asked:
                shown(browser, f"/tax/2024/{part}")
            counts.append(len(asked))
        assert counts[1] - counts[0] <= 3, (part, counts)  # what is wanting is looked up when there is something


def test_a_stranger_finds_none_of_it(bobs_browser, alice, history):
    sale = named(alice, "S1")

    for part in ("disposals", "costs"):
        shown(bobs_browser, f"/tax/{part}/{sale.pk}/", status=404)
    assert "Sold" not in shown(bobs_browser, "/tax/2024/disposals/")


# --- methods -------------------------------------------------------------------------------------------------------


def test_methods_are_compared_as_they_come_and_nothing_is_changed(alices_browser, alice, history):
    first = shown(alices_browser, "/tax/2024/methods/")
    assert "Being reckoned" in first
    assert Reckoning.objects.filter(owner=alice).count() == 5

    reckon(alice)
    page = shown(alices_browser, "/tax/2024/methods/")

    assert "Being reckoned" not in page
    assert "For comparison only" in page  # average, in the United States
    assert "+250.00" in page  # highest and latest first: 600 - 300 - 50
    assert asking.standing(alice, now=timezone.now()).reckoning.pk == history.pk


def test_a_method_says_what_it_changes_and_is_used(alices_browser, alice, history):
    address = "/tax/2024/methods/hifo/"
    assert "Being reckoned" in shown(alices_browser, address)
    reckon(alice)
    page = shown(alices_browser, address)
    assert "+350.00" in page
    assert "+250.00" in page

    answer = alices_browser.post(address, follow=True)

    assert "From 2024 on: Highest cost first." in answer.content.decode()
    assert sum(match.proceeds - match.cost for match in Match.objects.filter(reckoning=reckon(alice), year=2024)) == 250


def test_a_method_that_is_not_accepted_is_not_used(alices_browser, history):
    assert "does not" not in shown(alices_browser, "/tax/2024/methods/average/")
    answer = alices_browser.post("/tax/2024/methods/average/", follow=True).content.decode()
    assert "average cost is not accepted" in answer
    shown(alices_browser, "/tax/2024/methods/astrology/", status=404)

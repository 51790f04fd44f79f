"""Five histories that were reckoned with pencil and paper: page, API, tables and papers come to the same, to the cent.

Each is written down by hand as its owner would, and goes the whole way. The comments are the sums as they were done.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts import profile, tax_settings
from accounts.audit import Actor, ActorKind
from ledger import handmade, linking
from ledger.reporting import source_of
from ledger.reports.kinds import KINDS
from tests.accounts.api.conftest import script_of
from tests.ledger.gains.books import reckon
from tests.ledger.matched import another
from tests.ledger.priced import quoted

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)


class Life:
    """An owner somewhere, with two wallets."""

    def __init__(self, alice, wallet, script, browser):
        self.owner, self.one, self.script, self.browser = alice, wallet, script, browser
        self.other = another(alice, "Savings")
        self.read = None

    def lives(self, country, money, zone, scope=None):
        now = timezone.now()
        self.zone = ZoneInfo(zone)
        self.owner = profile.change(by=OWNER, owner=self.owner, now=now, base_currency=money, time_zone=zone)
        tax_settings.set_for_all_years(by=OWNER, owner=self.owner, country=country, scope=scope, now=now)

    def writes(self, at, kind, wallet=None, category="", **legs):
        at = self.moment(at)
        more = {"category": category} if category else {}
        fields = {name: dict(zip(("amount", "asset"), text.split(), strict=True)) for name, text in legs.items()}
        fields |= {"kind": kind, "occurred_at": at, **more}
        return handmade.add(by=OWNER, wallet=wallet or self.one, fields=fields, now=timezone.now())

    def moment(self, text):
        return datetime.fromisoformat(text if " " in text else f"{text} 10:00").replace(tzinfo=self.zone)

    def says(self, each, cost, acquired=""):
        said = {"cost": cost, "currency": self.owner.base_currency, "acquired": acquired, "note": ""}
        assert self.browser.post(f"/tax/costs/{each.pk}/", said).status_code == 302

    def trades(self, at, sent, received, fee=None, wallet=None):
        return self.writes(at, "trade", wallet, sent=sent, received=received, **({"fee": fee} if fee else {}))

    def link(self, *ends):
        linking.link(by=OWNER, owner=self.owner, named=[each.pk for each in ends], now=timezone.now())

    def reckoned(self):
        self.read = reckon(self.owner)

    # --- what is told ---

    def page(self, address):
        answer = self.browser.get(address)
        assert answer.status_code == 200
        text = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).replace("\xa0", " ")
        return " ".join(text.split())

    def figures(self, year):
        told = self.script.get(f"/api/v1/tax/{year}/").json()
        return {line["name"]: Decimal(line["value"]) for line in told["figures"]}

    def file(self, kind, year):
        file = io.BytesIO()
        KINDS[kind].make(source_of(self.read, year, now=timezone.now()), file)
        return file.getvalue()

    def table(self, kind, year):
        return list(csv.DictReader(io.StringIO(self.file(kind, year).decode())))

    def paper(self, kind, year):
        pages = PdfReader(io.BytesIO(self.file(kind, year))).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def agrees(self, year, expected, paper):
        """Every figure of the form: exact in the API, to the cent on the page and on the paper."""
        figures = self.figures(year)
        assert {name: figures[name] for name in expected} == {name: Decimal(each) for name, each in expected.items()}
        page, text = self.page(f"/tax/{year}/"), self.paper(paper, year)
        for name, each in expected.items():
            told = f"{abs(Decimal(each)):,.2f}" if name != "disposals" else str(each)
            assert told in page, (name, told)
            assert told in text, (name, told)


@pytest.fixture
def life(alice, wallet, alices_browser):
    return Life(alice, wallet, script_of(alice, "read"), alices_browser)


def shown(lines, *names):
    return [tuple(line[name] for name in names) for line in lines]


def test_the_united_states_over_the_change_of_2025_by_a_saved_plan(life):
    life.lives("US", "USD", "America/New_York")
    life.trades("2023-03-01", "20000 USD", "1 BTC", "50 USD")  # 20,050
    life.trades("2024-05-15", "30000 USD", "0.5 BTC", "15.55 USD", life.other)  # 30,015.55
    # 0.3 of the first: 6,015. Left at the turn of the year: 0.7 of it for 14,035, and 0.5 for 30,015.55.
    life.trades("2024-08-01", "0.3 BTC", "18900.33 USD", "9.45 USD")  # 18,890.88
    life.trades("2025-02-10", "0.4 BTC", "38000 USD", "19 USD", life.other)  # 37,981
    life.trades("2025-04-20", "0.3 BTC", "25500.45 USD", "12.75 USD")  # 25,487.70
    life.reckoned()
    # Highest cost first, the first wallet first: it gets 0.5 of the dear lot and 0.2 of the other (4,010), the second
    # wallet the rest, 0.5 for 10,025.
    plan = {"method": "hifo", f"place-{life.one.pk}": "1", f"place-{life.other.pk}": "2"}
    assert life.browser.post("/tax/plan/", plan).status_code == 302
    life.reckoned()

    life.agrees(2024, {"long.proceeds": "18890.88", "long.cost": "6015", "long.gain": "12875.88"}, "8949_pdf")
    # February: 0.4 of 0.5, cost 8,020, gain 29,961. April: 0.2 of the old lot for 16,991.80 less 4,010; then 0.1 of
    # the dear one, held for less than a year: 8,495.90 less 6,003.11.
    long = {"long.proceeds": "54972.80", "long.cost": "12030", "long.gain": "42942.80"}
    short = {"short.proceeds": "8495.90", "short.cost": "6003.11", "short.gain": "2492.79"}
    life.agrees(2025, {**short, **long}, "8949_pdf")
    names = "Box", "Description of property", "Date acquired", "Proceeds", "Cost or other basis", "Gain or loss"
    assert shown(life.table("8949_csv", 2025), *names) == [
        ("I", "0.1 BTC", "05/15/2024", "8495.90", "6003.11", "2492.79"),
        ("L", "0.4 BTC", "03/01/2023", "37981.00", "8020.00", "29961.00"),
        ("L", "0.2 BTC", "03/01/2023", "16991.80", "4010.00", "12981.80"),
    ]
    assert "Line 10 Box L 2 54,972.80 12,030.00 0.00 42,942.80" in life.paper("8949_pdf", 2025)
    assert "Line 3 Box I 1 8,495.90 6,003.11 0.00 2,492.79" in life.paper("8949_pdf", 2025)
    assert [line["Box"] for line in life.table("8949_csv", 2024)] == ["F"]


def test_the_united_kingdom_with_thirty_days_over_the_end_of_a_year(life):
    life.lives("GB", "GBP", "Europe/London")
    life.trades("2023-06-01", "10000 GBP", "10 ETH", "25 GBP")  # 10,025
    life.trades("2024-03-20", "4 ETH", "9000 GBP", "18 GBP")  # 8,982, the last of 2023/24
    life.trades("2024-04-10", "3300 GBP", "1.5 ETH", "6.60 GBP")  # 3,306.60
    life.trades("2024-04-19", "2150 GBP", "1 ETH")  # the thirtieth day
    life.trades("2024-04-20", "2000 GBP", "1 ETH")  # the thirty-first
    life.trades("2024-05-05", "1 ETH", "2500 GBP", "5 GBP")  # 2,495
    life.reckoned()

    # 1.5 for 3,368.25 less 3,306.60; 1 for 2,245.50 less 2,150; 1.5 from the pool for 3,368.25 less 1,503.75.
    first = {"disposals": 1, "proceeds": "8982", "costs": "6960.35", "gains": "2021.65", "losses": "0"}
    life.agrees(2023, {**first, "exempt": "6000", "taxable": "0"}, "sa108_pdf")
    # The pool: 8.5 for 8,521.25, and 1 for 2,000: one of 9.5 costs 1,107.50.
    second = {"disposals": 1, "proceeds": "2495", "costs": "1107.50", "gains": "1387.50", "losses": "0"}
    life.agrees(2024, {**second, "exempt": "3000", "taxable": "0"}, "sa108_pdf")
    names = "Day", "Amount", "Proceeds", "Allowable costs", "Gain or loss", "Matched by"
    assert shown(life.table("sa108_csv", 2023), *names) == [
        ("2024-03-20", "4", "8982.00", "6960.35", "2021.65", "pool, thirty days")
    ]
    exact = sorted(shown(life.table("gains_csv", 2023), "rule", "amount", "proceeds", "cost", "gain"))
    assert exact == [
        ("pool", "1.5", "3368.25", "1503.75", "1864.5"),
        ("thirty_days", "1", "2245.5", "2150", "95.5"),
        ("thirty_days", "1.5", "3368.25", "3306.6", "61.65"),
    ]
    assert "Gains until 29 October 2024 1,387.50" in life.paper("sa108_pdf", 2024)


def test_canada_with_a_loss_that_is_superficial_in_part(life):
    life.lives("CA", "CAD", "America/Toronto")
    life.trades("2024-01-15", "3000 CAD", "20 SOL", "30 CAD")  # 151.50 each
    life.trades("2024-06-10", "12 SOL", "1500 CAD", "6 CAD")  # 1,494 less 1,818: a loss of 324
    life.trades("2024-06-25", "640 CAD", "5 SOL", "2 CAD")  # 5 of 12: 135 of it are denied, and come back here
    # Then 13 cost 1,212 + 642 + 135 = 1,989, one of them 153.
    life.trades("2024-07-05", "1 SOL", "130 CAD", "0.50 CAD")  # a loss of 23.50, all of it denied: 5 came, 12 are held
    life.trades("2025-03-01", "12 SOL", "2400 CAD", "4.80 CAD")  # 2,395.20 less 12 x 153 + 23.50
    life.reckoned()

    sums = {"all.proceeds": "1623.50", "all.cost": "1971", "all.adjustment": "158.50", "all.gain": "-189"}
    life.agrees(2024, {**sums, "taxable": "-94.50"}, "schedule3_pdf")
    names = "Day", "Amount", "Proceeds", "Adjusted cost base", "Denied loss", "Gain or loss"
    assert shown(life.table("schedule3_csv", 2024), *names) == [
        ("2024-06-10", "12", "1494.00", "1818.00", "135.00", "-189.00"),
        ("2024-07-05", "1", "129.50", "153.00", "23.50", "0.00"),
    ]
    sums = {"all.proceeds": "2395.20", "all.cost": "1859.50", "all.adjustment": "0", "all.gain": "535.70"}
    life.agrees(2025, {**sums, "taxable": "267.85"}, "schedule3_pdf")


def test_germany_with_the_holding_year_a_transfer_and_fees_in_crypto(life):
    life.lives("DE", "EUR", "Europe/Berlin")
    quoted("ETH", "EUR", life.moment("2023-10-01"), "1580", "1580")
    quoted("BNB", "EUR", life.moment("2024-04-11"), "500", "500")
    life.trades("2023-04-10", "3400 EUR", "2 ETH", "8.50 EUR")  # 3,408.50
    life.trades("2023-09-01", "1500 EUR", "1 ETH")
    gone = life.writes("2023-10-01", "withdrawal", sent="2.5 ETH", fee="0.01 ETH")  # 15.80 less 15: 0.80
    came = life.writes("2023-10-01 10:20", "deposit", life.other, received="2.5 ETH")
    life.link(gone, came)
    life.trades("2024-03-01", "380 EUR", "1 BNB", wallet=life.other)
    life.trades("2024-04-10", "0.5 ETH", "1650 EUR", "1.65 EUR", life.other)  # a year to the day: taxed
    life.trades(
        "2024-04-11", "1.75 ETH", "5610 EUR", "0.02 BNB", life.other
    )  # 5,600: the fee is worth 10, had cost 7.60
    life.reckoned()

    sums = {"within_a_year.proceeds": "15.80", "within_a_year.cost": "15", "within_a_year.gain": "0.80"}
    life.agrees(2023, {**sums, "limit": "600", "taxable": "0", "free.gain": "0"}, "anlage_so_pdf")
    # April 10: 1,648.35 less 852.125. April 11: 1.5 of the old lot, free: 4,800 less 2,556.375; 0.25 of the one of
    # September: 800 less 375; the fee: 10 less 7.60. Within a year: 796.225 + 425 + 2.40, which is above the limit.
    sums = {"within_a_year.proceeds": "2458.35", "within_a_year.cost": "1234.725", "within_a_year.gain": "1223.625"}
    free = {"free.proceeds": "4800", "free.cost": "2556.375", "free.gain": "2243.625"}
    figures = life.figures(2024)
    expected = {**sums, **free, "limit": "1000", "taxable": "1223.625"}
    assert {name: figures[name] for name in expected} == {name: Decimal(each) for name, each in expected.items()}
    page, paper = life.page("/tax/2024/"), life.paper("anlage_so_pdf", 2024)
    for told in ("2,458.35", "1,234.73", "1,223.63", "4,800.00", "2,556.38", "2,243.63", "1,000.00"):
        assert told in page, told
        assert told in paper, told
    names = "Asset", "Amount", "Acquired", "Sold", "Proceeds", "Cost", "Gain or loss", "Held"
    assert shown(life.table("anlage_so_csv", 2024), *names) == [
        ("ETH", "0.5", "2023-04-10", "2024-04-10", "1648.35", "852.13", "796.23", "up to a year"),
        ("ETH", "1.5", "2023-04-10", "2024-04-11", "4800.00", "2556.38", "2243.63", "over a year"),
        ("ETH", "0.25", "2023-09-01", "2024-04-11", "800.00", "375.00", "425.00", "up to a year"),
        ("BNB", "0.02", "2024-03-01", "2024-04-11", "10.00", "7.60", "2.40", "up to a year"),
    ]


def test_australia_with_losses_before_the_discount(life):
    life.lives("AU", "AUD", "Australia/Sydney", scope="universal")
    life.trades("2023-05-01", "5600 AUD", "2 ETH", "11.20 AUD")  # 2,805.60 each
    life.trades("2024-11-15", "138000 AUD", "1 BTC", "100 AUD")  # 138,100
    life.trades("2025-02-01", "38000 AUD", "100 SOL")
    life.trades("2025-03-10", "1 ETH", "3405.60 AUD")  # 600, held for long
    life.trades("2025-03-11", "0.5 BTC", "66000 AUD", "50 AUD")  # 65,950 less 69,050: a loss of 3,100
    life.trades("2025-05-20", "40 SOL", "17000 AUD", "20 AUD")  # 16,980 less 15,200: 1,780
    life.trades("2025-06-30 23:30", "1 ETH", "6805.60 AUD")  # 4,000, held for long, in the last half hour of the year
    life.trades("2025-07-01 00:30", "0.1 BTC", "20000 AUD")  # of the next year: 20,000 less 13,810
    life.reckoned()

    # 1,780 go first; 1,320 of the loss are left for 4,600: half of 3,280.
    expected = {"gains": "1780", "discountable": "4600", "losses": "3100", "net": "1640", "carried": "0"}
    life.agrees(2024, expected, "au_cgt_pdf")
    life.agrees(2025, {"gains": "6190", "discountable": "0", "losses": "0", "net": "6190"}, "au_cgt_pdf")
    names = "Asset", "Amount", "Acquired", "Event", "Proceeds", "Cost base", "Gain or loss", "Discount"
    assert shown(life.table("au_cgt_csv", 2024), *names) == [
        ("ETH", "1", "2023-05-01", "2025-03-10", "3405.60", "2805.60", "600.00", "yes"),
        ("BTC", "0.5", "2024-11-15", "2025-03-11", "65950.00", "69050.00", "-3100.00", "no"),
        ("SOL", "40", "2025-02-01", "2025-05-20", "16980.00", "15200.00", "1780.00", "no"),
        ("ETH", "1", "2023-05-01", "2025-06-30", "6805.60", "2805.60", "4000.00", "yes"),
    ]


def test_a_british_fork_takes_from_the_old_coin_what_its_owner_says(life):
    """1 of 5 belongs to the new coin: what both had cost is what was paid."""
    life.lives("GB", "GBP", "Europe/London")
    bought = life.trades("2023-01-10", "10000 GBP", "10 BTC")
    came = life.writes("2023-08-01", "reward", received="10 BCH", category="fork")
    life.trades("2024-01-10", "5 BTC", "6000 GBP")
    life.trades("2024-01-11", "5 BCH", "1500 GBP")
    life.reckoned()
    assert "Say what it had cost" in life.page(f"/transactions/{bought.pk}/")
    page = life.page(f"/tax/costs/{came.pk}/")
    assert "as is just and reasonable" in page
    assert "choose “Say what it had cost”" in page
    assert "just and reasonable" not in life.page(f"/tax/costs/{bought.pk}/")
    life.says(came, "2000")
    life.says(bought, "8000")
    life.reckoned()

    # Of BTC 6,000 less 4,000; of BCH 1,500 less 1,000.
    sums = {"disposals": 2, "proceeds": "7500", "costs": "5000", "gains": "2500", "losses": "0"}
    life.agrees(2023, sums, "sa108_pdf")


def test_the_page_of_what_came_of_a_fork_asks_for_its_cost_until_it_is_said(life):
    """Who never opened the page of its cost did not know that there was anything to say."""
    life.lives("GB", "GBP", "Europe/London")
    life.trades("2023-01-10", "10000 GBP", "10 BTC")
    came = life.writes("2023-08-01", "reward", received="10 BCH", category="fork")
    life.reckoned()
    assert "as is just and reasonable" in life.page(f"/transactions/{came.pk}/")
    assert "Came of a fork, and nobody says" in life.page("/tax/2023/")
    life.says(came, "2000")
    life.reckoned()
    assert "as is just and reasonable" not in life.page(f"/transactions/{came.pk}/")
    assert "Came of a fork, and nobody says" not in life.page("/tax/2023/")


@pytest.mark.parametrize(
    ("country", "money", "words"),
    [("GB", "GBP", "Rates changed on 30 October 2024"), ("CA", "CAD", "Schedule 3 of 2024 asks for the time before")],
)
def test_the_page_of_a_year_of_two_halves_leads_to_the_paper_that_tells_them_apart(life, country, money, words):
    life.lives(country, money, "UTC")
    life.trades("2023-01-10", f"10000 {money}", "10 BTC")
    life.trades("2024-08-10", "1 BTC", f"1500 {money}")
    life.trades("2025-08-10", "1 BTC", f"1500 {money}")
    life.reckoned()
    assert words in life.page("/tax/2024/")
    assert words not in life.page("/tax/2025/")


def test_what_was_pledged_and_came_back_keeps_its_cost_and_its_day(life):
    life.lives("US", "USD", "America/New_York")
    quoted("BTC", "USD", life.moment("2024-08-01"), "60000", "60000")
    life.trades("2023-01-10", "20000 USD", "1 BTC")
    gone = life.writes("2023-06-01", "adjustment", sent="1 BTC", category="loan")
    came = life.writes("2024-08-01", "adjustment", received="1 BTC", category="loan")
    life.trades("2024-09-01", "1 BTC", "58000 USD")
    life.reckoned()
    assert life.figures(2024)["short.gain"] == 58000  # as if it had cost nothing, and come just now
    assert "What you had lent or pledged and got back keeps its cost" in life.page("/tax/2024/")
    assert "lent or pledged, and came back, link it" in life.page(f"/tax/costs/{came.pk}/")
    offered = life.browser.get(reverse("ledger:transfers_link"), {"one": came.pk, "from": "2023-01-01"})
    assert str(gone.pk) in offered.content.decode()
    life.link(gone, came)
    life.reckoned()

    life.agrees(2024, {"long.proceeds": "58000", "long.cost": "20000", "long.gain": "38000"}, "8949_pdf")
    assert life.figures(2024)["short.gain"] == 0


@pytest.mark.parametrize(
    ("at", "words"),
    [("2024-04-05 23:30", "what it had cost who died"), ("2024-04-06 00:30", "worth on the day of death")],
)
def test_an_heir_is_told_by_the_rules_of_that_day(life, at, words):
    """British rules from 2024 on begin on 6 April, at midnight in London: until then German ones hold."""
    life.lives("DE", "EUR", "Europe/London")
    came = life.writes(at, "gift", received="1 BTC", category="inheritance")
    british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=OWNER, owner=life.owner, from_year=2024, **british, now=timezone.now())
    life.reckoned()
    assert words in life.page(f"/tax/costs/{came.pk}/")


@pytest.mark.parametrize(
    ("country", "money", "words"),
    [
        ("US", "USD", "worth on the day of death"),
        ("GB", "GBP", "worth on the day of death"),
        ("CA", "CAD", "worth on the day of death"),
        ("DE", "EUR", "what it had cost who died"),
        ("AU", "AUD", "what it had cost who died"),
    ],
)
def test_an_heir_is_told_what_to_say(life, country, money, words):
    life.lives(country, money, "UTC")
    came = life.writes("2024-02-01", "gift", received="1 BTC", category="inheritance")
    life.reckoned()
    assert words in life.page(f"/tax/costs/{came.pk}/")


@pytest.mark.parametrize(
    ("country", "money", "category", "words"),
    [
        ("US", "USD", "", "what it had cost who gave it to you, and since when they had it"),
        ("DE", "EUR", "", "what it had cost who gave it to you, and since when they had it"),
        ("GB", "GBP", "spouse", "what it had cost who gave it to you"),
        ("CA", "CAD", "spouse", "what it had cost who gave it to you"),
        ("GB", "GBP", "", "not what the giver had paid"),
        ("CA", "CAD", "", "not what the giver had paid"),
        ("AU", "AUD", "", "not what the giver had paid"),
        ("AU", "AUD", "spouse", "not what the giver had paid"),
    ],
)
def test_who_was_given_something_is_told_whose_cost_counts(life, country, money, category, words):
    """Who says the giver's cost where the market's price counts is taxed on what the giver gained."""
    life.lives(country, money, "UTC")
    came = life.writes("2024-02-01", "gift", received="1 BTC", category=category)
    life.reckoned()
    assert words in life.page(f"/tax/costs/{came.pk}/")
    asked = words in life.page(f"/transactions/{came.pk}/")
    assert asked is ("not what" not in words)
    life.says(came, "100")
    assert words not in life.page(f"/transactions/{came.pk}/")

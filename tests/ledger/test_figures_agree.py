"""One account with much in it: pages, API, tables and papers tell the same figures, to the cent and beyond."""

from __future__ import annotations

import csv
import io
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.utils import timezone
from pypdf import PdfReader

from accounts.audit import Actor, ActorKind
from ledger import locking, portfolio_shown
from ledger.models import Holding, Match
from ledger.pricing.candles import DAY
from ledger.reporting import source_of
from ledger.reports.cells import money
from ledger.reports.kinds import KINDS
from ledger.templatetags.tax import cents
from tests.accounts.api.conftest import script_of
from tests.ledger.gains.books import buys, day, moved, reckon, sells, tell
from tests.ledger.priced import quoted
from tests.ledger.stand import ledger_row

pytestmark = pytest.mark.django_db
YEAR = "/api/v1/tax/2025/"
CENT = Decimal("0.01")


def swaps(name, gone, came, at):
    """Ether for bitcoin, with a fee in what came."""
    return [
        ledger_row(f"{name}A", name, "XETH", f"-{gone}", at=at),
        ledger_row(f"{name}B", name, "XXBT", came, "0.0000123", at=at),
    ]


@pytest.fixture
def rich(alice, wallet):
    quoted("ETH", "USD", day(0), *["1500.123456", "1711.98765", "2022.2"] * 200, span=DAY)
    quoted("BTC", "USD", day(0), *["30001.5", "41234.567891", "52000"] * 200, span=DAY)
    tell(
        wallet,
        *buys("B1", "1.23456789", "20000.37", day(0), fee="12.345"),
        *buys("B2", "3.3", "4000.01", day(1), asset="XETH"),
        *buys("B3", "0.7", "33333.335", day(300), fee="0.005"),
        *sells("S1", "0.333333", "9999.995", day(361), fee="7.777"),
        *swaps("S2", "1.1", "0.05432101", day(370)),
        *sells("S3", "1.25", "61234.565", day(400), fee="61.2345"),
        *swaps("S4", "0.777777", "0.0333", day(420)),
        ledger_row("R1", "R1", "XETH", "0.012345678", kind="staking", at=day(380)),
        ledger_row("R2", "R2", "XETH", "0.0023456789", kind="staking", at=day(430)),
        ledger_row("M1", "M1", "ZUSD", "250.555", "3.333", kind="margin", at=day(431)),
        *moved("D1", "0.1", day(440)),
        *sells("S5", "0.3", "15000.005", day(445)),
        *sells("S6", "0.01", "700.005", day(800)),
    )
    return reckon(alice)


@pytest.fixture
def script(alice):
    return script_of(alice, "read")


def got(script, address, **query):
    answer = script.get(address, query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def made(rich, kind, year=2025):
    file = io.BytesIO()
    KINDS[kind].make(source_of(rich, year, now=timezone.now()), file)
    return file.getvalue()


def table(rich, kind):
    return list(csv.DictReader(io.StringIO(made(rich, kind).decode())))


def column(lines, name):
    return sum(Decimal(line[name] or 0) for line in lines)


def by_term(rich):
    """What the matches themselves come to: proceeds, cost, gain."""
    found = {}
    for each in Match.objects.filter(reckoning=rich, year=2025, counts=True):
        gain = each.proceeds - each.cost + each.adjustment
        sums = found.setdefault(each.term, [Decimal(0)] * 3)
        found[each.term] = [one + other for one, other in zip(sums, (each.proceeds, each.cost, gain), strict=True)]
    return found


def test_the_api_tells_what_the_matches_come_to(script, rich):
    year, terms = got(script, YEAR), by_term(rich)
    assert set(terms) == {"short", "long"}
    for line in year["gains"]:
        if line["term"] in terms:
            assert [Decimal(line[name]) for name in ("proceeds", "cost", "gain")] == terms[line["term"]]
    figures = {line["name"]: Decimal(line["value"]) for line in year["figures"]}
    assert [figures["short.gain"], figures["long.gain"]] == [terms["short"][2], terms["long"][2]]
    listed = got(script, f"{YEAR}disposals/", limit=100)["results"]
    assert sum(Decimal(each["gain"]) for each in listed) == terms["short"][2] + terms["long"][2]
    assert all(sum(Decimal(lot["gain"]) for lot in each["lots"]) == Decimal(each["gain"]) for each in listed)


def test_tables_tell_what_the_api_tells(script, rich):
    year, exact = got(script, YEAR), table(rich, "gains_csv")
    whole = next(line for line in year["gains"] if line["term"] == "mixed")
    assert [column(exact, name) for name in ("proceeds", "cost", "gain")] == [
        Decimal(whole[name]) for name in ("proceeds", "cost", "gain")
    ]
    assert column(table(rich, "income_csv"), "value") == sum(Decimal(each["value"]) for each in year["income"])


def test_the_form_its_totals_and_schedule_d_agree_to_the_cent(rich):
    form, exact = table(rich, "8949_csv"), by_term(rich)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(made(rich, "8949_pdf"))).pages)
    words = " ".join(text.split())
    for term, box, name in (("short", "I", "Short-term"), ("long", "L", "Long-term")):
        lines = [line for line in form if line["Box"] == box]
        proceeds, cost, gain = (column(lines, each) for each in ("Proceeds", "Cost or other basis", "Gain or loss"))
        assert proceeds - cost == gain
        assert f"{name} {len(lines)} {money(proceeds)} {money(cost)} {money(Decimal(0))} {money(gain)}" in words
        assert abs(gain - exact[term][2]) <= CENT * len(lines)
    assert len(form) == len(table(rich, "turbotax_csv")) == len(table(rich, "gains_csv"))
    assert column(form, "Proceeds") == column(table(rich, "turbotax_csv"), "Proceeds")
    assert column(form, "Cost or other basis") == column(table(rich, "turbotax_csv"), "Cost Basis")


def test_the_page_and_a_filed_year_tell_the_same(alices_browser, alice, rich):
    page = alices_browser.get("/tax/2025/").content.decode()
    for _, _, gain in by_term(rich).values():
        assert f"{abs(gain).quantize(CENT, ROUND_HALF_UP):,}" in page
    held = locking.lock(by=Actor(ActorKind.OWNER, alice), owner=alice, year=2025, note="", now=timezone.now())
    assert Decimal(held.figures["long.gain"]) == by_term(rich)["long"][2]
    assert not locking.compare(held, rich).differs


def test_what_is_held_cost_the_same_everywhere(script, rich):
    portfolio = got(script, "/api/v1/portfolio/")
    kept = Holding.objects.filter(reckoning=rich)
    for held in portfolio["holdings"]:
        if held["cost"] is not None and held["cost_unknown"] == "0":
            assert Decimal(held["cost"]) == sum(each.cost for each in kept if each.asset == held["asset"])
    file = csv.DictReader(io.StringIO(made(rich, "holdings_csv", timezone.now().year).decode()))
    costs = {line["asset"]: Decimal(line["cost"]) for line in file if line["cost"]}
    assert costs == {asset: sum(each.cost for each in kept if each.asset == asset) for asset in costs}
    assert set(costs) == {"BTC", "ETH"}
    assert Decimal(portfolio["realised"]) == sum(
        Decimal(line["gain"])
        for line in got(script, f"/api/v1/tax/{portfolio['tax_year']}/")["gains"]
        if line["term"] == "mixed"
    )


@pytest.mark.parametrize("number", ["0.125", "-0.125", "0.005", "2.675", "-1.5", "1234567.885"])
def test_half_a_cent_is_the_same_cent_on_the_first_page_as_on_the_tax_pages_and_papers(number):
    figure = Decimal(number)
    told = figure.quantize(CENT, ROUND_HALF_UP)
    assert portfolio_shown.plain(figure, "USD") == cents(figure)
    assert money(figure).strip("()") == cents(figure).strip("\N{MINUS SIGN}") == f"{abs(told):,}"

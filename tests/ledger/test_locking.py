"""A filed year keeps its figures, and says what would now differ and what was done since."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import Actor, ActorKind
from accounts.models import AuditEvent
from ledger import locking, tax_figures, tax_years
from ledger.gains import terms
from ledger.models import Report, YearLock
from tests.ledger.gains.books import buys, day, named, reckon, says, sells, tell

pytestmark = pytest.mark.django_db
PAGE = "/tax/2025/lock/"


@pytest.fixture
def traded(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", day(400)))
    return reckon(alice)


def text(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def lock(owner, year=2025):
    return locking.lock(by=Actor(ActorKind.OWNER, owner), owner=owner, year=year, note="", now=timezone.now())


def file_seen(browser, page=PAGE, **said):
    """As its owner does who looks at the page first."""
    seen = re.search(r'name="seen" value="([^"]*)"', text(browser.get(page)))[1]
    return browser.post(page, {"seen": seen, **said})


def test_a_year_is_marked_as_filed_and_its_paper_is_made(alices_browser, alice, traded):
    assert "250.00" in text(alices_browser.get(PAGE))
    file_seen(alices_browser, note="Sent by post")
    held = YearLock.objects.get(owner=alice)
    assert held.figures["long.gain"] == "250"
    assert held.assets == {"BTC": {"long": ["300", "50", "250"]}}
    assert Report.objects.get(pk=held.settings["report"]).kind == "8949_pdf"
    page = text(alices_browser.get(PAGE))
    assert "Filed, and still so" in page
    assert "Sent by post" in page
    assert AuditEvent.objects.filter(owner=alice, action="year_locked").count() == 1


def test_an_edit_behind_it_shows_by_how_much_each_figure_would_differ(alices_browser, alice, traded):
    lock(alice)
    says(alice, named(alice, "T2"), received={"amount": "400", "asset": "USD"})
    compared = locking.compare(YearLock.objects.get(), reckon(alice))
    differing = {each.name: each.by for each in compared.figures if each.by}
    assert differing == {"long.proceeds": 100, "long.gain": 100}
    assert [(each.name, each.filed, each.now) for each in compared.assets] == [("BTC", Decimal(250), Decimal(350))]
    page = text(alices_browser.get(PAGE))
    assert "Filed, and would now differ" in page
    assert "Transactions edited" in page
    assert "+100.00" in page


def test_where_figures_differ_it_is_said_that_holdfast_reckons_otherwise_by_now(alices_browser, alice, traded):
    lock(alice)
    YearLock.objects.update(version="1.0")
    assert "Holdfast itself has been mended" not in text(alices_browser.get(PAGE))
    says(alice, named(alice, "T2"), received={"amount": "400", "asset": "USD"})
    reckon(alice)
    assert "Holdfast itself has been mended" in text(alices_browser.get(PAGE))
    YearLock.objects.update(version=terms.version())
    assert "Holdfast itself has been mended" not in text(alices_browser.get(PAGE))


def test_the_filed_figures_stay_when_the_mark_is_taken_away(alices_browser, alice, traded):
    lock(alice)
    alices_browser.post(f"{PAGE}open/")
    assert locking.of(alice, 2025) is None
    [former] = locking.former(alice, 2025)
    assert former.figures["long.gain"] == "250"
    assert "Filed before, and taken back" in text(alices_browser.get(PAGE))
    assert lock(alice).pk != former.pk


def test_a_year_is_filed_once_and_not_while_gains_are_being_reckoned(alice, wallet, traded):
    lock(alice)
    with pytest.raises(locking.LockedError):
        lock(alice)
    assert Report.objects.count() == 1
    tell(wallet, *sells("T3", "0.5", "200", day(401)))
    with pytest.raises(locking.NotYetError):
        lock(alice, 2024)


def test_figures_in_another_currency_are_not_held_against_each_other(alices_browser, alice, traded):
    lock(alice)
    alice.base_currency = "EUR"
    alice.save()
    assert not locking.compare(YearLock.objects.get(), reckon(alice)).comparable
    page = text(alices_browser.get(PAGE))
    assert "cannot be held against each other" in page
    assert "As it was filed" in page
    assert figure(page, "Long-term: Gain or loss") == "250.00"
    assert "In USD" in page


def test_figures_of_two_countries_forms_are_not_held_against_each_other(alices_browser, alice, traded):
    """What only one of them asks for was told as nought, and as a difference of all of it."""
    lock(alice)
    moves(alice, "DE")

    compared = locking.compare(YearLock.objects.get(), reckon(alice))

    assert (compared.incomparable, compared.comparable, compared.differs) == ("country", False, False)
    assert (compared.figures, compared.assets) == ([], [])
    page = text(alices_browser.get(PAGE))
    assert "by the rules of the United States. This year goes by the rules of Germany now" in page
    assert "cannot be held against each other" in page
    assert figure(page, "Long-term: Gain or loss") == "250.00"
    for page in ("/tax/", "/tax/2025/"):
        assert "Cannot be compared" in text(alices_browser.get(page))
        assert "Would now differ" not in text(alices_browser.get(page))


def moves(owner, country):
    tax_settings.set_for_all_years(
        by=Actor(ActorKind.OWNER, owner), owner=owner, country=country, method="fifo", now=timezone.now()
    )


def test_what_was_filed_and_taken_back_can_still_be_looked_at(alices_browser, alice, traded):
    lock(alice)
    says(alice, named(alice, "T2"), received={"amount": "400", "asset": "USD"})
    reckon(alice)
    alices_browser.post(f"{PAGE}open/")
    _, before = text(alices_browser.get(PAGE)).split("Filed before, and taken back")
    assert figure(before, "Long-term: Gain or loss") == "250.00"


def test_what_was_filed_stands_in_the_order_of_the_form(alice, traded):
    """The database keeps names by their length."""
    kept = locking.as_filed(YearLock.objects.get(pk=lock(alice).pk))
    now = [line.name for line in tax_figures.lines(tax_figures.figures(traded, 2025))]
    assert [name for name, _, _ in kept] == now
    assert tax_figures.in_order(["income.b", "taxable", "income.a", "proceeds", "short.gain", "short.cost"]) == [
        "short.cost", "short.gain", "proceeds", "taxable", "income.a", "income.b",
    ]  # fmt: skip


def test_settings_that_all_figures_hang_on_say_which_years_are_filed(alices_browser, bobs_browser, alice, traded):
    """Who changes the base currency would not think of them."""
    for page in ("/settings/", "/settings/taxes/"):
        assert 'hx-get="/tax/filed/"' in text(alices_browser.get(page))
    htmx = {"HX-Request": "true"}
    assert text(alices_browser.get("/tax/filed/", headers=htmx)).strip() == ""

    lock(alice)

    assert "is filed, and stays so whatever you choose here" in text(alices_browser.get("/tax/filed/", headers=htmx))
    assert text(bobs_browser.get("/tax/filed/", headers=htmx)).strip() == ""
    assert alices_browser.get("/tax/filed/").url == "/tax/"


def figure(page, words):
    _, after = page.split(words, 1)
    return re.search(r"<td[^>]*>([^<]*)</td>", after)[1]


def test_other_figures_than_its_owner_saw_are_not_filed_unseen(alices_browser, alice, traded):
    """A sync, or another window, may change them while the page is open; what was written beside them stays."""
    seen = re.search(r'name="seen" value="([^"]+)"', text(alices_browser.get(PAGE)))[1]
    says(alice, named(alice, "T2"), received={"amount": "400", "asset": "USD"})
    reckon(alice)

    again = text(alices_browser.post(PAGE, {"note": "Sent by post", "seen": seen}))

    assert not YearLock.objects.exists()
    assert "The figures have changed since you opened this page" in again
    assert 'value="Sent by post"' in again
    assert figure(again, "Long-term: Gain or loss") == "350.00"
    seen = re.search(r'name="seen" value="([^"]+)"', again)[1]
    assert alices_browser.post(PAGE, {"note": "Sent by post", "seen": seen}).status_code == 302
    assert YearLock.objects.get().figures["long.gain"] == "350"


def test_who_does_not_say_which_figures_they_saw_files_nothing(alices_browser, traded):
    for said in ({"seen": ""}, {}):
        again = text(alices_browser.post(PAGE, said))
        assert "The figures have changed since you opened this page" in again
        assert figure(again, "Long-term: Gain or loss") == "250.00"
    assert not YearLock.objects.exists()


def test_settings_that_change_no_figure_make_no_difference(alices_browser, alice, traded):
    """A method for years to come says nothing of the filed one; another one for it may still come to the same."""
    lock(alice)
    settled(alice, 2026)
    assert locking.compare(YearLock.objects.get(), reckon(alice)).settings == []
    assert "Other than then" not in text(alices_browser.get(PAGE))
    assert "Would now differ" not in text(alices_browser.get("/tax/"))
    settled(alice, 2025)
    reckon(alice)
    page = text(alices_browser.get(PAGE))
    assert "Filed, and still so" in page
    assert "Other than then: tax settings. No figure differs by it." in page
    assert "Would now differ" not in text(alices_browser.get("/tax/"))


def settled(owner, year):
    terms = {"country": "US", "method": "hifo", "scope": "per_wallet"}
    tax_settings.set_from(by=Actor(ActorKind.OWNER, owner), owner=owner, from_year=year, now=timezone.now(), **terms)


# --- a year that is not over ---------------------------------------------------------------------------------------


@pytest.fixture
def this_year(alice, wallet):
    """Something was sold in it a while ago."""
    now = timezone.now()
    tell(wallet, *buys("T1", "2", "100", day(0)), *sells("T2", "1", "300", now.replace(month=1, day=1, hour=12)))
    reckon(alice)
    return now.year


def test_a_year_that_is_not_over_is_not_filed_without_saying_so(alices_browser, alice, this_year):
    """Whoever files 2026 in November would leave out what is sold in December, and be told that all is well."""
    page, said = f"/tax/{this_year}/lock/", f"runs until 31 Dec {this_year}"
    assert said in text(alices_browser.get(page))

    answer = file_seen(alices_browser, page, note="Too early")

    assert "Tick this" in text(answer)
    assert "Too early" in text(answer)
    assert not YearLock.objects.exists()
    with pytest.raises(locking.NotOverError):
        lock(alice, this_year)
    file_seen(alices_browser, page, note="I move away", unfinished="on")
    assert YearLock.objects.get(owner=alice).note == "I move away"
    assert "before the year was over" in text(alices_browser.get(page))


def test_pages_of_a_year_that_is_not_over_say_so(alices_browser, alice, this_year):
    said = f"runs until 31 Dec {this_year}"
    for part in ("", "reports/"):
        assert said in text(alices_browser.get(f"/tax/{this_year}/{part}"))
        assert "runs until" not in text(alices_browser.get(f"/tax/2024/{part}"))
    assert "Not over yet" in text(alices_browser.get("/tax/"))
    assert "before the year was over" not in text(alices_browser.get(f"/tax/{this_year}/lock/"))


def running(country, zone, now):
    settings = {"regimes": [[2009, country, "fifo", "universal"]], "currency": "USD"}
    return tax_years.terms_of(settings, 2025).runs_until(zone, now=now)


def test_a_year_ends_where_its_owner_lives_and_when_its_country_says():
    new_year = datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert running("US", "America/New_York", new_year) == date(2025, 12, 31)
    assert running("US", "UTC", new_year) is None
    assert running("GB", "UTC", new_year) == date(2026, 4, 5)
    assert running("AU", "UTC", datetime(2026, 7, 1, tzinfo=UTC)) is None


def test_before_the_first_reckoning_the_page_waits(alices_browser):
    assert "every 2s" in text(alices_browser.get(PAGE))

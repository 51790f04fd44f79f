"""Before something of a filed year is changed, its owner is told: wherever there is a look or a form before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger import bulk, filed_years, handmade
from ledger.models import Transaction, YearLock
from tests.accounts.api.conftest import script_of
from tests.ledger.bringing import BOUGHT as BOUGHT_LINES
from tests.ledger.bringing import kraken_file, work
from tests.ledger.conftest import NOW
from tests.ledger.gains.books import buys, day, named, sells, tell
from tests.ledger.matched import OWNER, another, doubled, linked, suggested
from tests.ledger.test_views_imports import bring

pytestmark = pytest.mark.django_db
BOUGHT, SOLD = day(0), day(400)  # of 2024, and of 2025
WITHIN = "is filed: your report stays as filed"
RESTS = "is filed, and may rest on this"
DAY = timedelta(days=1)


def files(owner, year, country="US", zone="UTC", **facts):
    regimes = [[2009, country, "fifo", "universal"]]
    settings = {"country": country, "regimes": regimes, "zone": zone, "currency": "USD"}
    return YearLock.objects.create(owner=owner, year=year, settings=settings, **{"locked_at": NOW, **facts})


@pytest.fixture
def script(alice):
    return script_of(alice, "write")


@pytest.fixture
def traded(alice, wallet):
    tell(wallet, *buys("T1", "2", "100", BOUGHT), *sells("T2", "1", "300", SOLD))


def touched(owner, at):
    found = filed_years.touched(owner, [at])
    return found.numbers, found.within


def test_what_lies_in_a_filed_year_or_before_it_touches_it(alice):
    files(alice, 2024)
    assert touched(alice, datetime(2024, 12, 31, 23, tzinfo=UTC)) == ([2024], True)
    assert touched(alice, datetime(2019, 1, 1, tzinfo=UTC)) == ([2024], False)
    assert touched(alice, datetime(2025, 1, 1, tzinfo=UTC)) == ([], False)
    YearLock.objects.update(opened_at=NOW)
    assert touched(alice, datetime(2024, 6, 1, tzinfo=UTC)) == ([], False)


def test_a_year_that_was_cut_off_ends_where_the_next_begins_and_comes_before_it(alice):
    regimes = [[2009, "US", "fifo", "universal"], [2024, "GB", "uk_pool", "universal"]]
    for year, country in ((2024, "GB"), (12024, "US"), (2023, "US")):
        made = files(alice, year, country, "Europe/London")
        made.settings["regimes"] = regimes
        made.save(update_fields=["settings"])

    assert [each.label for each in filed_years.filed(alice)] == ["2023", "2024 until 5 April", "2024/25"]
    april = datetime(2024, 4, 5, 23, tzinfo=UTC)  # midnight in London
    assert touched(alice, april - timedelta(seconds=1)) == ([12024, 2024], True)
    assert touched(alice, april) == ([2024], True)


def test_a_year_begins_as_its_country_and_the_owners_clock_have_it(alice):
    files(alice, 2024, "GB", "Europe/London")
    begins, ends = datetime(2024, 4, 5, 23, tzinfo=UTC), datetime(2025, 4, 5, 23, tzinfo=UTC)
    assert touched(alice, begins) == ([2024], True)
    assert touched(alice, begins - timedelta(seconds=1)) == ([2024], False)
    assert touched(alice, ends) == ([2024], False)  # bought within thirty days: it enters into it
    assert touched(alice, ends + 30 * DAY) == ([], False)
    assert filed_years.filed(alice)[0].label == "2024/25"


def test_asked_in_the_database_it_is_the_same(alice, bob, traded):
    rows = Transaction.objects.all()
    files(bob, 2024)
    assert not filed_years.touched_by(alice, rows)
    for year in (2023, 2024, 2025, 2026):
        files(alice, year)
    for some in (rows, rows.filter(occurred_at=SOLD), rows.none()):
        moments = some.values_list("occurred_at", flat=True)
        assert filed_years.touched_by(alice, some) == filed_years.touched(alice, moments)


def test_a_transaction_says_so_before_it_is_changed(alices_browser, alice, traded):
    sold, bought = named(alice, "T2"), named(alice, "T1")
    page = f"/transactions/{sold.pk}/"
    assert "data-filed" not in alices_browser.get(page).text
    files(alice, 2025)
    assert WITHIN in alices_browser.get(page).text
    assert RESTS in alices_browser.get(f"/transactions/{bought.pk}/").text
    YearLock.objects.update(year=2023)  # nothing of this one, unless its time were another
    assert "What lies there or before it" in alices_browser.get(page).text
    alices_browser.post(f"{page}edit/", {"field": "note", "note": "It is mine all the same."})
    assert named(alice, "T2").note == "It is mine all the same."


def test_many_at_once_say_so_in_what_is_looked_at_first(alices_browser, alice, traded, monkeypatch):
    files(alice, 2025)
    sent = {"all": "yes", "filters": "asset=BTC", "category": "plan", "more_tags": "", "step": "look"}
    assert WITHIN in alices_browser.post("/transactions/many/", sent).text
    monkeypatch.setattr(bulk, "MOST", 1)  # so that the database is asked
    assert WITHIN in alices_browser.post("/transactions/many/", sent).text
    assert RESTS in alices_browser.post("/transactions/many/", {**sent, "filters": "to=2024-12-31"}).text
    act = alices_browser.post("/transactions/many/", {**sent, "step": "do"}).headers["Location"]
    assert "2025</a> is filed" in alices_browser.get(act).text


def test_what_was_changed_at_once_says_so_before_it_is_undone(alices_browser, alice, traded):
    files(alice, 2025)
    sent = {"all": "yes", "filters": "asset=BTC", "category": "plan", "more_tags": "", "step": "do"}
    act = alices_browser.post("/transactions/many/", sent).headers["Location"]
    assert WITHIN in alices_browser.get(act).text


def test_rules_say_so(alices_browser, alice, traded):
    files(alice, 2025)
    rule = {"name": "Savings", "asset": "BTC", "then_category": "savings", "step": "look"}
    assert WITHIN in alices_browser.post("/transactions/rules/add/", rule).text


def test_what_is_written_by_hand_says_so_and_so_does_the_bin(alices_browser, alice, wallet):
    assert "data-filed" not in alices_browser.get("/transactions/add/").text
    files(alice, 2025)
    assert "data-filed" in alices_browser.get("/transactions/add/").text
    fields = {"kind": "gift", "occurred_at": SOLD, "received": {"amount": "1", "asset": "BTC"}}
    made = handmade.add(by=OWNER, wallet=wallet, fields=fields, now=NOW)
    handmade.put_in_bin(by=OWNER, each=made, now=NOW)
    assert WITHIN in alices_browser.get("/transactions/bin/").text


def test_what_may_be_one_says_so(alices_browser, alice, wallet):
    doubled(wallet)
    files(alice, 2026)
    assert WITHIN in alices_browser.get("/transactions/duplicates/").text


def test_transfers_say_so_open_suggested_and_decided(alices_browser, alice, wallet):
    second = another(alice)
    suggested(wallet, second)
    linked(wallet, second, at=NOW - 10 * DAY)
    pages = [f"/transactions/transfers/?show={show}" for show in ("suggested", "linked", "unmatched")]
    ends = [str(pk) for pk in Transaction.objects.filter(kind="withdrawal").values_list("pk", flat=True)[:1]]
    ends += [str(pk) for pk in Transaction.objects.filter(kind="deposit").values_list("pk", flat=True)[:1]]
    pages.append(f"/transactions/transfers/link/?one={ends[0]}&with={ends[1]}")
    assert not any("data-filed" in alices_browser.get(page).text for page in pages)
    files(alice, 2026)
    assert [WITHIN in alices_browser.get(page).text for page in pages] == [True] * 4


def test_files_say_so_before_they_are_taken_in_and_back(alices_browser, alice, wallet):
    files(alice, 2026)
    file = bring(alices_browser, kraken_file(*BOUGHT_LINES), wallet=wallet)
    page = f"/imports/{file.pk}/"
    assert WITHIN in alices_browser.get(page).text
    alices_browser.post(f"{page}commit/")
    work()
    assert "data-filed" not in alices_browser.get(page).text
    assert WITHIN in alices_browser.get(f"{page}undo/").text


def test_programs_are_told_the_years(script, alice, wallet):
    doubled(wallet)
    files(alice, 2026)
    [pair] = script.get("/api/v1/duplicates/").json()["results"]
    told = [pair, script.get(f"/api/v1/transactions/{pair['ones'][0]}/").json()]
    sent = {"ids": pair["ones"], "changes": {"category": "plan"}, "dry_run": True}
    told.append(script.post("/api/v1/transactions/bulk/", sent, content_type="application/json").json())
    assert [each["filed_years"] for each in told] == [[2026]] * 3


def test_programs_are_told_the_years_of_transfers_and_files(script, alices_browser, alice, wallet):
    suggested(wallet, another(alice))
    files(alice, 2026)
    states = ("suggested", "unmatched")
    found = [each for state in states for each in script.get("/api/v1/transfers/", {"state": state}).json()["results"]]
    assert {each["state"] for each in found} == set(states)
    assert [each["filed_years"] for each in found] == [[2026]] * len(found)
    file = bring(alices_browser, kraken_file(*BOUGHT_LINES), wallet=wallet)
    told = script.get(f"/api/v1/imports/{file.pk}/").json()
    assert (told["filed_years"], told["options"]) == ([2026], {})

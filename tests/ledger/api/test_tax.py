"""A tax year through the API: its figures, disposals and income, also by other terms; lots chosen, costs said."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts import tax_settings
from accounts.audit import SYSTEM
from ledger import tax_years
from ledger.models import KnownCost, LotChoice, Reckoning
from tests.ledger.api.conftest import errors_of
from tests.ledger.gains.books import buys, day, gains, moved, named, reckon, sells, tell
from tests.ledger.stand import ledger_row

pytestmark = pytest.mark.django_db
YEAR, CHOICES, COSTS = "/api/v1/tax/2024/", "/api/v1/lots/choices/", "/api/v1/lots/costs/"


@pytest.fixture
def history(alice, wallet):
    tell(
        wallet,
        *buys("B1", "1", "100", day(0)),
        *buys("B2", "1", "300", day(1)),
        *sells("S1", "1.5", "600", day(30)),
        ledger_row("R1", "R1", "ZUSD", "5", kind="staking", at=day(31)),
        *moved("D1", "2", day(40), asset="XETH"),
    )
    return reckon(alice)


def got(script, address, status=200, **query):
    answer = script.get(address, query)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_a_year_is_told_with_its_figures_income_and_findings(script, history):
    year = got(script, YEAR)

    assert (year["state"], year["current"], year["name"], year["currency"]) == ("ready", True, "2024", "USD")
    assert year["gains"][0]["term"] == "short"
    assert float(year["gains"][0]["gain"]) == 350
    assert {"name": "short.gain", "words": "Short-term: Gain or loss"}.items() <= year["figures"][3].items()
    assert sum(each["count"] for each in year["income"]) == 1
    assert [(each["problem"], each["count"]) for each in year["findings"]] == [("unknown_origin", 1)]


def test_what_came_in_was_not_acquired_later(script, alice, history):
    came = named(alice, "D1")
    body = {"transaction": str(came.pk), "cost": "5", "currency": "USD", "acquired_at": day(41).isoformat()}
    assert errors_of(script.post(COSTS, body)) == [("acquired_at", "too_late")]


def test_a_year_that_is_not_reckoned_yet_is_asked_for_again(script, alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)))

    answer = script.get(YEAR)

    assert (answer.status_code, answer["Retry-After"]) == (202, "2")
    assert answer.json()["state"] == "reckoning"
    assert got(script, f"{YEAR}disposals/", 202) == {"results": [], "next": None}
    got(script, f"{YEAR}income/", 202)
    got(script, f"{YEAR}income/", 400, limit="false")


def test_a_look_by_another_method_changes_nothing(script, alice, history):
    assert got(script, YEAR, 202, method="hifo")["method"] == "hifo"
    reckon(alice)

    year = got(script, YEAR, method="hifo")

    assert float(year["gains"][-1]["gain"]) == 250
    assert float(got(script, YEAR)["gains"][-1]["gain"]) == 350
    assert Reckoning.objects.get(owner=alice, in_force=True).pk == history.pk


@pytest.mark.parametrize("query", [{"method": "average"}, {"country": "FR"}, {"currency": "XX"}, {"colour": "red"}])
def test_what_cannot_be_looked_at_is_refused_by_name(script, history, query):
    answer = script.get(YEAR, query)
    assert errors_of(answer)[0][0] == next(iter(query))


def test_disposals_have_their_lots_and_are_walked_by_cursor(script, alice, wallet, history):
    tell(wallet, *sells("S2", "0.25", "200", day(35)))
    reckon(alice)

    first = got(script, f"{YEAR}disposals/", limit=1)
    second = got(script, first["next"])

    assert [each["transaction"] for each in first["results"]] == [str(named(alice, "S2").pk)]
    [sale] = second["results"]
    assert second["next"] is None
    assert sale["transaction"] == str(named(alice, "S1").pk)
    assert [each["lot"] for each in sale["lots"]] == [str(named(alice, name).pk) for name in ("B1", "B2")]
    assert (sale["asset"], sale["term"], sale["rule"], sale["lot_count"]) == ("BTC", "short", "fifo", 2)
    assert got(script, f"{YEAR}disposals/", asset="ETH")["results"] == []
    assert script.get(f"{YEAR}disposals/", {"cursor": "made-up"}).json()["code"] == "bad_cursor"
    assert errors_of(script.get(f"{YEAR}disposals/", {"wallet": str(uuid4())})) == [("wallet", "not_found")]


def test_income_is_listed(script, history):
    [income] = got(script, f"{YEAR}income/")["results"]

    assert (income["asset"], float(income["value"]), income["known"]) == ("USD", 5, True)
    assert got(script, f"{YEAR}income/", category="airdrop")["results"] == []


def test_a_year_that_another_countrys_ended_is_told_by_a_number_of_its_own(script, alice, history):
    """American rules until 5 April 2024, British ones from then on: both years are called after 2024."""
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **by_british, now=timezone.now())
    reckon(alice)

    british = got(script, YEAR)
    american = got(script, f"/api/v1/tax/{british['cut_off']}/")

    assert (british["name"], british["gains"][-1]["proceeds"], british["income"]) == ("2024/25", "0", [])
    assert (american["year"], american["name"], american["country"]) == (12024, "2024 until 5 April", "US")
    assert (american["begins"], american["ends"], american["cut_off"]) == ("2024-01-01", "2024-04-05", None)
    assert float(american["gains"][-1]["gain"]) == 350
    assert len(got(script, "/api/v1/tax/12024/disposals/")["results"]) == 1
    got(script, "/api/v1/tax/12024/", 404, country="DE")
    answer = script.post("/api/v1/reports/", {"kind": "8949_csv", "year": 12024})
    assert (answer.status_code, answer.json()["year"]) == (202, 12024)
    assert errors_of(script.post("/api/v1/reports/", {"kind": "8949_csv", "year": 12023})) == [("year", "no_such_year")]


def test_a_year_ends_where_other_rules_take_over(script, alice, history):
    by_british = {"country": "GB", "method": "uk_pool", "scope": "universal"}
    american = {"country": "US", "method": "fifo", "scope": "universal"}
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, **by_british, now=timezone.now())
    tax_settings.set_from(by=SYSTEM, owner=alice, from_year=2024, **american, now=timezone.now())
    reckon(alice)

    told = got(script, "/api/v1/tax/2023/")

    assert (told["name"], told["begins"], told["ends"]) == ("2023/24", "2023-04-06", "2023-12-31")


def test_years_that_never_were_are_not_there(script, history):
    for year in (1999, 2100, 99999):
        got(script, f"/api/v1/tax/{year}/", 404)


# --- lots ----------------------------------------------------------------------------------------------------------


def chosen(script, *lots, disposal):
    body = {"disposal": str(disposal), "lots": [{"lot": str(lot), "amount": amount} for lot, amount in lots]}
    return script.post(CHOICES, body, format="json")


def test_lots_are_chosen_listed_and_taken_back(script, alice, history):
    sale, dear = named(alice, "S1").pk, named(alice, "B2").pk

    answer = chosen(script, (dear, "1"), disposal=sale)

    assert answer.status_code == 201, answer.content
    assert (float(answer.json()["gain"]), float(answer.json()["gain_by_method"])) == (250, 350)
    assert [each["lot"] for each in got(script, CHOICES, disposal=str(sale))["results"]] == [str(dear)]
    assert sum(gain for *_, gain, _ in gains(reckon(alice))) == 250
    assert script.delete(f"{CHOICES}?disposal={sale}").status_code == 204
    assert not LotChoice.objects.exists()


def test_no_amount_is_as_much_as_is_there(script, alice, history):
    assert chosen(script, (named(alice, "B2").pk, None), disposal=named(alice, "S1").pk).status_code == 201

    assert sum(gain for *_, gain, _ in gains(reckon(alice))) == 250


def test_what_cannot_be_chosen_is_named(script, bobs_script, alice, history):
    sale, first, dear = (named(alice, name).pk for name in ("S1", "B1", "B2"))

    assert errors_of(chosen(script, (first, "1"), (dear, "2"), disposal=sale)) == [("lots.1", "more_than_there")]
    assert errors_of(chosen(script, (first, "1"), (dear, "1"), disposal=sale)) == [("lots", "more_than_left")]
    assert errors_of(chosen(script, (uuid4(), "1"), disposal=sale)) == [("lots.0", "not_found")]
    assert errors_of(chosen(script, (dear, "1"), disposal=uuid4())) == [("disposal", "not_found")]
    assert errors_of(chosen(bobs_script, (dear, "1"), disposal=sale)) == [("disposal", "not_found")]
    assert chosen(script, (dear, "1"), disposal=named(alice, "D1").pk).json()["code"] == "nothing_to_choose"


# --- costs ---------------------------------------------------------------------------------------------------------


def test_a_cost_is_said_listed_and_taken_back(script, bobs_script, alice, history):
    came = str(named(alice, "D1").pk)
    body = {"transaction": came, "cost": "1250.5", "currency": "USD", "acquired_at": "2020-03-04T12:00:00Z"}

    assert script.post(COSTS, body, format="json").status_code == 201
    assert errors_of(bobs_script.post(COSTS, body, format="json")) == [("transaction", "not_found")]

    assert [each["transaction"] for each in got(script, COSTS)["results"]] == [came]
    assert tax_years.one_year(alice, reckon(alice), 2024).findings == 0
    assert script.delete(f"{COSTS}?transaction={came}").status_code == 204
    assert not KnownCost.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"cost": "-1"}, ("cost", "below_nought")),
        ({"acquired_at": "1999-01-01T00:00:00Z"}, ("acquired_at", "too_early")),
    ],
)
def test_a_cost_that_cannot_be_is_refused(script, alice, history, wrong, error):
    body = {"transaction": str(named(alice, "D1").pk), "cost": "1", "currency": "USD", **wrong}

    assert errors_of(script.post(COSTS, body, format="json")) == [error]


def test_the_years_are_listed_newest_first_with_what_each_came_to(script, alice, history):
    told = got(script, "/api/v1/tax/")["results"]

    assert [each["year"] for each in told] == [tax_years.current(history, now=timezone.now()), 2024]
    year = told[-1]
    assert (year["name"], year["begins"], year["ends"], year["over"]) == ("2024", "2024-01-01", "2024-12-31", True)
    assert (year["country"], year["method"], year["scope"], year["currency"]) == ("US", "fifo", "universal", "USD")
    assert (float(year["gain"]), float(year["income"]), year["findings"]) == (350, 5, 1)
    assert (year["filed_at"], year["would_differ"]) == (None, None)
    assert got(script, f"/api/v1/tax/{year['year']}/")["name"] == "2024"


def test_a_filed_year_says_in_the_list_whether_it_would_differ(script, alice, wallet, history):
    script.post(f"{YEAR}lock/", {"seen": got(script, YEAR)["inputs"], "note": ""}, format="json")
    assert got(script, "/api/v1/tax/")["results"][-1]["would_differ"] is False

    tell(wallet, *sells("S2", "0.25", "200", day(35)))
    reckon(alice)
    year = got(script, "/api/v1/tax/")["results"][-1]
    assert (year["would_differ"], year["filed_at"] is None) == (True, False)


def test_before_anything_is_reckoned_no_year_is_listed(script, alice, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)))
    assert got(script, "/api/v1/tax/", 202) == {"results": [], "next": None}


def test_the_lots_that_were_there_are_listed_to_choose_from(script, alice, history):
    sold = str(named(alice, "S1").pk)
    first, second = got(script, "/api/v1/lots/open/", disposal=sold)["results"]

    assert [each["lot"] for each in (first, second)] == [str(named(alice, name).pk) for name in ("B1", "B2")]
    assert (float(first["amount"]), float(first["cost"]), first["known"]) == (1, 100, True)
    assert (first["acquired_at"], first["chosen"]) == (day(0).isoformat().replace("+00:00", "Z"), None)

    wish = {"disposal": sold, "lots": [{"lot": second["lot"], "amount": "0.5"}]}
    assert script.post(CHOICES, wish, format="json").status_code == 201
    reckon(alice)
    assert [each["chosen"] for each in got(script, "/api/v1/lots/open/", disposal=sold)["results"]] == [None, "0.5"]


def test_where_there_are_no_lots_to_choose_from_that_is_said(script, bobs_script, alice, history):
    assert errors_of(script.get("/api/v1/lots/open/", {"disposal": str(named(alice, "B1").pk)})) == [
        ("disposal", "nothing_to_choose")
    ]
    assert errors_of(script.get("/api/v1/lots/open/")) == [("disposal", "required")]
    stranger = bobs_script.get("/api/v1/lots/open/", {"disposal": str(named(alice, "S1").pk)})
    assert errors_of(stranger) == [("disposal", "not_found")]

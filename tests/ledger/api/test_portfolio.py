"""What is held through the API: the same figures as on the page, to all digits that mean something."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from ledger.pricing.candles import DAY, HOUR
from tests.ledger.api.conftest import errors_of
from tests.ledger.gains.books import buys, day, moved, reckon, sells, tell
from tests.ledger.matched import another
from tests.ledger.priced import hours, quoted

pytestmark = pytest.mark.django_db
PORTFOLIO = "/api/v1/portfolio/"


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def quotes(now):
    quoted("BTC", "USD", now - timedelta(days=20), *["200"] * 20, span=DAY)
    quoted("BTC", "USD", now - hours(26), *["200"] * 26, "250.5", span=HOUR)


def read(script, address="", status=200, **query):
    answer = script.get(f"{PORTFOLIO}{address}", query)
    assert answer.status_code == status, answer.content
    return answer.json()


def test_holdings_are_told_with_worth_cost_and_gain(script, alice, wallet, quotes, now):
    tell(wallet, *buys("T1", "2", "100", day(0)), *moved("D1", "7", day(0), asset="QQFOO"))
    reckon(alice, now=now)

    found = read(script)

    assert (found["currency"], found["value"], found["gain"], found["unpriced"]) == ("USD", "401", "401", ["QQFOO"])
    coin, money, unknown = found["holdings"]
    assert (coin["asset"], coin["amount"], coin["price"], coin["value"]) == ("BTC", "2", "250.5", "501")
    assert (coin["cost"], coin["cost_unknown"], coin["gain"], coin["change"]) == ("100", "0", "401", "101")
    assert (money["asset"], money["amount"], money["cost"]) == ("USD", "-100", None)
    assert (unknown["price"], unknown["value"], unknown["cost"], unknown["cost_unknown"]) == (None, None, None, "7")
    assert found["fresh"]["current"] is True


def test_the_price_of_what_is_worth_next_to_nothing_has_all_its_digits(script, wallet, now):
    quoted("SHIB", "USD", now, "0.0000000000001234567", span=HOUR)
    tell(wallet, *moved("D1", "1000000000000000", day(0), asset="SHIB"))

    [held] = script.get(PORTFOLIO).json()["holdings"]

    assert (held["price"], held["value"]) == ("0.0000000000001234567", "123.4567")


def test_the_first_reckoning_answers_202_with_what_is_known(script, wallet, quotes):
    tell(wallet, *buys("T1", "2", "100", day(0)))

    answer = script.get(PORTFOLIO)

    assert (answer.status_code, answer.headers["Retry-After"]) == (202, "3")
    assert (answer.json()["value"], answer.json()["cost"]) == ("401", None)
    found = read(script, "assets/BTC/", status=202)
    assert (found["amount"], found["lots"]) == ("2", {"results": [], "next": None})


def test_a_wallet_narrows_it_and_a_strangers_is_refused_by_name(script, bobs_script, alice, wallet, quotes, now):
    second = another(alice)
    tell(wallet, *buys("T1", "2", "100", day(0)))
    tell(second, *moved("D1", "1", day(0)))
    reckon(alice, now=now)

    assert read(script, wallet=str(second.pk))["value"] == "250.5"
    for wrong in (str(second.pk), "x"):
        assert errors_of(bobs_script.get(PORTFOLIO, {"wallet": wrong})) == [("wallet", "not_found")]
    second.binned_at = now
    second.save()
    assert errors_of(script.get(PORTFOLIO, {"wallet": str(second.pk)})) == [("wallet", "not_found")]


def test_history_by_hour_day_week_and_month(script, wallet, quotes, now):
    tell(wallet, *moved("D1", "2", now - timedelta(days=10)), *moved("D2", "1", now - timedelta(days=2), asset="QQFOO"))

    found = read(script, "history/")
    assert (found["interval"], len(found["points"])) == ("day", 11)
    assert (found["points"][0]["value"], found["points"][-1]["value"]) == ("400", "501")
    assert found["left_out"] == [{"asset": "QQFOO", "points": 2, "always": True}]

    last = (now - timedelta(days=3)).date()
    past = read(script, "history/", **{"from": str(last - timedelta(days=2)), "to": str(last)})
    assert [point["value"] for point in past["points"]] == ["400"] * 3
    hourly = read(script, "history/", interval="hour", **{"from": str(now.date()), "to": str(now.date())})
    assert len(hourly["points"]) == now.hour + 1
    assert len(read(script, "history/", interval="week")["points"]) == 3
    assert len(read(script, "history/", interval="month")["points"]) in {2, 3}


def test_what_makes_no_sense_is_refused_by_name(script, wallet):
    def refused(**query):
        return errors_of(script.get(f"{PORTFOLIO}history/", query))

    assert refused(interval="day", **{"from": "2010-01-01"}) == [("interval", "too_many_points")]
    assert refused(interval="hour") == [("interval", "too_many_points")]
    assert refused(**{"from": "2026-02-01", "to": "2026-01-01"}) == [("from", "too_late")]
    assert refused(**{"from": "9999-01-01"}) == [("from", "too_late")]
    assert refused(to="yesterday") == [("to", "invalid")]
    assert read(script, "history/", to="0001-01-01")["points"] == []
    for interval in ("hour", "day", "week", "month"):
        begin = {"from": "0001-01-01", "to": "0001-01-03", "interval": interval}
        assert read(script, "history/", **begin)["points"] == []


def test_an_asset_tells_lots_page_by_page(script, bobs_script, alice, wallet, quotes, now):
    tell(wallet, *[row for n in range(3) for row in buys(f"T{n}", "1", "10", day(n))], *sells("S", "0.5", "80", day(9)))
    reckon(alice, now=now)

    found = read(script, "assets/BTC/", limit="2")

    assert [(lot["amount"], lot["cost"], lot["term"]) for lot in found["lots"]["results"]] == [
        ("0.5", "5", "long"),
        ("1", "10", "long"),
    ]
    assert found["lots"]["results"][0]["transaction"]
    assert [(year["year"], year["gain"]) for year in found["realised"]] == [(2024, "75")]
    assert found["wallets"] == [{"wallet": str(wallet.pk), "amount": "2.5", "value": "626.25", "cost": "25"}]
    rest = script.get(found["lots"]["next"]).json()["lots"]
    assert (len(rest["results"]), rest["next"]) == (1, None)
    assert errors_of(script.get(f"{PORTFOLIO}assets/BTC/", {"limit": "0"})) == [("limit", "out_of_range")]
    assert script.get(f"{PORTFOLIO}assets/BTC/", {"cursor": "x"}).json()["code"] == "bad_cursor"
    assert bobs_script.get(f"{PORTFOLIO}assets/BTC/").status_code == 404

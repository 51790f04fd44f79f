"""Prices through the API: the number, its steps, the owner's own word, and what is said where there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger.models import OwnPrice
from ledger.pricing.candles import DAY, HOUR
from tests.accounts.api.conftest import script_of
from tests.ledger.api.conftest import errors_of
from tests.ledger.priced import quoted

pytestmark = pytest.mark.django_db
PRICES = "/api/v1/prices/"
AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
THEN = {"asset": "DOT", "quote": "USD", "at": "2026-03-02T12:30:00Z"}


def worth(script, **facts):
    answer = script.get(PRICES, {**THEN, **facts})
    assert answer.status_code == 200, answer.content
    return answer.json()


def put(script, **facts):
    return script.put(PRICES, {**THEN, "price": "7.25", **facts}, format="json")


def taken_back(script, **facts):
    query = "&".join(f"{name}={value}" for name, value in {**THEN, **facts}.items())
    return script.delete(f"{PRICES}?{query}")


def test_a_price_is_told_with_source_method_and_every_step(script):
    quoted("DOT", "USDT", AT, "6", source="binance")
    quoted("USDT", "USD", AT - timedelta(hours=1), "0.98", source="coinbaseexchange")

    found = worth(script)

    assert (found["price"], found["source"], found["method"], found["carried"]) == (
        "5.88",
        "Binance, Coinbase",
        "hour",
        True,
    )
    first, second = found["steps"]
    assert first == {
        "asset": "DOT",
        "quote": "USDT",
        "price": "6",
        "at": "2026-03-02T12:00:00Z",
        "source": "Binance",
        "method": "hour",
        "turned": False,
        "carried": False,
    }
    assert (second["at"], second["carried"]) == ("2026-03-02T11:00:00Z", True)


def test_without_a_currency_it_is_the_owners_and_without_a_time_it_is_now(script, alice):
    alice.base_currency = "GBP"
    alice.save()
    quoted("DOT", "GBP", datetime.now(UTC) - timedelta(hours=1), "5")

    found = script.get(PRICES, {"asset": "dot"}).json()

    assert (found["price"], found["quote"]) == ("5", "GBP")


def test_long_quotients_are_cut_for_the_wire(script):
    quoted("DOT", "EUR", AT, "3")
    quoted("USDT", "EUR", AT, "7")

    assert worth(script, asset="EUR", quote="DOT")["price"].startswith("0.333333333333333333333333")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2007-12-31T23:59:59Z"])
def test_a_moment_at_which_nothing_can_have_been_worth_anything_is_refused(script, at):
    for span in (HOUR, DAY):
        quoted("DOT", "USD", AT, "6", span=span)

    assert errors_of(script.get(PRICES, {**THEN, "at": at})) == [("at", "out_of_range")]


def test_where_there_is_none_the_problem_names_what_was_tried(script):
    quoted("DOT", "USDT", AT, "6")

    answer = script.get(PRICES, THEN)

    assert (answer.status_code, answer.json()["code"]) == (404, "no_price")
    assert "DOT \u2192 USDT \u2192 USD" in answer.json()["detail"]


def test_an_own_price_goes_before_all_others_until_it_is_taken_back(script, bobs_script):
    quoted("DOT", "USD", AT, "6")

    kept = put(script, note="Invoice").json()
    assert (kept["price"], kept["method"], kept["source"]) == ("7.25", "owner", "you")
    assert kept["own"][0]["note"] == "Invoice"
    assert worth(bobs_script)["price"] == "6"  # everybody else's stays what it was
    assert [each["asset"] for each in script.get(f"{PRICES}own/").json()["results"]] == ["DOT"]
    assert bobs_script.get(f"{PRICES}own/").json()["results"] == []

    assert taken_back(bobs_script).status_code == 404
    assert taken_back(script).status_code == 204
    assert worth(script)["price"] == "6"
    assert taken_back(script).json()["code"] == "no_own_price"
    recorded = AuditEvent.objects.filter(subject="DOT").values_list("action", flat=True)
    assert set(recorded) == {Action.PRICE_SET, Action.PRICE_TAKEN_BACK}


def test_an_own_price_in_one_money_holds_in_another(script):
    quoted("DOT", "EUR", AT, "1")
    rate = worth(script, asset="EUR", quote="USD")

    put(script, reach="day", price="10", quote="EUR")

    assert worth(script)["steps"][0]["method"] == "owner"
    assert float(worth(script)["price"]) == pytest.approx(10 * float(rate["price"]))


def test_a_day_and_from_then_on_reach_as_far_as_they_say(script):
    put(script, reach="day", price="8")
    put(script, reach="onward", price="0", at="2026-03-04T09:00:00Z")

    assert worth(script, at="2026-03-02T23:59:59Z")["price"] == "8"
    assert script.get(PRICES, {**THEN, "at": "2026-03-03T00:00:00Z"}).status_code == 404
    assert worth(script, at="2026-09-01T00:00:00Z")["price"] == "0"


def test_the_same_key_sets_it_once(script):
    for _ in range(2):
        answer = script.put(PRICES, {**THEN, "price": "1"}, format="json", headers={"Idempotency-Key": "abcdefgh-1"})
        assert answer.status_code == 200
    assert OwnPrice.objects.count() == 1


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"price": 5}, "price", "not_a_string"),
        ({"price": "-1"}, "price", "invalid"),
        ({"quote": "DOT"}, "quote", "no_currency"),
        ({"quote": "XXX"}, "quote", "no_currency"),
        ({"asset": "A B"}, "asset", "no_asset"),
        ({"at": "2007-01-01T00:00:00Z"}, "at", "out_of_range"),
        ({"at": "2099-01-01T00:00:00Z"}, "at", "out_of_range"),
        ({"at": "2026-01-01T00:00:00"}, "at", "no_zone"),
        ({"reach": "week"}, "reach", "invalid_choice"),
        ({"source": "me"}, "source", "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused_by_name(script, facts, field, code):
    assert errors_of(put(script, **facts)) == [(field, code)]
    assert not OwnPrice.objects.exists()


def test_reading_is_not_writing(alice):
    script = script_of(alice, "read")

    assert put(script).status_code == 403
    assert taken_back(script).status_code == 403

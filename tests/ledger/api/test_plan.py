"""`lots/plan/`: lots are shared out among wallets by an order, or one by one, as on the pages."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts import tax_settings
from accounts.audit import SYSTEM
from accounts.models import AuditEvent
from ledger.models import GainChoices
from tests.accounts.api.conftest import script_of
from tests.ledger.api.conftest import errors_of
from tests.ledger.conftest import NOW
from tests.ledger.gains.books import buys, day, named, reckon, sells, tell
from tests.ledger.matched import another
from wallets.models import Wallet

PLAN = "/api/v1/lots/plan/"
ASSETS = f"{PLAN}assets/"
BTC = f"{ASSETS}BTC/"


@pytest.fixture
def savings(alice, wallet):
    """1 BTC for 100 in one wallet, 1 BTC for 900 in the other, which sold one for 1000 in 2025."""
    other = another(alice, "Savings")
    Wallet.objects.filter(pk=other.pk).update(created_at=NOW + timedelta(days=1))
    tell(wallet, *buys("B1", "1", "100", day(0)))
    tell(other, *buys("B2", "1", "900", day(1)), *sells("S1", "1", "1000", day(400)))
    reckon(alice)
    return other


def got(script, address, status=200, **query):
    answer = script.get(address, query)
    assert answer.status_code == status, answer.content
    return answer.json()


def put(script, address, body, **headers):
    return script.put(address, body, format="json", headers=headers)


def gained(owner):
    return [str(each.proceeds - each.cost).rstrip("0").rstrip(".") for each in reckon(owner).matches.filter(year=2025)]


def crossed(alice, wallet, savings):
    """Each lot to the wallet in which it did not lie."""
    lots = [str(named(alice, name).pk) for name in ("B1", "B2")]
    places = [str(savings.pk), str(wallet.pk)]
    return [{"lot": lot, "wallet": place, "amount": "1"} for lot, place in zip(lots, places, strict=True)]


def test_a_plan_is_read_saved_and_taken_back(script, alice, wallet, savings):
    proposed = got(script, PLAN)
    assert proposed == {
        "needed": True,
        "at": "2025-01-01T00:00:00Z",
        "saved": None,
        "method": "fifo",
        "wallets": [str(wallet.pk), str(savings.pk)],
        "by_hand": [],
    }

    told = put(script, PLAN, {"method": "hifo", "wallets": [str(savings.pk)]}).json()

    assert told == {**proposed, "saved": told["saved"], "method": "hifo", "wallets": proposed["wallets"][::-1]}
    assert told["saved"] is not None
    assert got(script, PLAN) == told
    assert script.delete(PLAN).status_code == 204
    assert got(script, PLAN) == proposed
    actions = AuditEvent.objects.filter(owner=alice, action__startswith="plan_").values_list("action", flat=True)
    assert sorted(actions) == ["plan_saved", "plan_taken_back"]


def test_what_is_shared_out_is_listed_by_the_plan_or_as_it_would_be(script, alice, wallet, savings):
    [told] = got(script, ASSETS)["results"]
    assert (told["asset"], told["by_hand"]) == ("BTC", False)
    first = str(named(alice, "B1").pk)

    def oldest_goes_to(**query):
        [told] = got(script, ASSETS, **query)["results"]
        return [each["wallet"] for each in told["shares"] for lot in each["lots"] if lot["lot"] == first]

    assert oldest_goes_to() == [str(wallet.pk)]
    assert oldest_goes_to(method="lifo") == [str(savings.pk)]
    assert oldest_goes_to(wallets=f"{savings.pk},{wallet.pk}") == [str(savings.pk)]
    assert got(script, PLAN)["saved"] is None
    put(script, PLAN, {"method": "lifo"})
    reckon(alice)
    assert oldest_goes_to() == [str(savings.pk)]


def test_assets_come_page_by_page(script, alice, wallet, savings):
    tell(wallet, *buys("B3", "1", "10", day(5), asset="XETH"))
    reckon(alice)
    first = got(script, ASSETS, limit=1)
    second = got(script, first["next"])
    told = [*first["results"], *second["results"]]
    assert ([each["asset"] for each in told], second["next"]) == (["BTC", "ETH"], None)
    assert got(script, ASSETS, 400, cursor="made up")["code"] == "bad_cursor"


def test_lots_are_shared_out_one_by_one_and_gains_follow(script, alice, wallet, savings):
    assert gained(alice) == ["100"]
    there = got(script, BTC)
    assert [each["wallet"] for each in there["held"]] == sorted([str(wallet.pk), str(savings.pk)])
    assert [each["lot"] for each in there["lots"]] == [str(named(alice, name).pk) for name in ("B1", "B2")]
    assert there["by_hand"] is False

    told = put(script, BTC, {"shares": crossed(alice, wallet, savings)})

    assert told.status_code == 200, told.content
    assert told.json()["by_hand"] is True
    assert {(each["lot"], each["wallet"]) for each in told.json()["shares"]} == {
        (each["lot"], each["wallet"]) for each in crossed(alice, wallet, savings)
    }
    assert gained(alice) == ["900"]
    assert got(script, PLAN)["by_hand"] == ["BTC"]
    assert got(script, ASSETS)["results"][0]["by_hand"] is True
    put(script, PLAN, {"method": "hifo"})
    assert got(script, PLAN)["by_hand"] == ["BTC"]
    assert script.delete(BTC).status_code == 204
    assert got(script, BTC)["by_hand"] is False


def test_what_does_not_fit_is_named_and_changes_nothing(script, alice, wallet, savings):
    wallet.label = "Kraken"
    wallet.save()
    first, second = crossed(alice, wallet, savings)

    def refused(*shares):
        return errors_of(put(script, BTC, {"shares": list(shares)}))

    assert refused({**first, "amount": "2"}, second) == [("shares.0", "does_not_fit")]
    assert refused(first, {**second, "wallet": str(uuid4())}) == [("shares.1", "does_not_fit")]
    assert refused(first, first) == [("shares.1", "repeated")]
    assert refused(first, {**second, "amount": "-1"}) == [("shares.1", "does_not_fit")]
    answer = put(script, BTC, {"shares": [first]})
    assert answer.json()["errors"] == [
        {
            "field": "shares",
            "code": "does_not_fit",
            "detail": "Kraken held 1 then, and gets 0. Share out exactly what it held.",
        }
    ]
    assert errors_of(put(script, PLAN, {"method": "average"})) == [("method", "invalid_choice")]
    gone = [("wallets.1", "not_found")]
    assert errors_of(put(script, PLAN, {"method": "fifo", "wallets": [str(wallet.pk), str(uuid4())]})) == gone
    assert errors_of(script.get(ASSETS, {"wallets": "mine"})) == [("wallets", "not_found")]
    assert not GainChoices.objects.exists()


def test_a_plan_that_was_changed_meanwhile_is_not_overwritten(script, alice, wallet, savings):
    plan = {"If-Match": script.get(PLAN)["ETag"]}
    assert put(script, PLAN, {"method": "lifo"}, **plan).status_code == 200
    assert put(script, PLAN, {"method": "hifo"}, **plan).status_code == 412
    assert script.delete(PLAN, headers=plan).status_code == 412
    asset = {"If-Match": script.get(BTC)["ETag"]}
    shares = {"shares": crossed(alice, wallet, savings)}
    assert put(script, BTC, shares, **asset).status_code == 200
    assert script.delete(BTC, headers=asset).status_code == 412
    assert got(script, PLAN)["method"] == "lifo"


def test_where_no_plan_is_needed_none_is_saved(script, alice, savings):
    tax_settings.set_for_all_years(by=SYSTEM, owner=alice, country="DE", method="fifo", now=day(700))
    reckon(alice)

    assert got(script, PLAN)["needed"] is False
    assert got(script, ASSETS)["results"] == []
    assert got(script, BTC)["lots"] == []
    for answer in (put(script, PLAN, {"method": "lifo"}), script.delete(PLAN), put(script, BTC, {"shares": []})):
        assert (answer.status_code, answer.json()["code"]) == (409, "no_plan_needed")
    assert script.delete(BTC).json()["code"] == "no_plan_needed"


def test_a_plan_is_its_owners_alone_and_said_by_who_may_write(script, bobs_script, alice, savings):
    put(script, PLAN, {"method": "lifo"})
    assert bobs_script.get(BTC).status_code == 404
    assert got(bobs_script, PLAN)["saved"] is None
    assert put(bobs_script, BTC, {"shares": []}).status_code == 404
    assert errors_of(put(bobs_script, PLAN, {"method": "fifo", "wallets": [str(savings.pk)]})) == [
        ("wallets.0", "not_found")
    ]
    assert put(script_of(alice, "read"), PLAN, {"method": "fifo"}).json()["code"] == "insufficient_scope"


def test_before_anything_is_reckoned_it_is_asked_again(script, wallet):
    tell(wallet, *buys("B1", "1", "100", day(0)))
    assert got(script, ASSETS, 202)["results"] == []
    assert got(script, BTC, 202)["lots"] == []
    answer = put(script, BTC, {"shares": []})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_reckoned_yet")

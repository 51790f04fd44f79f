"""`tax/{year}/findings/`: one by one, page by page, and for each where it is mended."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.urls import resolve

from ledger.api import findings
from ledger.engine.types import Problem
from ledger.models import Finding
from ledger.remedies import OFFERS, Origins, remedies
from tests.ledger.api.conftest import errors_of
from tests.ledger.api.test_tax import got
from tests.ledger.gains.books import buys, day, moved, named, reckon, sells, tell

FOUND = "/api/v1/tax/2024/findings/"


@pytest.fixture
def history(alice, wallet):
    """What came from nobody knows where and was sold, and more of the kind."""
    tell(
        wallet,
        *buys("B1", "1", "100", day(0)),
        *moved("D1", "2", day(2), asset="XETH"),
        *moved("D2", "3", day(3), asset="XETH"),
        *sells("S1", "1", "600", day(30), asset="XETH"),
        *moved("W1", "-0.5", day(40)),
    )
    return reckon(alice)


def test_each_is_told_with_what_it_is_about_and_what_mends_it(script, alice, wallet, history):
    told = got(script, FOUND)

    assert told["next"] is None
    assert [each["problem"] for each in told["results"]] == [
        "unknown_target", "unknown_origin", "unknown_origin", "missing_basis",
    ]  # fmt: skip
    sold, came = named(alice, "S1"), named(alice, "D1")
    basis = told["results"][-1]
    assert basis == {
        "problem": "missing_basis",
        "words": "Nobody says what it had cost",
        "meaning": basis["meaning"],
        "transaction": str(sold.pk),
        "asset": "ETH",
        "wallet": str(wallet.pk),
        "at": "2024-02-09T12:00:00Z",
        "amount": basis["amount"],
        "money": basis["money"],
        "money_is": "proceeds without a cost",
        "remedies": basis["remedies"],
    }
    assert (Decimal(basis["amount"]), Decimal(basis["money"])) == (1, 600)
    assert [(each["step"], each["transaction"]) for each in basis["remedies"]] == [
        ("say_cost", str(came.pk)),
        ("link_transfer", str(came.pk)),
        ("import_history", None),
    ]
    first, *_ = basis["remedies"]
    assert (first["words"], first["url"]) == ("Say what it cost", "/api/v1/lots/costs/")
    assert first["page"].endswith(f"/tax/costs/{came.pk}/")


def test_they_are_as_many_as_the_year_says_page_by_page(script, history):
    counted = {each["problem"]: each["count"] for each in got(script, "/api/v1/tax/2024/")["findings"]}
    found, address = [], f"{FOUND}?limit=1"
    while address:
        page = got(script, address)
        found += page["results"]
        address = page["next"]

    assert found == got(script, FOUND)["results"]
    assert {kind: [each["problem"] for each in found].count(kind) for kind in counted} == counted
    assert [each["at"] for each in found[1:3]] == ["2024-01-13T12:00:00Z", "2024-01-12T12:00:00Z"]


def test_they_are_asked_for_by_kind_and_by_asset(script, history):
    def kinds(**query):
        return [each["problem"] for each in got(script, FOUND, **query)["results"]]

    assert kinds(problem="unknown_target") == ["unknown_target"]
    assert kinds(asset="BTC") == ["unknown_target"]
    assert kinds(problem="missing_basis", asset="BTC") == []
    assert errors_of(script.get(FOUND, {"problem": "all"})) == [("problem", "invalid_choice")]
    assert got(script, "/api/v1/tax/2023/findings/")["results"] == []
    got(script, "/api/v1/tax/12024/findings/", 404)


def test_nobody_elses_are_told_and_none_before_they_are_reckoned(script, bobs_script, alice, wallet):
    tell(wallet, *moved("D1", "2", day(2), asset="XETH"))
    assert got(script, FOUND, 202) == {"results": [], "next": None}
    reckon(alice)
    assert len(got(script, FOUND)["results"]) == 1
    assert bobs_script.get(FOUND).json()["results"] == []


def test_by_other_terms_they_are_others(script, alice, history):
    got(script, FOUND, 202, method="hifo")
    reckon(alice)
    assert len(got(script, FOUND, method="hifo")["results"]) == 4


@pytest.mark.parametrize("problem", Problem)
def test_every_remedy_leads_to_a_page_and_to_an_operation(problem, alice, wallet, history):
    """With one lot that nobody knows the cost of, with several, with a pool's, and with none."""
    each, others = named(alice, "S1"), [uuid.uuid4(), uuid.uuid4()]
    facts = {"wallet": wallet.pk, "transaction": each.pk, "at": each.occurred_at, "year": 2024}
    finding = Finding(problem=problem, asset="ETH", **facts)
    came = list(Finding.objects.filter(problem="unknown_origin"))
    for met in (Origins(others[:1], True, []), Origins(others, False, []), Origins([], False, came)):  # noqa: FBT003
        for one in remedies(finding, each, {(each.pk, "ETH"): met}):
            resolve(one.href.partition("?")[0])
            told = findings.remedy(finding, one)
            assert resolve(told["url"].partition("?")[0]).namespace == "ledger_api"
    assert set(OFFERS) == set(Problem)

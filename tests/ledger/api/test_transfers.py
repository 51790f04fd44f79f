"""Transfers through the API: suggested, linked, without another end; accepted, rejected, taken apart, by hand."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger.models import Decision, Transaction
from tests.ledger.api.conftest import errors_of
from tests.ledger.matched import another, arrived, left, linked, look, of, suggested
from tests.ledger.stand import store

pytestmark = pytest.mark.django_db
TRANSFERS = "/api/v1/transfers/"


@pytest.fixture
def other(alice):
    return another(alice)


@pytest.fixture
def ends(wallet, other):
    """One that left and one that arrived, which nobody takes for a transfer."""
    store(wallet, left(1, "1.5"))
    store(other, arrived(1, "0.2"))
    look(wallet, other)
    return of(wallet), of(other)


def listed(script, state):
    answer = script.get(TRANSFERS, {"state": state})
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def by_hand(script, *named):
    return script.post(TRANSFERS, {"transactions": [str(each) for each in named]}, format="json")


def test_suggestions_have_score_and_reasons_and_are_accepted(script, wallet, other):
    proposal = suggested(wallet, other)

    first = next(each for each in script.get(TRANSFERS).json()["results"] if each["id"] == str(proposal.pk))
    assert (first["state"], first["score"]) == ("suggested", proposal.score)
    assert "several_fit" in {reason["code"] for reason in first["reasons"]}
    assert {each["id"] for each in first["transactions"]} == {*first["outs"], *first["ins"]}
    (one,) = [each for each in first["transactions"] if each["id"] == first["outs"][0]]
    assert one in script.get("/api/v1/transactions/").json()["results"]

    answer = script.post(f"{TRANSFERS}{proposal.pk}/accept/").json()
    assert (answer["decision"], answer["ones"], answer["others"]) == ("linked", first["outs"], first["ins"])
    assert Transaction.objects.filter(kind="transfer").count() == 2


def test_a_rejection_is_kept(script, wallet, other):
    proposal = suggested(wallet, other)

    assert script.post(f"{TRANSFERS}{proposal.pk}/reject/").json()["decision"] == "apart"

    [rejected] = listed(script, "rejected")
    assert (rejected["outs"], rejected["by_itself"]) == ([str(each) for each in proposal.ones], False)


def test_what_was_linked_by_itself_is_listed_and_taken_apart(script, wallet, other):
    linked(wallet, other)
    [found] = listed(script, "linked")
    assert found["by_itself"] is True

    assert script.post(f"{TRANSFERS}{found['id']}/unlink/").json()["decision"] == "apart"

    assert listed(script, "linked") == []
    assert script.post(f"{TRANSFERS}{found['id']}/unlink/").status_code == 404
    assert Transaction.objects.filter(kind="transfer").count() == 0


def test_what_has_no_other_end_is_listed_with_guesses(script, ends):
    out, came = ends

    found = {each["id"]: each for each in listed(script, "unmatched")}

    assert found[str(out.pk)]["outs"] == [str(out.pk)]
    assert found[str(came.pk)]["ins"] == [str(came.pk)]
    assert "payment" in {guess["code"] for guess in found[str(out.pk)]["guesses"]}


@pytest.mark.parametrize("state", ["linked", "unmatched", "suggested"])
def test_every_list_comes_in_pages(script, wallet, other, state):
    for number in range(2):
        linked(wallet, other, number=number, amount=f"0.7351926{number}")
    store(wallet, left("X", "3"), left("Y", "5"))
    look(wallet)
    first = script.get(TRANSFERS, {"state": state, "limit": 1}).json()

    if state == "suggested":
        assert (first["results"], first["next"]) == ([], None)
        return
    second = script.get(first["next"]).json()
    assert first["results"][0]["id"] != second["results"][0]["id"]
    assert script.get(TRANSFERS, {"state": state, "cursor": "nonsense"}).status_code == 400


def test_two_are_linked_by_hand_once(script, ends):
    out, came = ends

    answer = by_hand(script, came.pk, out.pk)

    assert answer.status_code == 201
    assert (answer.json()["ones"], answer.json()["others"]) == ([str(out.pk)], [str(came.pk)])
    again = by_hand(script, out.pk, came.pk)
    assert (again.status_code, again.json()["code"]) == (409, "cannot_be")
    assert "linked already" in again.json()["detail"]


def test_what_makes_no_sense_is_refused_by_name(script, ends):
    out, _ = ends

    assert errors_of(by_hand(script, out.pk)) == [("transactions", "min_length")]
    assert errors_of(by_hand(script, out.pk, "nonsense"))[0][1] == "invalid"
    assert errors_of(script.get(TRANSFERS, {"state": "stolen"})) == [("state", "invalid_choice")]
    assert by_hand(script, out.pk, out.pk).status_code == 409
    assert by_hand(script, out.pk, uuid4()).status_code == 400


def test_a_stranger_finds_nothing(bobs_script, wallet, other, ends):
    linked(wallet, other, number=9)
    act = Decision.objects.get().act

    refused = by_hand(bobs_script, *(each.pk for each in ends))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "transactions")
    assert bobs_script.post(f"{TRANSFERS}{act}/unlink/").status_code == 404
    assert all(listed(bobs_script, state) == [] for state in ("suggested", "linked", "rejected", "unmatched"))

"""Several suggested transfers decided at once through the API, and taken back as one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger.models import Decision, Proposal, Transaction
from tests.ledger.api.conftest import errors_of
from tests.ledger.matched import another, suggested

pytestmark = pytest.mark.django_db
BULK = "/api/v1/transfers/bulk/"


@pytest.fixture
def two(alice, wallet):
    """One of each two that compete for one end."""
    suggested(wallet, another(alice), count=2)
    found = {}
    for each in Proposal.objects.order_by("-at", "id"):
        found.setdefault(tuple(each.others), str(each.pk))
    return list(found.values())


def said(script, ids, decision="linked", headers=None, **more):
    sent = {"ids": [str(each) for each in ids], "decision": decision, **more}
    return script.post(BULK, sent, format="json", headers=headers or {})


def transfers():
    return Transaction.objects.filter(kind="transfer").count()


def test_several_are_looked_at_decided_taken_back_and_decided_again(script, two):
    looked = said(script, two, dry_run=True).json()
    assert (looked["done"], looked["count"], looked["batch"], looked["refused"]) == (False, 2, None, [])
    assert transfers() == 0

    done = said(script, two).json()
    assert (done["done"], done["count"], done["decided"], done["decision"]) == (True, 2, two, "linked")
    assert transfers() == 4

    address = f"{BULK}{done['batch']}/"
    assert script.get(address).json()["standing"] == 2
    undone = script.post(f"{address}undo/").json()
    assert (undone["whole"], undone["standing"], undone["taken_back"], undone["changed_since"]) == (2, 0, 2, 0)
    assert transfers() == 0
    assert len(script.get("/api/v1/transfers/").json()["results"]) >= 2
    again = script.post(f"{address}undo/")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_do")
    redone = script.post(f"{address}redo/").json()
    assert (redone["standing"], redone["refused"]) == (2, [])
    assert transfers() == 4


def test_those_turned_down_are_not_suggested_again(script, two):
    done = said(script, two, "apart").json()

    assert (done["count"], transfers()) == (2, 0)
    assert len(script.get("/api/v1/transfers/", {"state": "rejected"}).json()["results"]) == 2


def test_what_cannot_be_decided_is_told_one_by_one(script, two):
    rival = Proposal.objects.filter(others=Proposal.objects.get(pk=two[0]).others).exclude(pk=two[0]).get()
    gone = uuid4()

    answer = said(script, [*two, rival.pk, gone]).json()

    assert answer["decided"] == [two[1]]
    codes = {each["id"]: each["code"] for each in answer["refused"]}
    assert codes == {two[0]: "shared", str(rival.pk): "shared", str(gone): "decided"}
    assert all(each["words"] for each in answer["refused"])


def test_where_none_can_be_there_is_no_batch(script):
    answer = said(script, [uuid4()])

    assert (answer.status_code, answer.json()["done"], answer.json()["batch"]) == (200, False, None)


def test_the_same_asked_twice_is_done_once(script, two):
    headers = {"Idempotency-Key": "twice"}

    first, second = said(script, two, headers=headers), said(script, two, headers=headers)

    assert first.json() == second.json()
    assert Decision.objects.count() == 2
    assert said(script, two[:1], headers=headers).status_code == 409


def test_what_makes_no_sense_is_refused_by_name(script, two):
    assert errors_of(said(script, [])) == [("ids", "min_length")]
    assert errors_of(said(script, [uuid4()] * 101)) == [("ids", "max_length")]
    assert errors_of(said(script, two, "stolen")) == [("decision", "invalid_choice")]
    assert errors_of(said(script, ["x" * 41])) == [("ids.0", "max_length")]
    [refused] = said(script, ["nonsense"]).json()["refused"]
    assert (refused["id"], refused["code"]) == ("nonsense", "decided")


def test_a_stranger_decides_nothing(bobs_script, script, two):
    assert {each["code"] for each in said(bobs_script, two).json()["refused"]} == {"decided"}
    assert transfers() == 0

    batch = said(script, two).json()["batch"]
    assert bobs_script.get(f"{BULK}{batch}/").status_code == 404
    assert bobs_script.post(f"{BULK}{batch}/undo/").status_code == 404
    assert bobs_script.post(f"{BULK}{batch}/redo/").status_code == 404
    assert script.get(f"{BULK}{uuid4()}/").status_code == 404

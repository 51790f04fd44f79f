"""Several pairs decided at once through the API, and taken back as one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger import suggestions
from ledger.models import Decision, Proposal, Transaction
from tests.ledger.api.conftest import errors_of
from tests.ledger.matched import another, doubled, suggested

pytestmark = pytest.mark.django_db
BULK = "/api/v1/duplicates/bulk/"
MOST = suggestions.MOST[Proposal.About.DUPLICATES]


@pytest.fixture
def two(wallet):
    doubled(wallet, count=2)
    return [str(each) for each in Proposal.objects.order_by("-at", "-id").values_list("pk", flat=True)]


def said(script, ids=None, decision="same", headers=None, **more):
    sent = {"decision": decision, **more}
    if ids is not None:
        sent["ids"] = [str(each) for each in ids]
    return script.post(BULK, sent, format="json", headers=headers or {})


def test_several_are_looked_at_decided_taken_back_and_decided_again(script, wallet, two):
    looked = said(script, two, dry_run=True).json()
    assert (looked["done"], looked["count"], looked["batch"], looked["refused"]) == (False, 2, None, [])
    assert looked["wallets"] == [{"wallet": str(wallet.pk), "pairs": 2}]
    assert (looked["edited"], looked["differing"], looked["more"]) == (2, 0, 0)
    assert Transaction.objects.count() == 4

    done = said(script, two).json()
    assert (done["done"], done["count"], done["decided"], done["decision"]) == (True, 2, two, "same")
    assert done["wallets"] == looked["wallets"]
    assert Transaction.objects.count() == 2

    address = f"{BULK}{done['batch']}/"
    assert script.get(address).json()["standing"] == 2
    undone = script.post(f"{address}undo/").json()
    assert (undone["whole"], undone["standing"], undone["taken_back"], undone["changed_since"]) == (2, 0, 2, 0)
    assert len(script.get("/api/v1/duplicates/").json()["results"]) == 2
    again = script.post(f"{address}undo/")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_do")
    redone = script.post(f"{address}redo/").json()
    assert (redone["standing"], redone["refused"]) == (2, [])
    assert Transaction.objects.count() == 2


def test_all_that_rest_on_the_same_reasons_are_decided_by_one_of_them(script, two):
    looked = said(script, like=two[1], dry_run=True).json()
    assert (looked["count"], looked["decided"], looked["more"]) == (2, two, 0)

    assert said(script, like=two[1], decision="different").json()["count"] == 2
    assert (Transaction.objects.count(), Proposal.objects.count()) == (4, 0)


def test_what_cannot_be_decided_is_told_one_by_one(script, two):
    gone = uuid4()

    answer = said(script, [*two, gone]).json()

    assert answer["decided"] == two
    assert [(each["id"], each["code"]) for each in answer["refused"]] == [(str(gone), "decided")]


def test_the_same_asked_twice_is_done_once(script, two):
    headers = {"Idempotency-Key": "twice"}

    first, second = said(script, two, headers=headers), said(script, two, headers=headers)

    assert first.json() == second.json()
    assert Decision.objects.count() == 2


def test_what_makes_no_sense_is_refused_by_name(script, two):
    assert errors_of(said(script, [])) == [("ids", "min_length")]
    assert errors_of(said(script, [uuid4()] * (MOST + 1))) == [("ids", "max_length")]
    assert errors_of(said(script, two, "linked")) == [("decision", "invalid_choice")]
    assert errors_of(said(script)) == errors_of(said(script, two, like=two[0])) == [("ids", "required")]
    assert errors_of(said(script, like=str(uuid4()))) == [("like", "not_found")]


def test_a_batch_of_transfers_is_none_of_pairs(script, alice, wallet, two):
    suggested(wallet, another(alice))
    transfer = Proposal.objects.filter(about="transfers").first()
    linked = script.post("/api/v1/transfers/bulk/", {"ids": [str(transfer.pk)], "decision": "linked"}, format="json")
    assert script.get(f"{BULK}{linked.json()['batch']}/").status_code == 404
    pairs = said(script, two).json()["batch"]
    assert script.post(f"/api/v1/transfers/bulk/{pairs}/undo/").status_code == 404


def test_a_stranger_decides_nothing(bobs_script, script, two):
    assert {each["code"] for each in said(bobs_script, two).json()["refused"]} == {"decided"}
    assert errors_of(said(bobs_script, like=two[0])) == [("like", "not_found")]
    assert not Decision.objects.exists()

    batch = said(script, two).json()["batch"]
    assert bobs_script.get(f"{BULK}{batch}/").status_code == 404
    assert bobs_script.post(f"{BULK}{batch}/undo/").status_code == 404
    assert bobs_script.post(f"{BULK}{batch}/redo/").status_code == 404

"""Doubtful pairs through the API, and the owner's word about them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger.models import Decision, Proposal, Transaction, TransactionKey
from tests.accounts.api.conftest import script_of
from tests.ledger.matched import doubled
from tests.ledger.stand import assert_sound

pytestmark = pytest.mark.django_db
DUPLICATES = "/api/v1/duplicates/"


def test_pairs_are_listed_with_score_and_reasons(script, wallet):
    proposal = doubled(wallet)

    [pair] = script.get(DUPLICATES).json()["results"]

    assert (pair["id"], pair["score"]) == (str(proposal.pk), proposal.score)
    assert {*pair["ones"], *pair["others"]} == {str(pk) for pk in Transaction.objects.values_list("pk", flat=True)}
    assert all(set(reason) == {"code", "words", "speaks_for"} for reason in pair["reasons"])
    shown = {each["id"]: each for each in script.get("/api/v1/transactions/").json()["results"]}
    assert {each["id"]: each for each in pair["transactions"]} == shown


def test_of_a_pair_those_that_are_here_are_told_whatever_they_were_called(script, wallet):
    proposal = doubled(wallet)
    gone, stays = proposal.ones[0], proposal.others[0]
    Transaction.objects.filter(pk=gone).delete()
    TransactionKey.objects.filter(pk=gone).update(alias_of=stays)

    [pair] = script.get(DUPLICATES).json()["results"]

    assert pair["ones"] == [str(gone)]
    assert [each["id"] for each in pair["transactions"]] == [str(stays)]


def test_they_come_in_pages(script, wallet):
    doubled(wallet, 3)

    first = script.get(DUPLICATES, {"limit": 2}).json()
    second = script.get(first["next"]).json()

    assert [len(page["results"]) for page in (first, second)] == [2, 1]
    assert second["next"] is None


def test_they_are_merged(script, wallet):
    proposal = doubled(wallet)

    answer = script.post(f"{DUPLICATES}{proposal.pk}/merge/")

    assert answer.json()["decision"] == "same"
    assert Transaction.objects.count() == 1
    assert script.post(f"{DUPLICATES}{proposal.pk}/merge/").status_code == 404  # it is decided
    assert_sound(wallet)


def test_they_are_kept_apart(script, wallet):
    proposal = doubled(wallet)

    assert script.post(f"{DUPLICATES}{proposal.pk}/keep/").json()["decision"] == "different"
    assert (Transaction.objects.count(), Proposal.objects.count()) == (2, 0)


def test_of_a_pair_of_which_one_is_gone_it_is_said(script, wallet):
    proposal = doubled(wallet)
    Proposal.objects.update(others=[uuid4()])

    answer = script.post(f"{DUPLICATES}{proposal.pk}/merge/")

    assert (answer.status_code, answer.json()["code"]) == (409, "cannot_be")


def test_a_stranger_and_who_may_only_read_change_nothing(bobs_script, alice, wallet):
    proposal = doubled(wallet)

    assert bobs_script.get(DUPLICATES).json()["results"] == []
    assert bobs_script.post(f"{DUPLICATES}{proposal.pk}/merge/").status_code == 404
    assert script_of(alice, "read").post(f"{DUPLICATES}{proposal.pk}/keep/").status_code == 403
    assert not Decision.objects.exists()

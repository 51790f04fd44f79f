"""Reported against calculated through the API, and the row that would make both agree."""

from __future__ import annotations

import pytest

from ledger.models import ReportedBalance
from tests.ledger.matched import another, arrived, left, look, of
from tests.ledger.stand import read, store
from tests.ledger.test_views_reconcile import LATER, report
from wallets.models import Wallet

pytestmark = pytest.mark.django_db


def balances(script, wallet):
    answer = script.get(f"/api/v1/wallets/{wallet.pk}/balances/")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_difference_is_told_with_causes_and_a_proposal_that_closes_it(script, wallet, alice):
    store(wallet, arrived(1, "0.5"))
    second = another(alice)
    store(second, left(1, "0.25"))
    look(wallet, second)
    report(wallet, XXBT="0.75")

    found = balances(script, wallet)
    [line] = found["balances"]

    assert (found["said_by"], found["reported_at"]) == ("exchange", LATER.isoformat().replace("+00:00", "Z"))
    assert (line["reported"], line["calculated"], line["difference"]) == ("0.75", "0.5", "0.25")
    [cause] = line["causes"]
    assert (cause["code"], cause["exact"]) == ("unmatched", True)
    assert cause["url"].endswith(str(of(second).pk))

    wish = {**line["proposal"], "wallet": str(wallet.pk)}
    assert script.post("/api/v1/transactions/", wish, format="json").status_code == 201
    assert balances(script, wallet)["balances"][0]["agrees"] is True


def test_of_files_nobody_says_it(script, wallet):
    Wallet.objects.update(way="csv")
    store(wallet, arrived(1, "0.5"))
    read(wallet)

    found = balances(script, wallet)

    assert (found["said_by"], found["reported_at"], found["causes"]) == ("nobody", None, [])
    assert found["balances"][0]["reported"] is None
    assert found["balances"][0]["proposal"] is None


def test_a_stranger_finds_nothing(bobs_script, wallet):
    assert bobs_script.get(f"/api/v1/wallets/{wallet.pk}/balances/").status_code == 404
    assert not ReportedBalance.objects.exists()

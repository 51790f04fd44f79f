"""Reported against calculated through the API, and the row that would make both agree."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ledger import intake
from ledger.models import ReportedBalance
from tests.ledger.api.conftest import errors_of
from tests.ledger.conftest import NOW
from tests.ledger.matched import another, arrived, left, look, of
from tests.ledger.stand import read, store
from tests.ledger.test_views_reconcile import LATER, report
from wallets.models import Wallet
from wallets.records import Balance

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


def test_since_when_they_differ_is_told(script, wallet):
    store(wallet, arrived(1, "0.5", at=NOW - timedelta(minutes=1)))
    read(wallet)
    for days, amount in ((0, "0.5"), (2, "0.75")):
        intake.report_balances(wallet, [Balance("XXBT", Decimal(amount))], now=NOW + timedelta(days=days))

    [line] = balances(script, wallet)["balances"]

    assert line["since"] == {
        "agreed_at": "2026-11-20T12:00:00Z",
        "differs_at": "2026-11-22T12:00:00Z",
        "url": f"/transactions/?wallet={wallet.pk}&asset=BTC&from=2026-11-20&to=2026-11-22",
        "days": [
            {"at": "2026-11-20T12:00:00Z", "reported": "0.5", "calculated": "0.5", "difference": "0.0"},
            {"at": "2026-11-22T12:00:00Z", "reported": "0.75", "calculated": "0.5", "difference": "0.25"},
        ],
    }


def test_of_files_nobody_says_it(script, wallet):
    Wallet.objects.update(way="csv")
    store(wallet, arrived(1, "0.5"))
    read(wallet)

    found = balances(script, wallet)

    assert (found["said_by"], found["reported_at"], found["causes"]) == ("nobody", None, [])
    assert found["balances"][0]["reported"] is None
    assert found["balances"][0]["proposal"] is None
    assert found["balances"][0]["since"] is None


def test_a_stranger_finds_nothing(bobs_script, wallet):
    assert bobs_script.get(f"/api/v1/wallets/{wallet.pk}/balances/").status_code == 404
    assert not ReportedBalance.objects.exists()


# --- said by the owner, where no key tells ---------------------------------------------------------------------------


def said(script, wallet, asset="BTC", **body):
    return script.put(f"/api/v1/wallets/{wallet.pk}/balances/{asset}/", body, format="json")


def test_of_a_wallet_fed_by_files_the_owner_says_it_and_takes_it_back(script, wallet):
    Wallet.objects.update(way="csv")
    store(wallet, arrived(1, "0.5"))
    read(wallet)

    told = said(script, wallet, asset="btc", amount="0.75")
    assert (told.status_code, told.json()) == (200, balances(script, wallet))
    [line] = told.json()["balances"]
    assert (told.json()["said_by"], line["asset"], line["reported"], line["difference"]) == (
        "owner",
        "BTC",
        "0.75",
        "0.25",
    )
    assert said(script, wallet, asset="BTC", amount="0").json()["balances"][0]["difference"] == "-0.5"

    assert script.delete(f"/api/v1/wallets/{wallet.pk}/balances/btc/").status_code == 204
    assert balances(script, wallet)["said_by"] == "nobody"


def test_what_cannot_be_said_of_a_balance_is_named(script, bobs_script, wallet):
    assert said(script, wallet, asset="BTC", amount="1").json()["code"] == "told_by_exchange"
    Wallet.objects.update(way="csv")
    assert errors_of(said(script, wallet, asset="BTC", amount="-1")) == [("amount", "below_nought")]
    assert errors_of(said(script, wallet, asset="BTC", amount=1)) == [("amount", "not_a_string")]
    assert errors_of(said(script, wallet, asset="BTC")) == [("amount", "required")]
    assert said(script, wallet, asset="a b", amount="1").status_code == 404
    assert said(bobs_script, wallet, asset="BTC", amount="1").status_code == 404
    assert not ReportedBalance.objects.exists()

"""Assets through the API, and what their symbols stand for."""

from __future__ import annotations

import pytest

from ledger.models import AssetAlias
from tests.ledger.api.conftest import errors_of
from tests.ledger.matched import another, arrived
from tests.ledger.stand import held, ledger_row, read, store
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
ASSETS = "/api/v1/assets/"


@pytest.fixture
def unknown(wallet):
    store(wallet, ledger_row("Q", "Q", "QQFOO", "3", kind="deposit"), arrived(1, "1.5"))
    read(wallet)
    return f"{ASSETS}QQFOO/aliases/"


def said(script, address, **facts):
    return script.post(address, {"code": "BTC", **facts}, format="json")


def test_those_held_are_listed_the_unknown_first(script, wallet, unknown):
    first, second = script.get(ASSETS).json()["results"]

    assert (first["id"], first["known"], first["asks"], first["amount"]) == ("QQFOO", False, True, "3")
    assert (second["id"], second["name"], second["kind"]) == ("BTC", "Bitcoin", "coin")
    assert second["wallets"] == [{"wallet": str(wallet.pk), "label": "Kraken", "amount": "1.5"}]


def test_two_wallets_of_one_name_are_told_apart(script, alice, wallet, unknown):
    other = another(alice)
    Wallet.objects.filter(pk=other.pk).update(label=wallet.label)
    store(other, arrived(2, "0.25"))
    read(other)

    (held_there,) = [each for each in script.get(ASSETS).json()["results"] if each["id"] == "BTC"]

    assert {(each["wallet"], each["amount"]) for each in held_there["wallets"]} == {
        (str(wallet.pk), "1.5"),
        (str(other.pk), "0.25"),
    }
    assert held_there["amount"] == "1.75"


def test_a_symbol_is_mapped_changed_and_taken_back(script, wallet, unknown):
    alias = said(script, unknown)
    assert (alias.status_code, alias.json()["symbol"], alias.json()["wallets"]) == (201, "QQFOO", 1)
    read(wallet)
    assert held(wallet) == {"BTC": 4.5}

    one = f"{unknown}{alias.json()['id']}/"
    assert script.patch(one, {"code": "ETH"}, format="json").json()["code"] == "ETH"
    read(wallet)
    assert held(wallet) == {"BTC": 1.5, "ETH": 3}
    assert [each["code"] for each in script.get(unknown).json()["results"]] == ["ETH"]

    assert script.delete(one).status_code == 204
    read(wallet)
    assert held(wallet) == {"BTC": 1.5, "QQFOO": 3}


@pytest.mark.parametrize(
    ("facts", "field", "code"),
    [
        ({"code": "B TC"}, "code", "no_asset"),
        ({"code": "QQFOO"}, "code", "the_same"),
        ({"exchange": "nowhere"}, "exchange", "no_such_exchange"),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "until", "too_early"),
        ({"since": "2026-02-01T00:00:00"}, "since", "no_zone"),
        ({"symbol": 5}, "symbol", "invalid"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_cannot_be_is_refused_by_name(script, unknown, facts, field, code):
    assert errors_of(said(script, unknown, **facts)) == [(field, code)]
    assert not AssetAlias.objects.exists()


def test_a_stranger_finds_nothing(script, bobs_script, unknown):
    one = f"{unknown}{said(script, unknown).json()['id']}/"

    assert bobs_script.get(ASSETS).json()["results"] == []
    assert bobs_script.get(unknown).status_code == 404
    assert said(bobs_script, unknown).status_code == 404
    assert bobs_script.patch(one, {"code": "ETH"}, format="json").status_code == 404
    assert bobs_script.delete(one).status_code == 404


def test_a_word_that_was_changed_meanwhile_is_not_overwritten(script, wallet, unknown):
    one = f"{unknown}{said(script, unknown).json()['id']}/"
    tag = script.get(one)["ETag"]
    then = {"headers": {"If-Match": tag}}

    changed = script.patch(one, {"code": "ETH"}, format="json", **then)

    assert changed.status_code == 200
    assert script.patch(one, {"code": "ADA"}, format="json", **then).status_code == 412
    assert script.delete(one, **then).status_code == 412
    assert script.get(one).json()["code"] == "ETH"
    assert script.get(one)["ETag"] == changed["ETag"] != tag
    assert script.delete(one, headers={"If-Match": changed["ETag"]}).status_code == 204
    assert script.get(one).status_code == 404

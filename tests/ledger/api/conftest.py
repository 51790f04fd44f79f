"""Alice's and Bob's scripts at the ledger's addresses, and a trade that Kraken told."""

from __future__ import annotations

import pytest

from ledger.models import Transaction
from tests.accounts.api.conftest import script_of
from tests.ledger.stand import read, store, trade

TRANSACTIONS = "/api/v1/transactions/"
RULES = "/api/v1/rules/"
VIEWS = "/api/v1/views/"


@pytest.fixture
def script(alice):
    return script_of(alice, "write")


@pytest.fixture
def bobs_script(bob):
    return script_of(bob, "write")


@pytest.fixture
def bought(wallet):
    store(wallet, *trade(1))
    read(wallet)
    return Transaction.objects.get()


def at(each, part=""):
    return f"{TRANSACTIONS}{each.pk}/{part}"


def errors_of(answer):
    assert answer.status_code == 400, answer.content
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]

"""Whether an account is one that was removed before, asked and answered through the API."""

from __future__ import annotations

import pytest

from tests.ledger.stand import read
from tests.ledger.test_former import doubtful, notes

pytestmark = pytest.mark.django_db


def test_a_program_is_asked_too(alice, script):
    wallet = doubtful(alice)
    base = f"/api/v1/wallets/{wallet.pk}/former/"

    [found] = script.get(base).json()["results"]
    assert (found["verdict"], found["transactions"], found["rules"]) == ("asked", 1, 0)

    answered = script.post(f"{base}{found['id']}/", {"same": True}, format="json")
    assert (answered.status_code, answered.json()["verdict"]) == (200, "same")
    assert script.get(base).json()["results"] == []
    late = script.post(f"{base}{found['id']}/", {"same": False}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "former_settled")
    read(wallet)
    assert [words for _, words in notes(wallet)] == ["a present"]

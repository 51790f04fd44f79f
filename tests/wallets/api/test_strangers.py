"""What is Alice's is not there for Bob: every operation with an id, enumerated, with an id that exists."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from tests.accounts.api.test_frame import OPERATIONS
from tests.wallets.api.conftest import wallet_of
from wallets.models import CredentialTest, HelpRequest

if TYPE_CHECKING:
    from django.test import Client
    from rest_framework.test import APIClient

    from accounts.models import User

NAMES = {"wallet_id", "test_id", "help_id"}
MINE = [
    (route, method, operation)
    for route, method, operation in OPERATIONS
    if (names := set(re.findall("<uuid:(.*?)>", route))) and names <= NAMES
]


@pytest.fixture
def ids(alice: User) -> dict[str, str]:
    now = timezone.now()
    wallet = wallet_of(alice)
    test = CredentialTest.objects.create(
        owner=alice,
        wallet=wallet,
        purpose="look",
        state="asking",
        exchange="kraken",
        outcome={"questions": ["only_reads"]},
        not_before=now,
        created_at=now,
        expires_at=now + timedelta(minutes=15),
    )
    question = HelpRequest.objects.create(owner=alice, subject="Help", created_at=now)
    return {"wallet_id": str(wallet.pk), "test_id": str(test.pk), "help_id": str(question.pk)}


def ask(client: Client, route: str, method: str, operation: Any, ids: dict[str, str]) -> int:
    path = re.sub("<uuid:(.*?)>", lambda match: ids[match[1]], route)
    body = json.dumps(operation.takes.example_request or operation.takes.example) if operation.takes else ""
    return client.generic(method, path, body, content_type="application/json").status_code


def test_a_strangers_things_are_not_there(bobs_phone: APIClient, ids: dict[str, str]) -> None:
    found = {f"{method} {route}": ask(bobs_phone, route, method, operation, ids) for route, method, operation in MINE}

    assert len(found) > 15
    assert set(found.values()) == {404}, found


def test_and_are_there_for_their_owner(phone: APIClient, ids: dict[str, str]) -> None:
    """The control: with the same requests it is not 404. What ends something comes last."""
    order = sorted(MINE, key=lambda line: (line[1] == "DELETE", line[0].count("/")))
    found = {f"{method} {route}": ask(phone, route, method, operation, ids) for route, method, operation in order}

    assert 404 not in found.values(), found


def test_a_strangers_wallet_cannot_be_named_in_a_body(bobs_phone: APIClient, ids: dict[str, str]) -> None:
    key = {"exchange": "kraken", "credentials": {"key": "k", "secret": "s"}}
    bodies = {
        "credential-tests/": {**key, "wallet": ids["wallet_id"]},
        "help/": {"subject": "x", "wallet": ids["wallet_id"]},
    }

    for path, body in bodies.items():
        answer = bobs_phone.post(f"/api/v1/{path}", body)
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("wallet", "not_found")]

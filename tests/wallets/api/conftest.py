"""Alice's scripts and phones at the wallets' addresses, and wallets that need no exchange."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from config.fields import seal
from tests.accounts.api.conftest import phone_of, script_of
from wallets.models import Credential, RightsReport, Wallet

if TYPE_CHECKING:
    from rest_framework.test import APIClient

    from accounts.models import User

WALLETS = "/api/v1/wallets/"
TESTS = "/api/v1/credential-tests/"
PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"
SECRET = "canary-exchange-secret-4471"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def hurried(client: APIClient) -> APIClient:
    """It does not wait for workers: nobody works meanwhile."""
    client.defaults["HTTP_PREFER"] = "respond-async"
    return client


@pytest.fixture
def script(alice: User) -> APIClient:
    """With the scope that connects."""
    return hurried(script_of(alice, "connect", "write"))


@pytest.fixture
def reader(alice: User) -> APIClient:
    return script_of(alice, "read")


@pytest.fixture
def phone(alice: User) -> APIClient:
    return hurried(phone_of(alice))


@pytest.fixture
def stale_phone(alice: User) -> APIClient:
    return hurried(phone_of(alice, factor_age=3600))


@pytest.fixture
def bobs_phone(bob: User) -> APIClient:
    return hurried(phone_of(bob))


def wallet_of(owner: User, number: int = 0, **facts: Any) -> Wallet:
    """Connected by key, with what its exchange said of it."""
    given = {"exchange": "kraken", "way": "key", "label": f"Kraken {number}", "health": "working", **facts}
    wallet = Wallet.objects.create(owner=owner, created_at=NOW + timedelta(minutes=number), **given)
    if wallet.is_connected:
        credential = Credential(
            owner=owner, wallet=wallet, version=1, way=wallet.way, standing="current", created_at=NOW, used_at=NOW
        )
        seal(credential, sealed=json.dumps({"key": "public", "secret": SECRET}))
        credential.save(force_insert=True)
        for days in (2, 1):
            at = NOW - timedelta(days=days)
            RightsReport.objects.create(
                credential=credential, owner=owner, at=at, can_tell=True, read=[f"Query funds {days}"], ips=[]
            )
    return wallet


@pytest.fixture
def wallet(alice: User) -> Wallet:
    return wallet_of(alice)


def errors_of(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 400, answer.content
    return [(error["field"], error["code"]) for error in answer.json()["errors"]]


def refusal_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]

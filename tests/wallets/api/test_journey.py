"""A wallet's whole life through the API alone: real HTTP, a worker beside it, the sandbox as the exchange."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.db import connection
from django.utils import timezone

from accounts import tokens
from accounts.api import waiting
from accounts.audit import SYSTEM
from tests.accounts.api.conftest import phone_session
from wallets.models import Credential, CredentialTest, Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

    from accounts.models import User
    from tests.wallets.stage import Stage

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
BACK = "holdfast://connected"


class Client:
    """A script or a phone. It keeps all it was told, to be searched for secrets."""

    def __init__(self, address: str, **headers: str) -> None:
        self.address, self.headers, self.told = address, headers, ""

    def __call__(self, method: str, path: str, body: object = None, **params: str) -> requests.Response:
        url = path if path.startswith("http") else f"{self.address}/api/v1/{path.removeprefix('/api/v1/')}"
        answer = requests.request(method, url, json=body, headers=self.headers, params=params, timeout=60)
        assert answer.status_code < 500, answer.text
        self.told += answer.text
        return answer


@pytest.fixture
def script(live_server: LiveServer, alice: User) -> Client:
    now = timezone.now()
    end = now + timedelta(days=30)
    _, token = tokens.mint(
        by=SYSTEM, owner=alice, name="Repair script", scopes=["connect", "write"], expires_at=end, now=now
    )
    return Client(live_server.url, Authorization=f"Bearer {token}")


@pytest.fixture
def phone(live_server: LiveServer, alice: User) -> Client:
    return Client(live_server.url, **{"X-Session-Token": phone_session(alice)})


@pytest.fixture
def worker(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes up what waits, as long as the test lasts."""
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.02)
    over = threading.Event()

    def work() -> None:
        try:
            while not over.is_set():
                if CredentialTest.objects.due(now=stage.now()).exists():
                    stage.work()
                else:
                    time.sleep(0.02)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def new_key(stage: Stage, name: str, **facts: Any) -> dict[str, str]:
    """Made at Kraken by its owner, who ticks boxes there."""
    key = {"key": name + "k" * (56 - len(name)), "secret": "c2VjcmV0IG9mIA" + name + "A" * (72 - len(name)) + "=="}
    stage.street.tell("kraken", key={"id": key["key"], "secret": key["secret"], "nonce": 0, **facts})
    return key


def agree(client: Client, test: dict[str, Any]) -> dict[str, Any]:
    words = {question["question"]: question["sentence"] for question in test["questions"]}
    answer = client("POST", f"credential-tests/{test['id']}/answer/", {"answers": words})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.usefixtures("worker")
def test_a_script_connects_repairs_removes_and_restores(script: Client, stage: Stage) -> None:
    steps = script("GET", "exchanges/kraken/").json()
    assert steps["tick"]
    assert steps["leave"]
    first = stage.key()

    # One call connects: it waits for the worker.
    made = script("POST", "wallets/", {"exchange": "kraken", "label": "Savings", "credentials": first})
    assert (made.status_code, made.json()["test"]["state"]) == (201, "passed")
    wallet = f"wallets/{made.json()['wallet']['id']}/"
    assert script("GET", f"{wallet}health/").json()["state"] == "working"
    script("PATCH", wallet, {"note": "The account of the early years"})

    # The same account a second time is pointed to the first.
    twice = script("POST", "wallets/", {"exchange": "kraken", "credentials": first}).json()
    assert (twice["wallet"], twice["test"]["identity"]["other_wallet"]) == (None, made.json()["wallet"]["id"])

    # A key that may withdraw is refused by name, and the former stays in force.
    wide = new_key(stage, "wide", permissions=["query-funds", "query-closed-trades", "query-ledger", "withdraw-funds"])
    refused = script("PUT", f"{wallet}credential/", {"credentials": wide}).json()
    assert (refused["state"], refused["cause"]) == ("failed", "rights_too_wide")
    assert ["Withdraw funds"] in [line["items"] for line in refused["checklist"]]
    assert script("GET", f"{wallet}health/").json()["state"] == "working"

    # The key is deleted at the exchange; the checklist finds out, and says where the repair is done.
    stage.street.tell("kraken", no_key=first["key"])
    assert script("POST", f"{wallet}checklist/").json()["cause"] == "key_unknown"
    health = script("GET", f"{wallet}health/").json()
    assert (health["state"], health["whose_fault"]) == ("needs_you", "owner")
    assert health["next_action"]["kind"] == "update_key"
    second = new_key(stage, "second")
    asked = script("PUT", health["next_action"]["url"], {"credentials": second}).json()
    assert agree(script, asked)["state"] == "passed"
    assert script("GET", f"{wallet}health/").json()["state"] == "working"
    assert script("GET", wallet).json()["note"] == "The account of the early years"

    # Removed, after it was said what hangs on it; and back, with another key.
    assert script("DELETE", wallet, dry_run="1").json()["done"] is False
    assert script("DELETE", wallet).json()["done"] is True
    assert [row["state"] for row in script("GET", "wallets/", state="in_bin").json()["results"]] == ["in_bin"]
    assert script("POST", f"{wallet}restore/").json()["cause"] == "no_key"
    third = new_key(stage, "third")
    assert agree(script, script("PUT", f"{wallet}credential/", {"credentials": third}).json())["state"] == "passed"

    # Leaked: no longer used, and watched until the exchange refuses it.
    assert script("POST", f"{wallet}leaked/").json()["cause"] == "key_leaked"
    stage.street.tell("kraken", no_key=third["key"])
    wait_until(lambda: Credential.objects.filter(dead_at__isnull=False).exists(), stage)
    assert not Credential.objects.filter(sealed__isnull=False).exists()

    trail = {event["action"] for event in script("GET", "audit/", limit="500").json()["results"]}
    assert {
        "wallet_connected",
        "credential_refused",
        "credential_replaced",
        "wallet_binned",
        "wallet_restored",
    } <= trail
    assert {"credential_leaked", "key_seen_dead", "credential_confirmed", "connection_checked"} <= trail
    for key in (first, wide, second, third):
        assert key["secret"] not in script.told
        assert key["key"] not in script.told


def wait_until(happened: Any, stage: Stage) -> None:
    """What looks again only after a while does so at once here: time passes."""
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        stage.later(minutes=1)
        time.sleep(0.1)


@pytest.mark.usefixtures("worker")
def test_a_phone_signs_in_at_the_exchange_and_asks_for_help(
    phone: Client, stage: Stage, live_server: LiveServer, settings: SettingsWrapper
) -> None:
    settings.PUBLIC_URL = live_server.url
    stage.people.register(f"{live_server.url}/wallets/sign-in/coinbase/return/", provider="coinbase")

    # Away to the exchange, a yes there, back to us, and on to the app with a code of ours.
    begun = phone("POST", "oauth/coinbase/start/", {"return_to": BACK, "label": "Coinbase"}).json()
    back = requests.get(stage.people.allow(begun["url"]), allow_redirects=False, timeout=20)
    assert back.headers["Location"].startswith(BACK)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    claimed = phone("POST", "oauth/coinbase/finish/", {"code": code})
    assert claimed.status_code == 202
    test = ended(phone, claimed.json()["id"])
    assert test["state"] == "passed"
    wallet = f"wallets/{test['wallet']}/"
    assert phone("GET", f"{wallet}health/").json()["state"] == "working"

    # The permission ends at the exchange; the phone learns where to sign in again, and does.
    stage.street.tell("coinbase", password_changed=True)
    assert phone("POST", f"{wallet}checklist/").json()["cause"] == "sign_in_again"
    action = phone("GET", f"{wallet}health/").json()["next_action"]
    assert action["kind"] == "reconnect"
    again = phone("POST", action["url"], {"return_to": BACK, "wallet": test["wallet"]}).json()
    back = requests.get(stage.people.allow(again["url"]), allow_redirects=False, timeout=20)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    assert ended(phone, phone("POST", "oauth/coinbase/finish/", {"code": code}).json()["id"])["state"] == "passed"
    assert phone("GET", f"{wallet}health/").json()["state"] == "working"
    assert Wallet.objects.count() == 1

    # Help, seen before it is sent, and taken back.
    question = {"subject": "Is this right?", "wallet": test["wallet"]}
    seen = phone("POST", "help/", question, dry_run="1").json()["bundle"]
    asked = phone("POST", "help/", question).json()
    assert asked["bundle"] == seen
    assert phone("DELETE", f"help/{asked['id']}/").json()["consent_until"] is None
    for secret in stage.people.state("coinbase")["secrets"]:
        assert secret not in phone.told


def ended(client: Client, test_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while (test := client("GET", f"credential-tests/{test_id}/").json())["state"] in {"queued", "running"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return test

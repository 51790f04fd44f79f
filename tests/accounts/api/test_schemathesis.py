"""Nothing a client can send brings a 5xx or an answer that the OpenAPI document does not tell of."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from accounts import notices, tokens
from accounts.api.views import document
from accounts.audit import SYSTEM
from accounts.models import ApiToken, Notice, Session
from accounts.notice_kinds import Kind
from sync.models import Run
from tests.accounts.api.conftest import phone_session
from tests.accounts.api.hammer import Order
from tests.conftest import signed_in
from tests.estate import keep_books, things_of
from tests.factories import OwnerFactory
from tests.wallets import furniture
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from accounts.models import User

# Shared out so that test processes work side by side; each has an owner of its own, so a closed account harms no other.
SHARDS = [
    *(["me", "tax-settings"], ["audit", "notices"], ["sessions"], ["tokens"], ["export"], ["account"]),
    *(["wallets"], ["credential-tests", "oauth"], ["exchanges", "help", "holds", "runs"]),
    *(
        ["transactions"],
        ["rules", "views", "prices"],
        ["duplicates", "transfers"],
        ["assets", "imports", "import-templates"],
    ),
    *(
        ["tax", "lots", "portfolio"],
        ["reports"],
    ),
]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


# Nobody is rate limited; nobody waits for workers, for there are none; one sign-in is offered.
ENVIRONMENT = {
    "RATE_LIMITS_SCALE": "1000000",
    "WEB_PROCESSES": "1",
    "COINBASE_CLIENT_ID": "client",
    "COINBASE_CLIENT_SECRET": "secret",
}


def furnish(user: User) -> dict[str, list[str]]:
    """Things that exist, for ids that are not made up."""
    now = timezone.now()
    for number in range(10):
        notices.tell(owner=user, kind=Kind.FACTOR_ADDED, now=now, topic=str(number), factor="A passkey")
        end = now + timedelta(days=30)
        tokens.mint(by=SYSTEM, owner=user, name=f"script {number}", scopes=["read"], expires_at=end, now=now)
        signed_in(user)
    return {
        "notice_id": [str(notice.pk) for notice in Notice.objects.filter(owner=user)],
        "token_id": [str(token.pk) for token in ApiToken.objects.filter(owner=user)],
        "session_id": [str(session.public_id) for session in Session.objects.filter(owner=user)],
        **furniture.furnish(user, now),
        "run_id": runs_of(user, now),
        **books_of(user),
    }


def books_of(user: User) -> dict[str, list[str]]:
    """Transactions with edits, rules and saved views."""
    keep_books(user, SYSTEM, 10)
    return {name: things_of(user)[name] for name in ("transaction_id", "rule_id", "view_id")}


def examples_for(tags: list[str]) -> int:
    """200 an operation. Some have so many that the usual run tries 50 of each; HAMMER_EXAMPLES=200 tries all."""
    many = {"wallets", "credential-tests", "oauth", "exchanges", "transactions", "rules"}
    usual = 50 if many & set(tags) else 200
    return int(os.environ.get("HAMMER_EXAMPLES", usual))


def runs_of(user: User, now: datetime) -> list[str]:
    """One that is over for each wallet, and one under way."""
    made = [
        Run.objects.create(
            owner=user,
            wallet=wallet,
            exchange=wallet.exchange,
            asked_by="owner",
            state="done",
            not_before=now,
            created_at=now,
            finished_at=now,
        )
        for wallet in Wallet.objects.for_user(user)
    ]
    Run.objects.filter(pk=made[0].pk).update(finished_at=None, state="running", started_at=now)
    return [str(run.pk) for run in made]


def database_url() -> str:
    facts = {name: quote(str(value), safe="") for name, value in connection.settings_dict.items()}
    login = f"{facts['USER']}:{facts['PASSWORD']}" if facts["PASSWORD"] else facts["USER"]
    return f"postgresql://{login}@/{facts['NAME']}?host={facts['HOST']}"


@contextmanager
def served(application: str, log: Path) -> Iterator[str]:
    """A server process of its own on the test's database."""
    port = free_port()
    words = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1", application]
    env = {**os.environ, **ENVIRONMENT, "DATABASE_URL": database_url()}
    with log.open("w") as file, subprocess.Popen(words, env=env, stdout=file, stderr=file) as server:
        try:
            wait_for(port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        else:
            return


def run(log: Path, tags: list[str], user: User, pools: dict[str, list[str]], **facts: Any) -> dict[str, Any]:
    # Second factors that stay fresh for the whole run; more than one, because a request may end its own session.
    sessions = [phone_session(user, factor_age=-3600) for _ in range(5)]
    with served(facts.pop("application", "config.wsgi:application"), log) as address:
        order = Order(address, tags, sessions, pools, furniture.FIELDS, **facts)
        done = subprocess.run(
            [sys.executable, "-m", "tests.accounts.api.hammer"],
            input=json.dumps(asdict(order)),
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("tags", SHARDS, ids="-".join)
def test_nothing_sent_brings_an_answer_we_did_not_tell_of(tags: list[str], tmp_path: Path) -> None:
    user = OwnerFactory()

    found = run(tmp_path / "server.log", tags, user, furnish(user), examples=examples_for(tags))

    assert not found["failures"], "\n\n".join(sorted(found["failures"]))
    assert {"examples", "coverage", "fuzzing"} <= set(found["phases"])
    assert sum(found["answers"].values()) > 200


def test_every_group_of_operations_is_hammered() -> None:
    groups = {operation["tags"][0] for path in document()["paths"].values() for operation in path.values()}

    assert groups == {tag for shard in SHARDS for tag in shard}


def test_an_operation_that_breaks_is_found_out(tmp_path: Path) -> None:
    user = OwnerFactory()

    found = run(
        tmp_path / "server.log",
        ["planted"],
        user,
        {},
        examples=20,
        application="tests.accounts.api.planted:application",
    )

    failures = "\n".join(found["failures"])
    assert "not_a_server_error" in failures
    assert "status_code_conformance" in failures

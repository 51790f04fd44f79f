"""Nothing a client can send brings a 5xx or an answer that the OpenAPI document does not tell of.

Every operation meets every phase in each run. A thorough one invents 200 requests for each, and asks all that the
document's limits and what lies beyond them suggest; the usual one invents 5, and asks one of four of those.
"""

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
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from accounts import exports, notices, tokens
from accounts.api.views import document
from accounts.audit import SYSTEM
from accounts.notice_kinds import Kind
from accounts.tasks import make_exports
from sync.models import Run
from tests.accounts.api.conftest import phone_session
from tests.accounts.api.hammer import Findings, Order
from tests.conftest import signed_in
from tests.estate import ask_about_former_accounts, keep_books, keep_papers, things_of
from tests.factories import OwnerFactory
from tests.strength import THOROUGH
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
        ["tax", "portfolio"],
        ["lots"],
        ["reports"],
    ),
]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800 if THOROUGH else 600)]
EXAMPLES = int(os.environ.get("HAMMER_EXAMPLES") or (200 if THOROUGH else 5))
ONE_OF = 1 if THOROUGH else 8


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
        keep_papers(user, number, now)
    keep_books(user, SYSTEM, 10)
    exports.ask(by=SYSTEM, owner=user, now=now)
    make_exports(now)
    wallets = furniture.furnish(user, now)
    ask_about_former_accounts(user, 10)
    return {**things_of(user), **wallets, "run_id": runs_of(user, now), "year": ["2024", "2025"]}


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


class Hammer:
    """The process that asks. To start it takes seconds, as it does to start a server: one of each for all groups."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def strike(self, address: str, tags: list[str], user: User, pools: dict[str, list[str]], examples: int) -> Findings:
        # Second factors that stay fresh for the whole run; more than one, because a request may end its own session.
        sessions = [phone_session(user, factor_age=-3600) for _ in range(5)]
        order = Order(address, tags, sessions, pools, furniture.FIELDS, examples, ONE_OF)
        self.process.stdin.write(f"{json.dumps(asdict(order))}\n")
        self.process.stdin.flush()
        return Findings(**json.loads(self.process.stdout.readline()))


@pytest.fixture(scope="module")
def hammer() -> Iterator[Hammer]:
    """In an environment of next to nothing: for each request, all of it is searched for proxies."""
    words, env = [sys.executable, "-m", "tests.accounts.api.hammer"], {"PATH": os.environ["PATH"]}
    with subprocess.Popen(words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Hammer(process)
        process.kill()


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served("config.wsgi:application", tmp_path_factory.mktemp("served") / "log") as address:
        yield address


@pytest.mark.parametrize("tags", SHARDS, ids="-".join)
def test_nothing_sent_brings_an_answer_we_did_not_tell_of(tags: list[str], address: str, hammer: Hammer) -> None:
    user = OwnerFactory()

    found = hammer.strike(address, tags, user, furnish(user), EXAMPLES)

    assert not found.failures, "\n\n".join(sorted(found.failures))
    assert {"examples", "coverage", "fuzzing"} <= set(found.phases)
    assert {told.rpartition(" ")[0] for told in found.answers} == set(operations_of(tags))
    assert sum(found.answers.values()) > EXAMPLES


def operations_of(tags: list[str]) -> list[str]:
    return [
        f"{method.upper()} {path}"
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if set(operation["tags"]) & set(tags)
    ]


def test_every_group_of_operations_is_hammered() -> None:
    groups = {operation["tags"][0] for path in document()["paths"].values() for operation in path.values()}

    assert groups == {tag for shard in SHARDS for tag in shard}


def test_an_operation_that_breaks_is_found_out(hammer: Hammer, tmp_path: Path) -> None:
    with served("tests.accounts.api.planted:application", tmp_path / "server.log") as address:
        found = hammer.strike(address, ["planted"], OwnerFactory(), {}, examples=20)

    failures = "\n".join(found.failures)
    assert "not_a_server_error" in failures
    assert "status_code_conformance" in failures

"""The sandbox on a port of its own, and a pace that hurries nobody."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.wallets.stage import Stage
from wallets.connectors.client import Reply
from wallets.sandbox.server import House, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from pytest_django.fixtures import SettingsWrapper as Settings

    from accounts.models import User

REPLIES = Path(__file__).resolve().parent / "replies"


@dataclass
class Street:
    """Where the sandbox can be reached, and how it is told what to play."""

    port: int

    def origin(self, exchange: str) -> str:
        return f"http://127.0.0.1:{self.port}/{exchange}"

    def tell(self, exchange: str, **change: object) -> None:
        self._post(exchange, change)

    def fault(self, exchange: str, **fault: object) -> None:
        self._post(f"{exchange}/faults", fault)

    def look(self, exchange: str) -> dict[str, object]:
        return requests.get(f"http://127.0.0.1:{self.port}/_control/{exchange}", timeout=5).json()

    def pass_time(self, seconds: float) -> None:
        self._post("clock", {"seconds": math.ceil(seconds)})

    def _post(self, path: str, change: object) -> None:
        answer = requests.post(f"http://127.0.0.1:{self.port}/_control/{path}", json=change, timeout=5)
        assert answer.ok, answer.text


@dataclass
class NoHurry:
    """A pace that lets every call go after the sandbox's own clock has run on for it."""

    street: Street
    seconds: float = 2  # for each unit of cost
    spent: float = 0
    told: list[timedelta | None] = field(default_factory=list)
    blamed: list[object] = field(default_factory=list)

    def before(self, cost: float) -> None:
        self.spent += cost
        self.street.pass_time(cost * self.seconds)

    def slow_down(self, wait: timedelta | None, whose: object) -> None:
        self.told.append(wait)
        self.blamed.append(whose)


@pytest.fixture
def house() -> House:
    return House(clock=lambda: datetime.now(UTC))


@pytest.fixture
def street(house: House) -> Iterator[Street]:
    with Sandbox(("127.0.0.1", 0), house) as sandbox:
        threading.Thread(target=sandbox.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Street(sandbox.port)
        sandbox.shutdown()


@pytest.fixture
def pace(street: Street) -> NoHurry:
    return NoHurry(street)


@pytest.fixture
def stage(street: Street, alice: User, settings: Settings) -> Stage:
    """Alice's; tests that use it say `transaction=True`, for what a worker writes down stands by itself."""
    return Stage(street, alice, settings)


def known_errors(exchange: str) -> list[dict[str, object]]:
    """Bodies of failures as the facts have them: {meaning, status, body, cause, source, lumped?}."""
    return json.loads((REPLIES / exchange / "errors.json").read_text())


def reply_of(error: dict[str, object]) -> Reply:
    return Reply(error["status"], {}, error["body"].encode())

"""The sandbox on a port of its own, and a pace that hurries nobody."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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
    """Where the sandbox can be reached, and how it is told what to play: by word of mouth, for it lives in this process
    and each call lets its clock run on. Its control address has tests of its own.
    """

    port: int
    house: House

    def origin(self, exchange: str) -> str:
        return f"http://127.0.0.1:{self.port}/{exchange}"

    def tell(self, exchange: str, **change: object) -> None:
        self._said("POST", exchange, change)

    def fault(self, exchange: str, **fault: object) -> None:
        self._said("POST", f"{exchange}/faults", fault)

    def look(self, exchange: str) -> dict[str, object]:
        return json.loads(self._said("GET", exchange, {}))

    def pass_time(self, seconds: float) -> None:
        self._said("POST", "clock", {"seconds": math.ceil(seconds)})

    def _said(self, method: str, path: str, change: dict[str, object]) -> bytes:
        answer = self.house.control(method, path, json.loads(json.dumps(change)))
        assert answer.status == HTTPStatus.OK, answer.body
        return answer.body


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
        yield Street(sandbox.port, house)
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

"""What goes over the wire, as values: a call in, a reply out. Residents see nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs

from wallets.sandbox.prices import TIDAL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str  # below the resident's name: /v2/user
    query: str  # as sent: signatures are made over it
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    origin: str  # how the caller reaches this resident: http://localhost:8801/coinbase
    peer: str

    @property
    def params(self) -> dict[str, str]:
        return _single(self.query)

    @property
    def form(self) -> dict[str, str]:
        return _single(self.body.decode("utf-8", "replace"))

    @property
    def form_lists(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)


BARE = re.compile(r'"\\ue000([0-9.eE+-]*)\\ue001"')


def bare(number: str) -> str:
    """Written into JSON as a number, digit by digit: a float on the way would lose some."""
    return f"\ue000{number}\ue001"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, body: object, status: int = 200, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(
            status,
            BARE.sub(r"\1", json.dumps(body)).encode(),
            {"Content-Type": "application/json; charset=utf-8", **named},
        )

    @classmethod
    def html(cls, body: str, status: int = 200) -> Reply:
        return cls(status, body.encode(), {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"})

    @classmethod
    def redirect(cls, location: str) -> Reply:
        return cls(302, b"", {"Location": location, "Cache-Control": "no-store"})


class Resident(Protocol):
    """One provider. `answer` runs under the resident's own lock, so it may keep plain dictionaries."""

    name: str
    world: World

    def answer(self, call: Call) -> Reply: ...

    def configure(self, change: Mapping[str, object]) -> None:
        """A scenario, from the control address. Unknown keys raise ValueError."""

    def state(self) -> dict[str, object]:
        """What a test may want to look at; nothing it could not have seen on the wire."""


@dataclass(slots=True)
class World:
    """What all residents share: the seed, and a clock that a test can put forward."""

    seed: str
    clock: Callable[[], datetime]
    made: int = 0
    tides: bool = False  # of its market

    def now(self) -> datetime:
        return self.clock()

    @property
    def market(self) -> str:
        """The seed that prices are drawn from."""
        return f"{self.seed}{TIDAL if self.tides else ''}"

    def mint(self, purpose: str) -> str:
        """The next code, token or id: unguessable enough for a stand-in, the same in every run."""
        self.made += 1
        return self.derive(f"{purpose} {self.made}")

    def derive(self, of: str) -> str:
        return hashlib.sha256(f"{self.seed} {of}".encode()).hexdigest()


def _single(text: str) -> dict[str, str]:
    """A parameter given twice is not given at all: nobody can say which one was meant."""
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items() if len(values) == 1}

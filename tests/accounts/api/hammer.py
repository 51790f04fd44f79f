"""Schemathesis over the OpenAPI document of a running server, all its phases, in a process of its own.

`python -m tests.accounts.api.hammer` reads orders, one a line, and answers each with a line of what it found.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any

import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import Status, events, from_schema
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import unregister

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SEED = 20261120
DOOR = "X-Session-Token"
SAFE = {"GET", "HEAD", "OPTIONS"}
CONFIG: dict[str, Any] = {
    "seed": SEED,
    "workers": 1,
    "continue-on-failure": True,
    "generation": {
        "mode": "all",
        "deterministic": True,
        "database": "none",
    },
    "suppress-health-check": ["all"],  # the machine's speed is not what is tested
    "warnings": False,
    "checks": {
        # What a schema cannot say is refused with a 400 we tell of: a cursor that is not ours, a method of another
        # country.
        "positive_data_acceptance": {"enabled": False},
        # What is deleted here can still be read: wallets lie in a bin, questions and tests are only ended.
        "use_after_free": {"enabled": False},
    },
}


@dataclass(frozen=True)
class Order:
    address: str
    tags: list[str]
    sessions: list[str]  # tokens of phones: the next one is taken when a request has ended the one in use
    pools: dict[str, list[str]]  # ids that exist, by parameter name
    fields: dict[str, list[Any]] = field(default_factory=dict)  # what bodies may hold that leads further, by name
    examples: int = 200
    one_of: int = 1  # of how many requests that the document's limits suggest one is asked


@dataclass
class Findings:
    """What went wrong, and how much was asked."""

    failures: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    phases: Counter[str] = field(default_factory=Counter)  # how many scenarios of each


def hammer(order: Order) -> Findings:
    schema = _schema(order)
    schema.auth(refresh_interval=None)(_phone(schema, order))
    schema.hook("map_path_parameters")(_known_ids(order.pools))
    schema.hook("map_body")(_known_values(order.fields))
    schema.hook("filter_case")(_some_of_the_limits(order.one_of))
    findings = Findings()
    with _before_each_call(_less_of_the_same()):
        for event in from_schema(schema).execute():
            _note(event, findings)
    return findings


def _schema(order: Order) -> Any:
    config = {**CONFIG, "generation": {**CONFIG["generation"], "max-examples": order.examples}}
    document = _document(f"{order.address}/api/schema/")
    project = SchemathesisConfig.from_dict({**config, "base-url": order.address})
    return schemathesis.openapi.from_dict(json.loads(document), config=project).include(tag=order.tags)


@cache
def _document(address: str) -> str:
    """Drawing it takes the server a second."""
    return requests.get(address, timeout=60).text


@contextmanager
def _before_each_call(do: Callable[[Any, Any, Any], None]) -> Iterator[None]:
    """A schema of its own cannot have such a hook; the next order must not find this one's."""
    schemathesis.hook("before_call")(do)
    yield
    unregister(do)


def _phone(schema: Any, order: Order) -> type:
    """Signed in, whatever the requests do: after one that may have ended its own session it looks whether it has."""
    asking = requests.Session()
    sure: list[str] = []  # the session that is known to live

    def after_call(_context: Any, case: Any, answer: Any) -> None:
        done = case.method not in SAFE and answer.status_code < HTTPStatus.BAD_REQUEST
        if answer.request.headers.get(DOOR) in sure and (done or answer.status_code == HTTPStatus.UNAUTHORIZED):
            sure.clear()

    def lives(session: str) -> bool:
        answer = asking.get(f"{order.address}/api/v1/me/", headers={DOOR: session}, timeout=30)
        return answer.status_code != HTTPStatus.UNAUTHORIZED

    class Phone:
        def get(self, _case: Any, _context: Any) -> str:
            while not sure:
                if lives(order.sessions[0]):
                    sure.append(order.sessions[0])
                else:
                    order.sessions.pop(0)
            return sure[0]

        def set(self, case: Any, data: str, _context: Any) -> None:
            case.headers[DOOR] = data

    schema.hook("after_call")(after_call)
    return Phone


CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _less_of_the_same() -> Callable[[Any, Any, Any], None]:
    """A key used twice, a lost race, a cursor that is not ours end a request early: three of four go deeper without."""
    calls = count()

    def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
        for name, value in case.headers.items():
            # Control characters in a header are no HTTP: the web server refuses them, and nothing of ours is asked.
            case.headers[name] = CONTROL.sub("", value) if isinstance(value, str) else value
        if next(calls) % 4:
            case.headers.pop("Idempotency-Key", None)
            case.headers.pop("If-Match", None)
            (case.query or {}).pop("cursor", None)

    return before_call


def _some_of_the_limits(one_of: int) -> Callable[[Any, Any], bool]:
    """There are fifty of them for an operation, and nearly nine of ten requests of a quick run were these."""
    counted: Counter[str] = Counter()

    def filter_case(_context: Any, case: Any) -> bool:
        if case.meta is None or case.meta.phase.name is not TestPhase.COVERAGE:
            return True
        place = counted[case.operation.label]
        counted[case.operation.label] += 1
        return place % one_of == 0

    return filter_case


def _known_ids(pools: Mapping[str, list[str]]) -> Callable[[Any, dict[str, Any]], dict[str, Any]]:
    """Half of all generated ids become one that exists."""

    def map_path_parameters(_context: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: _choose(pools.get(name, []), value) for name, value in (path_parameters or {}).items()}

    return map_path_parameters


def _known_values(fields: Mapping[str, list[Any]]) -> Callable[[Any, Any], Any]:
    """So does half of what bodies hold, where it was of the right kind: what is wrong with a body stays wrong."""

    def map_body(_context: Any, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: _choose(_alike(fields.get(name, []), value), value) for name, value in body.items()}

    return map_body


def _alike(pool: list[Any], value: Any) -> list[Any]:
    """A text in place of an object was wrong, and stays so."""
    return [each for each in pool if type(each) is type(value)] if _fits(value) else []


def _choose(pool: list[Any], value: Any) -> Any:
    """Which half hangs on the value, so a seed repeats itself."""
    number = zlib.crc32(repr(value).encode())
    return pool[number // 2 % len(pool)] if pool and number % 2 else value


def _fits(value: Any) -> bool:
    """A short text, or an object of texts."""
    if isinstance(value, dict):
        return all(isinstance(inner, str) for inner in value.values())
    return isinstance(value, str) and 1 <= len(value) <= 32  # shorter than any limit


def _note(event: Any, findings: Findings) -> None:
    if isinstance(event, events.NonFatalError):
        findings.failures.append(f"{event.label}: {event.value!r}")
    if isinstance(event, events.FatalError):
        findings.failures.append(f"fatal: {event.exception!r}")
    if isinstance(event, events.ScenarioFinished):
        findings.phases[event.phase.value] += 1
        _count(event.recorder, findings)
        findings.failures += _failures(event.recorder)


def _count(recorder: Any, findings: Findings) -> None:
    for case_id, interaction in recorder.interactions.items():
        if interaction.response is not None:
            label = recorder.cases[case_id].value.operation.label
            findings.answers[f"{label} {interaction.response.status_code}"] += 1


def _failures(recorder: Any) -> list[str]:
    return [
        f"{recorder.cases[case_id].value.operation.label}: {check.name}: {check.failure_info.failure}\n"
        f"{check.failure_info.code_sample}"
        for case_id, checks in recorder.checks.items()
        for check in checks
        if check.status is Status.FAILURE and check.failure_info
    ]


if __name__ == "__main__":
    for line in sys.stdin:
        sys.stdout.write(f"{json.dumps(vars(hammer(Order(**json.loads(line)))))}\n")
        sys.stdout.flush()

"""A write that waits for workers: after its commit, outside any transaction, and so that others are served too."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework import serializers

from accounts import tokens
from accounts.api import waiting
from accounts.api.frame import Call, api, resource
from accounts.api.waiting import Wait
from accounts.audit import SYSTEM, Action, record
from accounts.models import AuditEvent, IdempotencyRecord
from config.api.fields import Shape
from config.api.problem import Problem, invalid
from tests.sealing.programs import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import RequestFactory
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User


class Work(Shape):
    id = serializers.CharField()
    state = serializers.CharField()

    example = {"id": "1", "state": "over"}


class Factory:
    """Something workers do, as far as an operation sees it."""

    def __init__(self) -> None:
        self.state, self.begun, self.looks, self.over_after = "", 0, 0, 0
        self.in_transaction: set[bool] = set()
        self.watch: Callable[[], object] = bool

    def begin(self, _call: Call) -> dict[str, str]:
        self.begun, self.state = self.begun + 1, "going on"
        return self.now()

    def now(self) -> dict[str, str]:
        return {"id": "1", "state": self.state}

    def look(self, _call: Call, _name: str) -> bool:
        self.looks += 1
        self.watch()
        self.in_transaction.add(connection.in_atomic_block)
        if self.looks > self.over_after:
            self.state = "over"
        return self.state == "over"


@pytest.fixture
def factory() -> Factory:
    return Factory()


@pytest.fixture
def post(alice: User, rf: RequestFactory, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.01)
    now = timezone.now()
    end = now + timedelta(days=1)
    _, token = tokens.mint(by=SYSTEM, owner=alice, name="x", scopes=["connect"], expires_at=end, now=now)
    wait = Wait(
        begun=lambda answer: str(answer["id"]),
        is_over=factory.look,
        outcome=lambda _call, _name: factory.now(),
        address=lambda name: f"/jobs/{name}/",
    )
    facts: dict[str, Any] = {
        "scope": "connect",
        "gives": Work,
        "wait": wait,
        "status_of": lambda answer: 200 if answer["state"] == "over" else 202,
    }
    view = resource("x/", api("POST", **facts)(factory.begin)).callback

    def run(**headers: str) -> Any:
        given = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return view(
            rf.post("/x/", content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {token}", **given)
        ).render()

    return run


@pytest.mark.django_db(transaction=True)
def test_it_answers_the_end_and_holds_no_transaction_meanwhile(post: Any, factory: Factory) -> None:
    factory.over_after = 3

    answer = post()

    assert (answer.status_code, answer.data["state"]) == (200, "over")
    assert factory.looks == 4
    assert factory.in_transaction == {False}


@pytest.mark.django_db(transaction=True)
def test_what_was_begun_is_committed_before_it_waits(post: Any, factory: Factory, alice: User) -> None:
    """The record of the answer is written in the operation's own transaction: who sees it sees the work too."""
    seen = []
    factory.watch = lambda: seen.append(in_a_thread(lambda: IdempotencyRecord.objects.filter(owner=alice).count()))

    post(idempotency_key="k")

    assert seen == [1]


def test_patience_ends_and_says_where_to_read_on(post: Any, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LONGEST", 0.1)
    factory.over_after = 10**6
    began = time.monotonic()

    answer = post()

    assert (answer.status_code, answer["Location"]) == (202, "/jobs/1/")
    assert 0.1 <= time.monotonic() - began < 5


def test_who_does_not_want_to_wait_does_not(post: Any, factory: Factory) -> None:
    factory.over_after = 10**6

    answer = post(prefer="respond-async")

    assert (answer.status_code, factory.looks) == (202, 1)


def test_the_repeat_begins_nothing_and_answers_how_it_stands(post: Any, factory: Factory) -> None:
    factory.over_after = 10**6
    assert post(idempotency_key="k", prefer="wait=0").status_code == 202
    factory.over_after = 0

    again = post(idempotency_key="k")

    assert (again.status_code, again.data["state"], factory.begun) == (200, "over", 1)
    assert again["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("preference", "seconds"),
    [
        ("", 25),
        ("wait=5", 5),
        ("Wait = 7", 7),
        ('wait="3"', 3),
        ("return=minimal, wait=2", 2),
        ("wait=9, respond-async", 0),
        ("wait=9999", 25),
        ("wait=-1", 25),
        ("wait=1e9", 25),
        ("wait=٣", 25),
        ("nonsense;;,=", 25),
    ],
)
def test_preferences_shorten_and_never_lengthen(rf: RequestFactory, preference: str, seconds: float) -> None:
    assert waiting.patience_of(rf.post("/", HTTP_PREFER=preference)) == seconds  # type: ignore[arg-type] # it has headers


# --- chairs ------------------------------------------------------------------------------------------------------


def in_a_thread(ask: Any) -> Any:
    """On a connection of its own."""

    def run() -> Any:
        try:
            return ask()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()


@contextmanager
def seated() -> Iterator[bool]:
    with waiting._chair() as found:  # noqa: SLF001 - what the test is about
        yield found


def is_there_a_chair() -> bool:
    with seated() as found:
        return found


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("processes", "chairs"), [(1, 0), (2, 1), (3, 1), (4, 2)])
def test_half_of_the_web_processes_are_left_to_others(settings: SettingsWrapper, processes: int, chairs: int) -> None:
    settings.WEB_PROCESSES = processes

    def sit(others: int) -> list[bool]:
        if not others:
            return []
        with seated() as found:
            return [found, *in_a_thread(lambda: sit(others - 1))]

    assert sit(4) == [True] * chairs + [False] * (4 - chairs)


@pytest.mark.django_db(transaction=True)
def test_a_chair_is_free_again_afterwards_and_when_its_process_dies(settings: SettingsWrapper) -> None:
    settings.WEB_PROCESSES = 2
    assert is_there_a_chair()
    assert in_a_thread(is_there_a_chair)

    def die() -> None:
        (chair,) = waiting._chairs()  # noqa: SLF001 - as above
        with connection.cursor() as cursor:
            assert waiting._took(cursor, chair)  # noqa: SLF001 - as above
        connection.close()  # as the end of a process does

    in_a_thread(die)

    until(is_there_a_chair)  # the database notices an end a moment later


@pytest.mark.django_db(transaction=True)
def test_without_a_chair_nobody_waits(post: Any, factory: Factory, settings: SettingsWrapper) -> None:
    settings.WEB_PROCESSES = 1
    factory.over_after = 10**6

    assert (post().status_code, factory.looks) == (202, 1)


# --- limits, and refusals that leave a trace -----------------------------------------------------------------------


def planted(alice: User, rf: RequestFactory, run: Any, **facts: Any) -> Any:
    now = timezone.now()
    end = now + timedelta(days=1)
    _, token = tokens.mint(by=SYSTEM, owner=alice, name="x", scopes=["read"], expires_at=end, now=now)
    view = resource("x/", api("POST", scope="read", gives=Work, **facts)(run)).callback
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_IDEMPOTENCY_KEY": "k"}
    return lambda: view(rf.post("/x/", content_type="application/json", **headers)).render()


def test_a_limit_is_the_owners_and_counted_before_anything_happens(
    alice: User, rf: RequestFactory, settings: SettingsWrapper
) -> None:
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "key_tests": (2, 600)}
    done = []
    post = planted(alice, rf, lambda _call: done.append(1) or {"id": "1", "state": "over"}, limit="key_tests")
    another_door = planted(alice, rf, lambda _call: {"id": "1", "state": "over"}, limit="key_tests")

    answers = [post(), another_door(), post()]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 1
    assert done == [1]


def test_a_problem_that_is_returned_refuses_and_keeps_what_was_recorded(alice: User, rf: RequestFactory) -> None:
    def refuse(call: Call) -> Problem:
        record(by=call.by, action=Action.TREASURE_REFUSED, owner=call.owner, now=call.now)
        return invalid("x", "no", "No.")

    post = planted(alice, rf, refuse)

    assert [post().status_code for _ in range(2)] == [400, 400]
    assert AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).count() == 2
    assert not IdempotencyRecord.objects.exists()


def test_a_problem_that_is_raised_undoes_everything(alice: User, rf: RequestFactory) -> None:
    def refuse(call: Call) -> None:
        record(by=call.by, action=Action.TREASURE_REFUSED, owner=call.owner, now=call.now)
        raise invalid("x", "no", "No.")

    assert planted(alice, rf, refuse)().status_code == 400
    assert not AuditEvent.objects.filter(owner=alice, action=Action.TREASURE_REFUSED).exists()

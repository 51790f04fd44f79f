from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from config import limits
from config.limits import Allowed, Denied, allow
from config.models import RateBucket
from tests.strength import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.config.conftest import Start

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def three_a_minute(settings) -> None:
    settings.RATE_LIMITS = {"door": (3, 60), "window": (3, 60)}


def test_as_many_at_once_as_the_limit_says_and_then_no_more() -> None:
    answers = [allow("door", "alice", now=NOON) for _ in range(5)]

    assert answers == [Allowed(), Allowed(), Allowed(), Denied(20), Denied(20)]


def test_room_for_one_more_after_its_share_of_the_time() -> None:
    for _ in range(3):
        allow("door", "alice", now=NOON)

    later = NOON + timedelta(seconds=20)

    assert [allow("door", "alice", now=later).ok, allow("door", "alice", now=later).ok] == [True, False]


def test_the_whole_limit_is_back_after_the_whole_time() -> None:
    for _ in range(3):
        allow("door", "alice", now=NOON)

    answers = [allow("door", "alice", now=NOON + timedelta(seconds=60)).ok for _ in range(4)]

    assert answers == [True, True, True, False]


def test_each_caller_and_each_limit_counts_alone() -> None:
    for _ in range(3):
        allow("door", "alice", now=NOON)

    assert allow("door", "bob", now=NOON).ok
    assert allow("window", "alice", now=NOON).ok


def test_a_limit_nobody_named_is_an_error() -> None:
    with pytest.raises(KeyError):
        allow("gate", "alice", now=NOON)


def test_the_scale_stretches_every_limit(settings) -> None:
    settings.RATE_LIMITS_SCALE = 2

    answers = [allow("door", "alice", now=NOON).ok for _ in range(7)]

    assert answers == [True] * 6 + [False]


def test_what_is_stored_says_nothing_about_the_caller() -> None:
    allow("door", "alice@example.test", now=NOON)

    assert "alice" not in RateBucket.objects.get().key


# --- Redis -------------------------------------------------------------------------------------------------------


@pytest.fixture
def in_redis(redis_url: str, settings) -> Iterator[redis.Redis]:
    settings.REDIS_URL = redis_url
    limits._redis.cache_clear()  # noqa: SLF001  # the connection belongs to another setting
    client = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.close()
    limits._redis().close()  # noqa: SLF001  # as above
    limits._redis.cache_clear()  # noqa: SLF001  # as above


@pytest.mark.redis
@given(
    st.integers(1, 5),
    st.lists(st.floats(0, 90).map(lambda seconds: timedelta(seconds=round(seconds, 1))), max_size=25),
)
@hypothesis_settings(
    max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_redis_and_postgresql_count_alike(in_redis: redis.Redis, settings, count: int, pauses: list[timedelta]) -> None:
    settings.RATE_LIMITS = {"door": (count, 60)}
    now, caller, answers = NOON, str(uuid.uuid4()), []

    for pause in pauses:
        now += pause
        settings.REDIS_URL, url = "", settings.REDIS_URL
        in_table = allow("door", caller, now=now)
        settings.REDIS_URL = url
        answers.append((in_table.ok, allow("door", caller, now=now).ok))

    assert not [each for each in answers if each[0] != each[1]]


@pytest.mark.redis
@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10)), max_size=25),
)
@hypothesis_settings(
    max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_so_they_do_for_calls_of_differing_cost_that_want_room(in_redis, settings, room, calls) -> None:
    """All in eighths of a second, which either adds up exactly."""
    now, bucket, url, answers = NOON, str(uuid.uuid4()), settings.REDIS_URL, []

    for pause, cost in calls:
        now += timedelta(seconds=pause / 8)
        facts = {"step": cost / 8, "room": room / 8, "full": 10 / 8, "now": now}
        settings.REDIS_URL = ""
        in_table = limits.spend(bucket, **facts)
        settings.REDIS_URL = url
        answers.append((in_table, limits.spend(bucket, **facts)))

    assert not [each for each in answers if abs(each[0] - each[1]) > 0.01]


@pytest.mark.redis
def test_redis_forgets_by_itself_and_stores_no_name(in_redis: redis.Redis) -> None:
    allow("door", "alice@example.test", now=NOON)

    [key] = in_redis.keys()
    assert b"alice" not in key
    assert 0 < in_redis.pttl(key) <= 61_000


@pytest.mark.redis
def test_a_shorter_hold_takes_nothing_from_a_longer_one(in_redis: redis.Redis, settings) -> None:
    """A ban is told to one, and to another, who had asked before, only that they should slow down."""
    bucket, url, now = str(uuid.uuid4()), settings.REDIS_URL, timezone.now()
    limits.hold(bucket, until=now + timedelta(minutes=10), full=2)

    limits.hold(bucket, until=now + timedelta(minutes=1), full=2)

    in_redis_left = limits.spend(bucket, step=1, full=2, now=now)
    settings.REDIS_URL = ""
    in_table_left = limits.spend(bucket, step=1, full=2, now=now)
    settings.REDIS_URL = url
    assert [round(in_redis_left), round(in_table_left)] == [601, 601]
    assert 600_000 < in_redis.pttl(limits._redis_key(bucket)) <= 662_000  # noqa: SLF001  # where it lies


@pytest.mark.redis
@given(
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 10), st.integers(0, 40)), max_size=25),
)
@hypothesis_settings(
    max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_both_obey_a_hold_in_which_nothing_is_counted_alike(in_redis, settings, room, calls) -> None:
    """Held now and then, for so many eighths of a second, which either adds up exactly."""
    now, url, answers = timezone.now().replace(microsecond=0), settings.REDIS_URL, []
    bucket, held = str(uuid.uuid4()), str(uuid.uuid4())

    for pause, cost, holding in calls:
        now += timedelta(seconds=pause / 8)
        if holding > 20:
            limits.hold(held, until=now + timedelta(seconds=holding / 8), full=0)
        facts = {"step": cost / 8, "room": room / 8, "full": 10 / 8, "now": now, "behind": [held]}
        settings.REDIS_URL = ""
        in_table = limits.spend(bucket, **facts)
        settings.REDIS_URL = url
        answers.append((in_table, limits.spend(bucket, **facts)))
        if holding > 20:
            assert in_table >= holding / 8

    assert not [each for each in answers if abs(each[0] - each[1]) > 0.01]


def test_with_redis_away_the_count_goes_on_in_postgresql(settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1"
    limits._redis.cache_clear()  # noqa: SLF001  # as above

    answers = [allow("door", "alice", now=NOON).ok for _ in range(4)]
    limits._redis.cache_clear()  # noqa: SLF001  # as above

    assert answers == [True, True, True, False]
    assert RateBucket.objects.count() == 1


# --- several processes -------------------------------------------------------------------------------------------

HAMMER = """
from datetime import datetime, UTC
from django.conf import settings
from config.limits import allow
settings.RATE_LIMITS = {"door": (50, 60)}
now = datetime(2026, 11, 20, 12, tzinfo=UTC)
print(sum(allow("door", "alice", now=now).ok for _ in range(60)))
"""
ALLAUTH = """
from django.test import RequestFactory
from allauth.core.internal import ratelimit
request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.1")
use = lambda: ratelimit.consume(request, app="x", action="door", config={"door": "50/h/ip"})
print(sum(bool(use()) for _ in range(60)))
"""


def tallies(start: Start, code: str, **changed: str) -> int:
    processes = [start(code=code, **changed) for _ in range(2)]
    return sum(int(process.communicate(timeout=90)[0].split()[-1]) for process in processes)


@pytest.mark.parametrize("code", [HAMMER, ALLAUTH], ids=["ours", "allauth's"])
def test_two_processes_share_a_limit_to_the_last_call(code: str, start: Start) -> None:
    assert tallies(start, code) == 50


@pytest.mark.redis
@pytest.mark.parametrize("code", [HAMMER, ALLAUTH], ids=["ours", "allauth's"])
def test_two_processes_share_a_limit_in_redis(code: str, start: Start, redis_url: str) -> None:
    redis.Redis.from_url(redis_url).flushall()

    assert tallies(start, code, REDIS_URL=redis_url) == 50

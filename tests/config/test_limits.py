from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from config.limits import Allowed, Denied, allow
from config.models import RateBucket

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

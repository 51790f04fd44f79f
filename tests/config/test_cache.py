from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from config import cache as shared
from config.models import CacheEntry
from tests.accounts.people import sign_in

if TYPE_CHECKING:
    from tests.config.conftest import Start

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ours(settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "config.cache.TableCache"}}


def expire(key: str) -> None:
    CacheEntry.objects.filter(key__endswith=key).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


def test_what_is_set_is_there_until_its_time_is_over() -> None:
    cache.set("hits", [1.5, 2.5], 60)
    before = cache.get("hits")

    expire("hits")

    assert (before, cache.get("hits"), cache.get("hits", "none")) == ([1.5, 2.5], None, "none")


def test_without_a_time_it_stays() -> None:
    cache.set("for ever".replace(" ", "-"), value := {"a": None}, None)

    assert cache.get("for-ever") == value
    assert CacheEntry.objects.get().expires_at is None


def test_only_the_first_adds_and_the_next_when_that_is_over() -> None:
    first, second = cache.add("lock", 1, 60), cache.add("lock", 2, 60)
    expire("lock")

    assert (first, second, cache.add("lock", 3, 60), cache.get("lock")) == (True, False, True, 3)


def test_counting_touching_deleting() -> None:
    cache.set("count", 1, 60)

    assert (cache.incr("count"), cache.decr("count", 2), cache.get("count")) == (2, 0, 0)
    assert (cache.touch("count", 90), cache.delete("count"), cache.delete("count"), cache.touch("count")) == (
        True,
        True,
        False,
        False,
    )
    with pytest.raises(ValueError, match="not found"):
        cache.incr("count")


def test_a_write_is_one_statement_and_never_counts_the_table(django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        cache.set("a", 1, 60)


def test_what_is_over_is_pruned_and_nothing_else() -> None:
    cache.set_many({"old": 1, "new": 2}, 60)
    expire("old")

    shared.prune(datetime.now(UTC))

    assert [entry.key for entry in CacheEntry.objects.all()] == [cache.make_key("new")]


def test_a_flood_of_keys_pushes_nobodys_entry_out() -> None:
    cache.set("alice", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cache SELECT 'flood' || n, '1', now() + interval '1 hour' FROM generate_series(1, 5000) n"
        )

    cache.set("bob", 1, 60)

    assert cache.get("alice") == 1


def test_nothing_that_could_run_is_stored() -> None:
    with pytest.raises(TypeError):
        cache.set("object", object(), 60)


def test_redis_is_given_the_same_words() -> None:
    serializer = shared.JsonSerializer()

    assert serializer.dumps(3) == 3
    assert serializer.loads(serializer.dumps([1.5, True, None])) == [1.5, True, None]


# --- with Redis ------------------------------------------------------------------------------------------------------


def with_redis(settings, url: str) -> None:
    options = {"serializer": "config.cache.JsonSerializer", "socket_connect_timeout": 1}
    settings.CACHES = {"default": {"BACKEND": "config.cache.RedisOrTable", "LOCATION": url, "OPTIONS": options}}


def everything() -> list[object]:
    cache.set("a", [1, None], 60)
    cache.set_many({"b": 1, "c": 2}, 60)
    found = [
        cache.get("a"),
        cache.add("a", 2, 60),
        cache.incr("b", 4),
        cache.touch("c", 60),
        cache.get_many(["b", "c"]),
    ]
    return [*found, cache.delete("a"), cache.get("a", "gone"), cache.has_key("c")]


@pytest.mark.redis
def test_redis_answers_as_the_table_does(settings, redis_url: str) -> None:
    by_table = everything()
    with_redis(settings, redis_url)
    cache.clear()
    CacheEntry.objects.all().delete()

    assert everything() == by_table
    assert not CacheEntry.objects.exists()


def test_while_redis_is_away_the_table_answers_and_people_sign_in(settings, client, alice) -> None:
    by_table = everything()
    with_redis(settings, "redis://127.0.0.1:1/0")

    assert everything() == by_table
    assert sign_in(client, alice).url == reverse("accounts:home")
    assert CacheEntry.objects.filter(key__contains="allauth").exists()


ADD = """
from django.core.cache import cache
print(sum(bool(cache.add(f"lock{n}", 1, 60)) for n in range(200)))
"""


@pytest.mark.chaos
def test_of_two_processes_one_wins_each_lock(start: Start) -> None:
    with connection.cursor() as cursor:  # the locks of somebody who died: this is where get-and-set lets both win
        cursor.execute(
            "INSERT INTO cache SELECT ':1:lock' || n, '1', now() - interval '1 second' FROM generate_series(0, 199) n"
        )
    processes = [start(code=ADD) for _ in range(2)]

    won = [int(process.communicate(timeout=60)[0].split()[-1]) for process in processes]

    assert sum(won) == 200

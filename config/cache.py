"""The cache of a service without Redis, or while Redis is away: one table, shared by all processes.

Django's own DatabaseCache counts all rows at every write, throws out entries at random when there are many (so a
flood of keys would wipe out everybody's rate limits), lets two processes both win an `add`, and stores pickles. This
one writes each entry in one atomic statement, forgets an entry only when its time is over (`prune`), and stores JSON.
Redis is given the same serializer.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import structlog
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection

log = structlog.get_logger(__name__)

WRITE = """
    INSERT INTO cache AS entry (key, value, expires_at) VALUES (%s, %s, to_timestamp(%s))
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at
"""
ONLY_IF_GONE = " WHERE entry.expires_at <= clock_timestamp()"
ALIVE = "key = %s AND (expires_at IS NULL OR expires_at > clock_timestamp())"


class JsonSerializer:
    """For Redis: whole numbers stay bare, because Redis itself adds to them."""

    def dumps(self, value: Any) -> bytes | int:
        return value if type(value) is int else json.dumps(value).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class TableCache(BaseCache):
    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        row = _row(f"SELECT value FROM cache WHERE {ALIVE}", [self.make_and_validate_key(key, version)])  # noqa: S608  # constants
        return json.loads(row[0]) if row else default

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        _do(WRITE, [self.make_and_validate_key(key, version), json.dumps(value), self.get_backend_timeout(timeout)])

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        values = [self.make_and_validate_key(key, version), json.dumps(value), self.get_backend_timeout(timeout)]
        return _do(WRITE + ONLY_IF_GONE, values) == 1

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        values = [self.get_backend_timeout(timeout), self.make_and_validate_key(key, version)]
        return _do(f"UPDATE cache SET expires_at = to_timestamp(%s) WHERE {ALIVE}", values) == 1  # noqa: S608  # constants

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        row = _row(
            f"UPDATE cache SET value = (value::bigint + %s)::text WHERE {ALIVE} RETURNING value",  # noqa: S608  # constants
            [delta, self.make_and_validate_key(key, version)],
        )
        if row is None:
            raise ValueError(f"Key {key!r} not found")
        return int(row[0])

    def delete(self, key: str, version: int | None = None) -> bool:
        return _do("DELETE FROM cache WHERE key = %s", [self.make_and_validate_key(key, version)]) == 1

    def clear(self) -> None:
        _do("DELETE FROM cache", [])


class RedisOrTable(BaseCache):
    """Redis, and while it is away the table: people sign in by what the cache counts, so it must not fail them.

    What Redis held is not there meanwhile. That is no harm: counts of tries begin anew, in a place just as shared.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self.redis, self.table = RedisCache(location, params), TableCache(location, params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._where_it_works("get", key, default, version)

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._where_it_works("set", key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._where_it_works("add", key, value, timeout, version))

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._where_it_works("touch", key, timeout, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._where_it_works("incr", key, delta, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._where_it_works("delete", key, version))

    def clear(self) -> None:
        self._where_it_works("clear")

    def _where_it_works(self, name: str, *values: Any) -> Any:
        import redis  # noqa: PLC0415 - it loads all its asynchronous half, which those without Redis need not

        try:
            return getattr(self.redis, name)(*values)
        except redis.RedisError as error:
            log.warning("cache.redis_away", error=type(error).__name__)
        return getattr(self.table, name)(*values)


def prune(now: datetime) -> None:
    """Forget what is over."""
    _do("DELETE FROM cache WHERE expires_at <= %s", [now.astimezone(UTC)])


def _do(statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def _row(statement: str, values: list[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row

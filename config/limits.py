"""Rate limits that hold across all processes and machines.

`allow("sign_in", address, now=now)` answers Allowed or Denied(retry_after). The limits are named in
settings.RATE_LIMITS. Each caller has a bucket that leaks evenly: so many at once, then one more each time a share of
the period has passed. Counted in Redis when there is one, else in PostgreSQL, each time in one atomic step. When
Redis is away the count goes on in PostgreSQL: a limit neither opens nor shuts a door because a cache broke. What is
stored is a keyed hash of the caller, never an address.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Allowed:
    ok: ClassVar[bool] = True


@dataclass(frozen=True)
class Denied:
    retry_after: int  # whole seconds, at least one: what a Retry-After header takes
    ok: ClassVar[bool] = False


def allow(name: str, key: str, *, now: datetime) -> Allowed | Denied:
    """One more by this caller? Counts it if so. Call it outside transactions: a rollback would forget."""
    burst, share = _limit(name)
    bucket = hmac.digest(settings.SECRET_KEY.encode(), f"limit:{name}:{key}".encode(), hashlib.sha256).hex()
    wait = _count(bucket, burst=burst, share=share, now=now)
    return Denied(max(1, -int(-wait // 1))) if wait > 0 else Allowed()


def _limit(name: str) -> tuple[int, float]:
    """So many at once, and the seconds after which there is room for one more."""
    count, seconds = settings.RATE_LIMITS[name]
    burst = max(1, round(count * settings.RATE_LIMITS_SCALE))
    return burst, seconds / burst


def _count(bucket: str, *, burst: int, share: float, now: datetime) -> float:
    """Seconds to wait; none or less: counted."""
    if settings.REDIS_URL:
        try:
            return _count_in_redis(bucket, burst=burst, share=share, now=now)
        except redis.RedisError as error:
            log.warning("limits.redis_away", error=type(error).__name__)
    return _count_in_table(bucket, burst=burst, share=share, now=now)


# `empty_at` is when the bucket will have leaked dry. One more fits if, with it, that is at most a full bucket away.
TABLE_COUNT = """
    INSERT INTO config_ratebucket AS bucket (key, empty_at) VALUES (%(key)s, %(now)s + %(share)s)
    ON CONFLICT (key) DO UPDATE SET empty_at = greatest(bucket.empty_at, %(now)s) + %(share)s
    WHERE greatest(bucket.empty_at, %(now)s) + %(share)s <= %(now)s + %(full)s
    RETURNING 1
"""


def _count_in_table(bucket: str, *, burst: int, share: float, now: datetime) -> float:
    full = timedelta(seconds=share) * burst
    values: dict[str, Any] = {"key": bucket, "now": now, "share": timedelta(seconds=share), "full": full}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")  # a count lost in a crash is no loss; waiting for disks is
        cursor.execute(TABLE_COUNT, values)
        if cursor.fetchone():
            return 0
        cursor.execute("SELECT empty_at FROM config_ratebucket WHERE key = %s", [bucket])
        row = cursor.fetchone()
    empty_at: datetime = row[0] if row else now
    return max((empty_at + timedelta(seconds=share) - now - full).total_seconds(), 0.001)


REDIS_COUNT = """
    local now, share, full = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local empty_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + share
    if empty_at > now + full then return math.ceil((empty_at - now - full) * 1000) + 1 end
    redis.call('SET', KEYS[1], string.format('%.6f', empty_at), 'PX', math.ceil((empty_at - now) * 1000) + 1000)
    return 0
"""


def _count_in_redis(bucket: str, *, burst: int, share: float, now: datetime) -> float:
    key = f"holdfast:limit:{bucket}"
    seconds = (now - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds()
    # A hair of slack: two ways of adding the same shares may differ in the last digit.
    answer = _redis().eval(REDIS_COUNT, 1, key, seconds, share, share * burst + 1e-6)
    return int(answer) / 1000


def prune(now: datetime) -> None:
    """Buckets that leaked dry say nothing any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM config_ratebucket WHERE empty_at < %s", [now])


@cache
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)

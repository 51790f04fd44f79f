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
import math
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv6Network
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from django.conf import settings
from django.db import connection, transaction

from config.questions import answers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import redis

log = structlog.get_logger(__name__)

IPV6_NETWORK = 64  # bits; the smallest that is given out


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
    wait = spend(bucket, step=share, full=share * burst, now=now)
    return Denied(max(1, -int(-wait // 1))) if wait > 0 else Allowed()


def neighbourhood(address: str | None) -> str:
    """What is counted for an address: of IPv6 the network, for whoever has one address there has all of it."""
    if not address or ":" not in address:
        return address or ""
    return str(IPv6Network((address, IPV6_NETWORK), strict=False).network_address)


def _limit(name: str) -> tuple[int, float]:
    """So many at once, and the seconds after which there is room for one more."""
    count, seconds = settings.RATE_LIMITS[name]
    burst = max(1, round(count * settings.RATE_LIMITS_SCALE))
    return burst, seconds / burst


def spend(
    bucket: str, *, step: float, full: float, now: datetime, room: float = 0, behind: Sequence[str] = ()
) -> float:
    """Seconds to wait; none: it is spent. `step` is what this costs and `full` what the bucket holds, both in seconds
    of leaking, as is `room`, where more must be free than this costs. `behind`: others in which nothing is counted, but
    where everybody may have been told to wait. Other limits than those of people's doors (the budget of calls to
    exchanges) are counted here too.
    """
    wanted = max(step, room)
    if settings.REDIS_URL:
        import redis  # noqa: PLC0415 - it loads all its asynchronous half, which those without Redis need not

        try:
            return _spend_in_redis([bucket, *behind], step=step, wanted=wanted, full=full, now=now)
        except redis.RedisError as error:
            log.warning("limits.redis_away", error=type(error).__name__)
    return _spend_in_table(bucket, list(behind), step=step, wanted=wanted, full=full, now=now)


def hold(bucket: str, *, until: datetime, full: float) -> None:
    """Nothing more from this bucket until then, for anybody. Where nothing is counted, `full` is nought."""
    _fill_table(bucket, empty_at=until + timedelta(seconds=full))
    if settings.REDIS_URL:
        import redis  # noqa: PLC0415 - as above

        try:
            _redis().eval(REDIS_HOLD, 1, _redis_key(bucket), f"{_seconds(until) + full:.6f}", _lasting(until, full))
        except redis.RedisError as error:
            log.warning("limits.redis_away", error=type(error).__name__)


# `empty_at` is when the bucket will have leaked dry. One more fits if, with what it wants free, that is at most a full
# bucket away. A count lost in a crash is no loss; waiting for disks is. All in one statement, for it is asked often.
TABLE_COUNT = """
    INSERT INTO config_ratebucket AS bucket (key, empty_at)
    SELECT %(key)s, %(now)s + %(step)s FROM set_config('synchronous_commit', 'off', TRUE)
    ON CONFLICT (key) DO UPDATE SET empty_at = greatest(bucket.empty_at, %(now)s) + %(step)s
    WHERE greatest(bucket.empty_at, %(now)s) + %(wanted)s <= %(now)s + %(full)s
    RETURNING 1
"""
# Still one statement; by itself, for to plan it takes a third longer.
UNLESS_HELD = """WHERE NOT EXISTS (
        SELECT FROM config_ratebucket AS held WHERE held.key = ANY(%(behind)s) AND held.empty_at > %(now)s
    )
    ON CONFLICT"""
TABLE_COUNT_UNLESS_HELD = TABLE_COUNT.replace("ON CONFLICT", UNLESS_HELD)


def _spend_in_table(bucket: str, behind: list[str], *, step: float, wanted: float, full: float, now: datetime) -> float:
    one, free, whole = (timedelta(seconds=each) for each in (step, wanted, full))
    values: dict[str, Any] = {"key": bucket, "behind": behind, "now": now, "step": one, "wanted": free, "full": whole}
    # In a transaction of somebody else's it raises; where there is none, the statement is one by itself.
    by_itself = transaction.atomic(durable=True) if connection.in_atomic_block else nullcontext()
    with by_itself:
        if answers(connection, TABLE_COUNT_UNLESS_HELD if behind else TABLE_COUNT, values):
            return 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT key, empty_at FROM config_ratebucket WHERE key = ANY(%s)", [[bucket, *behind]])
            found: dict[str, datetime] = dict(cursor.fetchall())
    free_at = max(found.get(bucket, now) + free - whole, *(found.get(each, now) for each in behind), now)
    return max((free_at - now).total_seconds(), 0.001)


def _fill_table(bucket: str, *, empty_at: datetime) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO config_ratebucket AS bucket (key, empty_at) VALUES (%s, %s)
            ON CONFLICT (key) DO UPDATE SET empty_at = greatest(bucket.empty_at, excluded.empty_at)
            """,
            [bucket, empty_at],
        )


REDIS_COUNT = """
    local now, step, wanted, full = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
    local former = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
    local free_at = former + wanted - full
    for place = 2, #KEYS do free_at = math.max(free_at, tonumber(redis.call('GET', KEYS[place]) or '0')) end
    if free_at > now then return math.ceil((free_at - now) * 1000) + 1 end
    local empty_at = former + step
    redis.call('SET', KEYS[1], string.format('%.6f', empty_at), 'PX', math.ceil((empty_at - now) * 1000) + 1000)
    return 0
"""


# Who is told a shorter wait, later than another was told a longer one, shortens nothing: as in the table.
REDIS_HOLD = """
    if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then
        redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
    end
"""


def _lasting(until: datetime, full: float) -> int:
    """Milliseconds since 1970, a minute beyond the moment at which it says nothing any more."""
    return math.ceil((until.timestamp() + full + 60) * 1000)


def _spend_in_redis(buckets: list[str], *, step: float, wanted: float, full: float, now: datetime) -> float:
    """From the first of them."""
    keys = [_redis_key(bucket) for bucket in buckets]
    # A hair of slack: two ways of adding the same shares may differ in the last digit.
    answer = _redis().eval(REDIS_COUNT, len(keys), *keys, _seconds(now), step, wanted, full + 1e-6)
    return int(answer) / 1000


def _redis_key(bucket: str) -> str:
    return f"holdfast:limit:{bucket}"


def _seconds(moment: datetime) -> float:
    return (moment - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds()


def prune(now: datetime) -> None:
    """Buckets that leaked dry say nothing any more."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM config_ratebucket WHERE empty_at < %s", [now])


@cache
def _redis() -> redis.Redis:
    import redis  # noqa: PLC0415 - as above

    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)

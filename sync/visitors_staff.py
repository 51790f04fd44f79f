"""What staff see when pictures are taken: wallets that fail for several causes, an incident, a pause. Development and
tests only; all invented.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from accounts import visitors as people
from accounts.models import User
from sync.models import HeldExchange, Incident, Run
from wallets import visitors
from wallets.models import Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAFF, PATIENT = "staff@example.test", "patient@example.test"
# Exchange, cause, how it shows, how many, and since how many hours.
FAILING = (
    ("binance", Cause.MAINTENANCE, "exchange_down", 9, 2),
    ("binance", Cause.KEY_EXPIRED, "needs_you", 2, 200),
    ("binance", Cause.RIGHTS_TOO_WIDE, "needs_you", 1, 30),
    ("okx", Cause.IP_REFUSED, "needs_you", 4, 12),
)
FAILED = (0, 0, 1, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 2, 14, 9, 6)  # at binance, by hour


def staff(now: datetime) -> Mapping[str, str]:
    cookies = people.owner(now, STAFF)
    User.objects.filter(email=STAFF).update(is_staff=True)
    owner = User.objects.get(email=STAFF)
    for exchange, cause, health, many, hours in FAILING:
        for number in range(many):
            _failing(owner, exchange, cause, health, now - hours * HOUR * (number + 1) / many)
    wallet = Wallet.objects.filter(owner=owner, exchange="binance").order_by("created_at", "id")[0]
    for hour, many in enumerate(reversed(FAILED)):
        for _ in range(many):
            _failed(wallet, now - hour * HOUR)
    Incident.objects.create(
        exchange="binance", cause=Cause.MAINTENANCE, owners=9, began_at=now - 2 * HOUR, probed_at=now
    )
    _pause(now)
    return cookies


def wallet_id() -> UUID:
    return visitors.wallet_id("paused", PATIENT)


def patient(now: datetime) -> Mapping[str, str]:
    """An owner whose exchange is paused for everybody."""
    cookies = people.owner(now, PATIENT)
    owner = User.objects.get(email=PATIENT)
    wallet = _failing(owner, "bitstamp", Cause.MAINTENANCE, "exchange_down", now - DAY, id=wallet_id())
    Run.objects.create(
        owner=owner, wallet=wallet, exchange="bitstamp", asked_by="owner", not_before=now, created_at=now
    )
    _pause(now)
    return cookies


def _pause(now: datetime) -> None:
    HeldExchange.objects.get_or_create(
        exchange="bitstamp", defaults={"why": "They asked us to wait until Monday", "held_at": now - 3 * HOUR}
    )


def _failing(owner: User, exchange: str, cause: Cause, health: str, since: datetime, **more: object) -> Wallet:
    return Wallet.objects.create(
        owner=owner,
        exchange=exchange,
        way="key",
        label=exchange.title(),
        health=health,
        cause=cause,
        failing_since=since,
        created_at=since - 90 * DAY,
        next_try_at=None if health == "needs_you" else since + HOUR,
        **more,
    )


def _failed(wallet: Wallet, at: datetime) -> None:
    Run.objects.create(
        owner=wallet.owner,
        wallet=wallet,
        exchange=wallet.exchange,
        state=Run.State.FAILED,
        asked_by="system",
        cause=Cause.MAINTENANCE,
        code="HTTP 503",
        not_before=at,
        created_at=at,
        finished_at=at,
    )

"""Runs and streams of the wallets that are seen when pictures are taken. Development and tests only; all invented."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from accounts import visitors as people
from accounts.models import User
from ledger.models import Coverage
from sync.models import Run, StreamState
from wallets import visitors
from wallets.models import Wallet
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


SYNCER = "syncer@example.test"


def wallet_id(name: str) -> UUID:
    return visitors.wallet_id(name, SYNCER)


def run_id(name: str) -> UUID:
    return visitors.wallet_id(f"run of {name}", SYNCER)


def syncer(now: datetime) -> Mapping[str, str]:
    """One wallet that is being read, one whose exchange is down, one that was not read yet."""
    cookies = people.owner(now, SYNCER)
    owner = User.objects.get(email=SYNCER)
    working, down, _ = (_wallet(owner, name, health, now) for name, health in WALLETS.items())
    for number in range(1, 4):
        _run(owner, working, Run.State.DONE, now - number * 6 * HOUR, same=400, new=number)
    _run(owner, working, Run.State.FAILED, now - 25 * HOUR, cause=Cause.MAINTENANCE)
    stretch: dict[str, Any] = {"stream": "trades", "since": now - 90 * DAY, "until": now - 60 * DAY, "full": True}
    counts: dict[str, Any] = {"same": 212, "new": 2, "changed": 1, "vanished": 1}
    _run(owner, working, Run.State.DONE, now - 26 * HOUR, name="again", **stretch, **counts)
    _run(owner, working, Run.State.RUNNING, now - 2 * MINUTE, new=4150, name="working")
    _streams(owner, working, now)
    _pulls(owner, working, down, now)
    _run(owner, down, Run.State.FAILED, now, cause=Cause.MAINTENANCE, name="down")
    return cookies


WALLETS = {"working": "working", "down": "exchange_down", "fresh": "working"}


def _wallet(owner: User, name: str, health: str, now: datetime) -> Wallet:
    return Wallet.objects.create(
        id=wallet_id(name),
        owner=owner,
        exchange="kraken",
        way="key",
        label=f"Kraken, {name}",
        health=health,
        cause=Cause.MAINTENANCE if health == "exchange_down" else "",
        created_at=now - 90 * DAY,
        last_success_at=now - HOUR,
        streams=visitors.one_list_read(now),
        next_try_at=now + HOUR,
    )


def _run(
    owner: User, wallet: Wallet, state: Run.State, at: datetime, *, cause: str = "", name: str = "", **facts: Any
) -> Run:
    over = state is not Run.State.RUNNING
    return Run.objects.create(
        **({"id": run_id(name)} if name else {}),
        owner=owner,
        wallet=wallet,
        exchange=wallet.exchange,
        state=state,
        asked_by="system",
        cause=cause,
        created_at=at,
        started_at=at,
        not_before=at,
        finished_at=at + 3 * MINUTE if over else None,
        pages=12,
        **facts,
    )


def _pulls(owner: User, working: Wallet, down: Wallet, now: datetime) -> None:
    """Everything was asked for again, and the exchange went away: once it has come back since, once it has not."""
    begun, taken_up, off = run_id("broken"), run_id("taken up"), run_id("broken off")
    broken: dict[str, Any] = {"full": True, "cause": Cause.MAINTENANCE, "same": 3120, "new": 14}
    away, back = now - 28 * HOUR, now - 27 * HOUR
    _run(owner, working, Run.State.FAILED, away, name="broken", pull=begun, followed_by=taken_up, **broken)
    _run(owner, working, Run.State.DONE, back, name="taken up", pull=begun, full=True, same=4090, new=16)
    _run(owner, down, Run.State.FAILED, away, name="broken off", pull=off, goes_on_until=now + 6 * DAY, **broken)


def _streams(owner: User, wallet: Wallet, now: datetime) -> None:
    for name, state, rows in (("ledger", "running", 4150), ("trades", "waiting", 0)):
        StreamState.objects.create(
            owner=owner,
            wallet=wallet,
            way=wallet.way,
            stream=name,
            run=run_id("working"),
            state=state,
            rows=rows,
            reached=now - 700 * DAY if rows else None,
            updated_at=now,
        )
    for name, since in (("ledger", None), ("trades", now - 365 * DAY)):
        Coverage.objects.create(
            owner=owner,
            wallet=wallet,
            stream=name,
            since=since,
            until=now - HOUR,
            first_row_at=now - 360 * DAY,
            last_row_at=now - 5 * HOUR,
            limited=since is not None,
            holes=[[str(now - 200 * DAY), str(now - 170 * DAY)]] if since else [],
            certain=since is None,
            updated_at=now,
        )

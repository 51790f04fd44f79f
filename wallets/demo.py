"""What a demonstration account has of wallets: real trials of the sandbox's own keys, carried out by workers, and a
wallet that is fed by files. Development only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from accounts.audit import Actor, ActorKind
from wallets import catalogue, keeping, trials
from wallets.workshop import origin_of

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import User

CONNECTED = ("kraken", "binance", "kucoin", "gemini", "coinbase")


def furnish(owner: User, now: datetime) -> None:
    by = Actor(ActorKind.OWNER, owner)
    for name in CONNECTED:
        if settings.SANDBOX_PORT and origin_of(name) == f"http://localhost:{settings.SANDBOX_PORT}/{name}":
            _try(owner, name, by=by, now=now)
    keeping.open_by_hand(
        by=by, owner=owner, exchange="bitstamp", way=catalogue.Way.CSV, label="Bitstamp, closed 2024", now=now
    )


def _try(owner: User, name: str, *, by: Actor, now: datetime) -> None:
    from wallets.sandbox.demo import demo_key  # noqa: PLC0415 - production never loads the sandbox

    trials.ask(
        by=by,
        owner=owner,
        exchange=catalogue.load()[name],
        pasted=demo_key(name),
        purpose=trials.Purpose.CONNECT,
        now=now,
    )

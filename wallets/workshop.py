"""Where connectors are put together: class, credential, region, budget. Workers only: connectors bring ccxt along."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from wallets import catalogue
from wallets.budget import Budget, alone
from wallets.public_prices import SERVED_BY, Tariff, tariff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from wallets.budget import Aside
    from wallets.catalogue import Exchange
    from wallets.connectors.base import Connector
    from wallets.connectors.public import Public


@contextmanager
def one_by_one() -> Iterator[Callable[..., Connector]]:
    """`connect`, for one piece of work. Where calls of a key are numbered, whoever has connected is alone with the key
    until the work is over, whichever wallet or test it is for: the lock goes by the key itself, so it is taken once
    that is known. Who finds somebody else with it hears a BusyError.
    """
    with ExitStack() as held:

        def connected(exchange_id: str, values: Mapping[str, str], *, account: str, **given: Any) -> Connector:
            held.enter_context(alone(catalogue.load()[exchange_id], key=purse_of(values, account)))
            return connect(exchange_id, values, account=account, **given)

        yield connected


def connect(
    exchange_id: str,
    values: Mapping[str, str],
    *,
    account: str,
    region: str = "",
    sleep: Callable[[float], None] = time.sleep,
    aside: Aside = nullcontext,
) -> Connector:
    """Workers do it `one_by_one`."""
    exchange = catalogue.load()[exchange_id]
    module, name = exchange.connector.split(":")
    given = {"region": region} if exchange.regions else {}
    made: Connector = getattr(import_module(module), name)(
        values,
        pace=Budget(
            exchange,
            key=purse_of(values, account),
            clock=timezone.now,
            address=settings.EGRESS_ADDRESS,
            sleep=sleep,
            aside=aside,
        ),
        origin=origin_of(exchange_id),
        **given,
    )
    return made


def purse_of(values: Mapping[str, str], account: str) -> str:
    """Whose calls are counted, and numbered, together. The account stands for the key where there is none: tokens
    change with each renewal.
    """
    return values.get("key") or account


def at_the_door(exchange: Exchange, *, clock: Callable[[], datetime]) -> Budget:
    """For the calls that let us in by OAuth2 and out again: no token counts them, our address does."""
    counted = Tariff(exchange.id, for_an_address=exchange.for_an_address)
    return Budget(counted, key="sign-in", clock=clock, address=settings.EGRESS_ADDRESS)


class NowhereError(Exception):
    """Development without a sandbox asks nobody by itself: say `EXCHANGE_ORIGINS=kraken=live` to have it."""


def public(exchange_id: str, *, sleep: Callable[[float], None] = time.sleep) -> Public:
    """What an exchange tells without a key."""
    module = import_module("wallets.connectors.public")
    address = settings.EGRESS_ADDRESS
    pace = Budget(tariff(exchange_id), key=f"public {address}", clock=timezone.now, address=address, sleep=sleep)
    made: Public = module.Public(exchange_id, pace=pace, origin=public_origin_of(exchange_id))
    return made


def public_origin_of(exchange_id: str) -> str:
    """Nobody asked for this call, so it goes to the real world only where that is meant."""
    served_by = SERVED_BY.get(exchange_id, exchange_id)
    origin = origin_of(served_by)
    if not origin and not settings.PRODUCTION and settings.EXCHANGE_ORIGINS.get(served_by) != "live":
        raise NowhereError(exchange_id)
    return origin


def origin_of(exchange_id: str) -> str:
    """Development speaks to the sandbox, unless EXCHANGE_ORIGINS says otherwise (`kraken=live`: the real one)."""
    sandbox = f"http://localhost:{settings.SANDBOX_PORT}/{exchange_id}" if settings.SANDBOX_PORT else ""
    origin: str = settings.EXCHANGE_ORIGINS.get(exchange_id, "" if settings.PRODUCTION else sandbox)
    return "" if origin == "live" else origin

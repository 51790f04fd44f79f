"""Asking without being stopped by the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from wallets.records import Balance, Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = TypeVar("Answer")


def attempt(ask: Callable[[], Answer]) -> tuple[Answer | None, ConnectorError | None]:
    """An answer of another shape than the exchange's own (a field gone, a list for an object) is one we do not know."""
    try:
        return ask(), None
    except ConnectorError as failure:
        return None, failure
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None, ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")


# What one product may suffer alone. Where it is the exchange, whatever is asked before and after suffers it as well.
AWAY = {Cause.MAINTENANCE: Cause.PART_DOWN, Cause.NETWORK: Cause.PART_DOWN}
OF_ONE_PRODUCT = {Cause.UNEXPECTED_REPLY: Cause.UNEXPECTED_REPLY, **AWAY}


def held_apart(
    place: str, ask: Callable[[], tuple[Balance, ...]], *, suffers: Mapping[Cause, Cause] = OF_ONE_PRODUCT
) -> tuple[Balance, ...]:
    """What lies in a product that an account may lack. An answer that is not understood, or does not come, takes
    nothing from the balances of all other places; it is not nought either, so it is told as unread. A place that every
    account has must be understood, and `suffers` no more than being away.
    """
    held, failure = attempt(ask)
    if failure is None:
        return held or ()
    if failure.cause not in suffers:
        raise failure
    return (Balance("", Decimal(0), place, unread=suffers[failure.cause]),)

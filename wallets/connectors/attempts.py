"""Asking without being stopped by the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from wallets.records import Balance, Cause, ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


def attempt(ask: Callable[[], Answer]) -> tuple[Answer | None, ConnectorError | None]:
    """An answer of another shape than the exchange's own (a field gone, a list for an object) is one we do not know."""
    try:
        return ask(), None
    except ConnectorError as failure:
        return None, failure
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):
        return None, ConnectorError(Cause.UNEXPECTED_REPLY, code="shape")


def held_apart(place: str, ask: Callable[[], tuple[Balance, ...]]) -> tuple[Balance, ...]:
    """What lies in a product that an account may lack. An answer that is not understood takes nothing from the balances
    of all other places; it is not nought either, so it is told as unread.
    """
    held, failure = attempt(ask)
    if failure is None:
        return held or ()
    if failure.cause is not Cause.UNEXPECTED_REPLY:
        raise failure
    return (Balance("", Decimal(0), place, unread=True),)

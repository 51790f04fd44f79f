"""Which ways in to an exchange are offered here, and why others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wallets import oauth
from wallets.catalogue import Way

if TYPE_CHECKING:
    from wallets.catalogue import Exchange


def why_not_offered(exchange: Exchange, way: Way) -> str:
    """Empty: it is. Files can be read whatever becomes of an exchange."""
    if exchange.method(way) is None:
        return f"{exchange.name} cannot be connected this way."
    if exchange.retired and way is not Way.CSV:
        return f"{exchange.name} has closed this way in."
    if way is Way.OAUTH and oauth.provider_of(exchange) is None:
        return f"Whoever runs this Holdfast has no agreement with {exchange.name} for it."
    return ""


def is_offered(exchange: Exchange, way: Way) -> bool:
    return not why_not_offered(exchange, way)

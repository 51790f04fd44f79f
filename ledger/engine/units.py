"""Amounts as integers: so many of the smallest unit.

An asset has its own number of decimals, money always eight. The number of an asset's decimals changes no result: costs
are shared out by `cost * part // whole`, in which it cancels. What money has beyond eight decimals is rounded once, at
the door, to the nearest (half to even).
"""

from __future__ import annotations

from decimal import Context, Decimal

MONEY = 8
USUAL = 18
EXACT = Context(prec=120)


def units(amount: Decimal, scale: int) -> int:
    """Raises ValueError for what is finer than the asset: to round it would lose some of it."""
    scaled = EXACT.scaleb(amount, scale)
    whole = int(scaled)
    if whole != scaled:
        raise ValueError(f"{amount} has more than {scale} decimals")
    return whole


def cents(money: Decimal) -> int:
    return int(EXACT.to_integral_value(EXACT.scaleb(money, MONEY)))


def plain(number: int, scale: int) -> Decimal:
    return EXACT.scaleb(Decimal(number), -scale)


def money(number: int) -> Decimal:
    return EXACT.scaleb(Decimal(number), -MONEY)

"""Binance.US: one file of everything, with a primary asset, or a base and a quote, and a fee."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    Cells,
    Format,
    Skip,
    Unreadable,
    bought,
    less,
    more,
    paid,
    reading,
    sold,
    swapped,
    total,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading, Worth
from ledger.readings.binance import meaning_of
from ledger.readings.telling import INTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

TRADES = re.compile(r".*\b(buy|sell)\b.*|spot trading|convert|otc trading|quick (buy|sell)")
ON_MARKET = re.compile(r"trading|otc")
DUST = re.compile(r"small asset.*|.*dust.*")


def line(cells: Cells) -> Iterable[Reading] | Skip:
    category, operation = cells.word("category"), cells.word("operation")
    if category in {"deposit", "withdrawal"}:
        return [movement(cells, comes=category == "deposit")]
    if category == "distribution" or "reward" in category or "reward" in operation:
        return [distributed(cells)]
    if "internal" in operation or "transfer" in category:
        return Skip(INTERNAL)
    if TRADES.fullmatch(operation) or "trading" in category or category in {"quick buy", "quick sell", "convert"}:
        return [trade(cells, operation)]
    raise unknown(f"{cells.text('category')} {cells.text('operation')}", cells.column("operation"))


def movement(cells: Cells, *, comes: bool) -> Reading:
    asset, amount = cells.asset("asset"), more(cells.needed("amount"))
    leg = Leg(asset, amount if comes else less(amount))
    kind = Kind.DEPOSIT if comes else Kind.WITHDRAWAL
    note = cells.text("note") or cells.text("method")
    return reading(cells, cells.when(), kind, [leg, *fee(cells)], note=note, worth=worth(cells))


def distributed(cells: Cells) -> Reading:
    """A reward below nought is what the service takes of it."""
    words, amount = cells.text("operation"), cells.needed("amount")
    meaning, asset = meaning_of(words), cells.asset("asset")
    if amount < 0:
        return reading(cells, cells.when(), Kind.FEE, [Leg(asset, amount, fee=True)], note=words)
    return reading(
        cells,
        cells.when(),
        meaning.kind(amount),
        [Leg(asset, amount), *fee(cells)],
        category=meaning.category,
        note=words,
        worth=worth(cells),
    )


def trade(cells: Cells, operation: str) -> Reading:
    """On the market the base is what is traded. Elsewhere, as in a quick buy, it is what is given, and the quote what
    comes for it (R). Where the amount of the quote is blank, it is dollars, and stands beside as what it was worth.
    """
    base, quote = cells.asset("base"), cells.text("quote") or "USD"
    coin, money, fees = (base, cells.needed("base_amount")), (quote, quote_amount(cells, quote)), fee(cells)
    quick = cells.text("quote") and not ON_MARKET.search(cells.word("category"))
    if quick:
        legs = swapped((base, beside(fees, coin)), (quote, beside(fees, money, sign=1)))
    else:
        legs = (sold if "sell" in operation or coin[1] < 0 else bought)(coin, money)
    category = "conversion" if "convert" in f"{operation} {cells.word('category')}" else ""
    category = "dust" if DUST.fullmatch(operation) else category
    order = cells.text("order") and f"{base}{quote}:{cells.text('order')}"  # as the API's reader names it
    return reading(cells, cells.when(), Kind.TRADE, [*legs, *fees], category=category, order=order)


def beside(fees: list[Leg], side: tuple[str, Decimal], *, sign: int = -1) -> Decimal:
    """What is given is with its fee, and what comes is without (R: of a sale for 593.54 dollars came 590.57, and the
    fee, half a hundredth, is said to be 2.97).
    """
    asset, amount = side
    inside = (more(each.amount) if sign > 0 else each.amount for each in fees if each.asset == asset)
    return total(more(amount), *inside)


def quote_amount(cells: Cells, quote: str) -> Decimal:
    said = cells.maybe("quote_amount")
    if said is None and quote == "USD":
        said = cells.maybe("quote_worth")
    if said is None:
        raise Unreadable(cells.column("quote_amount"), "Has no amount. Please fill it in, or leave this line out.")
    return said


def fee(cells: Cells) -> list[Leg]:
    amount = cells.amount("fee")
    return [paid(cells.asset("fee_asset"), amount)] if amount else []


def worth(cells: Cells) -> Worth | None:
    amount = cells.amount("worth")
    return Worth(more(amount), "USD") if amount else None


def amount_of(asset: str) -> str:
    return rf"realized[ _]amount[ _]for[ _]{asset}[ _]asset"


def in_dollars(asset: str) -> str:
    return rf"{amount_of(asset)}[ _]in[ _]usd([ _]value)?"


FORMATS = (
    Format(
        name="binanceus",
        version=3,
        exchange="binanceus",
        title="Binance.US history",
        columns={
            "time": "time",
            "category": "category",
            "operation": "operation",
            "asset": "primary[ _]asset",
            "amount": amount_of("primary"),
            "base": "base[ _]asset",
            "base_amount": amount_of("base"),
            "quote": "quote[ _]asset",
            "quote_amount": amount_of("quote"),
            "fee_asset": "fee[ _]asset",
            "fee": amount_of("fee"),
        },
        optional={
            "user": "user[ _]id",
            "order": "order[ _]id",
            "id": "transaction[ _]id",
            "worth": in_dollars("primary"),
            "base_worth": in_dollars("base"),
            "quote_worth": in_dollars("quote"),
            "fee_worth": in_dollars("fee"),
            "method": "payment[ _]method",
            "withdrawn": "withdraw(al)?[ _]method",
            "note": "additional[ _]note",
        },
        read_cells=line,
        key=("id",),
    ),
)

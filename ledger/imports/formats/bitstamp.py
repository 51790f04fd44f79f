"""Bitstamp's transactions: today's file with ids, and the old one with amounts and assets glued together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import (
    NOTHING,
    Cells,
    Format,
    Skip,
    Unreadable,
    bought,
    less,
    paid,
    reading,
    sold,
    unknown,
)
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.bitstamp import meaning_of, type_of, why_not

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from ledger.imports.numbers import Told


def now(cells: Cells) -> Iterable[Reading] | Skip:
    amount, value = (cells.maybe("amount"), cells.text("asset")), (cells.maybe("value"), cells.text("value_asset"))
    fee = (cells.amount("fee"), cells.text("fee_asset") or value[1] or amount[1])
    return line(cells, amount, value, fee)


def old(cells: Cells) -> Iterable[Reading] | Skip:
    amount, value, fee = glued(cells.told("amount")), glued(cells.told("value")), cells.told("fee")
    return line(cells, amount, value, (fee.amount or NOTHING, fee.asset))


def glued(told: Told) -> tuple[Decimal | None, str]:
    return told.amount, told.asset


def line(
    cells: Cells, amount: tuple[Decimal | None, str], value: tuple[Decimal | None, str], fee: tuple[Decimal, str]
) -> Iterable[Reading] | Skip:
    nature = type_of(cells.text("type"))
    if why_not(nature):
        return Skip(why_not(nature))
    meaning = meaning_of(nature)
    if not meaning:
        raise unknown(cells.text("type"), cells.column("type"))
    if not amount[0] or not amount[1]:
        raise Unreadable(
            cells.column("amount"), "Has no amount of an asset. Please correct it, or leave this line out."
        )
    kind, legs = moved(cells, meaning.kind(signed(cells, amount[0])), (amount[1], amount[0]), value)
    fees = [paid(fee[1], fee[0])] if fee[0] and fee[1] else []
    order = cells.text("order")
    return [reading(cells, cells.when(), kind, [*legs, *fees], category=meaning.category, order=order)]


def signed(cells: Cells, amount: Decimal) -> Decimal:
    return less(amount) if type_of(cells.text("type")) == "1" else amount


def moved(
    cells: Cells, kind: Kind, coin: tuple[str, Decimal], value: tuple[Decimal | None, str]
) -> tuple[Kind, Iterable[Leg]]:
    if kind is not Kind.TRADE:
        return kind, [Leg(coin[0], signed(cells, coin[1]))]
    side = cells.word("subtype")
    if side not in {"buy", "sell"} or value[0] is None or not value[1]:
        raise Unreadable(cells.column("subtype"), "Does not say what was bought or sold for what. Please correct it.")
    return kind, (bought if side == "buy" else sold)(coin, (value[1], value[0]))


FORMATS = (
    Format(
        name="bitstamp",
        version=2,
        exchange="bitstamp",
        title="Bitstamp transactions",
        columns={
            "id": "id",
            "type": "type",
            "subtype": "sub ?type",
            "time": "datetime",
            "amount": "amount",
            "asset": "amount currency",
            "value": "value",
            "value_asset": "value currency",
            "fee": "fee",
            "fee_asset": "fee currency",
        },
        optional={"account": "account", "rate": "rate", "rate_asset": "rate currency", "order": "order id"},
        read_cells=now,
        key=("id",),
        list="transactions",
    ),
    Format(
        name="bitstamp_old",
        version=2,
        exchange="bitstamp",
        title="Bitstamp transactions (older file)",
        columns={
            "type": "type",
            "time": "datetime",
            "account": "account",
            "amount": "amount",
            "value": "value",
            "rate": "rate",
            "fee": "fee",
            "subtype": "sub ?type",
        },
        read_cells=old,
        seconds=False,
        zone="",
    ),
)

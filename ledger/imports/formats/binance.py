"""Binance's files of trades, movements, conversions and what was handed out. The statement has a module of its own.

Their ids are none that the API tells, but for orders of money: what both tell is found by what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.imports.formats.base import (
    NOTHING,
    Cells,
    Format,
    Skip,
    Unreadable,
    by_side,
    done,
    moved,
    paid,
    reading,
    swapped,
    total,
)
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.binance import meaning_of, plain, sides

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

STAMP = r"date\(utc.*\)|time"  # which newer files do not say the zone of: their names do (R)
COMPLETED = ("completed", "successful", "success", "finished", "credited", "confirmed")
NO_PAIR = "The two sides of this market could not be told apart. Please write it with a line between, such as BTC/USDT."


def pair(cells: Cells, key: str) -> tuple[str, str]:
    name = cells.text(key).upper()
    for mark in "/-_":
        base, _, quote = name.partition(mark)
        if base and quote:
            return base, quote
    found = sides(name)
    if not found:
        raise Unreadable(cells.column(key), NO_PAIR)
    return found


def glued_trade(cells: Cells) -> Iterable[Reading]:
    """Amounts with their coins glued on: "5.28ZEN"."""
    base, quote = pair(cells, "pair")
    amount, price = cells.told("executed", asset=base), cells.told("amount", asset=quote)
    fee = cells.told("fee", asset="BNB")
    coin, money = (
        (amount.asset or base, needed(cells, "executed", base)),
        (price.asset or quote, needed(cells, "amount", quote)),
    )
    legs = [*by_side(cells)(coin, money), *([paid(fee.asset or quote, fee.amount)] if fee.amount else [])]
    return [reading(cells, cells.when(), Kind.TRADE, legs)]


def needed(cells: Cells, key: str, asset: str) -> Decimal:
    found = cells.told(key, asset=asset).amount
    if found is None:
        raise Unreadable(cells.column(key), "Has no amount. Please fill it in, or leave this line out.")
    return found


def old_trade(cells: Cells) -> Iterable[Reading]:
    base, quote = pair(cells, "pair")
    legs = by_side(cells)((base, cells.needed("amount")), (quote, cells.needed("total")))
    return [
        reading(cells, cells.when(), Kind.TRADE, [*legs, paid(cells.text("fee_asset") or quote, cells.amount("fee"))])
    ]


# --- movements --------------------------------------------------------------------------------------------------------


def on_chain(cells: Cells) -> dict[str, Any]:
    return {"hash": cells.text("hash"), "address": cells.text("address"), "network": cells.text("network")}


def deposit(cells: Cells) -> Iterable[Reading] | Skip:
    return done(cells, *COMPLETED) or [moved(cells, comes=True, **on_chain(cells))]


def withdrawal(cells: Cells) -> Iterable[Reading] | Skip:
    """The fee comes on top of the amount."""
    return done(cells, *COMPLETED) or [moved(cells, comes=False, fee=cells.amount("fee"), **on_chain(cells))]


def comes(cells: Cells) -> bool:
    if not cells.options.direction:
        raise Unreadable("", "Nothing in this file says whether it holds deposits or withdrawals. Please say which.")
    return cells.options.direction == "deposit"


def either(cells: Cells) -> Iterable[Reading] | Skip:
    return deposit(cells) if comes(cells) else withdrawal(cells)


def money(cells: Cells) -> Iterable[Reading] | Skip:
    """Of a deposit, the amount is what came, if what was meant is that and the fee; else the fee is within it."""
    skip, fee, note = done(cells, *COMPLETED), cells.amount("fee"), cells.text("method")
    if skip:
        return skip
    found = moved(cells, comes=comes(cells), fee=fee, note=note)
    net = fee and cells.amount("meant") == total(cells.amount("amount"), fee)
    if comes(cells) and net:
        first = Leg(found.legs[0].asset, total(found.legs[0].amount, fee))
        found = found._replace(legs=(first, *found.legs[1:]))
    return [found._replace(identity=identity, event=identity) if (identity := money_named(cells)) else found]


def money_named(cells: Cells) -> str:
    listed = "fiat deposits" if comes(cells) else "fiat withdrawals"
    return f"{listed}:{cells.id}" if cells.text("id") == cells.id else ""


# --- conversions, and what was handed out -----------------------------------------------------------------------------


def conversion(cells: Cells) -> Iterable[Reading] | Skip:
    if skip := done(cells, *COMPLETED):
        return skip
    sent, received = cells.told("sent"), cells.told("received")
    if not (sent.asset and received.asset and sent.amount and received.amount):
        raise Unreadable(cells.column("sent"), "Does not say what was exchanged for what. Please correct it.")
    legs = swapped((plain(sent.asset), sent.amount), (plain(received.asset), received.amount))
    return [reading(cells, cells.when(), Kind.TRADE, legs, category="conversion")]


def distribution(cells: Cells) -> Iterable[Reading]:
    amount, meaning = cells.needed("amount"), meaning_of(cells.text("type"))
    leg = Leg(plain(cells.asset("asset")), amount)
    return [
        reading(cells, cells.when(), meaning.kind(amount), [leg], category=meaning.category, note=cells.text("type"))
    ]


def auto_invest(cells: Cells) -> Iterable[Reading] | Skip:
    """The fee is within the amount of a period."""
    if skip := done(cells, *COMPLETED):
        return skip
    sent, fee = cells.told("sent"), cells.told("fee")
    if sent.amount is None or not sent.asset:
        raise Unreadable(cells.column("sent"), "Does not say what was spent. Please correct it.")
    spent = total(sent.amount, (fee.amount or NOTHING).copy_negate())
    legs = swapped((sent.asset, spent), (cells.asset("asset"), needed(cells, "units", cells.text("asset"))))
    return [reading(cells, cells.when(), Kind.TRADE, [*legs, paid(fee.asset or sent.asset, fee.amount or NOTHING)])]


def eth_staking(cells: Cells) -> Iterable[Reading] | Skip:
    """One for one."""
    if skip := done(cells, *COMPLETED):
        return skip
    amount, sent, received = cells.needed("amount"), cells.asset("asset"), cells.asset("token")
    legs = swapped((sent, amount), (received, amount))
    return [reading(cells, cells.when(), Kind.TRADE, legs, category="staking")]


MOVEMENT = {
    "time": STAMP,
    "asset": "coin",
    "network": "network",
    "amount": "amount",
    "address": "address",
    "hash": "txid",
}

FORMATS = (
    Format(
        name="binance_trades",
        exchange="binance",
        title="Binance trades",
        columns={
            "time": STAMP,
            "pair": "pair",
            "side": "side",
            "price": "price",
            "executed": "executed",
            "amount": "amount",
            "fee": "fee",
        },
        zone="",
        zone_named=True,
        read_cells=glued_trade,
    ),
    Format(
        name="binance_trades_old",
        exchange="binance",
        title="Binance trades (older file)",
        columns={
            "time": STAMP,
            "pair": "market",
            "side": "type",
            "price": "price",
            "amount": "amount",
            "total": "total",
            "fee": "fee",
            "fee_asset": "fee coin",
        },
        read_cells=old_trade,
    ),
    Format(
        name="binance_deposits",
        exchange="binance",
        title="Binance deposits",
        columns={**MOVEMENT, "status": "status"},
        zone="",
        zone_named=True,
        read_cells=deposit,
        named="deposit",
    ),
    Format(
        name="binance_withdrawals",
        exchange="binance",
        title="Binance withdrawals",
        columns={**MOVEMENT, "fee": "fee", "status": "status"},
        zone="",
        zone_named=True,
        read_cells=withdrawal,
        named="withdraw",
    ),
    Format(
        name="binance_movements_old",
        version=2,
        exchange="binance",
        title="Binance deposits or withdrawals (older file)",
        columns={
            **{key: name for key, name in MOVEMENT.items() if key != "network"},
            "fee": "transaction ?fee",
            "source": "source ?address",
            "payment": "payment ?id",
            "status": "status",
        },
        optional={"network": "network"},
        read_cells=either,
        asks=("direction",),
    ),
    Format(
        name="binance_money",
        exchange="binance",
        title="Binance deposits or withdrawals of money",
        columns={
            "time": STAMP,
            "asset": "coin",
            "amount": "amount",
            "status": "status",
            "method": "payment method",
            "meant": "indicated amount",
            "fee": "fee",
            "id": "order id",
        },
        zone="",
        zone_named=True,
        read_cells=money,
        key=("id",),
        asks=("direction",),
    ),
    Format(
        name="binance_conversions",
        version=2,
        exchange="binance",
        title="Binance Convert",
        columns={
            "time": "date( ?\\(.*\\))?|time",
            "pair": "pair",
            "type": "type",
            "sent": "sell",
            "received": "buy",
            "price": "price",
            "inverse": "inverse price",
            "updated": "date updated",
            "status": "status",
        },
        optional={"wallet": "wallet"},
        zone_named=True,
        read_cells=conversion,
        zone="",
    ),
    Format(
        name="binance_distributions",
        exchange="binance",
        title="Binance distributions",
        columns={
            "time": STAMP,
            "type": "type",
            "amount": "amount",
            "asset": "asset",
            "symbol": "symbol",
            "id": "transaction id",
        },
        read_cells=distribution,
        key=("id",),  # of its transfer, M: not the one by which the API's list is walked
        version=2,
    ),
    Format(
        name="binance_auto_invest",
        exchange="binance",
        title="Binance Auto-Invest",
        columns={
            "time": rf"auto-invest ({STAMP})",
            "asset": "holding coin",
            "sent": "amount per period",
            "fee": "trading fee",
            "units": "units",
            "from": "from",
            "status": "status",
        },
        read_cells=auto_invest,
    ),
    Format(
        name="binance_eth_staking",
        exchange="binance",
        title="Binance ETH staking",
        columns={"time": STAMP, "asset": "coin", "token": "token", "amount": "amount", "status": "status"},
        read_cells=eth_staking,
    ),
)

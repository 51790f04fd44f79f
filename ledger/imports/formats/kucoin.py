"""KuCoin's files: fills, orders, movements and the account's history. Files that name no zone are in Singapore's time.

A bundle holds orders and their fills, which tell the same: what an order moved counts where its fills are missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.imports.formats.base import Cells, Format, Skip, Unreadable, by_side, done, moved, paid, reading
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE
from ledger.readings.kucoin import Names, meaning_of, transaction_of, why_not
from ledger.readings.telling import INTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

HOME = "Asia/Singapore"
FILLED = ("deal", "done", "filled", "part_deal", "partially filled", "success", "successful", "completed")


def pair(cells: Cells) -> tuple[str, str]:
    base, _, quote = cells.text("pair").upper().replace("/", "-").partition("-")
    if not base or not quote:
        raise Unreadable(cells.column("pair"), "Does not name two coins. Please write it such as BTC-USDT.")
    return base, quote


def traded(cells: Cells, *, rank: int = 0) -> Reading:
    base, quote = pair(cells)
    legs = by_side(cells)((base, cells.needed("amount")), (quote, cells.needed("total")))
    fee = paid(cells.text("fee_asset") or quote, cells.amount("fee"))
    order = cells.text("order")
    event = f"order:{order}" if order else ""
    return reading(cells, cells.when(), Kind.TRADE, [*legs, fee], event=event, order=order, rank=rank)


def fill(cells: Cells) -> Iterable[Reading]:
    return [traded(cells)]


def order(cells: Cells) -> Iterable[Reading] | Skip:
    if not cells.amount("amount"):
        return Skip("Nothing of this order was filled.")
    return [traded(cells, rank=1)]


def movement(cells: Cells, *, comes: bool) -> Iterable[Reading] | Skip:
    if skip := done(cells, *FILLED):
        return skip
    transaction = transaction_of(cells.text("hash"))
    event = Names(transaction=transaction).event(cells.asset("asset"), MOVE)
    return [
        moved(
            cells,
            comes=comes,
            fee=cells.amount("fee"),
            event=event,
            rank=1,
            hash=transaction,
            address=cells.text("address"),
            network=cells.text("network"),
            note=cells.text("remark"),
        )
    ]


def deposit(cells: Cells) -> Iterable[Reading] | Skip:
    return movement(cells, comes=True)


def withdrawal(cells: Cells) -> Iterable[Reading] | Skip:
    return movement(cells, comes=False)


def history(cells: Cells) -> Iterable[Reading] | Skip:
    """A line of the ledger: the fee is in the amount already. Both sides of a fill stand in one second."""
    business = business_of(cells)
    known = meaning_of(business)
    meaning = known or MOVE
    if why_not(business) or meaning.category == "internal":
        return Skip(why_not(business) or INTERNAL)
    amount, at = signed(cells), cells.when()
    joined = meaning.kind(amount) is Kind.TRADE
    event = f"kucoin:{business.casefold()}:{at:%Y-%m-%dT%H:%M:%S}" if joined else ""
    note = "" if known else business
    leg = Leg(cells.asset("asset"), amount, fee=meaning.kind(amount) is Kind.FEE)
    return [reading(cells, at, meaning.kind(amount), [leg], event=event, category=meaning.category, note=note)]


def business_of(cells: Cells) -> str:
    """It stands in one column or the other, and beside it what the owner or KuCoin remarked (R)."""
    said = [text for text in (cells.text("type"), cells.text("remark")) if text]
    known = (each for each in said if meaning_of(each) or why_not(each))
    return next(known, said[-1] if said else "")


def signed(cells: Cells) -> Decimal:
    amount = cells.needed("amount")
    goes = cells.word("side") in {"withdrawal", "withdraw", "out", "debit"}
    return amount.copy_abs().copy_negate() if goes else amount


def at(name: str) -> str:
    return rf"{name} ?(\(utc.*\))?"


FILL = {
    "order": "order id",
    "pair": "symbol",
    "side": "side",
    "price": r"avg\. filled price",
    "amount": "filled amount",
    "total": "filled volume",
    "time": at("filled time"),
    "fee": "fee",
    "fee_asset": "fee currency,?",  # with a comma in files of margin (R)
}
MORE = {
    "uid": "uid",
    "account": "account type",
    "kind": "order type",
    "total_usdt": r"filled volume \(usdt\)",
    "tax": "tax",
    "mode": "account mode",
    "maker": "maker/taker",
}
MOVED = {
    "time": at("time"),
    "asset": "coin|currency",
    "amount": "amount",
    "network": "transfer network",
}
MOVED_MORE = {
    "uid": "uid",
    "account": "account type",
    "fee": "fee",
    "hash": "hash",  # not in those of a bundle (R)
    "status": "status",
    "remark": "remarks?",
}

FORMATS = (
    Format(
        name="kucoin_fills",
        exchange="kucoin",
        title="KuCoin fills",
        columns=FILL,
        optional=MORE,
        read_cells=fill,
        zone=HOME,
    ),
    Format(
        name="kucoin_orders",
        exchange="kucoin",
        title="KuCoin orders",
        columns={**FILL, "ordered": at("order time"), "order_price": "order price", "order_amount": "order amount"},
        optional={**MORE, "status": "status"},
        read_cells=order,
        key=("order",),
        zone=HOME,
    ),
    Format(
        name="kucoin_deposits",
        exchange="kucoin",
        title="KuCoin deposits",
        columns={**MOVED, "status": "status"},
        optional={**MOVED_MORE, "address": "deposit address"},
        read_cells=deposit,
        zone=HOME,
    ),
    Format(
        name="kucoin_withdrawals",
        exchange="kucoin",
        title="KuCoin withdrawals",
        columns={**MOVED, "address": "withdrawal address.*"},
        optional=MOVED_MORE,
        read_cells=withdrawal,
        zone=HOME,
    ),
    Format(
        name="kucoin_history",
        version=3,
        exchange="kucoin",
        title="KuCoin account history",
        columns={
            "asset": "currency",
            "side": "side",
            "amount": "amount",
            "fee": "fee",
            "time": at("time"),
            "remark": "remark",
        },
        optional={"uid": "uid", "account": "account type", "type": "type"},
        read_cells=history,
        zone=HOME,
    ),
    Format(
        name="kucoin_trades_old",
        exchange="kucoin",
        title="KuCoin trades (older file)",
        columns={
            "time": "tradecreatedat",
            "pair": "symbol",
            "side": "side",
            "price": "price",
            "amount": "size",
            "total": "funds",
            "fee": "fee",
            "fee_asset": "feecurrency",
        },
        optional={"order": "orderid", "liquidity": "liquidity", "kind": "ordertype"},
        read_cells=fill,
        zone=HOME,
    ),
    Format(
        name="kucoin_trades_oldest",
        exchange="kucoin",
        title="KuCoin trades (oldest file)",
        columns={
            "time": "time",
            "pair": "pair",
            "side": "side",
            "price": "filledprice",
            "price_asset": "filledpricecoin",
            "amount": "amount",
            "amount_asset": "amountcoin",
            "total": "volume",
            "total_asset": "volumecoin",
            "fee": "fee",
            "fee_asset": "feecoin",
        },
        read_cells=fill,
        zone=HOME,
    ),
)

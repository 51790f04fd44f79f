"""Bybit: the unified account, and movements of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import Export, Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Beside its type, a file says what it was (R).
SAID = {"Earn": "Easy Earn | Flexible Interest Distribution", "Withdraw": "Withdrawal"}


def bybit_unified(each: Happened) -> Iterable[Sequence[Any]]:
    for raw in each.of("ledger"):
        head = each.at(), raw["currency"], raw["symbol"], raw["type"], raw["side"].upper(), "0", "0", "0", "0"
        money = raw["fee"], raw["cashFlow"], raw["change"]
        yield *head, *money, "0", "0.0026", raw["tradeId"], raw["orderId"]


def bybit_assets(each: Happened) -> Iterable[Sequence[Any]]:
    """The funding account: changes alone, and no id."""
    for raw in each.of("funding"):
        sign = "-" if raw["ioDirection"] == "O" else ""
        what = raw["showBusiTypeEn"]
        yield each.at(), raw["currency"], f"{sign}{raw['txnAmt']}", what, raw["afterAmt"], SAID.get(what, what)


BYBIT = (
    Export(
        "unified.csv",
        "Time(UTC),Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,"
        "Wallet Balance,Fee Rate,Trade ID,Order ID",
        bybit_unified,
    ),
    Export("assets.csv", "Date & Time(UTC),Coin,QTY,Type,Account Balance,Description", bybit_assets),
)

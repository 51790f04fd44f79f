"""KuCoin: fills or orders, movements, and the history of each account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import DEPOSIT, TRADES, WITHDRAWAL, Export, Happened, Lines, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EAST = 8  # hours: the offset stands in the column's name


def kucoin_fills(each: Happened) -> Iterable[Sequence[Any]]:
    """With their order, and without their own id."""
    [raw] = each.of("trades")
    head = "1", "mainAccount", raw["orderId"], raw["symbol"], raw["side"].upper(), "LIMIT", raw["price"]
    told = raw["size"], raw["funds"], raw["funds"], each.at(hours=EAST), raw["fee"], "", "TAKER", raw["feeCurrency"]
    yield *head, *told, "Classic"


def kucoin_orders(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("trades")
    head = "1", "mainAccount", raw["orderId"], each.at(hours=EAST), raw["symbol"], raw["side"].upper(), "LIMIT"
    told = raw["price"], raw["size"], raw["price"], raw["size"], raw["funds"], raw["funds"], each.at(hours=EAST)
    yield *head, *told, raw["fee"], raw["feeCurrency"], "", "deal", "Classic"


def kucoin_movements(family: str) -> Lines:
    def lines(each: Happened) -> Iterable[Sequence[Any]]:
        [raw] = each.of(family)
        told = raw["currency"], raw["amount"], raw["fee"], raw["walletTxId"], "address", "BTC", "SUCCESS"
        yield "1", "mainAccount", each.at(hours=EAST), *told, ""

    return lines


def kucoin_history(each: Happened) -> Iterable[Sequence[Any]]:
    """The ledger without its ids: what came and what went, the fee within."""
    for raw in each.of("ledger"):
        side = {"in": "Deposit", "out": "Withdrawal"}[raw["direction"]]
        told = raw["currency"], side, raw["amount"], raw["fee"], each.at(hours=EAST), raw["bizType"]
        yield "1", "mainAccount", *told, "Trading account"


KUCOIN_FILLS = Export(
    "fills.csv",
    "UID,Account Type,Order ID,Symbol,Side,Order Type,Avg. Filled Price,Filled Amount,Filled Volume,"
    "Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Tax,Maker/Taker,Fee Currency,Account Mode",
    when(TRADES, kucoin_fills),
)
KUCOIN_ORDERS = Export(
    "orders.csv",
    "UID,Account Type,Order ID,Order Time(UTC+08:00),Symbol,Side,Order Type,Order Price,Order Amount,"
    "Avg. Filled Price,Filled Amount,Filled Volume,Filled Volume (USDT),Filled Time(UTC+08:00),Fee,Fee Currency,Tax,"
    "Status,Account Mode",
    when(TRADES, kucoin_orders),
)
KUCOIN_MOVED = (
    Export(
        "deposits.csv",
        "UID,Account Type,Time(UTC+08:00),Coin,Amount,Fee,Hash,Deposit Address,Transfer Network,Status,Remarks",
        when([DEPOSIT], kucoin_movements("deposits")),
    ),
    Export(
        "withdrawals.csv",
        "UID,Account Type,Time(UTC+08:00),Coin,Amount,Fee,Hash,Withdrawal Address/Account,Transfer Network,Status,"
        "Remarks",
        when([WITHDRAWAL], kucoin_movements("withdrawals")),
    ),
)
KUCOIN_HISTORY = Export(
    "history.csv", "UID,Account Type,Currency,Side,Amount,Fee,Time(UTC+08:00),Remark,Type", kucoin_history
)

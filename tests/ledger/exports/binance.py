"""Binance: the statement, and the lists beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import (
    CONVERT,
    DEPOSIT,
    REWARD,
    TRADES,
    WITHDRAWAL,
    Export,
    Happened,
    less,
    plain,
    when,
)
from wallets.sandbox.books import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def binance_statement(each: Happened) -> Iterable[Sequence[Any]]:
    """One line for each change of a balance, without an id. A withdrawal's fee is in its change."""
    event, (head, row) = each.event, (("37711", each.at(), "Spot"), each.draft)
    out, into = (row.sent, row.received)
    match each.kind:
        case Kind.BUY:
            lines = [("Buy", into.asset, plain(into.amount)), ("Transaction Spend", out.asset, less(out.amount))]
            lines += [("Fee", row.fee.asset, less(row.fee.amount))]
        case Kind.SELL:
            lines = [("Transaction Sold", out.asset, less(out.amount))]
            lines += [("Transaction Revenue", into.asset, plain(into.amount))]
            lines += [("Transaction Fee", row.fee.asset, less(row.fee.amount))]
        case Kind.CONVERT:
            lines = [
                ("Binance Convert", out.asset, less(out.amount)),
                ("Binance Convert", into.asset, plain(into.amount)),
            ]
        case Kind.WITHDRAWAL:
            lines = [("Withdraw", out.asset, less(event.amount + event.fee), "Withdraw fee is included")]
        case Kind.DEPOSIT:
            lines = [("Deposit", into.asset, plain(into.amount))]
        case _:
            lines = [("Staking Rewards", into.asset, plain(into.amount))]
    for operation, coin, change, *remark in lines:
        yield *head, operation, coin, change, *(remark or [""])


def binance_trades(each: Happened) -> Iterable[Sequence[Any]]:
    """Amounts with their coins glued on."""
    [raw], event = each.of("trades"), each.event
    glued = f"{raw['qty']}{event.base}", f"{raw['quoteQty']}{event.quote}", f"{raw['commission']}{event.quote}"
    yield each.at(), raw["symbol"], "BUY" if each.buys else "SELL", raw["price"], *glued


def binance_money(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("fiat deposits")
    told = raw["fiatCurrency"], raw["amount"], "Successful", "Bank Transfer", raw["indicatedAmount"], raw["totalFee"]
    yield each.at(), *told, raw["orderNo"]


def binance_withdrawals(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("withdrawals")
    told = (raw[name] for name in ("coin", "network", "amount", "transactionFee", "address", "txId"))
    yield each.at(), *told, "Completed"


def binance_conversions(each: Happened) -> Iterable[Sequence[Any]]:
    [raw] = each.of("conversions")
    pair, sold = f"{raw['fromAsset']}{raw['toAsset']}", f"{raw['fromAmount']} {raw['fromAsset']}"
    prices = "1 BTC = 42,000 EUR", "1 EUR = 0.0000238 BTC"
    yield (
        each.at(),
        "Spot",
        pair,
        "Market",
        sold,
        f"{raw['toAmount']} {raw['toAsset']}",
        *prices,
        each.at(),
        "Successful",
    )


def binance_distributions(each: Happened) -> Iterable[Sequence[Any]]:
    """Under the number of its transfer, which is another than the one the API's list is walked by."""
    [raw] = each.of("distributions")
    yield each.at(), raw["enInfo"], raw["amount"], raw["asset"], raw["asset"], raw["tranId"]


STATEMENT = Export("statement.csv", "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark", binance_statement)
BINANCE_FILES = (
    Export("trades.csv", "Date(UTC),Pair,Side,Price,Executed,Amount,Fee", when(TRADES, binance_trades)),
    Export(
        "deposit history.csv",
        "Date(UTC+0),Coin,Amount,Status,Payment Method,Indicated Amount,Fee,Order ID",
        when([DEPOSIT], binance_money),
    ),
    Export(
        "withdraw history.csv",
        "Date(UTC+0),Coin,Network,Amount,Fee,Address,TXID,Status",
        when([WITHDRAWAL], binance_withdrawals),
    ),
    Export(
        "convert.csv",
        "Date,Wallet,Pair,Type,Sell,Buy,Price,Inverse Price,Date Updated,Status",
        when([CONVERT], binance_conversions),
    ),
    Export(
        "distributions.csv", "Date(UTC),type,Amount,Asset,Symbol,Transaction ID", when([REWARD], binance_distributions)
    ),
)

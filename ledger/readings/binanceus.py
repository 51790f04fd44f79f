"""Binance.US: trades and movements as Binance tells them, and lists of its own.

Sources are named as in the connector: D documents, S ccxt's source, R other people's working code, M memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.readings import binance
from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.binance import EXCHANGED, NOT_DONE, PAID_OUT, is_done, reading, trade_between
from ledger.readings.cells import (
    amount,
    asset,
    came,
    moved,
    name_of,
    paid,
    plus,
    read_by,
    skipped,
    text,
    went,
)
from ledger.readings.numbers import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal
    from typing import Any

    from ledger.readings.base import Row

VERSION = 1

# --- trades -------------------------------------------------------------------------------------------------------

QUOTES = ("USDT", "USDC", "BUSD", "USD", "BTC", "ETH", "BNB", "DAI", "UST", "EUR")
# Markets in dollars that look like markets in BUSD, and the other way round: BNBUSD is BNB and USD.
WITH_B = {"ARB", "BNB", "SHIB"}


def sides(symbol: str) -> tuple[str, str] | None:
    base = symbol.removesuffix("USD")
    return (base, "USD") if base in WITH_B and base != symbol else binance.sides(symbol, QUOTES)


def trade(row: Row) -> list[Reading]:
    symbol = text(row.raw, "symbol") or row.family.partition(":")[2]
    return [trade_between(row, sides(symbol), symbol)]


# --- money --------------------------------------------------------------------------------------------------------


def fees_of(raw: Mapping[str, Any]) -> Decimal:
    return plus(amount(raw, "transactionFee"), amount(raw, "platformFee"))


def fiat_deposit(row: Row) -> list[Reading]:
    """M: fees are taken from the amount."""
    if not is_done(row.raw, "orderStatus", PAID_OUT):
        return [skipped(row, NOT_DONE)]
    money = asset(row.raw, "fiatCurrency")
    legs = moved(came(money, amount(row.raw, "amount")), paid(money, fees_of(row.raw)))
    return [reading(row, Kind.DEPOSIT, legs, note=text(row.raw, "paymentMethod"))]


def fiat_withdrawal(row: Row) -> list[Reading]:
    """M: fees come on top of the amount."""
    if not is_done(row.raw, "orderStatus", PAID_OUT):
        return [skipped(row, NOT_DONE)]
    money = asset(row.raw, "fiatCurrency")
    legs = moved(went(money, amount(row.raw, "amount")), paid(money, fees_of(row.raw)))
    return [reading(row, Kind.WITHDRAWAL, legs, note=text(row.raw, "paymentMethod"))]


# --- one coin for another -----------------------------------------------------------------------------------------


def exchanged(row: Row, category: str) -> list[Reading]:
    """M: a fee in one of the two coins is within its amount; one in a third coin comes on top."""
    raw = row.raw
    if not is_done(raw, "orderStatus", EXCHANGED):
        return [skipped(row, NOT_DONE)]
    gave, got = asset(raw, "fromCoin"), asset(raw, "toCoin")
    fee, fee_coin = amount(raw, "feeAmount").copy_abs(), text(raw, "feeCoin")
    apart = {coin: fee for coin in (gave, got) if fee_coin == coin}
    given = plus(amount(raw, "fromAmount"), apart.get(gave, NOTHING).copy_negate())
    taken = plus(amount(raw, "toAmount"), apart.get(got, NOTHING))
    legs = moved(went(gave, given), came(got, taken), *((paid(fee_coin, fee),) if fee and fee_coin else ()))
    return [reading(row, Kind.TRADE, legs, category=category)]


def instant_buy(row: Row) -> list[Reading]:
    return exchanged(row, "")


def conversion(row: Row) -> list[Reading]:
    return exchanged(row, "conversion")


# --- what was handed out ------------------------------------------------------------------------------------------


def distribution(row: Row) -> list[Reading]:
    words, number = text(row.raw, "category"), amount(row.raw, "amount")
    told = binance.meaning_of(words)
    legs = moved(Leg(asset(row.raw, "asset"), number))
    return [of_transfer(reading(row, told.kind(number), legs, category=told.category, note=words), row)]


def staking_reward(row: Row) -> list[Reading]:
    """M whether these stand among the distributions as well: then the number is the same, and they count once."""
    number = amount(row.raw, "amount")
    legs = moved(Leg(asset(row.raw, "asset"), number))
    told = reading(row, binance.handed_out("").kind(number), legs, category="staking")
    return [of_transfer(told, row)._replace(rank=1)]


def of_transfer(told: Reading, row: Row) -> Reading:
    number = text(row.raw, "tranId")
    return told._replace(event=f"tran:{number}" if number else name_of(row))


# --- rows ---------------------------------------------------------------------------------------------------------

LISTS = {
    "trades": trade,
    "deposits": binance.deposit,
    "withdrawals": binance.withdrawal,
    "fiat deposits": fiat_deposit,
    "fiat withdrawals": fiat_withdrawal,
    "instant buys": instant_buy,
    "conversions": conversion,
    "distributions": distribution,
    "staking rewards": staking_reward,
    "dust": binance.dust,
}


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)

"""Bybit: a ledger of the unified account, one of the funding account, and lists that say more about their lines.

Only fills share an id with a ledger. So each other thing is counted where it is told best: movements and conversions in
lists of their own, which have ids; what is earned in the funding account's ledger, which is told for longer than yields
are. What is moved from one place of the account to another counts for nothing, whoever tells it; a transfer to another
account of the same owner does not say which of the two this is, so it is not counted either.

Sources are named as in exchanges.md: D documents, R other people's records, M memory (wants a live check).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.bybit_types import (
    AT_ONE_MOMENT,
    funding_meaning,
    unified_meaning,
    unified_why_not,
)
from ledger.readings.cells import MOVE, NOTHING_MOVED, amount, asset, came, name_of, plus, read_by, text, went
from ledger.readings.numbers import NOTHING
from ledger.readings.telling import (
    BETWEEN_OWN,
    CALLED_OFF,
    CONVERTED,
    DUST,
    INTERNAL,
    ON_ITS_WAY,
    change,
    left_out,
    legs,
    meant,
    minus,
    parts,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

VERSION = 5
CONTRACT_TRADE = "A trade in contracts: what it changed stands in the ledger."
NO_PAIR = "The two sides of this market could not be told apart."
FUNDING_TELLS = "The funding account's ledger tells this too."
# Symbols have no sign between their sides. Longer ones first: USDT before T, had it a market (M for the list).
QUOTES = ("USDT", "USDC", "USDE", "USDQ", "EURQ", "EURI", "DAI", "MNT", "BTC", "ETH", "SOL", "EUR", "USD", "GBP")
MORE_QUOTES = ("BRL", "TRY", "PLN", "KZT", "BRZ", "AED", "IDR", "XUSD", "USD1", "RLUSD", "USDTB")
STATUSES: Mapping[str, str] = {
    **dict.fromkeys(("success", "blockchainconfirmed", "3", "10012"), ""),  # D
    **dict.fromkeys(("cancelbyuser", "reject", "fail", "failed", "failure", "4"), CALLED_OFF),
}
WITHIN_BYBIT: Mapping[str, str] = {"2": "", "3": CALLED_OFF}  # D: these count from one


def read(row: Row) -> list[Reading]:
    return read_by(LISTS, row)


def why_not(status: str) -> str:
    return STATUSES.get(status.lower(), ON_ITS_WAY)


# --- ledgers ------------------------------------------------------------------------------------------------------


def unified(row: Row) -> Iterator[Reading]:
    raw = row.raw
    nature = text(raw, "type")
    if unified_why_not(nature):
        yield left_out(row, unified_why_not(nature))
        return
    known = unified_meaning(nature, text(raw, "category"))
    yield meant(
        row,
        known or MOVE,
        text(raw, "currency"),
        change_in(raw),
        fee=amount(raw, "fee"),  # above nought where it was charged (D)
        event=trade_event(text(raw, "orderId"), text(raw, "tradeId")) or moment_event(raw, nature),
        order=text(raw, "orderId"),
        note="" if known else nature,
    )


def change_in(raw: Mapping[str, Any]) -> Decimal:
    """Change = cashFlow + funding - fee (D)."""
    if text(raw, "change"):
        return amount(raw, "change")
    return plus(plus(amount(raw, "cashFlow"), amount(raw, "funding")), minus(amount(raw, "fee")))


def trade_event(order: str, execution: str) -> str:
    """M that what a ledger calls a trade is what fills call an execution: were it not so, they would count twice."""
    return f"trade:{order}:{execution}" if execution else ""


def moment_event(raw: Mapping[str, Any], nature: str) -> str:
    together, moment = AT_ONE_MOMENT.get(nature.upper(), ""), text(raw, "transactionTime")
    return f"{together}:{moment}" if together and moment else ""


def funding(row: Row) -> Iterator[Reading]:
    raw = row.raw
    nature, description = text(raw, "showBusiTypeEn") or text(raw, "showBusiType"), text(raw, "descriptionEn")
    coming = text(raw, "ioDirection").upper() != "O"
    meaning = funding_meaning(nature, description, coming=coming)
    if isinstance(meaning, str):
        yield left_out(row, meaning)
        return
    number = amount(raw, "txnAmt")
    yield meant(
        row,
        meaning or MOVE,
        text(raw, "currency"),
        number if coming else minus(number),
        note=description or ("" if meaning else nature),
    )


# --- fills --------------------------------------------------------------------------------------------------------


def fill(row: Row) -> Iterator[Reading]:
    """Its kind of product stands before its id."""
    raw, order = row.raw, text(row.raw, "orderId")
    event = trade_event(order, text(raw, "execId"))
    spot = row.external_id.partition(":")[0] == "spot"
    sides = sides_of(text(raw, "symbol"))
    if not spot or not sides:
        yield left_out(row, NO_PAIR if spot else CONTRACT_TRADE, event=event, order=order)
        return
    base, quote = sides
    size, value = amount(raw, "execQty"), amount(raw, "execValue")
    sells = text(raw, "side").lower() == "sell"
    traded = (went(base, size), came(quote, value)) if sells else (came(base, size), went(quote, value))
    paid_in = text(raw, "feeCurrency") or (quote if sells else base)  # D: of what comes in
    fee = Leg(paid_in, minus(amount(raw, "execFee")), fee=True)
    yield told(row, Kind.TRADE, legs(*traded, fee), event=event, rank=1, order=order)


def sides_of(symbol: str) -> tuple[str, str] | None:
    for quote in sorted((*QUOTES, *MORE_QUOTES), key=lambda each: (-len(each), each)):
        base = symbol.removesuffix(quote)
        if base and base != symbol:
            return base, quote
    return None


# --- movements ----------------------------------------------------------------------------------------------------


def deposit(row: Row) -> Iterator[Reading]:
    network = text(row.raw, "chain")
    yield movement(row, came, "depositFee", why_not(text(row.raw, "status")), network=network, **on_chain(row.raw))


def deposit_within(row: Row) -> Iterator[Reading]:
    """From another account at Bybit, of whoever it may be."""
    why = WITHIN_BYBIT.get(text(row.raw, "status"), ON_ITS_WAY)
    yield movement(row, came, "", why, address=text(row.raw, "address"))


def withdrawal(row: Row) -> Iterator[Reading]:
    network = text(row.raw, "chain")
    yield movement(row, went, "withdrawFee", why_not(text(row.raw, "status")), network=network, **on_chain(row.raw))


def on_chain(raw: Mapping[str, Any]) -> dict[str, str]:
    return {"hash": text(raw, "txID"), "address": text(raw, "toAddress")}


def movement(row: Row, moved: Callable[[str, Decimal], Leg], fee_name: str, why: str, **details: Any) -> Reading:
    """The fee comes on top (M)."""
    if why:
        return left_out(row, why, **details)
    symbol = asset(row.raw, "coin")
    fee = Leg(symbol, minus(amount(row.raw, fee_name)), fee=True)
    kind = Kind.DEPOSIT if moved is came else Kind.WITHDRAWAL
    return told(row, kind, legs(moved(symbol, amount(row.raw, "amount")), fee), **details)


def transfer(row: Row) -> Iterator[Reading]:
    giving, taking = text(row.raw, "fromMemberId"), text(row.raw, "toMemberId")
    called_off = why_not(text(row.raw, "status")) == CALLED_OFF
    yield left_out(row, CALLED_OFF if called_off else INTERNAL if giving == taking else BETWEEN_OWN)


# --- conversions --------------------------------------------------------------------------------------------------


def conversion(row: Row) -> Iterator[Reading]:
    why = why_not(text(row.raw, "exchangeStatus"))
    if why:
        yield left_out(row, why, event=exchange_event(row.raw, text(row.raw, "fromCoin")))
        return
    yield exchanged(row, rank=0)


def exchange(row: Row) -> Iterator[Reading]:
    """Every conversion once more, of either kind (D)."""
    yield exchanged(row, rank=1)


def exchanged(row: Row, *, rank: int) -> Reading:
    raw = row.raw
    gave, took = asset(raw, "fromCoin"), asset(raw, "toCoin")
    movements = legs(went(gave, amount(raw, "fromAmount")), came(took, amount(raw, "toAmount")))
    event = exchange_event(raw, gave)
    return told(row, Kind.TRADE, movements, event=event, rank=rank, category=CONVERTED.category)


def exchange_event(raw: Mapping[str, Any], coin: str) -> str:
    """One number stands for all coins that were turned into another at once."""
    number = text(raw, "exchangeTxId")
    return f"exchange:{number}:{coin}" if number else ""


def small_balances(row: Row) -> Iterator[Reading]:
    """One row for all coins that became another at once: each is a happening, and all are a group."""
    why = why_not(text(row.raw, "status"))
    coins = parts(row.raw, "subRecords")
    if why or not coins:
        yield left_out(row, why or NO_PAIR)
        return
    known: set[str] = set()
    for place, part in enumerate(coins):
        coin = text(part, "fromCoin")
        yield small_balance(row, part, f"{coin}:{place}" if coin in known else coin)
        known.add(coin)


def small_balance(row: Row, part: Mapping[str, Any], which: str) -> Reading:
    """What comes is told without its fee (M)."""
    giving, taking = asset(part, "fromCoin"), text(part, "toCoin") or asset(row.raw, "toCoin")
    fee = amount(part, "feeAmount") if text(part, "feeCoin") == taking else NOTHING
    movements = (*legs(went(giving, amount(part, "fromAmount"))), *change(taking, amount(part, "toAmount"), fee))
    identity = f"{name_of(row)}:{which}"
    return Reading(
        identity,
        exchange_event(row.raw, which) or identity,
        row.at,
        Kind.TRADE,
        movements,
        category=DUST.category,
        group=name_of(row),
        skip="" if movements else NOTHING_MOVED,
    )


# --- Earn ---------------------------------------------------------------------------------------------------------


def put_to_work(row: Row) -> Iterator[Reading]:
    yield left_out(row, INTERNAL)


def earned(row: Row) -> Iterator[Reading]:
    yield left_out(row, FUNDING_TELLS)


LISTS = {
    "ledger": unified,
    "funding": funding,
    "trades": fill,
    "deposits": deposit,
    "internal deposits": deposit_within,
    "withdrawals": withdrawal,
    "transfers": transfer,
    "sub-account transfers": transfer,
    "conversions": conversion,
    "exchanges": exchange,
    "small balances": small_balances,
    "earn orders": put_to_work,
    "yields": earned,
}

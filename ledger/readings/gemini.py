"""Gemini: trades of each market, transfers in and out, and staking. What a trade cost is its price times its size.

Sources are named as in the connector: D documents, R other people's working code, M memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import (
    MOVE,
    NOTHING_MOVED,
    amount,
    asset,
    came,
    charged,
    means,
    moved,
    name_of,
    read_by,
    signed,
    skipped,
    text,
    times,
    went,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.readings.base import Row
    from ledger.readings.cells import Meaning

VERSION = 2

NO_PAIR = "The two sides of this market could not be told apart."
PERPETUAL = "A contract, and no exchange of two coins: what it changed is not in this list."
BROKEN = "Gemini took this trade back."
REVERSED = "Gemini reversed this trade by hand. What it gave back is booked apart."
ON_ITS_WAY = "Not completed: it counts once Gemini says that it is."
SAME_COIN = "Moved into staking or back. It is the same coin, and no balance changed."

# GUSD is the quote of contracts only, as far as is known (M): PAXGUSD is PAXG and USD.
QUOTES = ("USDT", "USDC", "USD", "EUR", "GBP", "SGD", "AUD", "CAD", "HKD", "DAI", "BTC", "ETH", "FIL", "BCH", "LTC")


def sides(symbol: str) -> tuple[str, str] | None:
    """Base and quote of BTCUSD, or btcusd."""
    upper = symbol.upper()
    found = ((upper.removesuffix(quote), quote) for quote in QUOTES)
    return next(((base, quote) for base, quote in found if base and base != upper), None)


def is_perpetual(symbol: str) -> bool:
    return symbol.upper().endswith("PERP")


def trade_name(symbol: str, trade_id: str) -> str:
    """The API's name of a trade: its ids are certain to be unique within one market only."""
    return f"trades:{symbol.lower()}:{trade_id}"


# --- trades -------------------------------------------------------------------------------------------------------


def trade(row: Row) -> list[Reading]:
    """D: of trades that were broken, one that says `full` never was. One that was reversed by hand (`manual`) counts:
    what is given back for it is booked apart.
    """
    raw = row.raw
    symbol = text(raw, "symbol") or row.family.partition(":")[2]
    found, side = sides(symbol), text(raw, "type").lower()
    why = PERPETUAL if is_perpetual(symbol) else BROKEN if text(raw, "break").lower() == "full" else ""
    if why or not found or side not in {"buy", "sell"}:
        return [skipped(row, why or NO_PAIR)]
    legs = trade_legs(raw, found, side)
    name, skip = name_of(row), "" if legs else NOTHING_MOVED
    note = REVERSED if text(raw, "break") else ""
    return [Reading(name, name, row.at, Kind.TRADE, legs, order=text(raw, "order_id"), note=note, skip=skip)]


def trade_legs(raw: Mapping[str, Any], found: tuple[str, str], side: str) -> tuple[Leg, ...]:
    (base, quote), size = found, amount(raw, "amount")
    total = times(size, amount(raw, "price"))
    ways = (came(base, size), went(quote, total)) if side == "buy" else (went(base, size), came(quote, total))
    return moved(*ways, *charged(raw, "fee_amount", "fee_currency"))


# --- transfers ----------------------------------------------------------------------------------------------------

ADJUSTED = means(Kind.ADJUSTMENT)
TRANSFERS: Mapping[str, tuple[int, Meaning]] = {
    "deposit": (1, MOVE),
    "withdrawal": (-1, MOVE),
    "admincredit": (1, ADJUSTED),  # M
    "admindebit": (-1, ADJUSTED),  # M
    "reward": (1, means(Kind.REWARD, "referral")),  # M
}
DONE = {"", "complete", "advanced"}  # D: advanced is credited, and still settling


def transfer(row: Row) -> list[Reading]:
    """R: what the network took of a withdrawal is told nowhere; where a fee is told, it comes on top (M)."""
    raw, words = row.raw, text(row.raw, "type")
    if text(raw, "status").lower() not in DONE:
        return [skipped(row, ON_ITS_WAY)]
    sign, told = TRANSFERS.get(words.lower(), (0, MOVE))
    number = signed(amount(raw, "amount"), sign)
    legs = moved(Leg(asset(raw, "currency").upper(), number), *charged(raw, "feeAmount", "feeCurrency"))
    note = " ".join(filter(None, ("" if sign else words, text(raw, "method"), text(raw, "purpose"))))
    return [
        Reading(
            name_of(row),
            name_of(row),
            row.at,
            told.kind(number),
            legs,
            category=told.category,
            hash=text(raw, "txHash"),
            address=text(raw, "destination"),
            note=note,
            skip="" if legs else NOTHING_MOVED,
        )
    ]


# --- staking ------------------------------------------------------------------------------------------------------

# M, all of them: into staking and back are places of the same account, and only interest is new.
BETWEEN_PLACES = {"deposit", "redeem", "redeempayment", "adminredeem"}
STAKED: Mapping[str, tuple[int, Meaning]] = {
    "interest": (1, means(Kind.REWARD, "staking")),
    "admincreditadjustment": (1, ADJUSTED),
    "admindebitadjustment": (-1, ADJUSTED),
}


def staking(row: Row) -> list[Reading]:
    raw, words = row.raw, text(row.raw, "transactionType")
    if words.lower() in BETWEEN_PLACES:
        return [skipped(row, SAME_COIN, note=words)]
    sign, told = STAKED.get(words.lower(), (0, MOVE))
    number = signed(amount(raw, "amount"), sign)
    legs = moved(Leg(asset(raw, "amountCurrency").upper(), number))
    name, skip = name_of(row), "" if legs else NOTHING_MOVED
    note = "" if sign else words
    return [Reading(name, name, row.at, told.kind(number), legs, category=told.category, note=note, skip=skip)]


# --- rows ---------------------------------------------------------------------------------------------------------

LISTS = {"trades": trade, "transfers": transfer, "staking": staking}


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)

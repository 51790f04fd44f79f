"""CoinJar Exchange: fills, and transfers between the Exchange and CoinJar itself. All fields are R; nothing was seen
live. What stakes or rewards there is stands among the transfers, as far as is known.

Sources are named as in the connector: D documents, R other people's working code, M memory.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import (
    MOVE,
    NOTHING_MOVED,
    amount,
    asset,
    came,
    moved,
    name_of,
    paid,
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

VERSION = 1

NO_PAIR = "The two sides of this market could not be told apart."
NO_COIN = "CoinJar does not say which coin this was."
ON_ITS_WAY = "Not processed yet: it counts once CoinJar says that it is."

QUOTES = ("USDC", "USDT", "AUD", "GBP", "EUR", "USD", "BTC")  # M
ACCOUNT = re.compile(r"(?P<coin>[A-Za-z0-9]+?)[-:/ ]?\d*")  # M: an account's number begins with its coin
WAYS = {"deposit": 1, "withdraw": -1, "withdrawal": -1}


def sides(product: str) -> tuple[str, str] | None:
    """Base and quote of BTCAUD, BTC/AUD, BTC-AUD."""
    named = re.split(r"[-/]", product.upper())
    if len(named) == 2 and all(named):  # noqa: PLR2004 - two sides
        return named[0], named[1]
    found = ((product.upper().removesuffix(quote), quote) for quote in QUOTES)
    return next(((base, quote) for base, quote in found if base and base != product.upper()), None)


def fill(row: Row) -> list[Reading]:
    raw = row.raw
    found, side = sides(text(raw, "product_id")), text(raw, "side").lower()
    if not found or side not in {"buy", "sell"}:
        return [skipped(row, NO_PAIR)]
    legs = fill_legs(raw, found, side)
    name, skip = name_of(row), "" if legs else NOTHING_MOVED
    return [Reading(name, name, row.at, Kind.TRADE, legs, order=text(raw, "oid"), skip=skip)]


def fill_legs(raw: Mapping[str, Any], found: tuple[str, str], side: str) -> tuple[Leg, ...]:
    """M: the fee is in the quote, and comes on top. It is called an estimate, and no better one is told."""
    (base, quote), size = found, amount(raw, "size")
    total = amount(raw, "value") or times(size, amount(raw, "price"))
    ways = (came(base, size), went(quote, total)) if side == "buy" else (went(base, size), came(quote, total))
    return moved(*ways, paid(quote, amount(raw, "estimated_fee")))


def transfer(row: Row) -> list[Reading]:
    raw, words = row.raw, text(row.raw, "type")
    coin = coin_of(raw)
    if not text(raw, "processed_at"):
        return [skipped(row, ON_ITS_WAY)]
    if not coin:
        return [skipped(row, NO_COIN)]
    sign = WAYS.get(words.lower(), 0)
    number = signed(amount(raw, "amount"), sign)
    legs = moved(Leg(coin, number))
    name, skip = name_of(row), "" if legs else NOTHING_MOVED
    note = "" if sign else words
    return [Reading(name, name, row.at, MOVE.kind(number), legs, note=note, skip=skip)]


def coin_of(raw: Mapping[str, Any]) -> str:
    """Told by name, or by the account."""
    told = text(raw, "asset_code") or text(raw, "currency")
    if told:
        return asset({"told": told.upper()}, "told")
    found = ACCOUNT.fullmatch(text(raw, "account_number"))
    coin = found["coin"].upper() if found else ""
    return "" if coin.isdigit() else coin


# --- rows ---------------------------------------------------------------------------------------------------------

LISTS = {"fills": fill, "transfers": transfer}


def read(row: Row) -> Iterable[Reading]:
    return read_by(LISTS, row)

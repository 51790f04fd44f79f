"""Bitstamp: one list of transactions, with a column for each currency. It reaches back to the first day, and counts.

The list of crypto movements says where they went, and shares nothing with the other but currency and amount: times
differ by up to an hour, and two alike are not rare (R). So it counts for nothing, and keeps what it knows for whoever
looks for the other end of a movement. Sources are named as in exchanges.md: D documents, R other people's code,
M memory (wants a live check).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, amount, means, paid, read_by, text, told_of
from ledger.readings.telling import CONTRACT, INTERNAL, OWN_ACCOUNTS, REFERRAL, STAKING, TRADED, left_out, legs, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

VERSION = 3
DETAILS = {"crypto": "transactions"}  # a list that says more about what another one moved
SAID_TWICE = "The list of transactions tells this movement too. Here it is said where it went."
NO_CURRENCY = "A fee, and not in which currency."

# D for the numbers and their names, which files write out.
MEANINGS: Mapping[str, Meaning] = {
    "0": MOVE,
    "1": MOVE,
    "2": TRADED,
    "14": OWN_ACCOUNTS,
    "27": STAKING,
    "32": REFERRAL,
    "33": OWN_ACCOUNTS,  # M: to and from a settlement account
    "35": OWN_ACCOUNTS,  # M: to and from another account at Bitstamp
    "58": CONTRACT,
    "59": CONTRACT,
    # D for the name alone; nothing public says what it is paid on. Only who has positions pays into that fund, and what
    # comes out of it (59) is a result: so this is a cost of the contracts, and lessens what they won.
    "60": means(Kind.FEE, "futures"),
    "61": CONTRACT,
}
# M: what is staked stays in the balance that Bitstamp tells, so neither way is a change.
LEFT_OUT: Mapping[str, str] = {"25": INTERNAL, "26": INTERNAL}
NAMES: Mapping[str, str] = {
    "deposit": "0",
    "ripple deposit": "0",  # R, as is its opposite
    "ripple payment": "1",
    "withdrawal": "1",
    "market": "2",
    "market trade": "2",
    "sub account transfer": "14",
    "credited with staked assets": "25",
    "sent assets to staking": "26",
    "staking reward": "27",
    "referral reward": "32",
    "settlement transfer": "33",
    "inter account transfer": "35",
    "derivatives periodic settlement": "58",
    "insurance fund claim": "59",
    "insurance fund premium": "60",
    "collateral liquidation": "61",
}
COLUMNS = {"id", "datetime", "type", "fee", "market", "status"}  # that are no currencies; others have a line below
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
MONEY = ("USD", "EUR", "GBP", "USDC", "USDT", "PAX", "BTC")  # what others are traded for, where no price says which


def read(row: Row) -> list[Reading]:
    return read_by({"transactions": transaction, "crypto": crypto}, row)


def type_of(name: str) -> str:
    """The number of a type, by its number or the name a file has for it."""
    lowered = name.lower()
    return NAMES.get(lowered, lowered)


def meaning_of(type_number: str) -> Meaning | None:
    """None: a type that is not known."""
    return MEANINGS.get(type_number)


def why_not(type_number: str) -> str:
    return LEFT_OUT.get(type_number, "")


# --- transactions -------------------------------------------------------------------------------------------------


def transaction(row: Row) -> Iterator[Reading]:
    nature = text(row.raw, "type")
    if why_not(nature):
        yield left_out(row, why_not(nature), category="internal")
        return
    moved, fee = moved_in(row.raw), amount(row.raw, "fee")
    if fee and not moved:
        yield left_out(row, NO_CURRENCY)
        return
    known = meaning_of(nature)
    meaning = known or MOVE
    found = (Leg(symbol, number) for symbol, number in moved.items())
    fees = (paid(fee_asset(row.raw, moved), fee),) if fee else ()
    yield told(
        row,
        meaning.kind(next(iter(moved.values()), fee)),
        legs(*found, *fees),
        category=meaning.category,
        order=text(row.raw, "order_id"),
        note="" if known else f"Bitstamp's type {nature}".strip(),
    )


def moved_in(raw: Mapping[str, Any]) -> dict[str, Decimal]:
    """Each currency that is not nought. Names with a line are prices of a market, or no amounts at all."""
    names = sorted(name for name in raw if name and "_" not in name and name not in COLUMNS)
    amounts = {symbol_of(name): amount(raw, name) for name in names if is_amount(raw[name])}
    return {symbol: number for symbol, number in amounts.items() if number}


def symbol_of(column: str) -> str:
    """As everywhere else at Bitstamp: only here, and in its balances, are they small."""
    return column.replace("\0", "").strip().upper()


def is_amount(value: Any) -> bool:
    """Whatever column Bitstamp may add: words are no amounts."""
    return not isinstance(value, bool) and isinstance(value, str | int) and bool(NUMBER.fullmatch(str(value).strip()))


def fee_asset(raw: Mapping[str, Any], moved: Mapping[str, Decimal]) -> str:
    """Of trades, what was paid with or for (R): the second of a price's two names. Else what was moved."""
    pairs = (name.upper().split("_") for name in sorted(raw) if name.count("_") == 1)
    priced = next((pair[1] for pair in pairs if set(pair) == set(moved)), "")
    return priced or next((symbol for symbol in MONEY if symbol in moved), "") or min(moved)


# --- crypto movements ---------------------------------------------------------------------------------------------


def crypto(row: Row) -> Iterator[Reading]:
    yield left_out(
        row,
        SAID_TWICE,
        hash=text(row.raw, "txid"),
        address=text(row.raw, "destinationAddress"),
        network=text(row.raw, "network"),
        about=told_of(row.raw, "currency", "amount", came_in=text(row.raw, "kind") == "deposits"),
    )

"""Bitfinex: trades and movements have ids and are believed; the ledger tells all the rest.

A line of the ledger says in words what it belongs to, and not by which number: the two sides and the fee of a fill are
three lines, seconds apart (R), and those of two fills alike are the same but for their own ids. All three lists reach
back to the first day. So what the others tell counts there, and the ledger's lines of it count for nothing.

Of trades before March 2020 Bitfinex does not say whether they were on margin (D), where nothing but fees is moved.
There the ledger counts, its lines of a fill put together by their words within the hour.

Sources are named as in exchanges.md: D documents, R other people's records, M memory (wants a live check).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, amount, asset, means, read_by, text, times
from ledger.readings.telling import (
    AIRDROP,
    CALLED_OFF,
    CONTRACT,
    FEES,
    INTEREST,
    INTERNAL,
    LOAN,
    ON_ITS_WAY,
    OWN_ACCOUNTS,
    PAID,
    REBATE,
    REFERRAL,
    REWARDED,
    SET_RIGHT,
    STAKING,
    TRADED,
    left_out,
    legs,
    meant,
    minus,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.readings.base import Row

VERSION = 3
TRADES_TELL = "The list of trades tells this, with both sides and the fee."
MOVEMENTS_TELL = "The list of movements tells this, with its transaction."
MARGIN_TRADE = "A trade on margin or in contracts: what it changed stands in the ledger."
EARLY_TRADE = "A trade before March 2020: what it changed stands in the ledger."
FUNDING_TRADE = "An offer of funding that was taken: what it earned stands in the ledger."
NO_PAIR = "The two sides of this market could not be told apart."

TYPES_SINCE = datetime(2020, 3, 1, tzinfo=UTC)
SETTLED = means(Kind.ADJUSTMENT, "margin")  # two lines of one moment and the same words make it a trade
WALLET = re.compile(r" on wallet (\w+)$")
TOLD_BY_TRADES = re.compile(r"exchange \S+ \S+ for \S+ @|(buy|sell|convert) \S+$|trading fees? for ")
TOLD_BY_MOVEMENTS = re.compile(r"deposit( fee)? |(\S+ )*withdrawal\b")
# How much, of what and at which price; of fees the pair stands between.
OF_A_FILL = re.compile(r"(?:exchange|trading fees? for) (\S+) (\S+) (?:for \S+|\(\S+\)) @ (\S+)")
# Where trades on margin and in contracts are settled. It was called trading (R).
MARGIN_WALLETS = {"margin", "trading"}
# Words of a description, without its wallet (R where seen, else M); the first that is found decides.
MEANINGS: tuple[tuple[str, Meaning], ...] = (
    ("funding event", CONTRACT),
    ("funding cost", INTEREST),
    ("margin funding", INTEREST),  # received for what was lent, or paid: "Unused Margin Funding Fee"
    ("interest", INTEREST),
    ("claiming fee", FEES),
    ("position closed", CONTRACT),
    ("liquidation", CONTRACT),
    ("position claimed", SETTLED),
    ("settlement", SETTLED),
    ("earned fees", REFERRAL),  # "Earned fees from user 123"
    ("affiliate", REFERRAL),
    ("referral", REFERRAL),
    ("rebate", REBATE),
    ("staking", STAKING),
    ("airdrop", AIRDROP),
    ("fork", AIRDROP),
    ("distribution", AIRDROP),
    ("reward", REWARDED),
    ("borrow", LOAN),
    ("loan", LOAN),
    ("adjustment", SET_RIGHT),
    ("pay", PAID),
    ("fee", FEES),
)


def read(row: Row) -> list[Reading]:
    return read_by({"ledger": line, "trades": trade, "movements": movement}, row)


# --- the ledger ---------------------------------------------------------------------------------------------------


def parted(description: str) -> tuple[str, str]:
    """What happened, and in which wallet, in small letters."""
    said = description.lower()
    found = WALLET.search(said)
    return (said[: found.start()], found[1]) if found else (said, "")


def why_not(description: str, *, early: bool = False) -> str:
    said, wallet = parted(description)
    if said.startswith("transfer of"):
        return "" if is_between_owners(said) else INTERNAL
    if TOLD_BY_TRADES.match(said) and wallet not in MARGIN_WALLETS:
        return "" if early else TRADES_TELL
    return MOVEMENTS_TELL if TOLD_BY_MOVEMENTS.match(said) else ""


def is_between_owners(said: str) -> bool:
    """To a sub-account or from one: "Transfer of 5.0 UST from wallet Exchange to Exchange SA(one->other)" (R)."""
    return " sa(" in said


def meaning_of(description: str) -> Meaning | None:
    """None: words that are not known."""
    said, _ = parted(description)
    if said.startswith("transfer of"):
        return OWN_ACCOUNTS
    if TOLD_BY_TRADES.match(said):
        return FEES if said.startswith("trading fee") else TRADED
    return next((each for word, each in MEANINGS if word in said), None)


def line(row: Row) -> Iterator[Reading]:
    raw = row.raw
    description = text(raw, "description")
    why = why_not(description, early=row.at < TYPES_SINCE)
    if why:
        yield left_out(row, why, note=description)
        return
    known = meaning_of(description)
    event = event_of(row, description, known)
    yield meant(row, known or MOVE, text(raw, "currency"), amount(raw, "amount"), event=event, note=description)


def event_of(row: Row, description: str, meaning: Meaning | None) -> str:
    said, wallet = parted(description)
    fill = OF_A_FILL.match(said)
    if fill and wallet not in MARGIN_WALLETS:
        return f"exchange:{row.at:%Y-%m-%dT%H}:{':'.join(fill.groups())}"
    moment = text(row.raw, "mts")
    return f"settled:{moment}:{said}" if meaning is SETTLED and moment else ""


# --- trades -------------------------------------------------------------------------------------------------------


def sides_of(symbol: str) -> tuple[str, str] | None:
    """tBTCUSD, tDUSK:USD; files have BTC/USD."""
    market = symbol.removeprefix("t").replace("/", ":")
    base, _, quote = market.partition(":") if ":" in market else (market[:3], "", market[3:])
    return (base, quote) if len(base) > 1 and len(quote) > 1 and (":" in market or len(quote) == len(base)) else None


def trade_name(number: str, base: str, quote: str) -> str:
    """A trade's name by what a file says of it: numbers repeat from market to market (R)."""
    parting = "" if len(base) == len(quote) == 3 else ":"  # noqa: PLR2004 - as Bitfinex writes its older markets
    return f"trades:{number}:t{base}{parting}{quote}"


def trade(row: Row) -> Iterator[Reading]:
    raw, order = row.raw, text(row.raw, "order_id")
    why = why_no_trade(text(raw, "symbol"), text(raw, "order_type"), row.at)
    sides = sides_of(text(raw, "symbol"))
    if why or sides is None:
        yield left_out(row, why or NO_PAIR, order=order)
        return
    base, quote = sides
    size = amount(raw, "amount")  # sold: below nought
    paid = minus(times(size, amount(raw, "price")))
    fee = Leg(text(raw, "fee_currency"), amount(raw, "fee"), fee=True)  # charged: below nought
    yield told(row, Kind.TRADE, legs(Leg(base, size), Leg(quote, paid), fee), order=order)


def why_no_trade(symbol: str, order_type: str, at: datetime) -> str:
    if symbol.startswith("f"):
        return FUNDING_TRADE
    if at < TYPES_SINCE:
        return EARLY_TRADE
    return MARGIN_TRADE if order_type and not order_type.upper().startswith("EXCHANGE") else ""


# --- movements ----------------------------------------------------------------------------------------------------


def why_not_yet(status: str) -> str:
    said = status.upper()
    if said.startswith("COMPLETED"):
        return ""
    return CALLED_OFF if said.startswith(("CANCEL", "FAILED", "REJECT")) else ON_ITS_WAY


def movement(row: Row) -> Iterator[Reading]:
    raw = row.raw
    symbol, named = asset(raw, "currency"), text(raw, "currency_name")
    details = {
        "hash": text(raw, "transaction_id"),
        "address": text(raw, "destination_address"),
        "network": "" if named == symbol else named,  # BITCOIN, TETHERUSDX
        "note": text(raw, "note"),
    }
    why = why_not_yet(text(raw, "status"))
    if why:
        yield left_out(row, why, **details)
        return
    number = amount(raw, "amount")
    kind = Kind.WITHDRAWAL if number < 0 else Kind.DEPOSIT
    yield told(row, kind, legs(Leg(symbol, number), Leg(symbol, amount(raw, "fees"), fee=True)), **details)

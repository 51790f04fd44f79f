"""OKX: two ledgers, of the trading account for three months and of the funding account since 2021, are believed.

Fills share their order with the trading ledger: they add nothing but stand in for what it no longer tells. Deposits,
withdrawals and what savings and staking earned share no id with the funding ledger, which reaches back further: they
count for nothing. M, and it wants a live check: that the funding ledger has a line for the interest of savings. If OKX
adds it to what lies in Simple Earn, it comes with the redemption, which is left out, and is missing.

Conversions stand in whichever ledger they were paid from, without an id, and in a list of their own with both sides:
the list counts. Sources are named as in exchanges.md: D documents, M memory (wants a live check).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, amount, asset, came, read_by, text, times, told_of, went
from ledger.readings.okx_bills import (
    CONTRACTS,
    ONE_OF,
    TOGETHER,
    funding_meaning,
    funding_why_not,
    trading_meaning,
    trading_why_not,
)
from ledger.readings.telling import CALLED_OFF, INTERNAL, ON_ITS_WAY, OWN_ACCOUNTS, left_out, legs, meant, minus, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from ledger.readings.base import Row

VERSION = 4
DETAILS = {"deposits": "funding", "withdrawals": "funding"}  # lists that say more about what another one moved
LEDGER_TELLS = "The funding account's ledger tells this too."
CONTRACT_TRADE = "A trade in contracts: what it changed stands in the ledger."
NO_PAIR = "The two sides of this market could not be told apart."
BETWEEN = {"6", "18"}  # funding and trading
WITHDRAWN = {"2", "221"}  # a withdrawal, and what the chain took for it


def read(row: Row) -> list[Reading]:
    return read_by(LISTS, row)


# --- ledgers ------------------------------------------------------------------------------------------------------


def trading_bill(row: Row) -> Iterator[Reading]:
    raw = row.raw
    nature, sort = text(raw, "type"), text(raw, "subType")
    known = trading_meaning(nature, sort, text(raw, "instType"))
    why = trading_why_not(nature, sort) or (INTERNAL if known is OWN_ACCOUNTS and is_internal(raw) else "")
    if why:
        yield left_out(row, why)
        return
    yield meant(
        row,
        known or MOVE,
        text(raw, "ccy"),
        amount(raw, "balChg"),
        fee=minus(amount(raw, "fee")),  # below nought where it was charged, and in the change already (D)
        event=order_event(raw) or moment_event(row, nature, known),
        order=text(raw, "ordId"),
        note="" if known else f"OKX's type {nature} {sort}".strip(),
    )


def is_internal(raw: Mapping[str, Any]) -> bool:
    """A sub-account's trading account may be the other end: then both are the same kind of account (M)."""
    ends = {text(raw, "from"), text(raw, "to")} - {""}
    return not ends or ends == BETWEEN


def order_event(raw: Mapping[str, Any]) -> str:
    """Trade numbers repeat from market to market (D), orders do not."""
    order, trade = text(raw, "ordId"), text(raw, "tradeId")
    return f"trade:{order}:{trade}" if order else ""


def moment_event(row: Row, nature: str, meaning: Meaning | None) -> str:
    moment = text(row.raw, "ts")
    return f"{row.family}:{ONE_OF.get(nature, nature)}:{moment}" if meaning in TOGETHER and moment else ""


def funding_bill(row: Row) -> Iterator[Reading]:
    raw = row.raw
    nature, symbol = text(raw, "type"), text(raw, "ccy")
    if funding_why_not(nature):
        yield left_out(row, funding_why_not(nature))
        return
    known = funding_meaning(nature)
    event = f"withdrawal:{symbol}:{text(raw, 'ts')}" if nature in WITHDRAWN else moment_event(row, nature, known)
    note = text(raw, "notes") or ("" if known else f"OKX's type {nature}".strip())
    yield meant(row, known or MOVE, symbol, amount(raw, "balChg"), event=event, note=note)


# --- what says more -----------------------------------------------------------------------------------------------


def fill(row: Row) -> Iterator[Reading]:
    raw = row.raw
    event, order = order_event(raw), text(raw, "ordId")
    base, _, quote = text(raw, "instId").partition("-")
    if text(raw, "instType").upper() in CONTRACTS or "-" in quote:
        yield left_out(row, CONTRACT_TRADE, event=event, order=order)
        return
    if not (base and quote):
        yield left_out(row, NO_PAIR, event=event, order=order)
        return
    size = amount(raw, "fillSz")
    paid = times(size, amount(raw, "fillPx"))
    sells = text(raw, "side").lower() == "sell"
    traded = (went(base, size), came(quote, paid)) if sells else (came(base, size), went(quote, paid))
    fee = Leg(text(raw, "feeCcy"), amount(raw, "fee"), fee=True)
    yield told(row, Kind.TRADE, legs(*traded, fee), event=event, rank=1, order=order)


def conversion(row: Row) -> Iterator[Reading]:
    raw = row.raw
    why = {"fullyfilled": "", "rejected": CALLED_OFF}.get(text(raw, "state").lower(), ON_ITS_WAY)
    if why:
        yield left_out(row, why)
        return
    base, quote = asset(raw, "baseCcy"), asset(raw, "quoteCcy")
    of_base, of_quote = amount(raw, "fillBaseSz"), amount(raw, "fillQuoteSz")
    sells = text(raw, "side").lower() == "sell"
    traded = (went(base, of_base), came(quote, of_quote)) if sells else (came(base, of_base), went(quote, of_quote))
    yield told(row, Kind.TRADE, legs(*traded), category="conversion")


def movement(row: Row) -> Iterator[Reading]:
    """Where it came from or went, for whoever looks for its other end."""
    raw = row.raw
    yield left_out(
        row,
        LEDGER_TELLS,
        hash=text(raw, "txId"),
        address=text(raw, "to"),
        network=text(raw, "chain").rpartition("-")[2],
        about=told_of(raw, "ccy", "amt", came_in=row.family == "deposits"),
    )


def told_by_the_ledger(row: Row) -> Iterator[Reading]:
    yield left_out(row, LEDGER_TELLS)


LISTS = {
    "ledger": trading_bill,
    "funding": funding_bill,
    "trades": fill,
    "conversions": conversion,
    "deposits": movement,
    "withdrawals": movement,
    "savings": told_by_the_ledger,
    "staking": told_by_the_ledger,
    "eth staking": told_by_the_ledger,
    "sol staking": told_by_the_ledger,
}

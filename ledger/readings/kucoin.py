"""KuCoin: one ledger of the main, trade and margin wallets is believed; it tells one year (M). Fills, deposits and
withdrawals add what it lacks, and stand in for the years before. The Pro wallet has a ledger of its own, of three days.

A line of the ledger says in its `context` what it belongs to: a fill by its order and its own id, a movement by its
transaction or its order (D for what is there, F for its shape). Deposits have no id, so their transaction alone links
them; where a line of the ledger names nothing, the other list counts.

Sources are named as in exchanges.md: D documents, F recorded replies, S ccxt's source, R other people's code, M memory
(wants a live check).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.readings.base import Kind, Leg, Reading
from ledger.readings.cells import MOVE, Meaning, amount, asset, came, charged, means, read_by, text, times, went
from ledger.readings.telling import (
    AIRDROP,
    BONUS,
    CALLED_OFF,
    CONTRACT,
    CONVERTED,
    DUST,
    FEES,
    GIVEN,
    INTEREST,
    INTERNAL,
    LOAN,
    ON_ITS_WAY,
    OWN_ACCOUNTS,
    REBATE,
    REFERRAL,
    SENT_WITHIN,
    STAKING,
    TRADED,
    left_out,
    legs,
    meant,
    minus,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from ledger.readings.base import Row

VERSION = 6
TOLD_ELSEWHERE = "The list of deposits or withdrawals tells this, with its transaction."
NO_PAIR = "The two sides of this market could not be told apart."

# By `bizType` (S, where ccxt has them; D, which has KUCOIN_BONUS for "KuCoin Bonus"). Files call it Remark or Type.
MEANINGS: Mapping[str, Meaning] = {
    "deposit": MOVE,
    **dict.fromkeys(("withdrawal", "withdraw"), MOVE),
    # R: what today's ledger and its files say, where the older one says Trade_Exchange.
    **dict.fromkeys(("spot", "isolated margin trading", "cross margin trading", "fiat transactions"), TRADED),
    "convert market": CONVERTED,
    "convert dust to kcs": DUST,
    **dict.fromkeys(("kucoin event", "kcs bonus", "bonus received", "platform reward withdraw"), BONUS),
    **dict.fromkeys(("kucoin earn profits", "hold to earn earnings", "earn rate-up coupon"), STAKING),
    "rebate": REBATE,
    **dict.fromkeys(("fee refunds using kcs", "kcs fee deduction", "coupon returned fees"), FEES),
    "deduction coupon refund": FEES,
    "broker transfer": OWN_ACCOUNTS,
    **dict.fromkeys(("exchange", "trade exchange", "spot exchange", "margin trade", "auto exchange user"), TRADED),
    **dict.fromkeys(("margin exchange", "isolated exchange"), TRADED),
    **dict.fromkeys(("buy crypto", "sell crypto", "public offering purchase", "spotlight"), TRADED),
    **dict.fromkeys(("instant exchange", "convert", "convert order"), CONVERTED),
    "convert to kcs": DUST,
    **dict.fromkeys(("transfer", "transferin", "transferout"), OWN_ACCOUNTS),
    **dict.fromkeys(("sub-account transfer", "sub transfer", "sub to sub transfer"), OWN_ACCOUNTS),
    "assets transferred in after upgrading": OWN_ACCOUNTS,
    **dict.fromkeys(("kucoin bonus", "rewards", "other rewards", "vote for coin"), BONUS),
    "referral bonus": REFERRAL,
    **dict.fromkeys(("airdrop/fork", "airdrop", "distribution", "lockdrop vesting"), AIRDROP),
    **dict.fromkeys(("staking profits", "soft staking profits", "voting earnings", "earn profits"), STAKING),
    **dict.fromkeys(("fee rebate", "spot exchange rebate", "futures exchange rebate"), REBATE),
    **dict.fromkeys(("refunded fees", "returned fees", "kcs returned fees"), FEES),
    **dict.fromkeys(("kcs pay fees", "kcs deduction fees", "deduction fees", "liquidation fees"), FEES),
    **dict.fromkeys(("send red envelope", "open red envelope", "red envelope"), GIVEN),
    **dict.fromkeys(("loans", "loans repaid", "lendings", "borrowings", "debt repayment"), LOAN),
    **dict.fromkeys(("interest", "liability interest", "cross margin interest"), INTEREST),
    **dict.fromkeys(("realisedpnl", "futures exchange open", "futures exchange close", "funding fee"), CONTRACT),
    "other": means(Kind.ADJUSTMENT),
}
# What is lent to one of KuCoin's own products is still the owner's, and comes back under another of these names (S).
LEFT_OUT: Mapping[str, str] = dict.fromkeys(
    (
        *("staking", "redemption", "voting", "redemption of voting", "pool transactions", "earn", "kucoin earn"),
        *("kucoin earn locked", "kucoin earn redemptions"),  # R
    ),
    INTERNAL,
)
LINKED = (MOVE, TRADED, CONVERTED, DUST, OWN_ACCOUNTS)  # lines of one order of these are one happening


def read(row: Row) -> list[Reading]:
    lists = {"ledger": line, "pro ledger": line, "trades": fill, "deposits": deposit, "withdrawals": withdrawal}
    return read_by(lists, row)


def meaning_of(business: str) -> Meaning | None:
    """None: a type that is not known."""
    return MEANINGS.get(worded(business))


def why_not(business: str) -> str:
    return LEFT_OUT.get(worded(business), "")


def worded(business: str) -> str:
    return business.lower().replace("_", " ")


# --- what belongs together ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Names:
    """Whatever a row says it belongs to."""

    order: str = ""
    trade: str = ""
    transaction: str = ""

    def event(self, symbol: str, meaning: Meaning) -> str:
        if self.trade:
            return f"trade:{self.order}:{self.trade}"
        if self.transaction and meaning is MOVE:
            return f"chain:{self.transaction}:{symbol}"
        return f"order:{self.order}" if self.order and meaning in LINKED else ""


def names_in(context: Any) -> Names:
    """A text that holds an object, of which any part may be missing."""
    told_by = object_in(context) if isinstance(context, str) else context
    if not isinstance(told_by, dict):
        return Names()
    return Names(text(told_by, "orderId"), text(told_by, "tradeId"), transaction_of(text(told_by, "txId")))


def object_in(context: str) -> Any:
    """Documents have it in either kind of quotes."""
    for written in (context, context.replace("'", '"')):
        try:
            return json.loads(written)
        except (ValueError, RecursionError):
            continue
    return None


def transaction_of(told_by: str) -> str:
    """Without what KuCoin adds: @ and the place of the payment in it (R)."""
    return told_by.partition("@")[0]


# --- the ledger ---------------------------------------------------------------------------------------------------


def line(row: Row) -> Iterator[Reading]:
    business = text(row.raw, "bizType")
    known = meaning_of(business)
    meaning = known or MOVE
    names = names_in(row.raw.get("context"))
    symbol = text(row.raw, "currency")
    event = names.event(symbol, meaning)
    why = why_not(business) or why_not_linked(known, event)
    if why:
        yield left_out(row, why, category=meaning.category)
        return
    yield meant(
        row,
        meaning,
        symbol,
        change_in(row.raw),
        fee=amount(row.raw, "fee"),  # in the amount already (D)
        event=event,
        rank=rank_of(row, names),
        order=names.order if names.trade else "",
        hash=names.transaction,
        note="" if known else business,
    )


def rank_of(row: Row, names: Names) -> int:
    """M that the other ledger and the list of fills leave the Pro wallet's trades out: a trade they tell is theirs."""
    return 2 if names.trade and row.family == "pro ledger" else 0


def change_in(raw: Mapping[str, Any]) -> Decimal:
    number = amount(raw, "amount")
    return minus(number) if text(raw, "direction").lower() == "out" else number


def why_not_linked(known: Meaning | None, event: str) -> str:
    """Where nothing is named, movements between wallets cannot be put together, nor movements found in their lists."""
    if event or known not in {MOVE, OWN_ACCOUNTS}:
        return ""
    return TOLD_ELSEWHERE if known is MOVE else INTERNAL


# --- fills, deposits, withdrawals ---------------------------------------------------------------------------------


def fill(row: Row) -> Iterator[Reading]:
    raw = row.raw
    names = Names(text(raw, "orderId"), text(raw, "tradeId"))
    event = names.event("", TRADED)
    base, _, quote = text(raw, "symbol").partition("-")
    size, funds = amount(raw, "size"), amount(raw, "funds") or times(amount(raw, "size"), amount(raw, "price"))
    if not (base and quote):
        yield left_out(row, NO_PAIR, event=event)
        return
    sells = text(raw, "side").lower() == "sell"
    traded = (went(base, size), came(quote, funds)) if sells else (came(base, size), went(quote, funds))
    movements = legs(*traded, *charged(raw, "fee", "feeCurrency"))
    yield told(row, Kind.TRADE, movements, event=event, rank=1, order=names.order)


def deposit(row: Row) -> Iterator[Reading]:
    if not text(row.raw, "walletTxId"):
        yield left_out(row, why_not_yet(row.raw) or SENT_WITHIN)
        return
    yield movement(row, came)


def withdrawal(row: Row) -> Iterator[Reading]:
    yield movement(row, went)


def movement(row: Row, moved: Any) -> Reading:
    raw = row.raw
    symbol = asset(raw, "currency")
    names = Names(text(raw, "id"), transaction=transaction_of(text(raw, "walletTxId")))
    event, details = names.event(symbol, MOVE), details_of(raw, names)
    if why_not_yet(raw):
        return left_out(row, why_not_yet(raw), event=event, **details)
    movements = legs(moved(symbol, amount(raw, "amount")), Leg(symbol, minus(amount(raw, "fee")), fee=True))
    kind = Kind.DEPOSIT if moved is came else Kind.WITHDRAWAL
    return told(row, kind, movements, event=event, rank=1, **details)


def why_not_yet(raw: Mapping[str, Any]) -> str:
    return {"SUCCESS": "", "FAILURE": CALLED_OFF}.get(text(raw, "status").upper(), ON_ITS_WAY)


def details_of(raw: Mapping[str, Any], names: Names) -> dict[str, str]:
    told_by = {"address": text(raw, "address"), "network": text(raw, "chain"), "note": text(raw, "remark")}
    return {"hash": names.transaction, **told_by}

"""Gemini: a column for what each coin changed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import DEPOSIT, REWARD, WITHDRAWAL, Export, Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from ledger.readings.events import Draft

GEMINI_COINS = ("EUR", "BTC", "ETH")
GEMINI_WORDS = {
    DEPOSIT: ("Credit", "Deposit ({})"),
    WITHDRAWAL: ("Debit", "Withdrawal ({})"),
    REWARD: ("Interest Credit", "Staking Interest"),
}


def gemini(each: Happened) -> Iterable[Sequence[Any]]:
    """A block of columns for each asset ever held; money is rounded to cents. Only trades have an id of the API's."""
    event, draft = each.event, each.draft
    told = [each.of("trades")[0]["tid"], draft.order] if draft.order else ["", ""]
    what, words = (each.kind, "Limit") if draft.order else GEMINI_WORDS[each.kind]
    if draft.order:
        what = "Buy" if each.buys else "Sell"
    changes = {leg.asset: sign * leg.amount for leg, sign in ((draft.sent, -1), (draft.received, 1)) if leg}
    blocks = [cell for coin in GEMINI_COINS for cell in (block(coin, changes.get(coin)), fee_cell(coin, draft), "")]
    symbol = f"{event.base}{event.quote}"
    head = each.at("%Y-%m-%d"), each.at("%H:%M:%S.%f")[:-3], what, symbol, words.format(event.base), "Taker", "26"
    sent_to = (draft.hash, "", "", draft.address, "") if each.kind is WITHDRAWAL else ("",) * 5
    yield *head, *blocks, *told, "", "", "", "", *sent_to


def block(coin: str, change: Decimal | None) -> str:
    if change is None:
        return ""
    number = f"€{abs(change):,.2f}" if coin == "EUR" else f"{abs(change):f} {coin}"
    return f"({number})" if change < 0 else f"{number} "


def fee_cell(coin: str, draft: Draft) -> str:
    return f"(€{draft.fee.amount:f})" if draft.fee and draft.fee.asset == coin else ""


GEMINI = Export(
    "gemini.csv",
    "Date,Time (UTC),Type,Symbol,Specification,Liquidity Indicator,Trading Fee Rate (bps),"
    + ",".join(f"{coin} Amount {coin},Fee ({coin}) {coin},{coin} Balance {coin}" for coin in GEMINI_COINS)
    + ",Trade ID,Order ID,Order Date,Order Time,Client Order ID,API Session,Tx Hash,Deposit Destination,"
    "Deposit Tx Output,Withdrawal Destination,Withdrawal Tx Output",
    gemini,
)

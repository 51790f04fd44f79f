"""Binance.US: one list of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import BUY, CONVERT, DEPOSIT, REWARD, SELL, WITHDRAWAL, Export, Happened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BINANCEUS_WORDS = {
    DEPOSIT: ("Deposit", "Crypto Deposit"),
    WITHDRAWAL: ("Withdrawal", "Crypto Withdrawal"),
    REWARD: ("Distribution", "Staking Rewards"),
    BUY: ("Spot Trading", "Buy"),
    SELL: ("Spot Trading", "Sell"),
    CONVERT: ("Convert", "Convert Sell"),
}


def binanceus(each: Happened) -> Iterable[Sequence[Any]]:
    """A primary asset, or a base, a quote and a fee. Its numbers of transactions are none that the API tells."""
    draft, event = each.draft, each.event
    order = draft.order.partition(":")[2]
    head = "1234", each.at("%Y-%m-%d %H:%M:%S.%f")[:-3], *BINANCEUS_WORDS[each.kind], order, event.mark[:12]
    fee = (draft.fee.asset, plain(draft.fee.amount), "") if draft.fee else ("", "", "")
    if each.kind in {DEPOSIT, WITHDRAWAL, REWARD}:
        told = draft.received or draft.sent
        sides = [told.asset, plain(told.amount), "", *[""] * 6]
    else:
        coin, money = (draft.received, draft.sent) if each.buys else (draft.sent, draft.received)
        sides = ["", "", "", coin.asset, plain(coin.amount), "", money.asset, plain(money.amount), ""]
    yield *head, *sides, *fee, "Wallet", "", ""


BINANCEUS = Export(
    "binanceus.csv",
    "User ID,Time,Category,Operation,Order ID,Transaction ID,Primary Asset,Realized Amount For Primary Asset,"
    "Realized Amount for Primary Asset in USD,Base Asset,Realized Amount For Base Asset,"
    "Realized Amount For Base Asset In USD,Quote Asset,Realized Amount for Quote Asset,"
    "Realized Amount for Quote Asset in USD,Fee Asset,Realized Amount for Fee Asset,"
    "Realized Amount for Fee Asset in USD,Payment Method,Withdraw Method,Additional Note",
    binanceus,
)

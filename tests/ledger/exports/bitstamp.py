"""Bitstamp: as its files are, and as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import DEPOSIT, REWARD, WITHDRAWAL, Export, Happened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BITSTAMP_WORDS = {DEPOSIT: "Deposit", WITHDRAWAL: "Withdrawal", REWARD: "Staking reward"}


def bitstamp(each: Happened) -> Iterable[Sequence[Any]]:
    [raw], draft, event = each.of("transactions"), each.draft, each.event
    head = raw["id"], "Main Account", BITSTAMP_WORDS.get(each.kind, "Market")
    if draft.sent and draft.received:
        side, money = "Buy" if each.buys else "Sell", (draft.sent if each.buys else draft.received)
        value = plain(money.amount), money.asset, "41000", money.asset
    else:
        side, value = "", ("", "", "", "")
    fee = (plain(draft.fee.amount), draft.fee.asset) if draft.fee else ("", "")
    told = plain(event.amount), event.base, *value, *fee, raw.get("order_id", "")
    yield *head, side, each.at("%Y-%m-%dT%H:%M:%SZ"), *told


def bitstamp_old(each: Happened) -> Iterable[Sequence[Any]]:
    """To the minute, without ids, amounts and assets glued."""
    draft, event = each.draft, each.event
    trades = draft.sent and draft.received
    money = (draft.sent if each.buys else draft.received) if trades else None
    value, rate = (f"{money.amount:f} {money.asset}", f"41000 {money.asset}") if money else ("", "")
    fee = f"{draft.fee.amount:f} {draft.fee.asset}" if draft.fee else ""
    side = ("Buy" if each.buys else "Sell") if trades else ""
    told = f"{event.amount:f} {event.base}", value, rate, fee, side
    yield BITSTAMP_WORDS.get(each.kind, "Market"), each.at("%b. %d, %Y, %I:%M %p"), "Main Account", *told


BITSTAMP = Export(
    "bitstamp.csv",
    "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,Fee currency,"
    "Order ID",
    bitstamp,
)
BITSTAMP_OLD = Export("old.csv", "Type,Datetime,Account,Amount,Value,Rate,Fee,Sub Type", bitstamp_old)

"""Coinbase: one list of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.ledger.exports.base import CONVERT, DEPOSIT, REWARD, TRADES, WITHDRAWAL, Export, Happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def coinbase(each: Happened) -> Iterable[Sequence[Any]]:
    """A trade stands once, under the id of the coin's own account; money is written with its sign, and rounded."""
    event, (first, *_) = each.event, each.of("transactions")
    coin = next(raw for raw in each.of("transactions") if raw["amount"]["currency"] == event.base)
    assert first["id"] == coin["id"]
    head = coin["id"], each.at("%Y-%m-%d %H:%M:%S UTC")
    if each.kind in TRADES:
        did, total = ("Bought", event.total + event.fee) if each.buys else ("Sold", event.total - event.fee)
        price = coin["advanced_trade_fill"]["fill_price"]
        note = f"{did} {event.amount} {event.base} for {total} EUR on {event.base}-EUR at {price} EUR/{event.base}"
        what = f"Advanced Trade {'Buy' if each.buys else 'Sell'}"
        money = (f"€{price}", f"€{event.total:.5f}", f"€{total:.5f}", f"€{event.fee:.5f}")
        yield *head, what, event.base, coin["amount"]["amount"], "EUR", *money, note
        return
    what = {DEPOSIT: "Deposit", WITHDRAWAL: "Send", REWARD: "Staking Income", CONVERT: "Convert"}[each.kind]
    got = each.draft.received
    note = f"Converted {event.amount} {event.base} to {got.amount} {got.asset}" if each.kind is CONVERT else ""
    yield *head, what, event.base, coin["amount"]["amount"], "EUR", "€1.00", "€0.00", "€0.00", "€0.00", note


COINBASE = Export(
    "coinbase.csv",
    "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
    "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes",
    coinbase,
    preamble="\nTransactions\nUser,Ada,ada\n",
)

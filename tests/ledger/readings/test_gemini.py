"""Gemini: trades by price and size, transfers, staking."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import gemini
from ledger.readings.base import Kind, Row
from ledger.readings.events import Amount
from ledger.readings.gemini import sides, trade_name
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of
from wallets.sandbox.books import Kind as Happened
from wallets.sandbox.gemini import TRADES, trade_row

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def row(family, name="1", **raw):
    return Row(family, name, AT, raw)


def trade(**said):
    raw = {
        "symbol": "BTCUSD",
        "type": "Sell",
        "amount": "0.5",
        "price": "40000",
        "fee_amount": "2",
        "fee_currency": "USD",
        "order_id": "77",
    }
    return row("trades:btcusd", **(raw | said))


class TestBooks(ReadsTheBooks):
    exchange, reader = "gemini", gemini
    more_rows = (
        row("transfers", type="AdminCredit", currency="ETH", amount="1", feeAmount="0.1", feeCurrency="ETH"),
        trade(),
    )

    @staticmethod
    def untold(event):
        """The sandbox rounds prices, and nobody is told what the network took."""
        if event.kind in TRADES:
            told = Decimal(trade_row(event)["price"]) * event.amount
            return {event.quote: (told - event.total) * (1 if event.kind is Happened.BUY else -1)}
        return {event.base: -event.fee} if event.kind is Happened.WITHDRAWAL else {}


@pytest.mark.parametrize(
    ("symbol", "both"),
    [
        ("btcusd", ("BTC", "USD")),
        ("PAXGUSD", ("PAXG", "USD")),
        ("gusdusd", ("GUSD", "USD")),
        ("ETHBTC", ("ETH", "BTC")),
        ("USD", None),
    ],
)
def test_a_market_has_two_sides(symbol, both):
    assert sides(symbol) == both


def test_a_trade_is_its_size_times_its_price():
    [draft] = drafts_of(gemini, [trade()])
    assert (draft.sent, draft.received) == (Amount(Decimal("0.5"), "BTC"), Amount(Decimal(20000), "USD"))
    assert (draft.fee, draft.order) == (Amount(Decimal(2), "USD"), "77")
    assert draft.anchor == trade_name("BTCUSD", "1")


def test_a_trade_that_was_reversed_by_hand_counts_for_what_was_given_back_is_booked_apart():
    [draft] = drafts_of(gemini, [trade(**{"break": "manual"})])
    [whole] = drafts_of(gemini, [trade()])

    assert net([draft]) == net([whole])
    assert "reversed" in draft.note


@pytest.mark.parametrize("said", [{"symbol": "BTCGUSDPERP"}, {"break": "full"}, {"symbol": "WHAT"}, {"type": ""}])
def test_what_is_no_trade_says_so(said):
    [reading] = readings_of(gemini, trade(**said))
    assert reading.skip
    assert not reading.legs


@pytest.mark.parametrize(
    ("type_name", "kind", "change"),
    [
        ("Deposit", Kind.DEPOSIT, "1"),
        ("Withdrawal", Kind.WITHDRAWAL, "-1"),
        ("AdminCredit", Kind.ADJUSTMENT, "1"),
        ("AdminDebit", Kind.ADJUSTMENT, "-1"),
        ("Reward", Kind.REWARD, "1"),
        ("Something new", Kind.DEPOSIT, "1"),
    ],
)
def test_types_of_transfers(type_name, kind, change):
    told = row("transfers", type=type_name, status="Complete", currency="ETH", amount="1", txHash="h")
    [draft] = drafts_of(gemini, [told])
    assert (draft.kind, net([draft]), draft.hash) == (kind, {"ETH": Decimal(change)}, "h")


def test_a_fee_that_is_told_comes_on_top():
    told = row("transfers", type="Withdrawal", currency="ETH", amount="1", feeAmount="0.01", feeCurrency="ETH")
    assert net(drafts_of(gemini, [told])) == {"ETH": Decimal("-1.01")}


@pytest.mark.parametrize(("status", "counts"), [("Complete", True), ("Advanced", True), ("Pending", False)])
def test_what_is_under_way_does_not_count_yet(status, counts):
    [reading] = readings_of(
        gemini, row("transfers", type="Deposit", status=status, currency="USD", amount="1", method="ACH")
    )
    assert bool(reading.legs) is counts
    assert bool(reading.skip) is not counts


@pytest.mark.parametrize("type_name", ["Deposit", "Redeem", "RedeemPayment", "AdminRedeem"])
def test_staking_moves_nothing(type_name):
    [reading] = readings_of(gemini, row("staking", transactionType=type_name, amountCurrency="ETH", amount="1"))
    assert reading.skip
    assert not reading.legs


@pytest.mark.parametrize(
    ("type_name", "kind", "change"),
    [("Interest", Kind.REWARD, "1"), ("AdminDebitAdjustment", Kind.ADJUSTMENT, "-1"), ("Gift", Kind.DEPOSIT, "1")],
)
def test_what_staking_brought(type_name, kind, change):
    [draft] = drafts_of(gemini, [row("staking", transactionType=type_name, amountCurrency="ETH", amount="1")])
    assert (draft.kind, net([draft])) == (kind, {"ETH": Decimal(change)})

"""Bitfinex's rows: trades and movements by their numbers, and a ledger that says the rest in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.readings import bitfinex
from ledger.readings.base import Kind, Row
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of
from tests.sync import truth

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(description, amount="1", number="1", currency="USD", **more):
    raw = {"id": number, "currency": currency, "wallet": "exchange", "mts": 17, "amount": amount, "balance": "0"}
    return Row("ledger", number, AT, {**raw, "description": description, **more})


def trade(symbol="tBTCUSD", amount="2", order_type="EXCHANGE LIMIT", **more):
    raw = {"id": 9, "symbol": symbol, "mts": 17, "order_id": 8, "amount": amount, "price": "50", "fee": "-0.1"}
    return Row("trades", f"9:{symbol}", AT, {**raw, "order_type": order_type, "fee_currency": "USD", **more})


def movement(status="COMPLETED", amount="-1", **more):
    raw = {"id": 7, "currency": "UST", "currency_name": "TETHERUSX", "status": status, "amount": amount, "fees": "-0.1"}
    return Row("movements", "7", AT, {**raw, "destination_address": "a", "transaction_id": "h", "note": None, **more})


class TestBooks(ReadsTheBooks):
    exchange, reader = "bitfinex", bitfinex
    more_rows = (trade(order_type="LIMIT"), line("Settlement @ 185.79 on wallet margin"))

    @staticmethod
    def untold(event):
        """The sandbox's prices have four places: amount times price is not quite what its books paid."""
        for row in truth.TRUE["bitfinex"]["trades"](event):
            told = -Decimal(row["amount"]) * Decimal(row["price"]) + Decimal(row["fee"])
            return {event.quote: event.changes[event.quote] - told}
        return {}

    def test_trades_and_movements_have_their_order_and_their_transaction(self, account):
        told = self.by_event(account, drafts_of(bitfinex, account.rows))
        for event in account.events:
            [draft] = told[event.number]
            assert bool(draft.order) == bool(event.quote)
            assert draft.hash == (event.mark if draft.kind in {Kind.DEPOSIT, Kind.WITHDRAWAL} else "")


@pytest.mark.parametrize(
    ("symbol", "sides"),
    [
        ("tBTCUSD", ("BTC", "USD")),
        ("tDUSK:USD", ("DUSK", "USD")),
        ("BTC/USD", ("BTC", "USD")),
        ("tBTCF0:USTF0", ("BTCF0", "USTF0")),
        ("tBTCUSDT", None),
        ("", None),
    ],
)
def test_sides_of_a_market(symbol, sides):
    assert bitfinex.sides_of(symbol) == sides


def test_a_file_names_a_trade_as_the_api_does():
    for row, sides in ((trade(), ("BTC", "USD")), (trade("tDUSK:USD"), ("DUSK", "USD"))):
        [reading] = readings_of(bitfinex, row)
        assert bitfinex.trade_name("9", *sides) == reading.identity


def test_the_sign_of_the_amount_is_the_side():
    bought, sold = drafts_of(bitfinex, [trade()]), drafts_of(bitfinex, [trade(amount="-2")])
    assert net(bought) == {"BTC": 2, "USD": Decimal("-100.1")}
    assert net(sold) == {"BTC": -2, "USD": Decimal("99.9")}
    assert (sold[0].kind, sold[0].order) == (Kind.TRADE, "8")


@pytest.mark.parametrize(
    ("description", "amount", "kind", "category"),
    [
        ("Margin Funding Payment on wallet funding", "1", Kind.REWARD, "interest"),
        ("Unused Margin Funding Fee on wallet Trading", "-1", Kind.FEE, "interest"),
        ("Trading fees for 0.5 BTC (BTCUSD) @ 7000.0 on BFX (0.2%) on wallet margin", "-1", Kind.FEE, ""),
        ("Position closed @ 185.79 on wallet margin", "-1", Kind.LOST, "futures"),
        ("Position #5 funding cost on wallet margin", "-1", Kind.FEE, "interest"),
        ("Affiliate Rebate on wallet exchange", "1", Kind.REWARD, "referral"),
        ("Earned fees from user 123 on wallet exchange", "1", Kind.REWARD, "referral"),
        ("Staking Payments on wallet exchange", "1", Kind.REWARD, "staking"),
        (
            "Transfer of 5.0 UST from wallet Exchange to Exchange SA(a->b) on wallet exchange",
            "-1",
            Kind.TRANSFER,
            "internal",
        ),
        ("Something new on wallet exchange", "1", Kind.DEPOSIT, ""),
        ("Something new on wallet exchange", "-1", Kind.WITHDRAWAL, ""),
    ],
)
def test_words_have_their_meaning_and_unknown_ones_move_their_amount(description, amount, kind, category):
    [draft] = drafts_of(bitfinex, [line(description, amount)])
    assert (draft.kind, draft.category) == (kind, category)
    assert (net([draft]), draft.note) == ({"USD": int(amount)}, description)


def test_before_march_2020_the_ledger_tells_trades():
    early = datetime(2019, 7, 1, 15, 50, 4, tzinfo=UTC)
    words = "Exchange 0.09 BTC for USD @ 1020.0 on wallet exchange"
    fee = "Trading fees for 0.09 BTC (BTCUSD) @ 1020.0 on BFX (0.2%) on wallet exchange"
    rows = [
        line(words, "-0.09", "1", "BTC")._replace(at=early),
        line(words, "91.8", "2")._replace(at=early + timedelta(seconds=1)),
        line(fee, "-0.1836", "3")._replace(at=early + timedelta(seconds=1)),
        trade(amount="-0.09", order_type=None, price="1020")._replace(at=early),
    ]
    [draft] = drafts_of(bitfinex, rows)
    assert (draft.kind, draft.at) == (Kind.TRADE, early)
    assert net([draft]) == {"BTC": Decimal("-0.09"), "USD": Decimal("91.6164")}


def test_both_lines_of_a_settlement_are_one_trade():
    words = "Settlement @ 185.79 on wallet margin"
    [draft] = drafts_of(bitfinex, [line(words, "-1", "1", "ETH"), line(words, "185.79", "2")])
    assert (draft.kind, draft.sent.asset, draft.received.amount) == (Kind.TRADE, "ETH", Decimal("185.79"))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (line("Exchange 0.09 BTC for USD @ 1020.0 on wallet exchange"), "list of trades"),
        (line("Trading fees for 0.5 BTC (BTCUSD) @ 7000.0 on BFX (0.2%) on wallet exchange"), "list of trades"),
        (line("Deposit (BITCOIN) #614485 on wallet Deposit"), "list of movements"),
        (line("Deposit Fee (BITCOIN) 614485 on wallet exchange"), "list of movements"),
        (line("BITCOIN Withdrawal #13063236 on wallet exchange"), "list of movements"),
        (line("Crypto Withdrawal fee on wallet exchange"), "list of movements"),
        (line("Canceled withdrawal request #5 on wallet Exchange"), "list of movements"),
        (line("Transfer of 184.3 USD from wallet Exchange to Deposit on wallet funding"), "stays the same"),
        (trade(order_type="LIMIT"), "on margin"),
        (trade(symbol="fUSD"), "funding"),
        (trade(symbol="tBTCUSDT"), "two sides"),
        (movement("CANCELED"), "Called off"),
        (movement("PENDING REVIEW"), "On its way"),
    ],
)
def test_what_counts_for_nothing_says_why(row, words):
    [reading] = readings_of(bitfinex, row)
    assert words in reading.skip


def test_a_movement_says_its_network_and_its_transaction():
    [draft] = drafts_of(bitfinex, [movement()])
    assert (draft.kind, draft.network, draft.hash, draft.address) == (Kind.WITHDRAWAL, "TETHERUSX", "h", "a")
    assert net([draft]) == {"UST": Decimal("-1.1")}

"""Bybit's rows: two ledgers without ids of what they tell, and lists that have them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import bybit, bybit_types, telling
from ledger.readings.base import Kind, Row
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of
from wallets.sandbox.books import Kind as Booked

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(nature, change, fee="0", number="1", currency="USDT", **more):
    raw = {"id": number, "type": nature, "currency": currency, "change": change, "fee": fee, "transactionTime": "17"}
    return Row("ledger", number, AT, {**raw, "tradeId": "", "orderId": "", **more})


def funding(nature, direction, description="", amount="1"):
    raw = {"currency": "USDT", "ioDirection": direction, "txnAmt": amount, "createTime": "17"}
    return Row("funding", "h", AT, {**raw, "showBusiTypeEn": nature, "descriptionEn": description})


def fill(category="spot", **more):
    raw = {"symbol": "BTCUSDT", "orderId": "o", "execId": "e", "side": "Buy", "execQty": "2", "execValue": "100"}
    return Row("trades", f"{category}:e:o", AT, {**raw, "execFee": "0.001", "feeCurrency": "", **more})


def dust(*parts):
    raw = {"exchangeTxId": "x", "status": "success", "toCoin": "MNT", "subRecords": list(parts)}
    return Row("small balances", "x", AT, raw)


def part(coin, amount, got):
    return {
        "fromCoin": coin,
        "fromAmount": amount,
        "toCoin": "MNT",
        "toAmount": got,
        "feeCoin": "MNT",
        "feeAmount": "1",
    }


class TestBooks(ReadsTheBooks):
    exchange, reader = "bybit", bybit
    # Told by the funding ledger as well, or only from one place of the account to another.
    partial = frozenset({"yields", "earn orders", "transfers", "sub-account transfers"})
    more_rows = (line("TRADE", "-5", category="linear"), funding("Fiat", "I", "P2P Purchase"), fill("linear"))

    def test_fills_and_movements_add_their_order_and_their_transaction(self, account):
        told = self.by_event(account, drafts_of(bybit, account.rows))
        for event in account.events:
            [draft] = told[event.number]
            assert bool(draft.order) == (event.kind in {Booked.BUY, Booked.SELL})
            assert bool(draft.address) == (event.kind in {Booked.DEPOSIT, Booked.WITHDRAWAL})


def test_both_sides_of_a_trade_are_one_and_its_fill_is_the_same():
    ids = {"tradeId": "e", "orderId": "o", "category": "spot"}
    rows = [line("TRADE", "1.999", "0.001", "1", "BTC", **ids), line("TRADE", "-100", "0", "2", **ids), fill()]
    [draft] = drafts_of(bybit, rows)
    assert (draft.kind, draft.order, len(draft.rows), draft.fee.amount) == (Kind.TRADE, "o", 3, Decimal("0.001"))
    assert net([draft]) == net(drafts_of(bybit, [fill()])) == {"BTC": Decimal("1.999"), "USDT": -100}


def test_without_a_change_its_parts_say_it():
    [draft] = drafts_of(bybit, [line("SETTLEMENT", "", "0.5", cashFlow="0", funding="-2")])
    assert net([draft]) == {"USDT": Decimal("-2.5")}


@pytest.mark.parametrize(
    ("row", "kind", "category"),
    [
        (line("TRADE", "-1", category="linear", tradeId="e"), Kind.LOST, "futures"),
        (line("SETTLEMENT", "1"), Kind.INCOME, "futures"),
        (line("INTEREST", "-1"), Kind.FEE, "interest"),
        (line("AIRDROP", "1"), Kind.REWARD, "airdrop"),
        (line("BORROWED_AMOUNT_INS_LOAN", "1"), Kind.ADJUSTMENT, "loan"),
        (line("BORROW", "1"), Kind.ADJUSTMENT, "loan"),
        (line("LOANS_PLEDGE_ASSET", "-1"), Kind.ADJUSTMENT, "loan"),
        (line("INSTITUTION_PAYBACK_INTEREST_OUT", "-1"), Kind.FEE, "interest"),
        (line("CUSTODY_NETWORK_FEE", "-1"), Kind.FEE, ""),
        (line("SOMETHING_NEW", "1"), Kind.DEPOSIT, ""),
        (line("SOMETHING_NEW", "-1"), Kind.WITHDRAWAL, ""),
        (funding("Fiat", "I", "P2P Purchase"), Kind.DEPOSIT, "p2p"),
        (funding("Bybit Card", "O", "Coin purchase"), Kind.SPEND, "card"),
        (funding("Earn", "I", "Easy Earn | Flexible Interest Distribution"), Kind.REWARD, "interest"),
        (funding("Earn", "I"), Kind.REWARD, ""),
        (funding("Dual Asset", "I", "Dual Asset | Interest"), Kind.REWARD, "interest"),
        (funding("Dual Asset", "O"), Kind.ADJUSTMENT, "structured"),
        (funding("Dual Asset", "I", "Settlement"), Kind.ADJUSTMENT, "structured"),
        (funding("Earn", "I", "Dual Asset | Settlement"), Kind.ADJUSTMENT, "structured"),
        (funding("Transfer", "O", "To sub-account"), Kind.TRANSFER, "internal"),
        (funding("Something new", "O"), Kind.WITHDRAWAL, ""),
    ],
)
def test_types_have_their_meaning_and_an_unknown_one_moves_its_amount(row, kind, category):
    [draft] = drafts_of(bybit, [row])
    assert (draft.kind, draft.category) == (kind, category)
    sign = -1 if row.raw.get("ioDirection") == "O" or row.raw.get("change") == "-1" else 1
    assert net([draft]) == {"USDT": sign}
    assert ("new" in draft.note.lower()) == ("new" in str(row.raw).lower())


def test_small_balances_are_one_clean_up_of_several_trades():
    found = drafts_of(bybit, [dust(part("ADA", "1", "2"), part("DOT", "3", "4"))])
    assert [(draft.kind, draft.category) for draft in found] == [(Kind.TRADE, "dust")] * 2
    assert ({draft.group for draft in found}, len({draft.anchor for draft in found})) == ({"small balances:x"}, 2)
    assert net(found) == {"ADA": -1, "DOT": -3, "MNT": 6}


@pytest.mark.parametrize(
    "product",
    [
        *("FLEXIBLE_STAKING", "FIXED_STAKING", "ONCHAINEARN", "DEFI_INVESTMENT", "STRUCTURE_PRODUCT"),
        *("LIQUIDITY_MINING", "PWM", "CLASSIC_WEALTH_MANAGEMENT", "PREMIMUM_WEALTH_MANAGEMENT"),
    ],
)
def test_what_is_put_to_work_and_comes_back_is_neither_spent_nor_gained(product):
    """Bybit gives back what could not be put in. Where only its going counted for nothing, its coming made coins."""
    rows = [
        line(f"{product}_{step}", change, number=change)
        for step, change in (("SUBSCRIPTION", "-5"), ("REFUND", "2"), ("REDEMPTION", "3"))
    ]
    assert drafts_of(bybit, rows) == []
    assert {reading.skip for row in rows for reading in readings_of(bybit, row)} == {telling.INTERNAL}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (line("TRANSFER_IN", "1"), "stays the same"),
        (line("CUSTODY_LOCK", "-1"), "stays the same"),
        (line("CURRENCY_BUY", "1"), "lists of conversions"),
        (funding("Deposit", "I", "On-chain Deposit"), "list of deposits"),
        (funding("Earn", "O", "Flexible (Auto-Earn)"), "stays the same"),
        (funding("Earn", "I", "Flexible Redemption"), "stays the same"),
        (funding("Convert", "I"), "lists of conversions"),
        (fill("linear"), "contracts"),
        (fill(symbol="NOTHING"), "two sides"),
        (dust(), "two sides"),
        (Row("deposits", "d", AT, {"coin": "BTC", "amount": "1", "status": 2}), "On its way"),
        (Row("withdrawals", "w", AT, {"coin": "BTC", "amount": "1", "status": "CancelByUser"}), "Called off"),
        (Row("conversions", "c", AT, {"exchangeStatus": "failure"}), "Called off"),
        (Row("transfers", "t", AT, {"status": "FAILED"}), "Called off"),
        (Row("sub-account transfers", "t", AT, {"fromMemberId": "1", "toMemberId": "2"}), "which of them"),
        (Row("yields", "y", AT, {"amount": "1"}), "ledger tells"),
    ],
)
def test_what_counts_for_nothing_says_why(row, words):
    [reading] = readings_of(bybit, row)
    assert words in reading.skip


def test_symbols_are_parted_at_the_longest_name_they_end_with():
    assert bybit.sides_of("USDCUSDT") == ("USDC", "USDT")
    assert bybit.sides_of("BTCEUR") == ("BTC", "EUR")
    assert bybit.sides_of("USDT") is None


def test_no_type_both_counts_and_is_left_out():
    assert not bybit_types.UNIFIED.keys() & bybit_types.UNIFIED_LEFT_OUT.keys()

"""KuCoin's rows: a ledger that says what each line belongs to, and lists that tell the same with more about it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import kucoin
from ledger.readings.base import Kind, Row
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of
from wallets.sandbox.books import Kind as Booked

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def line(business, amount, direction="in", number="1", fee="0", currency="BTC", **context):
    raw = {"id": number, "currency": currency, "amount": amount, "fee": fee, "accountType": "MAIN"}
    told = {"bizType": business, "direction": direction, "createdAt": 1, "context": json.dumps(context)}
    return Row("ledger", number, AT, raw | told)


def moved(family, **more):
    raw = {"currency": "BTC", "amount": "1", "fee": "0.1", "status": "SUCCESS", "walletTxId": "ab@0", "isInner": False}
    return Row(family, "w-1", AT, {**raw, "createdAt": 1, **more})


class TestBooks(ReadsTheBooks):
    exchange, reader = "kucoin", kucoin
    more_rows = (line("Transfer", "1", orderId="o-1"), moved("deposits", isInner=True, walletTxId=""))

    def test_fills_and_movements_add_their_order_and_their_transaction(self, account):
        told = self.by_event(account, drafts_of(kucoin, account.rows))
        for event in account.events:
            [draft] = told[event.number]
            assert draft.order == (event.mark[:24] if event.kind in {Booked.BUY, Booked.SELL} else "")
            assert draft.hash == (event.mark if event.kind in {Booked.DEPOSIT, Booked.WITHDRAWAL} else "")


def test_a_fee_is_a_part_of_the_amount():
    [draft] = drafts_of(kucoin, [line("Withdrawal", "1.5", "out", fee="0.5", orderId="w", txId="ab")])
    assert (draft.sent.amount, draft.fee.amount, draft.hash) == (1, Decimal("0.5"), "ab")


def test_where_the_ledger_names_no_transaction_the_other_list_counts():
    found = drafts_of(kucoin, [line("Withdrawal", "1.1", "out", fee="0.1"), moved("withdrawals", id="w-1")])
    assert net(found) == {"BTC": Decimal("-1.1")}


def test_a_withdrawal_within_kucoin_is_known_by_its_number():
    rows = [line("Withdrawal", "1.1", "out", fee="0.1", orderId="w-1"), moved("withdrawals", id="w-1", walletTxId="")]
    [draft] = drafts_of(kucoin, rows)
    assert (net([draft]), len(draft.rows)) == ({"BTC": Decimal("-1.1")}, 2)


def test_both_halves_of_a_move_between_wallets_come_to_nothing_and_one_alone_stays():
    there, here = line("Transfer", "1", "out", "1", orderId="t"), line("Transfer", "1", "in", "2", orderId="t")
    assert not drafts_of(kucoin, [there, here])
    [draft] = drafts_of(kucoin, [there])  # to the futures account, which is read by nobody
    assert (draft.kind, draft.category) == (Kind.TRANSFER, "internal")


def test_fees_paid_in_kcs_belong_to_their_trade():
    ids = {"orderId": "o", "tradeId": "t"}
    rows = [
        line("Exchange", "1", "in", "1", **ids),
        line("Exchange", "100", "out", "2", currency="USDT", **ids),
        line("KCS Pay Fees", "0.01", "out", "3", currency="KCS", **ids),
    ]
    [draft] = drafts_of(kucoin, rows)
    assert (draft.kind, draft.fee.asset, draft.order) == (Kind.TRADE, "KCS", "o")


PRO_TRADE = {"orderId": "o", "tradeId": "7", "symbol": "BTC-USDT"}


def in_pro(row):
    return row._replace(family="pro ledger")


def test_a_trade_of_the_pro_account_is_read_from_its_ledger():
    """As KuCoin's documents tell one: what comes in is told without its fee."""
    rows = [
        line("TRADE_EXCHANGE", "1.59760080", "in", "1", "0.00159920", "USDT", **PRO_TRADE),
        line("TRADE_EXCHANGE", "0.00001", "out", "2", **PRO_TRADE),
    ]

    [draft] = drafts_of(kucoin, [in_pro(row) for row in rows])

    assert (draft.kind, draft.order, draft.fee.amount) == (Kind.TRADE, "o", Decimal("0.00159920"))
    assert net([draft]) == {"USDT": Decimal("1.59760080"), "BTC": Decimal("-0.00001")}


def test_what_another_list_tells_of_a_trade_of_the_pro_account_does_not_count_twice():
    main = [line("Exchange", "1", "in", "1", **PRO_TRADE), line("Exchange", "9", "out", "2", "0", "USDT", **PRO_TRADE)]
    pro = [in_pro(row._replace(external_id=f"9{row.external_id}")) for row in main]
    fill = Row("trades", "7", AT, {"symbol": "BTC-USDT", "size": "1", "funds": "9", "side": "buy", **PRO_TRADE})

    for told in ([*main, *pro, fill], [*pro, fill], pro):
        [draft] = drafts_of(kucoin, told)
        assert net([draft]) == {"BTC": 1, "USDT": -9}


def test_a_context_with_other_quotes_links_as_well():
    """As KuCoin's documents print it of the Pro wallet, until 2024."""
    sides = [line("TRADE_EXCHANGE", "1", "in", "1"), line("TRADE_EXCHANGE", "9", "out", "2", "0", "USDT")]
    rows = [row._replace(raw={**row.raw, "context": str(PRO_TRADE)}) for row in sides]

    [draft] = drafts_of(kucoin, [in_pro(row) for row in rows])

    assert (draft.kind, net([draft])) == (Kind.TRADE, {"BTC": 1, "USDT": -9})
    assert kucoin.names_in('{"orderId": "o", "remark": "it\'s mine"}').order == "o"


@pytest.mark.parametrize(
    ("business", "direction", "kind", "category"),
    [
        ("KUCOIN_BONUS", "in", Kind.REWARD, "bonus"),
        ("REFERRAL_BONUS", "in", Kind.REWARD, "referral"),
        ("MARGIN_EXCHANGE", "in", Kind.TRADE, ""),
        ("Soft Staking Profits", "in", Kind.REWARD, "staking"),
        ("Airdrop/Fork", "in", Kind.REWARD, "airdrop"),
        ("Fee Rebate", "in", Kind.REWARD, "rebate"),
        ("Borrowings", "in", Kind.ADJUSTMENT, "loan"),
        ("Interest", "out", Kind.FEE, "interest"),
        ("Send red envelope", "out", Kind.GIFT, ""),
        ("Sub-account transfer", "out", Kind.TRANSFER, "internal"),
        ("Something new", "in", Kind.DEPOSIT, ""),
        ("Something new", "out", Kind.WITHDRAWAL, ""),
    ],
)
def test_types_have_their_meaning_and_an_unknown_one_moves_its_amount(business, direction, kind, category):
    [draft] = drafts_of(kucoin, [line(business, "1", direction, orderId="o")])
    assert (draft.kind, draft.category) == (kind, category)
    assert draft.note == ("Something new" if business == "Something new" else "")
    assert net([draft]) == {"BTC": 1 if direction == "in" else -1}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (line("Staking", "1", "out"), "stays the same"),
        (line("KUCOIN_EARN", "1", "out"), "stays the same"),
        (moved("deposits", status="PROCESSING"), "On its way"),
        (moved("withdrawals", status="FAILURE"), "Called off"),
        (moved("deposits", walletTxId="", isInner=True), "within the exchange"),
        (Row("trades", "t", AT, {"symbol": "BTC", "size": "1", "funds": "2", "side": "buy"}), "two sides"),
    ],
)
def test_what_counts_for_nothing_says_why(row, words):
    [reading] = readings_of(kucoin, row)
    assert words in reading.skip

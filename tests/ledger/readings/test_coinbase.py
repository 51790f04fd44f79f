"""Coinbase: every movement stands in the account of its coin, and ids bring them together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.readings import coinbase
from ledger.readings.base import Kind, Row, Worth
from ledger.readings.events import Amount
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def row(name, type_name, amount, currency, *, at=AT, status="completed", **more):
    raw = {
        "id": name,
        "type": type_name,
        "status": status,
        "amount": {"amount": amount, "currency": currency},
        "native_amount": {"amount": "20.00", "currency": "EUR"},
        "created_at": "2024-03-01T12:00:00Z",
    }
    return Row("transactions", name, at, raw | more)


def advanced(name, amount, currency, **said):
    told = {"order_id": "O1", "product_id": "BTC-USDC", "fill_price": "122698", "commission": "49.0792"}
    return row(name, "advanced_trade_fill", amount, currency, advanced_trade_fill=told | said)


def fill(name="F1", **said):
    raw = {
        "entry_id": name,
        "order_id": "O1",
        "trade_type": "FILL",
        "price": "122698",
        "size": "0.1",
        "commission": "49.0792",
        "product_id": "BTC-USDC",
        "size_in_quote": False,
        "side": "SELL",
    }
    return Row("fills", name, AT, raw | said)


class TestBooks(ReadsTheBooks):
    exchange, reader = "coinbase", coinbase
    partial = frozenset({"fills"})  # the sandbox rounds their price, and so their total
    more_rows = (
        advanced("T1", "12269.8", "USDC"),
        fill(),
        row("T2", "buy", "1", "BTC", buy={"id": "B1", "total": {"amount": "1", "currency": "EUR"}}),
        row("T3", "send", "-1", "BTC", network={"hash": "h", "transaction_fee": {"amount": "0.1", "currency": "BTC"}}),
        row("T4", "wrap_asset", "1", "CBETH", to={"address": "a"}, details={"title": "Wrapped"}),
    )


def test_a_fill_is_two_rows_and_its_commission_is_beside_them():
    """Figures of a real sale, as somebody published it."""
    [draft] = drafts_of(coinbase, [advanced("T1", "12269.8", "USDC"), advanced("T2", "-0.1", "BTC")])
    assert (draft.kind, draft.order) == (Kind.TRADE, "O1")
    assert (draft.sent, draft.received) == (Amount(Decimal("0.1"), "BTC"), Amount(Decimal("12269.8"), "USDC"))
    assert draft.fee == Amount(Decimal("49.0792"), "USDC")


def test_the_list_of_fills_says_the_same_and_counts_once():
    rows = [advanced("T1", "12269.8", "USDC"), advanced("T2", "-0.1", "BTC")]
    assert net(drafts_of(coinbase, [fill()])) == net(drafts_of(coinbase, rows))
    assert net(drafts_of(coinbase, [fill(), *rows])) == net(drafts_of(coinbase, rows))


def test_a_size_may_be_told_in_money():
    [draft] = drafts_of(coinbase, [fill(size="12269.8", size_in_quote=True)])
    assert draft.sent == Amount(Decimal("0.1"), "BTC")


@pytest.mark.parametrize("said", [{"product_id": "BIP-20DEC30-CDE"}, {"trade_type": "REVERSAL"}, {"side": ""}])
def test_what_is_no_fill_of_two_coins_says_so(said):
    [reading] = readings_of(coinbase, fill(**said))
    assert reading.skip
    assert not reading.legs


def test_a_conversion_is_two_rows_of_one_trade():
    rows = [
        row("T1", "trade", "-1", "BTC", trade={"id": "X", "fee": {"amount": "1", "currency": "EUR"}}),
        row("T2", "trade", "20", "ETH", trade={"id": "X"}, at=AT + timedelta(seconds=4)),
    ]
    [draft] = drafts_of(coinbase, rows)
    assert (draft.kind, draft.category, net([draft])) == (Kind.TRADE, "conversion", {"BTC": -1, "ETH": 20})


def test_staked_ether_is_ether():
    rows = [row("T1", "trade", "-1", "ETH", trade={"id": "X"}), row("T2", "trade", "1", "ETH2", trade={"id": "X"})]
    assert drafts_of(coinbase, rows) == []
    assert net(drafts_of(coinbase, [row("T3", "staking_reward", "0.1", "ETH2")])) == {"ETH": Decimal("0.1")}


def test_a_buy_by_card_has_one_row_and_says_what_it_cost():
    bought = row("T1", "buy", "0.0006", "BTC", buy={"id": "B", "total": {"amount": "21.50", "currency": "EUR"}})
    [draft] = drafts_of(coinbase, [bought])
    assert (draft.kind, draft.received, draft.sent) == (Kind.TRADE, Amount(Decimal("0.0006"), "BTC"), None)
    assert draft.worth == Worth(Decimal("21.50"), "EUR")


def test_a_buy_from_the_account_has_two_rows():
    rows = [
        row("T1", "buy", "0.0006", "BTC", buy={"id": "B"}),
        row("T2", "buy", "-21.50", "EUR", buy={"id": "B"}),
    ]
    [draft] = drafts_of(coinbase, rows)
    assert net([draft]) == {"BTC": Decimal("0.0006"), "EUR": Decimal("-21.50")}


def test_the_networks_fee_is_within_what_was_sent():
    sent = row(
        "T1",
        "send",
        "-1.01",
        "BTC",
        network={"hash": "abc", "network_name": "bitcoin", "transaction_fee": {"amount": "0.01", "currency": "BTC"}},
        to={"address": "bc1q"},
    )
    [draft] = drafts_of(coinbase, [sent])
    assert (draft.kind, draft.hash, draft.network, draft.address) == (Kind.WITHDRAWAL, "abc", "bitcoin", "bc1q")
    assert (draft.sent, draft.fee) == (Amount(Decimal(1), "BTC"), Amount(Decimal("0.01"), "BTC"))


@pytest.mark.parametrize(
    ("type_name", "amount", "kind", "category"),
    [
        ("send", "1", Kind.DEPOSIT, ""),
        ("receive", "1", Kind.DEPOSIT, ""),
        ("fiat_deposit", "1", Kind.DEPOSIT, ""),
        ("fiat_withdrawal", "-1", Kind.WITHDRAWAL, ""),
        ("pro_deposit", "-1", Kind.WITHDRAWAL, "pro"),
        ("exchange_deposit", "-1", Kind.WITHDRAWAL, "pro"),
        ("exchange_withdrawal", "1", Kind.DEPOSIT, "pro"),
        ("inflation_reward", "1", Kind.REWARD, "staking"),
        ("staking_reward", "1", Kind.REWARD, "staking"),
        ("interest", "1", Kind.REWARD, "interest"),
        ("cardbuyback", "1", Kind.REWARD, "cashback"),
        ("cardspend", "-1", Kind.SPEND, "card"),
        ("subscription", "-1", Kind.SPEND, "subscription"),
        ("clawback", "-1", Kind.ADJUSTMENT, "clawback"),
        ("wrap_asset", "-1", Kind.TRADE, "wrap"),
    ],
)
def test_types_of_rows(type_name, amount, kind, category):
    [draft] = drafts_of(coinbase, [row("T1", type_name, amount, "ADA")])
    assert (draft.kind, draft.category, net([draft])) == (kind, category, {"ADA": Decimal(amount)})
    assert not draft.note


@pytest.mark.parametrize("type_name", ["staking_transfer", "unstaking_transfer", "retail_eth2_deprecation"])
def test_staking_moves_nothing(type_name):
    rows = [row("T1", type_name, "-1", "ETH"), row("T2", type_name, "1", "ETH2")]
    assert drafts_of(coinbase, rows) == []
    assert all(reading.skip for reading in readings_of(coinbase, *rows))


def test_wrapping_is_an_exchange_of_two_rows_in_one_second():
    rows = [row("T1", "wrap_asset", "-1", "ETH"), row("T2", "wrap_asset", "0.94", "CBETH")]
    [draft] = drafts_of(coinbase, rows)
    assert net([draft]) == {"ETH": -1, "CBETH": Decimal("0.94")}


def test_a_lesson_is_rewarded():
    lesson = row("T1", "send", "3", "GRT", **{"from": {"resource": "user", "name": "Coinbase Earn"}})
    [draft] = drafts_of(coinbase, [lesson])
    assert (draft.kind, draft.category) == (Kind.REWARD, "learning")


@pytest.mark.parametrize("status", ["pending", "failed", "canceled", "expired", "waiting_for_clearing"])
def test_what_is_not_completed_moves_nothing(status):
    [reading] = readings_of(coinbase, row("T1", "send", "-1", "BTC", status=status))
    assert reading.skip
    assert not reading.legs


def test_a_type_that_nobody_knows_moves_all_the_same_and_says_its_name():
    told = row("T1", "moon_settlement", "-2", "BTC", details={"title": "To the moon"})
    [draft] = drafts_of(coinbase, [told])
    assert (draft.kind, draft.note) == (Kind.WITHDRAWAL, "moon_settlement To the moon")
    assert net([draft]) == {"BTC": -2}

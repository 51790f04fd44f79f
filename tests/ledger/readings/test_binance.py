"""Binance: each list says its own kind of thing, and each row is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import binance
from ledger.readings.base import Kind, Row, Worth
from ledger.readings.binance import plain, sides
from ledger.readings.events import Amount
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def row(family, name="1", **raw):
    return Row(family, name, AT, raw)


def trade(**said):
    raw = {
        "symbol": "BTCUSDT",
        "orderId": 7,
        "qty": "0.5",
        "quoteQty": "20000",
        "price": "40000",
        "commission": "0.001",
        "commissionAsset": "BNB",
        "isBuyer": True,
    }
    return row("trades:BTCUSDT", **(raw | said))


def bought(**said):
    raw = {
        "orderNo": "A",
        "sourceAmount": "20.0",
        "fiatCurrency": "EUR",
        "obtainAmount": "4.4",
        "cryptoCurrency": "LUNA",
        "totalFee": "0.2",
        "status": "Completed",
        "paymentMethod": "Credit Card",
    }
    return raw | said


def coin_of_dust(coin, **said):
    return {"fromAsset": coin, "amount": "3", "transferedAmount": "0.01", "serviceChargeAmount": "0.0002"} | said


DUST = row("dust", transId=45, userAssetDribbletDetails=[coin_of_dust("ADA"), coin_of_dust("DOT", amount="1")])
PERSON = {"tradeType": "BUY", "asset": "USDT", "amount": "100", "fiat": "EUR", "totalPrice": "93", "commission": "0.1"}


class TestBooks(ReadsTheBooks):
    exchange, reader = "binance", binance
    more_rows = (
        DUST,
        row("card buys", **bought()),
        row("p2p", **PERSON),
        row("pay", amount="-5", currency="USDT", orderType="PAY"),
        row("flexible rewards", asset="BTC", rewards="0.1", type="REALTIME"),
        row("transfers", asset="BTC", amount="1", type="MAIN_UMFUTURE"),
    )


@pytest.mark.parametrize(
    ("symbol", "both"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("BUSDUSDT", ("BUSD", "USDT")),
        ("ADAEUR", ("ADA", "EUR")),
        ("BTCAEUR", ("BTC", "AEUR")),
        ("WBETHETH", ("WBETH", "ETH")),
        ("1INCHBTC", ("1INCH", "BTC")),
        ("USDTIDRT", ("USDT", "IDRT")),
        ("XRPRLUSD", ("XRP", "RLUSD")),
        ("BTCU", ("BTC", "U")),
        ("UUSDT", ("U", "USDT")),
        ("BNBIDR", ("BNB", "IDR")),
        ("BNBBIDR", ("BNB", "BIDR")),
        ("USDT", None),
        ("", None),
    ],
)
def test_a_market_has_two_sides(symbol, both):
    assert sides(symbol) == both


@pytest.mark.parametrize(("symbol", "coin"), [("LDBTC", "BTC"), ("LDO", "LDO"), ("LDLDO", "LDO"), ("BTC", "BTC")])
def test_a_coin_in_earn_is_the_coin(symbol, coin):
    assert plain(symbol) == coin


def test_the_commission_may_be_in_a_third_coin():
    [draft] = drafts_of(binance, [trade()])
    assert net([draft]) == {"BTC": Decimal("0.5"), "USDT": -20000, "BNB": Decimal("-0.001")}
    assert (draft.kind, draft.order, draft.anchor) == (Kind.TRADE, "BTCUSDT:7", "trades:BTCUSDT:1")


def test_a_trade_may_tell_its_total_by_the_price_alone():
    [draft] = drafts_of(binance, [trade(quoteQty=None, isBuyer=False, commission="0")])
    assert (draft.sent, draft.received, draft.fee) == (
        Amount(Decimal("0.5"), "BTC"),
        Amount(Decimal(20000), "USDT"),
        None,
    )


@pytest.mark.parametrize(("symbol", "paid_in", "buys"), [("BTCNEWUSDX", "BTC", True), ("BTCNEWUSDX", "NEWUSDX", False)])
def test_sides_nobody_knew_are_told_by_what_the_commission_was_taken_of(symbol, paid_in, buys):
    said = {"symbol": symbol, "isBuyer": buys, "commission": "0", "commissionAsset": paid_in}

    [draft] = drafts_of(binance, [trade(**said)])

    assert {draft.sent.asset, draft.received.asset} == {"BTC", "NEWUSDX"}
    assert draft.received.asset == paid_in


@pytest.mark.parametrize("said", [{"symbol": "WHOKNOWS"}, {"isBuyer": "yes"}])
def test_a_trade_whose_sides_are_unknown_says_so(said):
    [reading] = readings_of(binance, trade(**said))
    assert reading.skip
    assert not reading.legs


def test_the_fee_of_a_withdrawal_comes_on_top():
    sent = {"coin": "BTC", "amount": "1", "transactionFee": "0.001", "txId": "h", "address": "a", "network": "BTC"}
    [draft] = drafts_of(binance, [row("withdrawals", status=6, **sent)])
    assert (draft.sent, draft.fee) == (Amount(Decimal(1), "BTC"), Amount(Decimal("0.001"), "BTC"))
    assert (draft.hash, draft.address, draft.network) == ("h", "a", "BTC")


@pytest.mark.parametrize(
    ("family", "field", "state"),
    [
        *(("deposits", "status", state) for state in (0, 7, 8)),
        *(("withdrawals", "status", state) for state in (0, 1, 2, 3, 4, 5)),
        ("fiat deposits", "status", "Expired"),
        ("fiat withdrawals", "status", "Processing"),
        ("card buys", "status", "Failed"),
        ("conversions", "orderStatus", "FAIL"),
        ("p2p", "orderStatus", "CANCELLED"),
    ],
)
def test_what_is_not_done_moves_nothing(family, field, state):
    [reading] = readings_of(binance, row(family, coin="BTC", amount="1", **{field: state}))
    assert reading.skip
    assert not reading.legs


@pytest.mark.parametrize(
    ("indicated", "amount", "fee", "change"),
    [("100", "98", "2", "98"), ("100", "100", "2", "98"), ("9", "9", "0", "9")],
)
def test_what_comes_of_a_deposit_of_money(indicated, amount, fee, change):
    told = row("fiat deposits", fiatCurrency="EUR", indicatedAmount=indicated, amount=amount, totalFee=fee)
    assert net(drafts_of(binance, [told])) == {"EUR": Decimal(change)}


def test_a_card_is_no_balance_and_the_price_stays_known():
    [draft] = drafts_of(binance, [row("card buys", **bought())])
    assert (draft.kind, draft.received, draft.sent) == (Kind.TRADE, Amount(Decimal("4.4"), "LUNA"), None)
    assert (draft.worth, draft.note) == (Worth(Decimal("20.0"), "EUR"), "Credit Card")


@pytest.mark.parametrize(("family", "coins", "money"), [("card buys", "4.4", "-20.0"), ("card sells", "-4.4", "20.0")])
def test_from_the_balance_money_moves_too(family, coins, money):
    [draft] = drafts_of(binance, [row(family, **bought(paymentMethod="Cash Balance"))])
    assert net([draft]) == {"LUNA": Decimal(coins), "EUR": Decimal(money)}
    assert draft.fee == Amount(Decimal("0.2"), "EUR")


@pytest.mark.parametrize(
    ("given", "got", "price"),
    [
        ("20.0", "4.4", "4.5"),
        ("4.4", "20.0", "4.5"),
        ("4.4", "20.0", "4.545454"),
        ("20.0", "4.4", "0"),
        ("20.0", "4.4", ""),
    ],
)
def test_of_a_sale_by_card_the_price_tells_which_is_the_money(given, got, price):
    sold = bought(paymentMethod="Cash Balance", sourceAmount=given, obtainAmount=got, price=price)
    [draft] = drafts_of(binance, [row("card sells", **sold)])
    assert net([draft]) == {"LUNA": Decimal("-4.4"), "EUR": Decimal("20.0")}
    assert draft.worth == Worth(Decimal("20.0"), "EUR")


def test_a_clean_up_of_dust_is_one_group_of_exchanges():
    ada, dot = drafts_of(binance, [DUST])
    assert ada.group == dot.group == "dust:45"
    assert {ada.kind, dot.kind} == {Kind.TRADE}
    assert net([ada, dot]) == {"ADA": -3, "DOT": -1, "BNB": Decimal("0.02")}


@pytest.mark.parametrize(
    ("words", "kind", "category"),
    [
        ("Locked Staking", Kind.REWARD, "staking"),
        ("Flexible", Kind.REWARD, "interest"),
        ("BNB Vault", Kind.REWARD, "interest"),
        ("BHFT distribution", Kind.REWARD, "airdrop"),
        ("Token Swap - Distribution", Kind.ADJUSTMENT, "conversion"),
        ("Card Cashback", Kind.REWARD, "cashback"),
        ("Something new", Kind.REWARD, ""),
    ],
)
def test_what_was_handed_out_says_why(words, kind, category):
    [draft] = drafts_of(binance, [row("distributions", asset="BNB", amount="1", enInfo=words)])
    assert (draft.kind, draft.category, draft.note) == (kind, category, words)


@pytest.mark.parametrize(("direction", "kind", "change"), [(1, Kind.REWARD, 2), (-1, Kind.ADJUSTMENT, -2)])
def test_what_was_handed_out_may_be_taken_back(direction, kind, change):
    told = {"asset": "BHFT", "amount": "2", "enInfo": "BHFT distribution", "direction": direction}

    [draft] = drafts_of(binance, [row("distributions", **told)])

    assert (draft.kind, net([draft])) == (kind, {"BHFT": change})


def test_a_trade_between_people_is_paid_outside():
    [draft] = drafts_of(binance, [row("p2p", **PERSON)])
    assert net([draft]) == {"USDT": Decimal("99.9")}
    assert draft.worth == Worth(Decimal(93), "EUR")


@pytest.mark.parametrize(("amount", "words", "kind"), [("-5", "PAY", Kind.SPEND), ("-5", "C2C", Kind.WITHDRAWAL)])
def test_paying(amount, words, kind):
    [draft] = drafts_of(binance, [row("pay", amount=amount, currency="USDT", orderType=words)])
    assert (draft.kind, net([draft])) == (kind, {"USDT": Decimal(amount)})


@pytest.mark.parametrize("family", ["transfers", "earn subscriptions", "earn redemptions", "a list of next year"])
def test_what_changes_nothing_says_why(family):
    [reading] = readings_of(binance, row(family, asset="BTC", amount="1"))
    assert reading.skip
    assert not reading.legs

"""OKX's rows: two ledgers that are believed, and lists that say the same again."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ledger.readings import okx, okx_bills
from ledger.readings.base import Kind, Leg, Row
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of
from wallets.sandbox.books import Kind as Booked

ROUNDED = Decimal("0.00005")  # half the last digit of the sandbox's prices
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def bill(nature, change, number="1", ccy="BTC", fee="0", **more):
    raw = {"billId": number, "ccy": ccy, "balChg": change, "fee": fee, "type": nature, "ts": "1772366400000"}
    return Row("ledger", number, AT, {**raw, "subType": "", "ordId": "", "tradeId": "", **more})


def funding(nature, change, number="1", ccy="BTC", **more):
    raw = {"billId": number, "ccy": ccy, "balChg": change, "type": nature, "ts": "1772366400000", "notes": ""}
    return Row("funding", number, AT, raw | more)


def fill(**more):
    raw = {"instType": "SPOT", "instId": "BTC-USDT", "tradeId": "9", "ordId": "o", "side": "buy", "fillPx": "50"}
    return Row("trades", "f", AT, {**raw, "fillSz": "2", "fee": "-0.001", "feeCcy": "BTC", **more})


class TestBooks(ReadsTheBooks):
    exchange, reader = "okx", okx
    # Told again by the funding ledger, without an id in common. Prices of fills are rounded: they are looked at below.
    partial = frozenset({"deposits", "withdrawals", "savings", "staking", "eth staking", "sol staking", "trades"})
    in_parts = frozenset({Booked.DEPOSIT})  # some are three at one moment
    more_rows = (bill("8", "-0.1", instType="SWAP"), fill(instType="SWAP", instId="BTC-USDT-SWAP"))

    def test_fills_stand_in_for_the_ledger(self, account):
        fills = [(place, row) for place, row in enumerate(account.rows) if row.family == "trades"]
        for number, found in self.by_event(account, drafts_of(okx, fills)).items():
            event, [draft] = account.books.event(number), found
            off = net([draft])["EUR"] - event.changes["EUR"]
            assert (draft.kind, net([draft])[event.base]) == (Kind.TRADE, event.changes[event.base])
            assert abs(off) <= event.amount * ROUNDED


def test_both_sides_of_a_trade_are_one_and_its_fill_is_the_same():
    ids = {"ordId": "o", "tradeId": "9", "instType": "SPOT", "instId": "BTC-USDT"}
    rows = [bill("2", "1.999", "1", fee="-0.001", **ids), bill("2", "-100", "2", "USDT", **ids), fill()]
    [draft] = drafts_of(okx, rows)
    assert (draft.kind, draft.order, len(draft.rows)) == (Kind.TRADE, "o", 3)
    assert (draft.received.amount, draft.fee.amount, draft.sent.amount) == (2, Decimal("0.001"), 100)
    assert net(drafts_of(okx, [fill()])) == net([draft])


@pytest.mark.parametrize(
    ("row", "kind", "category"),
    [
        (bill("2", "-5", instType="SWAP", ordId="o", tradeId="1"), Kind.LOST, "futures"),
        (bill("8", "0.1", subType="174", instType="SWAP"), Kind.INCOME, "futures"),
        (bill("7", "-0.1", subType="9"), Kind.FEE, "interest"),
        (bill("1", "-1", **{"from": "18", "to": "18"}), Kind.TRANSFER, "internal"),
        (bill("12", "1", subType="372"), Kind.REWARD, "airdrop"),
        (bill("1", "1", subType="381"), Kind.REWARD, "interest"),
        (bill("777", "1"), Kind.DEPOSIT, ""),
        (bill("777", "-1"), Kind.WITHDRAWAL, ""),
        (funding("13", "1"), Kind.ADJUSTMENT, "reversal"),
        (funding("83", "1"), Kind.REWARD, "staking"),
        (funding("84", "-1"), Kind.FEE, ""),
        (funding("20", "-1"), Kind.TRANSFER, "internal"),
        (funding("174", "-1"), Kind.SPEND, ""),
        (funding("89", "1"), Kind.REWARD, "interest"),
        (funding("251", "1"), Kind.INCOME, "structured"),
        (funding("299", "1"), Kind.REWARD, "referral"),
        (funding("300", "1"), Kind.REWARD, "rebate"),
        (funding("308", "1"), Kind.REWARD, "interest"),
        (funding("314", "1"), Kind.GIFT, ""),
        (funding("343", "1"), Kind.REWARD, "interest"),
        (funding("350", "1"), Kind.REWARD, "staking"),
        (funding("351", "1"), Kind.ADJUSTMENT, "loan"),
        (funding("354", "1"), Kind.REWARD, "bonus"),
        (funding("777", "-1"), Kind.WITHDRAWAL, ""),
    ],
)
def test_types_have_their_meaning_and_an_unknown_one_moves_its_amount(row, kind, category):
    [draft] = drafts_of(okx, [row])
    assert (draft.kind, draft.category) == (kind, category)
    assert net([draft]) == {"BTC": Decimal(row.raw["balChg"])}
    assert ("777" in draft.note) == (row.raw["type"] == "777")


def test_small_balances_that_became_another_coin_are_one_clean_up():
    rows = [bill("28", "-1", "1", "ADA"), bill("28", "-2", "2", "DOT"), bill("28", "3", "3", "OKB")]
    found = drafts_of(okx, rows)
    assert ({draft.category for draft in found}, len({draft.group for draft in found})) == ({"dust"}, 1)
    assert net(found) == {"ADA": -1, "DOT": -2, "OKB": 3}


def test_both_sides_of_coins_bought_with_money_are_one_trade():
    """Whichever of the two types each of them has."""
    for sides in (("272", "272"), ("272", "273"), ("273", "272")):
        [draft] = drafts_of(okx, [funding(sides[0], "1"), funding(sides[1], "-100", "2", "EUR")])
        assert (draft.kind, draft.category, net([draft])) == (Kind.TRADE, "conversion", {"BTC": 1, "EUR": -100})


@pytest.mark.parametrize("types", [("304", "306"), ("339", "340"), ("339", "342"), ("348", "349"), ("372", "373")])
def test_what_is_put_away_and_comes_back_is_neither_spent_nor_gained(types):
    assert drafts_of(okx, [funding(types[0], "-1"), funding(types[1], "1", "2")]) == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (bill("1", "1", **{"from": "6", "to": "18"}), "stays the same"),
        (bill("27", "1"), "list of conversions"),
        (funding("75", "-1"), "stays the same"),
        (funding("136", "-1"), "list of conversions"),
        (fill(instType="FUTURES"), "contracts"),
        (fill(instId="BTC"), "two sides"),
        (Row("conversions", "c", AT, {"state": "rejected"}), "Called off"),
        (Row("conversions", "c", AT, {"state": "processing"}), "On its way"),
        (Row("eth staking", "s", AT, {"amt": "1"}), "ledger tells"),
    ],
)
def test_what_counts_for_nothing_says_why(row, words):
    [reading] = readings_of(okx, row)
    assert words in reading.skip


def test_a_movement_keeps_where_it_went():
    raw = {"ccy": "BTC", "chain": "BTC-Bitcoin", "amt": "1", "to": "bc1", "txId": "ab", "state": "2"}
    [reading] = readings_of(okx, Row("withdrawals", "w", AT, raw))
    assert (reading.hash, reading.address, reading.network) == ("ab", "bc1", "Bitcoin")
    assert reading.about == Leg("BTC", Decimal(-1))
    [arrived] = readings_of(okx, Row("deposits", "d", AT, raw))
    assert arrived.about == Leg("BTC", Decimal(1))
    [broken] = readings_of(okx, Row("deposits", "d", AT, {**raw, "amt": "a lot"}))
    assert (broken.hash, broken.about) == ("ab", None)


def test_no_type_both_counts_and_is_left_out():
    assert not okx_bills.FUNDING.keys() & okx_bills.FUNDING_LEFT_OUT.keys()
    assert not okx_bills.TRADING.keys() & okx_bills.TRADING_LEFT_OUT.keys()

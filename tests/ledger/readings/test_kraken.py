"""Kraken: what its ledger says, and that its list of trades says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ledger.readings import kraken
from ledger.readings.base import Kind, Row
from ledger.readings.events import Amount
from ledger.readings.kraken import ledger_reading, plain, sides
from tests.ledger.readings.books import ReadsTheBooks, drafts_of, net, readings_of

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)


def line(name, type_name, asset, amount, *, refid="", fee="0", subtype="", at=AT):
    raw = {
        "refid": refid or f"R{name}",
        "time": "1709294400.1234",
        "type": type_name,
        "subtype": subtype,
        "aclass": "currency",
        "asset": asset,
        "amount": amount,
        "fee": fee,
        "balance": "0",
    }
    return Row("ledger", name, at, raw)


def trade(name="T1", **said):
    raw = {
        "ordertxid": "O1",
        "pair": "XXBTZEUR",
        "type": "buy",
        "cost": "100",
        "fee": "0.26",
        "vol": "0.002",
        "margin": "0.000",
        "misc": "",
    }
    return Row("trades", name, AT, raw | said)


class TestBooks(ReadsTheBooks):
    exchange, reader = "kraken", kraken
    more_rows = (trade(posstatus="closed"), line("L1", "earn", "DOT28.S", "1", subtype="reward"))

    @staticmethod
    def plain(asset):
        return {"XXBT": "BTC", "XETH": "ETH", "ZEUR": "EUR"}.get(asset, asset)


@pytest.mark.parametrize(
    ("symbol", "coin"),
    [
        ("XXBT", "XXBT"),
        ("XBT.M", "XXBT"),
        ("BTC", "XXBT"),
        ("DOT.S", "DOT"),
        ("DOT28.S", "DOT"),
        ("SOL03.S", "SOL"),
        ("ETH2.S", "XETH"),
        ("ETH2", "XETH"),
        ("ETH.F", "XETH"),
        ("EUR.HOLD", "ZEUR"),
        ("USD.M", "ZUSD"),
        ("DOT.P", "DOT"),
        ("KAVA.B", "KAVA"),
        ("C98", "C98"),
        ("X14.F", "X14"),
        ("AAPLx.T", "AAPLx.T"),
        ("KFEE", "KFEE"),
        ("1INCH.S", "1INCH"),
    ],
)
def test_a_place_inside_kraken_is_not_another_coin(symbol, coin):
    assert plain(symbol) == coin


@pytest.mark.parametrize(
    ("pair", "both"),
    [
        ("XXBTZEUR", ("XXBT", "ZEUR")),
        ("XETHXXBT", ("XETH", "XXBT")),
        ("USDTZUSD", ("USDT", "ZUSD")),
        ("ZEURZUSD", ("ZEUR", "ZUSD")),
        ("XTZEUR", ("XTZ", "ZEUR")),
        ("ICXXBT", ("ICX", "XXBT")),
        ("SNXETH", ("SNX", "XETH")),
        ("SOLUSDT", ("SOL", "USDT")),
        ("BTC/USD", ("XXBT", "ZUSD")),
        ("EUR", None),
        ("WHAT", None),
        ("", None),
    ],
)
def test_a_market_has_two_sides(pair, both):
    assert sides(pair) == both


def test_a_withdrawal_that_failed_leaves_nothing():
    rows = [
        line("L1", "withdrawal", "XXBT", "-1", refid="A", fee="0.0005"),
        line("L2", "withdrawal", "XXBT", "1", refid="A", fee="-0.0005", at=AT + timedelta(hours=3)),
    ]
    assert drafts_of(kraken, rows) == []


def test_a_deposit_that_is_taken_back_much_later_goes_again():
    [draft] = drafts_of(kraken, [line("L1", "deposit", "ZEUR", "-50")])
    assert (draft.kind, draft.category, draft.sent) == (Kind.WITHDRAWAL, "reversal", Amount(Decimal(50), "ZEUR"))


@pytest.mark.parametrize(("out", "back"), [("spottostaking", "stakingfromspot"), ("stakingtospot", "spotfromstaking")])
def test_staking_moves_nothing(out, back):
    rows = [
        line("L1", "transfer", "DOT", "-10", subtype=out),
        line("L2", "transfer", "DOT.S", "10", subtype=back),
    ]
    assert drafts_of(kraken, rows) == []
    assert all(reading.skip for reading in readings_of(kraken, *rows))


@pytest.mark.parametrize("subtype", ["allocation", "deallocation", "autoallocation", "migration"])
def test_allocating_moves_nothing_either(subtype):
    rows = [
        line("L1", "earn", "XETH", "-1", refid="A", subtype=subtype),
        line("L2", "earn", "ETH.F", "1", refid="A", subtype=subtype),
    ]
    assert drafts_of(kraken, rows) == []


def test_a_migration_to_another_coin_is_an_exchange():
    rows = [
        line("L1", "earn", "MATIC.S", "-7", refid="A", subtype="migration"),
        line("L2", "earn", "POL.B", "7", refid="A", subtype="migration"),
    ]
    [draft] = drafts_of(kraken, rows)
    assert draft.kind == Kind.TRADE
    assert net([draft]) == {"MATIC": -7, "POL": 7}


def test_buying_at_the_touch_of_a_button_is_one_trade():
    rows = [
        line("L1", "spend", "ZEUR", "-100", refid="A", fee="1.49"),
        line("L2", "receive", "XXBT", "0.002", refid="A"),
    ]
    [draft] = drafts_of(kraken, rows)
    assert (draft.kind, draft.fee) == (Kind.TRADE, Amount(Decimal("1.49"), "ZEUR"))
    assert net([draft]) == {"ZEUR": Decimal("-101.49"), "XXBT": Decimal("0.002")}


def test_legs_of_a_settlement_that_cancel_out_leave_the_trade():
    rows = [
        line("L1", "trade", "AAPLx.T", "2", refid="A"),
        line("L2", "trade", "ZUSD", "-400", refid="A"),
        line("L3", "trade", "ZUSD", "400", refid="A"),
        line("L4", "trade", "ZEUR", "-370", refid="A"),
    ]
    [draft] = drafts_of(kraken, rows)
    assert net([draft]) == {"AAPLx.T": 2, "ZEUR": -370}


@pytest.mark.parametrize(
    ("type_name", "subtype", "amount", "kind", "category"),
    [
        ("staking", "", "1", Kind.REWARD, "staking"),
        ("earn", "reward", "1", Kind.REWARD, "staking"),
        ("earn", "airdrop", "1", Kind.REWARD, "airdrop"),
        ("earn", "", "1", Kind.REWARD, "staking"),
        ("earn", "something new", "1", Kind.TRANSFER, "internal"),
        ("transfer", "something new", "1", Kind.DEPOSIT, ""),
        ("trade", "tradespot", "1", Kind.TRADE, ""),
        ("invite bonus", "", "1", Kind.REWARD, "referral"),
        ("dividend", "", "1", Kind.INCOME, "dividend"),
        ("transfer", "", "1", Kind.REWARD, "airdrop"),
        ("transfer", "", "-1", Kind.ADJUSTMENT, "airdrop"),
        ("transfer", "airdrop", "1", Kind.REWARD, "airdrop"),
        ("transfer", "delistingconversion", "1", Kind.TRADE, "conversion"),
        ("transfer", "delistingconversion", "-1", Kind.TRADE, "conversion"),
        ("transfer", "spotfromfutures", "1", Kind.DEPOSIT, ""),
        ("margin", "", "1", Kind.INCOME, "margin"),
        ("margin", "", "-1", Kind.LOST, "margin"),
        ("adjustment", "", "-1", Kind.ADJUSTMENT, ""),
        ("nfttrade", "", "-1", Kind.TRADE, "nft"),
    ],
)
def test_types_of_lines(type_name, subtype, amount, kind, category):
    [draft] = drafts_of(kraken, [line("L1", type_name, "DOT", amount, subtype=subtype)])
    assert (draft.kind, draft.category) == (kind, category)
    assert net([draft]) == {"DOT": Decimal(amount)}
    assert draft.note == (f"{type_name} {subtype}" if subtype == "something new" else "")


def test_a_type_that_nobody_knows_moves_all_the_same_and_says_its_name():
    [came, went] = drafts_of(
        kraken, [line("L1", "moonshot", "DOT", "1", subtype="prize"), line("L2", "moonshot", "DOT", "-1")]
    )
    assert (came.kind, came.note) == (Kind.DEPOSIT, "moonshot prize")
    assert (went.kind, went.note) == (Kind.WITHDRAWAL, "moonshot")


def test_keeping_a_position_open_costs_a_fee_each_time():
    rows = [
        line(f"L{place}", "rollover", "ZUSD", "0", refid="T1", fee="0.02", at=AT + timedelta(hours=4 * place))
        for place in range(3)
    ]
    found = drafts_of(kraken, rows)
    assert [draft.kind for draft in found] == [Kind.FEE] * 3
    assert net(found) == {"ZUSD": Decimal("-0.06")}


def test_a_trade_on_margin_changes_what_the_ledger_says_and_not_its_volume():
    rows = [trade(margin="20"), line("L1", "margin", "ZEUR", "0", refid="T1", fee="0.26")]
    [draft] = drafts_of(kraken, rows)
    assert (draft.kind, draft.order, net([draft])) == (Kind.FEE, "O1", {"ZEUR": Decimal("-0.26")})
    assert drafts_of(kraken, [trade(misc="closing")]) == []


def test_the_ledger_is_believed_and_the_trade_says_which_order_it_was():
    """A fee that the list of trades tells in euros may have been taken in bitcoin."""
    rows = [
        trade(),
        line("L1", "trade", "XXBT", "0.002", refid="T1", fee="0.0000052"),
        line("L2", "trade", "ZEUR", "-100", refid="T1"),
    ]
    [draft] = drafts_of(kraken, rows)
    assert (draft.order, draft.fee) == ("O1", Amount(Decimal("0.0000052"), "XXBT"))
    assert set(draft.identities) == {"ledger:L1", "ledger:L2", "trades:T1"}


def test_a_line_of_a_file_without_an_id_was_not_settled():
    reading = ledger_reading("", AT, line("", "deposit", "ZEUR", "50").raw)
    assert reading.skip
    assert not reading.legs


def test_a_line_of_a_file_has_the_name_and_the_event_of_the_apis():
    """Newer files leave the first letter out of a coin's code, and have columns that the API does not."""
    told = line("LABC-1", "trade", "XXBT", "0.002", refid="T1")
    written = told.raw | {"txid": "LABC-1", "asset": "BTC", "wallet": "spot / main", "amountusd": "80"}
    assert [ledger_reading("LABC-1", AT, written)] == readings_of(kraken, told)


def test_a_market_that_cannot_be_told_apart_says_so():
    [reading] = readings_of(kraken, trade(pair="NOBODYKNOWS"))
    assert reading.skip
    assert reading.order == "O1"


def test_a_token_of_a_share_is_sold_for_what_came_and_not_for_what_went_through():
    """R: four lines of one refid, of which two are dollars that come and go."""
    rows = [
        line("L1", "spend", "SPCXx", "-2", refid="T1"),
        line("L2", "receive", "ZEUR", "180", refid="T1"),
        line("L3", "spend", "ZUSD", "-200", refid="T1"),
        line("L4", "receive", "ZUSD", "200", refid="T1"),
    ]
    [draft] = drafts_of(kraken, rows)
    assert (draft.kind, net([draft])) == (Kind.TRADE, {"SPCXx": -2, "ZEUR": 180})

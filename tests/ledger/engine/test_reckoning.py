"""What the specification's examples leave out: broken links, several sides, states that do not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ledger.engine import shown
from ledger.engine.booking import book
from ledger.engine.checkpoints import newest_before, opened
from ledger.engine.reckoning import movements, reckon
from ledger.engine.types import Amount, Country, Event, Kind, Method, Problem, Regime, Scope, Settings
from tests.ledger.engine.stories import read, told

PER_WALLET = Settings((Regime(2009, Country.US, Method.FIFO, Scope.PER_WALLET),))


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2023, 1, day, hour, tzinfo=UTC)


def bought(wallet: str, amount: int, cost: int, day: int) -> Event:
    return Event(f"buy{day}", at(day), Kind.TRADE, wallet, Amount(Decimal(cost), "USD"), Amount(Decimal(amount), "BTC"))


def side(name: str, wallet: str, day: int, *, sent: Amount | None = None, received: Amount | None = None) -> Event:
    return Event(name, at(day), Kind.TRANSFER, wallet, sent, received, link="t")


def btc(amount: str) -> Amount:
    return Amount(Decimal(amount), "BTC")


def test_one_departure_arrives_in_two_wallets_oldest_lots_first():
    events = [
        bought("kraken", 1, 100, 1),
        bought("kraken", 1, 300, 2),
        side("out", "kraken", 3, sent=btc("2")),
        side("first", "cold", 4, received=btc("1.5")),
        side("second", "hot", 5, received=btc("0.5")),
    ]

    lots = {(lot.wallet, lot.id): lot.cost for lot in shown.lots(reckon(events, PER_WALLET))}

    assert lots == {("cold", "buy1"): 100, ("cold", "buy2"): 150, ("hot", "buy2"): 150}


def test_two_departures_arrive_as_one_and_the_later_one_paid_the_fee():
    events = [
        bought("kraken", 1, 100, 1),
        bought("coinbase", 1, 300, 2),
        side("a", "kraken", 3, sent=btc("1")),
        side("b", "coinbase", 4, sent=btc("1")),
        side("in", "cold", 5, received=btc("1.9")),
    ]

    reckoning = reckon(events, PER_WALLET)

    assert [(match.disposal, match.amount, match.cost) for match in shown.matches(reckoning)] == [
        ("b", Decimal("0.1"), 30)
    ]
    assert sum(lot.amount for lot in shown.lots(reckoning)) == Decimal("1.9")


def test_a_link_of_two_assets_is_taken_for_what_each_side_is_and_said():
    events = [
        bought("kraken", 1, 100, 1),
        side("out", "kraken", 2, sent=btc("1")),
        side("in", "cold", 3, received=Amount(Decimal(1), "WBTC")),
    ]

    problems = {(each.problem, each.event) for each in shown.findings(reckon(events, PER_WALLET))}

    assert problems == {(Problem.LINK_OF_TWO_ASSETS, "out"), (Problem.LINK_OF_TWO_ASSETS, "in")}


def test_a_transfer_of_which_one_side_is_missing_went_nobody_knows_where():
    events = [bought("kraken", 1, 100, 1), side("out", "kraken", 2, sent=btc("1"))]

    assert [each.problem for each in shown.findings(reckon(events, PER_WALLET))] == [Problem.UNKNOWN_TARGET]


def test_what_is_still_on_its_way_is_held_in_no_wallet():
    events = [
        bought("kraken", 1, 100, 1),
        side("out", "kraken", 2, sent=btc("1")),
        side("in", "cold", 9, received=btc("1")),
    ]
    moved = movements(events, PER_WALLET)["BTC"]

    booked = book("BTC", moved[:-1], PER_WALLET)

    assert booked.lots == []
    assert [(link, lot.cost) for link, lot in booked.on_the_way] == [("t", 100 * 10**8)]


def test_sold_before_it_arrived_is_said_where_all_wallets_count_together_too():
    outcome = told("""
        US fifo universal
        2023-01-01 kraken: buy 1 BTC for 10000
        2023-06-01 kraken: move 1 BTC to cold on 2023-06-03
        2023-06-02 cold: sell 0.4 BTC for 12000
    """)

    assert "finding: in_transit, 0.4 BTC" in outcome
    assert "negative_balance" not in outcome


def test_a_fee_given_back_lowers_the_cost():
    outcome = told("""
        US fifo universal
        2023-01-01 buy 1 ETH for 1000 fee -2
        2023-01-02 sell 1 ETH for 1000 fee -1
    """)

    assert outcome == "2023-01-02 1 ETH of 2023-01-01: 1,001 - 998 = 3 short fifo"


def test_what_is_finer_than_its_asset_is_refused_and_not_rounded():
    event = bought("kraken", 1, 100, 1)._replace(received=btc("0.0000000000000000001"))

    with pytest.raises(ValueError, match="18 decimals"):
        reckon([event], PER_WALLET)

    assert reckon([event], PER_WALLET._replace(scales={"BTC": 19})).booked["BTC"].balances == {"kraken": 1}


def test_a_checkpoint_is_used_when_nothing_before_it_has_changed():
    chosen, events = read("""
        GB uk_pool universal
        2023-01-01 buy 2 ETH for 2000
        2023-06-01 sell 1 ETH for 1500
    """)
    moments = [date(2023, 3, 1), date(2023, 5, 1)]
    kept = reckon(events, chosen, moments=moments).booked["ETH"].checkpoints

    assert newest_before(kept, datetime(2023, 5, 20, tzinfo=UTC), chosen) == kept[0]
    assert newest_before(kept, datetime(2023, 6, 1, tzinfo=UTC), chosen) == kept[1]
    assert newest_before(kept, datetime(2023, 3, 15, tzinfo=UTC), chosen) is None


def test_a_checkpoint_takes_up_more_decimals_and_refuses_fewer():
    events = [bought("kraken", 1, 100, 1)]
    (kept,) = reckon(events, PER_WALLET, moments=[date(2023, 2, 1)]).booked["BTC"].checkpoints

    finer = opened(kept, PER_WALLET._replace(scales={"BTC": 20}))

    assert finer.balances == {"kraken": 10**20}
    assert [lot.amount for lot in finer.pools["kraken"].lots()] == [10**20]
    with pytest.raises(ValueError, match="only grow"):
        opened(kept, PER_WALLET._replace(scales={"BTC": 8}))

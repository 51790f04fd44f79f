"""Where a file has the exchange's own ids, it names and reads the same things as the API's reader."""

from __future__ import annotations

from datetime import UTC, datetime

from ledger.readings import bitfinex, bitstamp, coinbase, gemini, kraken, okx, uphold
from ledger.readings.base import Row
from ledger.readings.events import Told, drafts
from tests.ledger.imports.files import readings, text

AT = datetime(2024, 1, 2, 10, tzinfo=UTC)


def told(module, family, external_id, raw):
    return list(module.read(Row(family, external_id, AT, raw)))


def test_kraken():
    line = {"refid": "R1", "type": "trade", "subtype": "", "asset": "XXBT", "amount": "0.1", "fee": "0.0001"}
    source = text(
        "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance",
        "L1,R1,2024-01-02 10:00:00,trade,,currency,XXBT,0.1000000000,0.0001000000,5",
    )
    assert readings(source) == told(kraken, "ledger", "L1", line)


def test_kraken_trades():
    fill = {"ordertxid": "O1", "pair": "XXBTZEUR", "type": "buy", "cost": "10", "fee": "0.1", "vol": "1", "margin": "0"}
    source = text(
        "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers",
        "T1,O1,XXBTZEUR,2024-01-02 10:00:00,buy,limit,10,10,0.1,1,0,,",
    )
    assert readings(source) == told(kraken, "trades", "T1", fill)


def test_bitstamp():
    raw = {"type": "2", "btc": "0.01", "eur": "-400", "btc_eur": "40000", "fee": "1.6", "order_id": "77"}
    source = text(
        "ID,Account,Type,Subtype,Datetime,Amount,Amount currency,Value,Value currency,Rate,Rate currency,Fee,"
        "Fee currency,Order ID",
        "9,Main,Market,Buy,2024-01-02T10:00:00Z,0.01,BTC,400,EUR,40000,EUR,1.6,EUR,77",
    )
    [mine], [theirs] = readings(source), told(bitstamp, "transactions", "9", raw)
    assert (mine.identity, mine.event, mine.order, set(mine.legs)) == (
        theirs.identity, theirs.event, theirs.order, set(theirs.legs),
    )  # fmt: skip


def test_uphold():
    raw = {
        "type": "withdrawal",
        "status": "completed",
        "origin": {"CardId": "c", "currency": "BTC", "amount": "0.0011", "base": "0.001"},
        "destination": {"currency": "BTC", "amount": "0.001", "base": "0.001"},
    }
    source = text(
        "Date,Destination,Destination Amount,Destination Currency,Fee Amount,Fee Currency,Id,Origin,Origin Amount,"
        "Origin Currency,Status,Type",
        "Tue Jan 02 2024 10:00:00 GMT+0000,bitcoin,0.001,BTC,0.0001,BTC,u3,uphold,0.0011,BTC,completed,out",
    )
    [mine], [theirs] = readings(source), told(uphold, "transactions", "u3", raw)
    assert (mine.identity, mine.kind, mine.legs) == (theirs.identity, theirs.kind, theirs.legs)


def test_coinbase():
    raw = {"type": "send", "status": "completed", "amount": {"amount": "0.5", "currency": "BTC"}}
    source = text(
        "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Subtotal,Notes",
        "c1,2024-01-02 10:00:00 UTC,Receive,BTC,0.5,,",
    )
    [mine], [theirs] = readings(source), told(coinbase, "transactions", "c1", raw)
    assert (mine.identity, mine.event, mine.kind, mine.legs) == (
        theirs.identity,
        theirs.event,
        theirs.kind,
        theirs.legs,
    )


def test_what_coinbase_bought_counts_once_with_the_apis_two_rows():
    def bought(number, amount, currency):
        buy = {"id": "b1", "total": {"amount": "70", "currency": "EUR"}}
        raw = {"type": "buy", "status": "completed", "amount": {"amount": amount, "currency": currency}, "buy": buy}
        return told(coinbase, "transactions", number, raw)

    source = text(
        "ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,"
        "Total (inclusive of fees and/or spread),Fees and/or Spread,Notes",
        "c1,2024-01-02 10:00:00 UTC,Buy,BTC,0.001,EUR,€67000,€67.00,€70.00,€3.00,Bought",
    )
    api = [*bought("c1", "0.001", "BTC"), *bought("c2", "-70", "EUR")]
    whole = [Told(each, place) for place, each in enumerate(api)]
    [draft] = drafts([*whole, Told(readings(source)[0], 9, trust=1)])
    assert (draft.sent.amount, draft.received.amount, draft.fee) == (70, draft.received.amount, None)
    assert draft.rows == (0, 1, 9)


def test_gemini():
    source = text(
        "Date,Time (UTC),Type,Symbol,Specification,USD Amount USD,Fee (USD) USD,USD Balance USD,BTC Amount BTC,"
        "Fee (BTC) BTC,BTC Balance BTC,Trade ID,Order ID",
        "2024-01-02,10:00:00.000,Buy,BTCUSD,Limit,($50.00),($0.10),$49.90 ,0.001 BTC ,,0.001 BTC ,77,88",
    )
    assert readings(source)[0].identity == gemini.trade_name("BTCUSD", "77")


def test_okx_funding():
    raw = {"type": "1", "ccy": "BTC", "balChg": "1", "ts": "1"}
    source = text(
        "id,Time,Type,Amount,Before Balance,After Balance,Fee,Symbol", "5,2024-01-02 10:00:00,Deposit,1,0,1,0,BTC"
    )
    [mine], [theirs] = readings(source, zone="UTC"), told(okx, "funding", "5", raw)
    assert (mine.identity, mine.kind, mine.legs) == (theirs.identity, theirs.kind, theirs.legs)


def test_bitfinexs_ledger_without_ids_is_never_added_to_the_apis_lines_of_the_same_fill():
    words = "Exchange 0.01 BTC for USD @ 5000.0 on wallet exchange"
    source = text("DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET", f"{words},BTC,0.01,1,2019-04-13 10:00:00,exchange")
    raw = {"description": words, "currency": "BTC", "amount": "0.01"}
    [mine] = readings(source, zone="UTC")
    [theirs] = bitfinex.read(Row("ledger", "7", datetime(2019, 4, 13, 10, tzinfo=UTC), raw))
    assert theirs.legs == mine.legs
    assert theirs.event != mine.event
    with_ids = text("#,DESCRIPTION,CURRENCY,AMOUNT,BALANCE,DATE,WALLET", f"7,{words},BTC,0.01,1,2019-04-13 10:00:00,e")
    assert [(each.identity, each.event) for each in readings(with_ids, zone="UTC")] == [(theirs.identity, theirs.event)]


def test_okx_marks_each_line_of_its_files_and_says_their_zone_in_front():
    raw = {"type": "1", "ccy": "BTC", "balChg": "1", "ts": "1"}
    marked = "\ufeff"
    source = text(
        f"{marked}UID:1,{marked}Account Type:Main,{marked}Time Zone:UTC+3",
        f"{marked}id,Time,Type,Amount,Before Balance,After Balance,Symbol",
        ",".join(f"{marked}{cell}" for cell in ("5", "2024-01-02 13:00:00", "Deposit", "1", "0", "1", "BTC")),
    )
    [mine], [theirs] = readings(source), told(okx, "funding", "5", raw)
    assert (mine.identity, mine.at, mine.legs) == (theirs.identity, AT, theirs.legs)
    [said] = readings(source, zone="UTC")
    assert said.at.hour == 13, "what the owner says goes before it"

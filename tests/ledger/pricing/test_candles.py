"""Replies in the shapes that exchanges.md and ccxt's source give; the numbers are made up."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from ledger.pricing.candles import DAY, HOUR, READERS, Candle, NoCandlesError, parsed

AT = 1_700_000_000 // HOUR * HOUR
LATER = AT + 10 * HOUR
NUMBERS = ("100.10", "110.500", "99.9", "105.25", "12.00000001")
EXPECTED = Candle(AT, *map(Decimal, NUMBERS))


def row(at: int) -> list[str]:
    first, high, low, close, volume = NUMBERS
    return [str(at), first, high, low, close, volume]


def kraken(*times: int) -> str:
    rows = [[at, *NUMBERS[:4], "104.00", NUMBERS[4], 7] for at in times]
    return json.dumps({"error": [], "result": {"XXBTZUSD": rows, "last": 1}})


def binance(*times: int) -> str:
    return json.dumps([[at * 1000, *NUMBERS, at * 1000 + 3_599_999, "1", 5, "1", "1", "0"] for at in times])


def coinbase(*times: int) -> str:
    names = ("start", "open", "high", "low", "close", "volume")
    return json.dumps({"candles": [dict(zip(names, row(at), strict=True)) for at in reversed(times)]})


def coinbaseexchange(*times: int) -> str:
    """Bare numbers, the newest first: low before high, open after both."""
    first, high, low, close, volume = NUMBERS
    return "[" + ", ".join(f"[{at}, {low}, {high}, {first}, {close}, {volume}]" for at in reversed(times)) + "]"


def bitstamp(*times: int) -> str:
    names = ("timestamp", "open", "high", "low", "close", "volume")
    rows = [dict(zip(names, row(at), strict=True)) for at in times]
    return json.dumps({"data": {"pair": "BTC/USD", "ohlc": rows}})


REPLIES = {
    "kraken": kraken,
    "binance": binance,
    "binanceus": binance,
    "coinbase": coinbase,
    "coinbaseexchange": coinbaseexchange,
    "bitstamp": bitstamp,
}


def test_every_exchange_is_tried_here() -> None:
    assert REPLIES.keys() == READERS.keys()


@pytest.mark.parametrize("exchange", REPLIES)
def test_numbers_are_exact_to_the_last_digit(exchange: str) -> None:
    [candle] = parsed(exchange, REPLIES[exchange](AT), span=HOUR, now=LATER)

    assert candle == EXPECTED
    assert str(candle.volume) == "12.00000001"


@pytest.mark.parametrize("exchange", REPLIES)
def test_candles_come_in_order_each_once_and_only_when_they_are_over(exchange: str) -> None:
    reply = REPLIES[exchange](AT, AT + HOUR, AT + HOUR, AT + 2 * HOUR)

    found = parsed(exchange, reply, span=HOUR, now=AT + 2 * HOUR + 60)

    assert [candle.at for candle in found] == [AT, AT + HOUR]


def test_a_candle_that_contradicts_itself_or_costs_nothing_is_left_out() -> None:
    rows = [
        [AT, "100", "90", "80", "85", "1", "1", 1],
        [AT + DAY, "0", "0", "0", "0", "0", "0", 0],
        [AT + 2 * DAY, "5", "5", "5", "5", "5", "0", 0],
    ]
    reply = json.dumps({"error": [], "result": {"X": rows}})

    assert [candle.at for candle in parsed("kraken", reply, span=DAY, now=AT + 9 * DAY)] == [AT + 2 * DAY]


@pytest.mark.parametrize(
    ("exchange", "reply", "said"),
    [
        ("kraken", '{"error": ["EQuery:Unknown asset pair"]}', "Unknown asset pair"),
        ("binance", '{"code": -1121, "msg": "Invalid symbol."}', "Invalid symbol"),
        ("coinbase", '{"error": "NOT_FOUND", "message": "no such product"}', "no such product"),
        ("bitstamp", '{"code": 404, "errors": ["not found"]}', "not found"),
    ],
)
def test_what_an_exchange_says_instead_is_passed_on(exchange: str, reply: str, said: str) -> None:
    with pytest.raises(NoCandlesError, match=said):
        parsed(exchange, reply, span=HOUR, now=LATER)


@pytest.mark.parametrize("exchange", REPLIES)
@pytest.mark.parametrize(
    "body", ["<html>", "", "null", "[[1]]", "[[null, 1, 1, 1, 1, 1]]", '{"result": 5}', "7", '["a"]']
)
def test_anything_else_is_no_reply_with_candles(exchange: str, body: str) -> None:
    with pytest.raises(NoCandlesError):
        parsed(exchange, body, span=HOUR, now=LATER)


def test_what_is_no_number_is_no_price() -> None:
    with pytest.raises(NoCandlesError):
        parsed("binance", f'[[{AT}000, "NaN", "1", "1", "1", "1"]]', span=HOUR, now=LATER)


def test_an_empty_list_is_an_empty_list() -> None:
    assert parsed("binance", "[]", span=HOUR, now=LATER) == []

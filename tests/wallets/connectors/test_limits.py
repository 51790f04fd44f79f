"""What an exchange asks for when it sends us away: for how long, and whom of us."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from wallets.connectors import (
    binance,
    bitfinex,
    bitstamp,
    bybit,
    coinbase,
    coinjar,
    gemini,
    kraken,
    kucoin,
    okx,
    public,
    uphold,
)
from wallets.connectors.client import Reply, accepted, blame_by_status
from wallets.records import Cause, ConnectorError, Whose

KEY, ADDRESS, EITHER = Whose.KEY, Whose.ADDRESS, Whose.EITHER
COINJAR = partial(coinjar.blame, refused=Cause.KEY_UNKNOWN)
BLAMES = [
    *(module.blame for module in (binance, bitfinex, bitstamp, bybit, coinbase, gemini, kraken, kucoin, okx, public)),
    COINJAR,
    uphold.blame,
]
PAGE = b"<html><title>Error 1015</title>You are being rate limited"


@pytest.mark.parametrize("status", [418, 429])
@pytest.mark.parametrize("asked", ["259200", "Mon, 23 Nov 2026 12:00:00 GMT"])
def test_a_ban_of_days_is_obeyed_whichever_way_it_is_told(status, asked):
    reply = Reply(status, {"retry-after": asked, "date": "Fri, 20 Nov 2026 12:00:00 GMT"}, b"")

    assert blame_by_status(reply).wait == timedelta(days=3)


@pytest.mark.parametrize("blame", BLAMES)
@pytest.mark.parametrize(
    ("status", "body", "whose"), [(418, b"", ADDRESS), (429, PAGE, ADDRESS), (429, b"", EITHER), (429, b"{}", EITHER)]
)
def test_what_stands_before_an_exchange_sends_the_address_away(pace, blame, status, body, whose):
    reply = Reply(status, {}, body)

    with pytest.raises(ConnectorError) as failure:
        accepted(reply, blame(reply), pace)

    assert failure.value.cause is Cause.RATE_LIMITED
    assert pace.blamed == [whose]


@pytest.mark.parametrize(
    ("blame", "status", "body", "whose"),
    [
        (binance.blame, 418, b'{"code": -1003, "msg": "Way too much request weight used; IP banned."}', ADDRESS),
        (binance.blame, 429, b'{"code": -1003, "msg": "Too much request weight used."}', EITHER),
        (bitfinex.blame, 500, b'["error", 11010, "ratelimit: error"]', ADDRESS),
        (bitfinex.blame, 429, b'{"error": "ERR_RATE_LIMIT"}', ADDRESS),
        (bitstamp.blame, 400, b'{"status": "error", "reason": "Slow down", "code": "400.002"}', KEY),
        (bybit.blame, 200, b'{"retCode": 10006, "retMsg": "Too many visits."}', KEY),
        (bybit.blame, 200, b'{"retCode": 10018, "retMsg": "exceed ip rate limit"}', ADDRESS),
        (bybit.blame, 403, b"<html>403, access too frequent", ADDRESS),
        (coinbase.blame, 429, b'{"errors": [{"id": "rate_limit_exceeded", "message": "Slow down."}]}', KEY),
        (gemini.blame, 429, b'{"result": "error", "reason": "RateLimit"}', KEY),
        (kraken.blame, 200, b'{"error": ["EAPI:Rate limit exceeded"]}', KEY),
        (kraken.blame, 200, b'{"error": ["EGeneral:Temporary lockout"]}', KEY),
        (kraken.blame, 200, b'{"error": ["EGeneral:Too many requests"]}', KEY),
        (kucoin.blame, 429, b'{"code": "429000", "msg": "Too many requests"}', KEY),
        (okx.blame, 429, b'{"code": "50011", "msg": "Too Many Requests"}', KEY),
        (okx.blame, 429, b'{"code": "50061", "msg": "Sub-account rate limit exceeded"}', KEY),
        (public.blame, 200, b'{"error": ["EGeneral:Too many requests"]}', KEY),
    ],
)
def test_an_exchange_that_says_it_itself_sends_away_whom_its_documents_say(pace, blame, status, body, whose):
    reply = Reply(status, {}, body)

    with pytest.raises(ConnectorError) as failure:
        accepted(reply, blame(reply), pace)

    assert failure.value.cause is Cause.RATE_LIMITED
    assert pace.blamed == [whose]

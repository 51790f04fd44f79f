"""Binance.US by its real wire: a probe that can do nothing, rights that are told or not, lists of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import Way, load
from wallets.checklist import Check, Examination, Mark
from wallets.connectors.binance import ACTING_RIGHTS, READING, blame
from wallets.connectors.binanceus import SOURCES, TRADING, Binanceus
from wallets.connectors.client import blame_by_status
from wallets.connectors.walks import milliseconds
from wallets.records import Cause, ConnectorError
from wallets.sandbox import binanceus as played
from wallets.sandbox.books import BLOCK, STEP
from wallets.sandbox.wire import World

EXCHANGE = "binanceus"
ERRORS = known_errors(EXCHANGE)
BLOCKS = 20
BEGAN = timedelta(days=200)
LATER = 4  # blocks, for whose time the clock runs on
TRUE_ROWS = {
    "deposits": played.deposit_rows,
    "withdrawals": lambda event: [played.withdrawal_row(event)] if event.kind == "withdrawal" else [],
    "fiat deposits": played.fiat_rows,
    "instant buys": played.instant_rows,
    "conversions": played.conversion_rows,
    "distributions": played.distribution_rows,
    "staking rewards": played.staking_rows,
}


@pytest.fixture
def tell(street, credentials):
    def change(**key):
        street.tell("binanceus", key={"id": credentials["key"], **key})

    return change


@pytest.fixture
def start():
    return datetime.now(UTC) - BLOCKS * len(BLOCK) * STEP


@pytest.fixture
def binanceus(street, pace, credentials, start):
    street.tell("binanceus", size=BLOCKS * len(BLOCK), start=start.isoformat())
    return Binanceus(credentials, pace=pace, origin=street.origin("binanceus"))


@pytest.fixture
def true_ids(start):
    resident = played.Binanceus(World("holdfast", lambda: datetime.now(UTC)))
    resident.configure({"size": (BLOCKS + LATER) * len(BLOCK), "start": start.isoformat()})

    def ids(name, size=BLOCKS):
        events = [resident.books.event(number) for number in range(size * len(BLOCK))]
        rows = [row for event in events for row in TRUE_ROWS[name](event)]
        found = {SOURCES[name].id_of(row) for row in rows}
        assert len(found) == len(rows) > 0
        return found

    return ids


def failure_of(ask):
    with pytest.raises(ConnectorError) as failure:
        ask()
    return failure.value


def began():
    """A cursor of a walk that began lately, and so goes through several stretches of 90 days."""
    return json.dumps({"since": milliseconds(datetime.now(UTC) - BEGAN), "span": 90 * 24 * 3600 * 1000 - 1})


# --- the key ------------------------------------------------------------------------------------------------------


def test_rights_are_not_claimed_to_be_known(binanceus):
    rights = binanceus.rights()

    assert rights.can_tell is False
    assert rights.read_only is None


def test_a_key_that_may_not_trade_passes_the_probe_without_being_called_read_only(street, binanceus):
    rights = binanceus.probe_rights()

    assert rights.beyond == ()
    assert rights.read_only is None
    assert street.look("binanceus")["tested"] == 1


def test_a_key_that_may_trade_is_found_out_and_nothing_is_done_with_it(street, tell, binanceus):
    tell(trades=True)

    rights = binanceus.probe_rights()

    assert rights.beyond == (TRADING,)
    assert street.look("binanceus")["tested"] == 1
    assert street.look("binanceus")["acted"] == []


@pytest.mark.parametrize(("code", "beyond"), [(-1013, (TRADING,)), (-2010, (TRADING,)), (-2015, ()), (-1002, ())])
def test_an_order_the_market_would_refuse_was_looked_at_and_one_without_the_right_was_not(
    street, binanceus, code, beyond
):
    body = json.dumps({"code": code, "msg": "..."})
    street.fault("binanceus", kind="status", status=400, body=body, path="/api/v3/order/test")

    assert binanceus.probe_rights().beyond == beyond


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "status", "status": 400, "body": '{"code": -1102, "msg": "..."}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 429, "body": '{"code": -1003, "msg": "..."}'}, Cause.RATE_LIMITED),
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
def test_a_probe_that_fails_for_another_reason_says_so(street, binanceus, fault, cause):
    street.fault("binanceus", path="/api/v3/order/test", **fault)

    assert failure_of(binanceus.probe_rights).cause is cause


def test_a_key_that_does_not_work_is_not_called_harmless(street, pace, credentials, binanceus, tell):
    """The refusal of the test order is the same one: what the key can read has to be shown first."""
    unknown = Binanceus(credentials | {"key": "A" * 64}, pace=pace, origin=street.origin("binanceus"))
    tell(ips=["203.0.113.9"])

    for connector in (unknown, binanceus):
        failure = failure_of(connector.probe_rights)
        assert (failure.cause, failure.code) == (Cause.KEY_UNKNOWN, "-2015")
        assert failure.among == {Cause.KEY_UNKNOWN, Cause.IP_REFUSED, Cause.RIGHT_MISSING}
    assert street.look("binanceus")["tested"] == 0


def test_rights_that_are_told_after_all_are_believed(tell, binanceus):
    tell(tells=True)
    assert binanceus.rights().read_only is True

    tell(tells=True, rights={"enableReading": True, "enableWithdrawals": True})
    assert binanceus.rights().beyond == (ACTING_RIGHTS["enableWithdrawals"],)


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "status", "status": 418, "body": '{"code": -1003}'}])
def test_an_exchange_that_is_away_is_not_taken_for_a_silent_one(street, binanceus, fault):
    street.fault("binanceus", **fault)

    assert failure_of(binanceus.rights).cause in {Cause.NETWORK, Cause.RATE_LIMITED}


def test_the_checklist_leaves_the_rights_open_and_reads_everything(binanceus):
    examination = Examination(binanceus, our_addresses=(), now=binanceus.clock)

    lines = list(examination.lines())

    assert examination.passed
    assert [line.check for line in lines if line.mark is not Mark.TICKED] == [Check.RIGHTS]
    assert load()["binanceus"].method(Way.KEY).owner_must_confirm


def test_a_missing_box_is_named_although_three_causes_are(tell, binanceus):
    tell(rights={"enableReading": False})

    failure = failure_of(binanceus.probe_rights)
    assert Cause.RIGHT_MISSING in failure.among


def test_a_list_that_alone_is_refused_asks_for_reading(street, binanceus):
    lumped = '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}'
    street.fault("binanceus", kind="status", status=401, body=lumped, path="/sapi/*")

    failure = failure_of(partial(binanceus.read, binanceus.areas()[2]))

    assert (failure.cause, failure.right) == (Cause.RIGHT_MISSING, READING)


def test_only_binance_us_is_spoken_to(credentials, pace):
    assert Binanceus(credentials, pace=pace).client.session.origins == {"https://api.binance.us:443"}


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "A" * 64}, Cause.KEY_UNKNOWN),
        ({"key": "short"}, Cause.KEY_UNKNOWN),
        ({"secret": "b" * 64}, Cause.SIGNATURE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    binanceus = Binanceus(credentials | change, pace=pace, origin=street.origin("binanceus"))

    assert failure_of(binanceus.balances).cause is cause


def test_a_clock_that_is_wrong_is_said(street, binanceus):
    street.pass_time(60)

    assert failure_of(binanceus.balances).cause is Cause.CLOCK_SKEW


def test_a_spent_minute_is_said_with_its_wait(binanceus, pace):
    for _ in range(120):
        binanceus.streams()

    failure = failure_of(binanceus.streams)

    assert (failure.cause, failure.wait) == (Cause.RATE_LIMITED, timedelta(seconds=30))
    assert pace.told == [timedelta(seconds=30)]


def caused(error):
    reply = reply_of(error)
    return blame(reply) or blame_by_status(reply)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    failure = caused(error)

    assert failure.cause == error["cause"]
    assert bool(failure.among) == error.get("lumped", False)


def test_known_failures_are_counted(capsys):
    right = sum(caused(error).cause == error["cause"] for error in ERRORS)

    with capsys.disabled():
        print(f"\nBinance.US, known failures with the right cause: {right} / {len(ERRORS)}")  # noqa: T201 - a figure
    assert right == len(ERRORS)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "redirect", "location": "http://127.0.0.2:9/"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"success": false, "data": []}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 451, "body": "{}"}, Cause.REGION_BLOCKED),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("name", SOURCES)
def test_broken_answers_are_never_taken_for_an_empty_account(street, binanceus, name, fault, cause):
    street.fault("binanceus", **fault)

    assert failure_of(partial(binanceus.page, Binanceus.stream_of[name], began())).cause is cause


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE_ROWS)
def test_every_row_of_the_books_arrives_and_then_only_what_is_new(street, binanceus, true_ids, name):
    stream = Binanceus.stream_of[name]
    known, cursor = rows_of(binanceus, stream, began())
    seconds = int((LATER * len(BLOCK) * STEP).total_seconds())
    street.pass_time(seconds)
    binanceus.client.ccxt.options["timeDifference"] = -1000 * seconds
    street.tell("binanceus", size=(BLOCKS + LATER) * len(BLOCK))
    fresh, _ = rows_of(binanceus, stream, cursor)

    assert ids_of(known) == true_ids(name)
    assert ids_of(known) | ids_of(fresh) == true_ids(name, BLOCKS + LATER)


def test_dollars_nobody_took_out_are_no_rows(binanceus):
    assert rows_of(binanceus, Binanceus.stream_of["fiat withdrawals"], began())[0] == []


def test_trades_are_read_market_by_market(binanceus):
    streams = [stream for stream in binanceus.streams() if stream.name.startswith("trades:")]
    rows = [row for stream in streams for row in rows_of(binanceus, stream)[0]]

    assert len({(row.family, row.external_id) for row in rows}) == len(rows)
    assert len(rows) == BLOCKS * sum(kind in {"buy", "sell"} for kind in BLOCK)


def test_a_deposit_has_the_id_it_is_given_and_else_one_of_its_own(street, binanceus):
    row = {"coin": "BTC", "amount": "1", "txId": "ab", "address": "bc1", "insertTime": 1700000000000}
    for told in ({}, {"id": "77"}):
        street.fault("binanceus", kind="status", status=200, body=json.dumps([{**row, **told}]), times=1)

    first, second = (binanceus.page(Binanceus.stream_of["deposits"], began()).records[0] for _ in range(2))

    assert len(first.external_id) == 40
    assert second.external_id == "77"


def test_balances_come_without_losing_a_digit(street, binanceus):
    exact = "12345678901.123456789012345678"
    body = f'{{"balances": [{{"asset": "BTC", "free": {exact}, "locked": "0"}}]}}'
    street.fault("binanceus", kind="status", status=200, body=body, path="/api/v3/account", times=1)

    (balance,) = binanceus.balances()

    assert (balance.asset, balance.amount, balance.place) == ("BTC", Decimal(exact), "spot")


def test_everything_that_is_held_is_told(binanceus):
    assert len(binanceus.balances()) == 6


def test_an_empty_account_is_empty_and_not_an_error(street, binanceus):
    street.tell("binanceus", size=0)

    assert [rows_of(binanceus, Binanceus.stream_of[name], began())[0] for name in SOURCES] == [[]] * len(SOURCES)
    assert binanceus.balances() == ()

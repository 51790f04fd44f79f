"""Binance by its real wire: flags of a key, one code for three causes, windows of time, markets by number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.connectors.base import Stream
from wallets.connectors.binance import ACTING_RIGHTS, READING, SOURCES, STREAMS, Binance, blame, read_rights
from wallets.connectors.client import Reply, blame_by_status
from wallets.connectors.walks import milliseconds
from wallets.connectors.windows import Window
from wallets.records import Cause, ConnectorError, IdentityKind, Record
from wallets.sandbox.books import BLOCK, Kind

EXCHANGE = "binance"
BLOCKS = 20
EXPECTED = {
    "withdrawals": Kind.WITHDRAWAL,
    "fiat deposits": Kind.DEPOSIT,
    "conversions": Kind.CONVERT,
    "dust": Kind.CONVERT,
    "distributions": Kind.REWARD,
    "flexible rewards": Kind.REWARD,
}


@pytest.fixture
def binance(street, pace, credentials):
    street.tell("binance", size=BLOCKS * len(BLOCK))
    return Binance(credentials, pace=pace, origin=street.origin("binance"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_reading_key_is_told_to_be_read_only(binance):
    rights = binance.rights()

    assert rights.read_only is True
    assert rights.read == (READING,)
    assert rights.ips == ()  # Binance says whether there is a list, and not what is in it


def test_a_key_that_is_bound_to_addresses_is_not_told_to_be_open_to_all():
    told = {"ipRestrict": True, "enableReading": True}

    assert read_rights(told).ips is None


@pytest.mark.parametrize("flag", [*ACTING_RIGHTS, "enableInvented", "inventedWithoutPrefix"])
def test_every_flag_beyond_reading_is_refused_by_name(street, binance, credentials, flag):
    street.tell("binance", key={"id": credentials["key"], "rights": {"enableReading": True, flag: True}})

    rights = binance.rights()

    assert rights.read_only is False
    assert rights.beyond == (ACTING_RIGHTS.get(flag, flag),)


def test_a_missing_box_is_named_although_binance_names_three_causes(street, binance, credentials):
    street.tell("binance", key={"id": credentials["key"], "rights": {"enableReading": False}})

    assert binance.rights().missing == (READING,)
    for area in binance.areas():
        with pytest.raises(ConnectorError) as failure:
            binance.read(area)
        assert (failure.value.cause, failure.value.right) == (Cause.RIGHT_MISSING, READING)


def test_a_key_that_is_bound_to_another_address_is_not_called_short_of_rights(street, binance, credentials):
    street.tell("binance", key={"id": credentials["key"], "ips": ["203.0.113.9"]})

    with pytest.raises(ConnectorError) as failure:
        binance.read(binance.areas()[0])

    assert Cause.IP_REFUSED in failure.value.among
    assert failure.value.cause is not Cause.RIGHT_MISSING


def test_a_reply_without_flags_is_not_taken_for_a_harmless_key():
    with pytest.raises(ConnectorError) as failure:
        read_rights({})

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


def test_every_area_can_be_read(binance):
    for area in binance.areas():
        binance.read(area)


def test_the_account_is_known_by_its_number(binance):
    (identity,) = binance.identities()

    assert (identity.kind, identity.value) == (IdentityKind.USER, "354937868")


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "short"}, Cause.KEY_UNKNOWN),
        ({"key": "a" * 64}, Cause.KEY_UNKNOWN),
        ({"secret": "wrong"}, Cause.SIGNATURE_WRONG),
        ({"secret": "-----BEGIN PRIVATE KEY-----\\nbroken"}, Cause.SIGNATURE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    binance = Binance(credentials | change, pace=pace, origin=street.origin("binance"))

    with pytest.raises(ConnectorError) as failure:
        binance.rights()

    assert failure.value.cause is cause


@pytest.mark.parametrize(
    ("trouble", "cause"),
    [
        ("banned", Cause.RATE_LIMITED),
        ("region", Cause.REGION_BLOCKED),
        ("maintenance", Cause.MAINTENANCE),
        ("unauthorised", Cause.RIGHT_MISSING),
    ],
)
def test_a_key_in_trouble_says_which(street, binance, credentials, trouble, cause):
    street.tell("binance", key={"id": credentials["key"], "trouble": trouble})

    with pytest.raises(ConnectorError) as failure:
        binance.balances()

    assert failure.value.cause is cause


def test_a_clock_that_is_wrong_is_said(street, binance):
    street.pass_time(60)

    with pytest.raises(ConnectorError) as failure:
        binance.rights()

    assert failure.value.cause is Cause.CLOCK_SKEW


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, binance, stream, fault, cause):
    street.fault("binance", **fault)

    with pytest.raises(ConnectorError) as failure:
        binance.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("error", known_errors("binance"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    failure = blame(reply) or blame_by_status(reply)

    assert failure.cause == error["cause"]
    assert bool(failure.among) == bool(error.get("lumped"))


@pytest.mark.parametrize("status", [400, 408, 503])
@pytest.mark.parametrize("code", [-1001, -1006, -1007, -1008])
def test_trouble_inside_binance_passes_whatever_status_it_comes_with(code, status):
    """Its documents call them internal, timed out, or overloaded, and tell to ask again; not with which status."""
    reply = Reply(status, {}, f'{{"code": {code}, "msg": ""}}'.encode())

    assert (blame(reply) or blame_by_status(reply)).cause is Cause.MAINTENANCE


def test_an_error_that_binance_itself_does_not_know_stops_one_list_and_no_more():
    """People met it at one call for days, while all others were answered."""
    reply = Reply(400, {}, b'{"code": -1000, "msg": "An unknown error occurred while processing the request."}')

    assert blame(reply).cause is Cause.UNEXPECTED_REPLY


# --- rows ---------------------------------------------------------------------------------------------------------


def test_all_trades_of_all_markets_are_read(binance):
    streams = [stream for stream in binance.streams() if stream.name.startswith("trades:")]

    rows = [row for stream in streams for row in rows_of(binance, stream)[0]]

    traded = sum(kind in {Kind.BUY, Kind.SELL} for kind in BLOCK)
    assert len(rows) == len({(row.family, row.external_id) for row in rows}) == BLOCKS * traded


def test_markets_where_trading_has_ended_are_read_as_long_as_they_are_listed(street, binance):
    before = {stream.name: ids_of(rows_of(binance, stream)[0]) for stream in binance.streams()}
    street.tell("binance", closed=["BTCEUR", "ETHEUR"])

    after = {stream.name: ids_of(rows_of(binance, stream)[0]) for stream in binance.streams()}

    assert before["trades:BTCEUR"]
    assert after == before


def test_a_market_that_is_known_no_longer_is_no_failure_and_nothing_is_said_to_be_complete(binance):
    page = binance.page(Stream("trades:GONEEUR", "trades:GONEEUR"), '{"from": 7}')

    assert (page.records, page.more, page.complete_to) == ((), False, None)
    assert page.cursor == '{"from": 7}'


def blocks_of(name, blocks):
    """What is converted in every fourth one is dust; what is handed out in every third of four is of Simple Earn."""
    dust, earned = blocks // 4, (blocks + 1) // 4
    kept = {"conversions": blocks - dust, "dust": dust, "distributions": blocks - earned, "flexible rewards": earned}
    return kept.get(name, blocks)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_list_is_read_whole_and_then_only_what_is_new(street, binance, name):
    known, cursor = rows_of(binance, STREAMS[name])
    street.tell("binance", size=(BLOCKS + 5) * len(BLOCK))

    again, _ = rows_of(binance, STREAMS[name])
    fresh, _ = rows_of(binance, STREAMS[name], cursor)

    assert len(ids_of(known)) == blocks_of(name, BLOCKS) * BLOCK.count(EXPECTED[name])
    assert len(ids_of(again)) == blocks_of(name, BLOCKS + 5) * BLOCK.count(EXPECTED[name])
    assert fresh == []  # the books lie years back, the next walk begins days ago


@pytest.mark.parametrize(
    "name",
    ["deposits", "withdrawals", "fiat deposits", "fiat withdrawals", "card buys", "card sells", "conversions"],
)
def test_rows_that_say_how_far_they_are_are_read_again_for_two_weeks(binance, name):
    """A row that was on its way counts for nothing until it comes again. To go so far back is one question all the
    same.
    """
    _, cursor = rows_of(binance, STREAMS[name])

    begins, source = Window.of(cursor, beginning=SOURCES[name].begins, span=SOURCES[name].span), SOURCES[name]

    assert abs(milliseconds(datetime.now(UTC) - timedelta(days=14)) - begins.since) < 600_000
    assert source.overlap < source.span


def test_a_stretch_with_more_rows_than_an_answer_is_halved():
    start = datetime(2024, 1, 1, tzinfo=UTC)
    reply = Reply(200, {"Date": "Mon, 01 Jan 2024 12:00:00 GMT"}, b"[]")
    window = Window(milliseconds(start), 1000)
    full = [Record("x", str(number), start, {}) for number in range(2)]
    day = timedelta(days=1)

    page = window.at_once(full, reply, full=2, span=day, overlap=timedelta(0))

    assert page.more
    assert Window.of(page.cursor, beginning=start, span=day) == Window(milliseconds(start), 500)
    with pytest.raises(ConnectorError):
        Window(milliseconds(start), 1).at_once(full, reply, full=2, span=day, overlap=timedelta(0))


def test_a_quiet_market_is_asked_once(binance, pace):
    stream = next(stream for stream in binance.streams() if stream.name == "trades:BTCEUR")
    _, cursor = rows_of(binance, stream)
    pace.spent = 0

    rows_of(binance, stream, cursor)

    assert pace.spent == 20


def test_an_empty_account_is_empty_and_not_an_error(street, binance):
    street.tell("binance", size=0)

    assert [rows_of(binance, stream)[0] for stream in STREAMS.values()] == [[]] * len(STREAMS)
    assert binance.balances() == ()


def test_balances_come_without_losing_a_digit(binance):
    by_asset = {balance.asset: balance.amount for balance in binance.balances()}

    assert isinstance(by_asset["BTC"], Decimal)
    assert len(str(by_asset["BTC"]).split(".")[1]) >= 10


def test_whose_account_it_is_and_what_it_holds_are_asked_at_once(binance, pace):
    """The answer costs twenty of what an address may spend, and every sync wants both."""
    binance.identities()
    spent = pace.spent

    held = binance.balances()

    assert "spot" in {balance.place for balance in held}
    assert pace.spent - spent == 5

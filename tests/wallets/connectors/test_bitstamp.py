"""Bitstamp by its real wire: signatures, a probe that can do nothing, and every row once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.connectors.base import Area
from wallets.connectors.bitstamp import CRYPTO, EVERYTHING, Bitstamp, blame, crypto_record, moment
from wallets.connectors.client import blame_by_status
from wallets.records import Cause, ConnectorError
from wallets.sandbox.books import BLOCK

EXCHANGE = "bitstamp"
READING = ["Account balance", "User transactions"]


@pytest.fixture
def bitstamp(street, pace, credentials):
    return Bitstamp(credentials, pace=pace, origin=street.origin("bitstamp"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_rights_are_not_claimed_to_be_known(bitstamp):
    assert bitstamp.rights().read_only is None


def test_a_key_that_may_not_trade_passes_the_probe_without_being_called_read_only(street, bitstamp):
    rights = bitstamp.probe_rights()

    assert rights.beyond == ()
    assert rights.read_only is None
    assert street.look("bitstamp")["cancelled"] == []


def test_a_key_that_may_trade_is_found_out(street, bitstamp, credentials):
    street.tell("bitstamp", key={"id": credentials["key"], "boxes": [*READING, "Orders"]})

    assert bitstamp.probe_rights().beyond == ("Orders",)
    assert street.look("bitstamp")["cancelled"] == ["1"]


def test_a_probe_that_fails_for_another_reason_says_so(street, bitstamp, credentials):
    street.tell("bitstamp", key={"id": credentials["key"], "trouble": "API0006"})

    with pytest.raises(ConnectorError) as failure:
        bitstamp.probe_rights()

    assert failure.value.cause is Cause.ACCOUNT_FROZEN


def test_a_missing_box_is_named(street, bitstamp, credentials):
    street.tell("bitstamp", key={"id": credentials["key"], "boxes": ["Account balance"]})

    with pytest.raises(ConnectorError) as failure:
        bitstamp.read(Area("transactions", "User transactions"))

    assert failure.value.cause is Cause.RIGHT_MISSING
    assert failure.value.right == "User transactions"


def test_every_area_can_be_read_with_the_needed_boxes(bitstamp):
    for area in bitstamp.areas():
        bitstamp.read(area)


def test_the_clock_is_theirs(street, bitstamp):
    before = bitstamp.clock()
    street.pass_time(3600)

    assert 3598 <= (bitstamp.clock() - before).total_seconds() <= 3610


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [({"key": "unknown"}, Cause.KEY_UNKNOWN), ({"secret": "wrong"}, Cause.SIGNATURE_WRONG)],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    bitstamp = Bitstamp(credentials | change, pace=pace, origin=street.origin("bitstamp"))

    with pytest.raises(ConnectorError) as failure:
        bitstamp.balances()

    assert failure.value.cause is cause


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"ips": ["203.0.113.9"]}, Cause.IP_REFUSED),
        ({"allowed": 0}, Cause.RATE_LIMITED),
        ({"trouble": "API0004"}, Cause.NONCE_CLASH),
        ({"trouble": "API0007"}, Cause.ACCOUNT_FROZEN),
    ],
)
def test_a_key_in_trouble_says_which(street, bitstamp, credentials, change, cause):
    street.tell("bitstamp", key={"id": credentials["key"], **change})

    with pytest.raises(ConnectorError) as failure:
        bitstamp.balances()

    assert failure.value.cause is cause


def test_a_key_that_waits_for_its_activation_is_among_what_may_be(street, bitstamp, credentials):
    street.tell("bitstamp", key={"id": credentials["key"], "active": False})

    with pytest.raises(ConnectorError) as failure:
        bitstamp.balances()

    assert failure.value.among == {Cause.KEY_UNKNOWN, Cause.KEY_INACTIVE}


def test_a_wrong_clock_is_told(street, bitstamp):
    street.pass_time(600)

    with pytest.raises(ConnectorError) as failure:
        bitstamp.balances()

    assert failure.value.cause is Cause.CLOCK_SKEW


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"error": "something new"}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "3"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("stream", [EVERYTHING, CRYPTO], ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, bitstamp, stream, fault, cause):
    street.fault("bitstamp", **fault)

    with pytest.raises(ConnectorError) as failure:
        bitstamp.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("error", known_errors("bitstamp"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    assert (blame(reply) or blame_by_status(reply)).cause == error["cause"]


# --- rows ---------------------------------------------------------------------------------------------------------


def test_the_whole_history_is_read_once(street, bitstamp):
    street.tell("bitstamp", size=2500)

    rows, _ = rows_of(bitstamp, EVERYTHING)

    assert len(rows) == len(ids_of(rows)) == 2500


def test_the_next_walk_reads_only_what_is_new(street, bitstamp):
    _, cursor = rows_of(bitstamp, EVERYTHING)
    street.tell("bitstamp", size=410)

    fresh, _ = rows_of(bitstamp, EVERYTHING, cursor)

    assert len(fresh) == 10


def test_every_crypto_movement_is_read_and_the_next_walk_finds_what_is_new(street, bitstamp):
    street.tell("bitstamp", size=1100 * len(BLOCK))
    known, cursor = rows_of(bitstamp, CRYPTO)
    street.tell("bitstamp", size=1105 * len(BLOCK))

    fresh, _ = rows_of(bitstamp, CRYPTO, cursor)

    assert len(ids_of(known)) == 1100
    assert len(ids_of(known) | ids_of(fresh)) == 1105
    assert len(fresh) <= 1000
    assert all(isinstance(row.raw["amount"], str) for row in fresh)


def test_a_movement_to_a_long_address_has_a_name_that_can_be_kept_and_others_keep_theirs():
    """Cardano's oldest addresses have 104 signs and more."""
    address = f"Ddz{'F' * 101}"
    row = {"txid": "a" * 64, "currency": "ADA", "destinationAddress": address, "amount": "12.5", "datetime": 1}
    names = {
        crypto_record("withdrawals", {**row, "amount": f"{amount}.00000000000000000"}).external_id
        for amount in (100, 101)
    }

    assert len(names) == 2
    assert all(len(name) <= 200 for name in names)
    assert crypto_record("deposits", row).external_id == f"deposits:{'a' * 64}:ADA:{address}:12.5"


def test_a_walk_that_is_over_says_up_to_when(bitstamp):
    first = bitstamp.page(EVERYTHING, None)
    last = bitstamp.page(EVERYTHING, first.cursor)

    assert last.complete_to == max(record.occurred_at for record in first.records)


def test_an_empty_account_is_empty_and_not_an_error(street, bitstamp):
    street.tell("bitstamp", size=0)

    assert [rows_of(bitstamp, stream)[0] for stream in bitstamp.streams()] == [[], []]
    assert bitstamp.balances() == ()


def test_balances_come_without_losing_a_digit(bitstamp):
    by_asset = {balance.asset: balance.amount for balance in bitstamp.balances()}

    assert len(str(by_asset["btc"]).split(".")[1]) >= 10


def test_times_are_utc_with_and_without_microseconds():
    assert moment("2018-09-08 09:00:31") == datetime(2018, 9, 8, 9, 0, 31, tzinfo=UTC)
    assert moment("2018-09-08 09:00:31.250000").microsecond == 250000

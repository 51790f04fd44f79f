"""Bitfinex by its real wire: scopes, errors that come as lists, and every row of three lists."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.connectors.base import Area
from wallets.connectors.bitfinex import BLOCKED_FOR, BOXES, LEDGER, MOVEMENTS, TRADES, Bitfinex, blame, read_rights
from wallets.connectors.client import blame_by_status
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox.bitfinex import SCOPES
from wallets.sandbox.books import BLOCK, Kind

EXCHANGE = "bitfinex"
BLOCKS = 20
LEGS = {Kind.BUY: 3, Kind.SELL: 3, Kind.CONVERT: 3, Kind.WITHDRAWAL: 2, Kind.DEPOSIT: 1, Kind.REWARD: 1}
EACH_BLOCK = {
    "ledger": sum(LEGS[kind] for kind in BLOCK),
    "trades": sum(LEGS[kind] == 3 for kind in BLOCK),
    "movements": 2,
}
STREAMS = [table.stream for table in (LEDGER, TRADES, MOVEMENTS)]


@pytest.fixture
def bitfinex(street, pace, credentials):
    street.tell("bitfinex", size=BLOCKS * len(BLOCK))
    return Bitfinex(credentials, pace=pace, origin=street.origin("bitfinex"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_reading_key_is_told_to_be_read_only(bitfinex):
    rights = bitfinex.rights()

    assert rights.read_only is True
    assert rights.read == ("Account Info", "Account History", "Wallets")
    assert not rights.missing


@pytest.mark.parametrize("scope", [*SCOPES, "invented"])
def test_every_scope_that_may_write_is_refused_by_name(street, bitfinex, credentials, scope):
    street.tell("bitfinex", key={"id": credentials["key"], "write": [scope]})

    rights = bitfinex.rights()

    assert rights.read_only is False
    assert rights.beyond == (f"{BOXES.get(scope, scope)}: write",)


def test_a_reply_of_another_shape_is_not_taken_for_a_harmless_key():
    with pytest.raises(ConnectorError) as failure:
        read_rights([["orders", 1]])

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


def test_a_missing_box_is_named(street, bitfinex, credentials):
    street.tell("bitfinex", key={"id": credentials["key"], "read": ["wallets"]})

    with pytest.raises(ConnectorError) as failure:
        bitfinex.read(Area("ledger", "Account History"))

    assert (failure.value.cause, failure.value.right) == (Cause.RIGHT_MISSING, "Account History")
    assert bitfinex.rights().missing == ("Account History",)


def test_every_area_can_be_read_with_the_needed_boxes(bitfinex):
    for area in bitfinex.areas():
        bitfinex.read(area)


def test_whose_key_it_is_is_told_where_it_may_be(street, bitfinex, credentials):
    (identity,) = bitfinex.identities()
    street.tell("bitfinex", key={"id": credentials["key"], "read": ["wallets", "history"]})

    assert (identity.kind, identity.value) == (IdentityKind.USER, "7654321")
    assert bitfinex.identities() == ()


def test_the_clock_is_theirs(street, bitfinex):
    before = bitfinex.clock()
    street.pass_time(3600)

    assert 3598 <= (bitfinex.clock() - before).total_seconds() <= 3610


# --- failures -----------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_told(street, pace, credentials):
    bitfinex = Bitfinex(credentials | {"key": "unknown"}, pace=pace, origin=street.origin("bitfinex"))

    with pytest.raises(ConnectorError) as failure:
        bitfinex.rights()

    assert failure.value.cause is Cause.KEY_UNKNOWN
    assert Cause.SIGNATURE_WRONG not in failure.value.among


def test_a_wrong_secret_is_among_what_may_be(street, pace, credentials):
    bitfinex = Bitfinex(credentials | {"secret": "wrong"}, pace=pace, origin=street.origin("bitfinex"))

    with pytest.raises(ConnectorError) as failure:
        bitfinex.rights()

    assert failure.value.among == {Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG}


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"nonce": 10**15}, Cause.NONCE_CLASH),
        ({"trouble": "maintenance"}, Cause.MAINTENANCE),
        ({"allowed": 0}, Cause.RATE_LIMITED),
        ({"read": []}, Cause.RIGHT_MISSING),
    ],
)
def test_a_key_in_trouble_says_which(street, bitfinex, credentials, change, cause):
    street.tell("bitfinex", key={"id": credentials["key"], **change})

    with pytest.raises(ConnectorError) as failure:
        bitfinex.balances()

    assert failure.value.cause is cause


def test_being_asked_to_slow_down_reaches_the_budget(street, bitfinex, pace, credentials):
    street.tell("bitfinex", key={"id": credentials["key"], "trouble": "rate"})

    with pytest.raises(ConnectorError):
        bitfinex.rights()

    assert pace.told == [BLOCKED_FOR]


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '["error"]'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 500, "body": "<html>"}, Cause.MAINTENANCE),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, bitfinex, stream, fault, cause):
    street.fault("bitfinex", **fault)

    with pytest.raises(ConnectorError) as failure:
        bitfinex.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("error", known_errors("bitfinex"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    failure = blame(reply) or blame_by_status(reply)

    assert failure.cause == error["cause"]
    assert failure.among or not error.get("lumped")


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_row_is_read(bitfinex, stream):
    rows, _ = rows_of(bitfinex, stream)

    assert len(ids_of(rows)) == BLOCKS * EACH_BLOCK[stream.name]


def test_more_rows_than_a_page_holds_are_read_also_where_a_page_ends_within_one_moment(street, bitfinex):
    street.tell("bitfinex", size=160 * len(BLOCK))

    rows, _ = rows_of(bitfinex, LEDGER.stream)

    assert len(ids_of(rows)) == 160 * EACH_BLOCK["ledger"]
    assert len(rows) > 2500


def test_movements_that_took_long_are_read_though_pages_are_cut_at_their_last_change(street, bitfinex, credentials):
    street.tell("bitfinex", key={"id": credentials["key"], "page": 3, "settles": 12 * 3_600_000})

    rows, _ = rows_of(bitfinex, MOVEMENTS.stream)

    assert len(ids_of(rows)) == BLOCKS * EACH_BLOCK["movements"]


def test_a_stretch_has_the_movements_that_were_over_after_it(street, bitfinex, credentials):
    street.tell("bitfinex", key={"id": credentials["key"], "settles": 12 * 3_600_000})
    rows, _ = rows_of(bitfinex, MOVEMENTS.stream)
    since, until = rows[20].occurred_at, rows[10].occurred_at

    again, _ = rows_of(bitfinex, MOVEMENTS.stream, bitfinex.stretch(MOVEMENTS.stream, since, until))

    assert ids_of(row for row in rows if since <= row.occurred_at <= until) <= ids_of(again)


def test_rows_that_come_in_meanwhile_shift_nothing(street, bitfinex):
    street.tell("bitfinex", size=160 * len(BLOCK))
    first = bitfinex.page(LEDGER.stream, None)
    street.tell("bitfinex", size=170 * len(BLOCK))

    rest, _ = rows_of(bitfinex, LEDGER.stream, first.cursor)

    assert len(ids_of([*first.records, *rest])) == 160 * EACH_BLOCK["ledger"]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_the_next_walk_finds_what_is_new(street, bitfinex, stream):
    street.tell("bitfinex", size=100 * len(BLOCK))
    known, cursor = rows_of(bitfinex, stream)
    street.tell("bitfinex", size=105 * len(BLOCK))

    fresh, _ = rows_of(bitfinex, stream, cursor)

    assert len(ids_of(known) | ids_of(fresh)) == 105 * EACH_BLOCK[stream.name]
    assert len(fresh) < len(known)


def test_the_ledger_adds_up_to_the_balances(bitfinex):
    rows, _ = rows_of(bitfinex, LEDGER.stream)
    held = {balance.asset: balance.amount for balance in bitfinex.balances()}
    unique = {row.external_id: row.raw for row in rows}.values()

    sums = {
        asset: sum((Decimal(raw["amount"]) for raw in unique if raw["currency"] == asset), Decimal()) for asset in held
    }

    assert sums == held


def test_columns_have_names_and_amounts_keep_their_digits(bitfinex):
    trades, _ = rows_of(bitfinex, TRADES.stream)
    moves, _ = rows_of(bitfinex, MOVEMENTS.stream)

    assert isinstance(trades[0].raw["amount"], str)
    assert trades[0].raw["fee_currency"] == "EUR"
    assert moves[0].raw["status"] == "COMPLETED"


def test_an_empty_account_is_empty_and_not_an_error(street, bitfinex):
    street.tell("bitfinex", size=0)

    assert [rows_of(bitfinex, stream)[0] for stream in bitfinex.streams()] == [[], [], []]
    assert bitfinex.balances() == ()

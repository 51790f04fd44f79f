"""Kraken by its real wire: signed calls to the sandbox, every failure by its name, every row once."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.wallets.conftest import NoHurry, known_errors, reply_of
from tests.wallets.connectors.conftest import rows_of
from wallets.connectors.base import Area
from wallets.connectors.client import blame_by_status
from wallets.connectors.kraken import BOXES, LEDGER, PAGE, TRADES, Kraken, blame, moment, read_rights
from wallets.records import Cause, ConnectorError
from wallets.sandbox.books import BLOCK
from wallets.sandbox.kraken import LEDGER as BOOKED
from wallets.sandbox.kraken import TRADED

EXCHANGE = "kraken"
READING = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]


@pytest.fixture
def pace(street):
    """Kraken counts calls: the sandbox's clock runs on for each."""
    return NoHurry(street)


@pytest.fixture
def kraken(street, pace, credentials):
    street.tell("kraken", size=64)
    return Kraken(credentials, pace=pace, origin=street.origin("kraken"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_reading_key_is_told_to_be_read_only(kraken):
    rights = kraken.rights()

    assert rights.read_only is True
    assert not rights.missing


@pytest.mark.parametrize(
    "right",
    [
        *("add-funds", "withdraw-funds", "earn-funds", "modify-trades", "close-trades"),
        *("add-withdraw-address", "update-withdraw-address", "invented"),
    ],
)
def test_every_right_beyond_reading_is_refused_by_name(street, kraken, credentials, right):
    street.tell("kraken", key={"id": credentials["key"], "permissions": [*READING, right]})

    rights = kraken.rights()

    assert rights.read_only is False
    assert rights.beyond == (BOXES.get(right, right),)


def test_a_missing_box_is_named(street, kraken, credentials):
    street.tell("kraken", key={"id": credentials["key"], "permissions": ["query-funds"]})

    with pytest.raises(ConnectorError) as failure:
        kraken.read(Area("ledger", "Query ledger entries"))

    assert failure.value.cause is Cause.RIGHT_MISSING
    assert failure.value.right == "Query ledger entries"
    assert kraken.rights().missing == ("Query closed orders & trades", "Query ledger entries")


def test_every_area_can_be_read_with_the_needed_boxes(kraken):
    for area in kraken.areas():
        kraken.read(area)


@pytest.mark.parametrize("older_names", [True, False])
def test_what_a_key_may_see_and_for_how_long_is_read_in_either_spelling(street, kraken, credentials, older_names):
    """Kraken's documents name it `queryFrom`, those who recorded replies `query_from`. Unread, rows that the key hides
    would be taken for rows that are gone.
    """
    limits = {"query_from": "1704067200", "query_to": "1735689600", "valid_until": "4102444800"}
    key = {"id": credentials["key"], "ip_allowlist": ["127.0.0.1"], **limits}
    street.tell("kraken", key=key | {"older_names": older_names})

    rights = kraken.rights()

    assert (rights.history_from, rights.history_until) == (moment(1704067200), moment(1735689600))
    assert (rights.expires_at, rights.ips) == (moment(4102444800), ("127.0.0.1",))
    assert rights.created_at


def test_networks_are_told_as_addresses_are_and_a_list_that_is_not_told_says_nothing():
    ranged, unsaid, free = (
        read_rights({"permissions": READING, **more}).ips
        for more in ({"ipAllowlist": ["203.0.113.0/24"]}, {}, {"ipAllowlist": []})
    )
    assert (ranged, unsaid, free) == (("203.0.113.0/24",), None, ())


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "unknown"}, Cause.KEY_UNKNOWN),
        ({"secret": "d3Jvbmc="}, Cause.SIGNATURE_WRONG),
        ({"secret": "not base64 at all!"}, Cause.SIGNATURE_WRONG),
        ({"secret": "abandon ability able"}, Cause.SIGNATURE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    kraken = Kraken(credentials | change, pace=pace, origin=street.origin("kraken"))

    with pytest.raises(ConnectorError) as failure:
        kraken.rights()

    assert failure.value.cause is cause


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 502, "body": "<html>"}, Cause.MAINTENANCE),
        ({"kind": "status", "status": 451, "body": "no"}, Cause.REGION_BLOCKED),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "status", "status": 429, "body": "{}"}, Cause.RATE_LIMITED),
        ({"kind": "redirect", "location": "http://127.0.0.2:9/"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
        ({"kind": "cut"}, Cause.NETWORK),
    ],
)
def test_broken_answers_are_never_taken_for_an_empty_account(street, kraken, fault, cause):
    street.fault("kraken", **fault)

    with pytest.raises(ConnectorError) as failure:
        kraken.page(LEDGER, None)

    assert failure.value.cause is cause


def test_a_failure_shows_no_secret_and_no_address(street, pace, credentials):
    kraken = Kraken(credentials | {"secret": "d3Jvbmc="}, pace=pace, origin=street.origin("kraken"))

    with pytest.raises(ConnectorError) as failure:
        kraken.rights()

    told = repr(failure.value) + str(failure.value.__cause__) + str(failure.value.__context__)
    assert credentials["key"] not in told
    assert "d3Jvbmc=" not in told
    assert "http" not in told


def test_being_asked_to_slow_down_reaches_the_budget(street, kraken, pace, credentials):
    street.tell("kraken", key={"id": credentials["key"], "trouble": "EGeneral:Temporary lockout"})

    with pytest.raises(ConnectorError):
        kraken.rights()

    assert pace.told == [timedelta(minutes=15)]


@pytest.mark.parametrize("error", known_errors("kraken"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    assert (blame(reply) or blame_by_status(reply)).cause == error["cause"]


# --- rows ---------------------------------------------------------------------------------------------------------


def test_the_whole_ledger_is_read_once(kraken):
    rows, _ = rows_of(kraken, LEDGER)

    assert len(rows) == len({row.external_id for row in rows}) == BOOKED.first_place(64)
    assert all(isinstance(row.raw["time"], str) for row in rows)


def test_rows_of_one_moment_may_come_in_any_order(street, kraken):
    """Both sides of a trade have one time. A walk that is nailed to the lower of them begins below the other."""
    size = next(n for n in range(60, 70) if BOOKED.rows_of[BLOCK[(n - 1) % len(BLOCK)]] == 2)
    street.tell("kraken", size=size)

    rows, _ = rows_of(kraken, LEDGER)

    assert len({row.external_id for row in rows}) == BOOKED.first_place(size) > PAGE


def test_rows_that_come_in_meanwhile_shift_nothing(street, kraken):
    first = kraken.page(LEDGER, None)
    street.tell("kraken", size=80)
    rest, _ = rows_of(kraken, LEDGER, first.cursor)

    ids = [row.external_id for row in (*first.records, *rest)]

    assert len(ids) == len(set(ids)) == BOOKED.first_place(64)


def test_the_next_walk_reads_what_is_new_and_a_little_overlap(street, kraken):
    known, cursor = rows_of(kraken, TRADES)
    street.tell("kraken", size=640)

    fresh, _ = rows_of(kraken, TRADES, cursor)

    everything = {row.external_id for row in (*known, *fresh)}
    assert len(everything) == TRADED.first_place(640)
    assert 0 < len(known) + len(fresh) - len(everything) < len(known)


def test_a_quiet_account_is_asked_for_two_pages_of_a_stream(street, kraken, pace):
    street.tell("kraken", size=640)
    _, cursor = rows_of(kraken, LEDGER)
    pace.spent = 0

    rows_of(kraken, LEDGER, cursor)

    assert pace.spent <= 2 * 2


def test_an_empty_account_is_empty_and_not_an_error(street, kraken):
    street.tell("kraken", size=0)

    assert rows_of(kraken, LEDGER)[0] == []
    assert kraken.balances() == ()


def test_balances_come_without_losing_a_digit(kraken):
    by_asset = {balance.asset: balance.amount for balance in kraken.balances()}

    assert {"XXBT", "ZEUR"} <= set(by_asset)
    assert len(str(by_asset["XXBT"]).split(".")[1]) >= 10


def test_sequences_of_digits_survive(street, kraken):
    row = {"time": 1700000000.1234, "amount": "0.123456789012345678"}
    body = json.dumps({"error": [], "result": {"ledger": {"L1": row}}}).replace(
        '"0.123456789012345678"', "0.123456789012345678"
    )
    street.fault("kraken", kind="status", status=200, body=body)

    (record,) = kraken.page(LEDGER, None).records

    assert record.raw["amount"] == "0.123456789012345678"

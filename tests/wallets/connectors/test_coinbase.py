"""Coinbase by its real wire: JWTs of both kinds and tokens, every account's history, every fill."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.connectors.client import blame_by_status
from wallets.connectors.coinbase import BOXES, FILLS, SCOPES, Coinbase, blame, moment, read_rights
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox.books import BLOCK, COINS, Kind

BLOCKS = 20
ROWS = {Kind.BUY: 2, Kind.SELL: 2, Kind.CONVERT: 2}
EACH_BLOCK = sum(ROWS.get(kind, 1) for kind in BLOCK)
FILLED = sum(kind in {Kind.BUY, Kind.SELL} for kind in BLOCK)
TOKEN = "token-of-ada"
KINDS = ["ecdsa", "ed25519"]


@pytest.fixture
def keys(street):
    return {
        kind: {"key": key["id"], "secret": key["secret"]}
        for kind, key in zip(KINDS, street.look("coinbase")["keys"], strict=True)
    }


@pytest.fixture(params=KINDS)
def credentials(request, keys):
    return keys[request.param]


@pytest.fixture
def make(street, pace):
    street.tell("coinbase", size=BLOCKS * len(BLOCK))
    return lambda credentials: Coinbase(credentials, pace=pace, origin=street.origin("coinbase"))


@pytest.fixture
def coinbase(make, keys):
    return make(keys["ecdsa"])


@pytest.fixture
def signed_in(street, make):
    street.tell("coinbase", granted={"token": TOKEN, "scopes": [*SCOPES, "offline_access"]})
    return make({"token": TOKEN})


def coin(coinbase, number=0):
    return coinbase.streams()[number]


# --- the credential -----------------------------------------------------------------------------------------------


def test_a_viewing_key_of_either_kind_is_told_to_be_read_only(make, credentials):
    rights = make(credentials).rights()

    assert rights.read_only is True
    assert rights.read == ("View",)


def test_a_key_file_with_its_line_ends_and_blanks_works(make, credentials):
    pasted = {"key": f" {credentials['key']} ", "secret": credentials["secret"].replace("\n", "\\n") + " \n"}

    assert make(pasted).rights().read_only is True


@pytest.mark.parametrize("right", ["can_trade", "can_transfer", "can_receive", "can_invented"])
def test_every_right_beyond_viewing_is_refused_by_name(street, coinbase, keys, right):
    street.tell("coinbase", key={"id": keys["ecdsa"]["key"], "can": {"can_view": True, right: True}})

    rights = coinbase.rights()

    assert rights.read_only is False
    assert rights.beyond == (BOXES.get(right, right),)


def test_a_reply_without_rights_is_not_taken_for_a_harmless_key():
    with pytest.raises(ConnectorError) as failure:
        read_rights({})

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


def test_a_missing_box_is_named(street, coinbase, keys):
    street.tell("coinbase", key={"id": keys["ecdsa"]["key"], "can": {"can_view": False}})

    for area in coinbase.areas():
        with pytest.raises(ConnectorError) as failure:
            coinbase.read(area)
        assert (failure.value.cause, failure.value.right) == (Cause.RIGHT_MISSING, "View")
    assert coinbase.rights().missing == ("View",)


def test_every_area_can_be_read(make, credentials, signed_in):
    for connector in (make(credentials), signed_in):
        for area in connector.areas():
            connector.read(area)


def test_a_key_tells_portfolio_and_user_and_a_token_the_user(coinbase, signed_in):
    by_key, by_token = coinbase.identities(), signed_in.identities()

    assert [identity.kind for identity in by_key] == [IdentityKind.PORTFOLIO, IdentityKind.USER]
    assert by_token == by_key[1:]


def test_a_token_with_fewer_scopes_says_which_are_missing(street, make):
    street.tell("coinbase", granted={"token": TOKEN, "scopes": ["wallet:user:read", "wallet:accounts:read"]})
    connector = make({"token": TOKEN})

    with pytest.raises(ConnectorError) as failure:
        connector.read(connector.areas()[1])

    assert failure.value.right == "wallet:transactions:read"
    assert connector.rights().missing == ("wallet:transactions:read",)


def test_a_token_that_may_send_is_refused_by_name(street, make):
    street.tell("coinbase", granted={"token": TOKEN, "scopes": [*SCOPES, "wallet:transactions:send"]})

    assert make({"token": TOKEN}).rights().beyond == ("wallet:transactions:send",)


def test_a_token_that_is_over_asks_to_sign_in_again(street, signed_in):
    street.pass_time(3700)

    with pytest.raises(ConnectorError) as failure:
        signed_in.rights()

    assert failure.value.cause is Cause.SIGN_IN_AGAIN


def test_the_clock_is_theirs(street, coinbase):
    before = coinbase.clock()
    street.pass_time(3600)

    assert timedelta(seconds=3598) <= coinbase.clock() - before <= timedelta(seconds=3610)


def test_the_sandbox_takes_a_jwt_for_its_own_call_only_and_for_two_minutes(street, coinbase):
    signed = coinbase.client.ccxt.sign("accounts", ["v2", "private"])
    answers = []

    for path, later in (("v2/accounts", 0), ("v2/user", 0), ("v2/accounts", 300)):
        street.pass_time(later)
        answer = requests.get(f"{street.origin('coinbase')}/{path}", headers=signed["headers"], timeout=5)
        answers.append(answer.status_code)

    assert answers == [200, 401, 401]


# --- failures -----------------------------------------------------------------------------------------------------


def test_an_unknown_key_and_a_wrong_secret_sound_the_same_and_are_both_named(make, keys):
    other = make({"key": keys["ed25519"]["key"], "secret": "A" * 86 + "=="})

    with pytest.raises(ConnectorError) as failure:
        other.rights()

    assert {Cause.KEY_UNKNOWN, Cause.SIGNATURE_WRONG} <= failure.value.among


@pytest.mark.parametrize(
    ("secret", "cause"),
    [
        ("not a key at all", Cause.SIGNATURE_WRONG),
        ("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----", Cause.SIGNATURE_WRONG),
        ("c2hvcnQ=", Cause.SIGNATURE_WRONG),
        ("abandon ability able", Cause.SIGNATURE_WRONG),
        ("", Cause.SIGNATURE_WRONG),
    ],
)
def test_a_secret_that_cannot_sign_is_never_sent(make, pace, keys, secret, cause):
    with pytest.raises(ConnectorError) as failure:
        make({"key": keys["ecdsa"]["key"], "secret": secret}).rights()

    assert failure.value.cause is cause
    assert pace.spent == 0


def test_a_key_from_before_is_called_retired(make, pace):
    with pytest.raises(ConnectorError) as failure:
        make({"key": "Ab3" * 5 + "x", "secret": "Ab34" * 8}).rights()

    assert failure.value.cause is Cause.KEY_TYPE_RETIRED
    assert pace.spent == 0


def test_swapped_values_are_never_sent(make, pace, keys):
    with pytest.raises(ConnectorError):
        make({"key": keys["ed25519"]["secret"], "secret": keys["ed25519"]["key"]}).rights()

    assert pace.spent == 0


def test_a_foreign_address_is_among_what_may_be(street, coinbase, keys):
    street.tell("coinbase", key={"id": keys["ecdsa"]["key"], "ips": ["203.0.113.9"]})

    with pytest.raises(ConnectorError) as failure:
        coinbase.balances()

    assert Cause.IP_REFUSED in failure.value.among


def test_being_asked_to_slow_down_reaches_the_budget(street, coinbase, pace, keys):
    street.tell("coinbase", key={"id": keys["ecdsa"]["key"], "allowed": 0})

    with pytest.raises(ConnectorError) as failure:
        coinbase.balances()

    assert failure.value.cause is Cause.RATE_LIMITED
    assert len(pace.told) == 1


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "[]"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("place", [0, -1], ids=["transactions", "fills"])
def test_broken_answers_are_never_taken_for_an_empty_account(street, coinbase, place, fault, cause):
    stream = coin(coinbase, place)
    street.fault("coinbase", **fault)

    with pytest.raises(ConnectorError) as failure:
        coinbase.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("body", ["Unauthorized", '{"errors": [{"id": "unauthorized", "message": "Not authorized"}]}'])
def test_a_token_that_is_refused_without_a_word_asks_to_sign_in_again_and_not_for_a_key(street, signed_in, body):
    street.fault("coinbase", kind="status", status=401, body=body)

    with pytest.raises(ConnectorError) as failure:
        signed_in.rights()

    assert (failure.value.cause, failure.value.among) == (Cause.SIGN_IN_AGAIN, frozenset())


@pytest.mark.parametrize("error", known_errors("coinbase"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    failure = blame(reply) or blame_by_status(reply)

    assert failure.cause == error["cause"]
    assert failure.among or not error.get("lumped")


# --- rows ---------------------------------------------------------------------------------------------------------


def test_every_transaction_of_every_account_is_read(make, credentials):
    coinbase = make(credentials)
    streams = [stream for stream in coinbase.streams() if stream != FILLS]

    rows = [row for stream in streams for row in rows_of(coinbase, stream)[0]]

    assert len(streams) == len(COINS) + 1
    assert len(rows) == len(ids_of(rows)) == BLOCKS * EACH_BLOCK


def test_a_token_reads_the_same_and_leaves_fills_to_keys(coinbase, signed_in):
    assert set(signed_in.streams()) == set(coinbase.streams()) - {FILLS}
    assert ids_of(rows_of(signed_in, coin(signed_in))[0]) == ids_of(rows_of(coinbase, coin(coinbase))[0])


def test_every_fill_is_read_once(street, coinbase):
    street.tell("coinbase", size=40 * len(BLOCK))

    rows, _ = rows_of(coinbase, FILLS)

    assert len(rows) == len(ids_of(rows)) == 40 * FILLED


@pytest.mark.parametrize("place", [0, -1], ids=["transactions", "fills"])
def test_rows_that_come_in_meanwhile_shift_nothing(street, coinbase, place):
    street.tell("coinbase", size=60 * len(BLOCK))
    stream = coin(coinbase, place)
    whole, _ = rows_of(coinbase, stream)
    first = coinbase.page(stream, None)
    street.tell("coinbase", size=70 * len(BLOCK))

    rest, _ = rows_of(coinbase, stream, first.cursor)

    assert ids_of([*first.records, *rest]) == ids_of(whole)


@pytest.mark.parametrize("place", [0, -1], ids=["transactions", "fills"])
def test_the_next_walk_finds_what_is_new(street, coinbase, place):
    street.tell("coinbase", size=150 * len(BLOCK))
    stream = coin(coinbase, place)
    known, cursor = rows_of(coinbase, stream)
    street.tell("coinbase", size=160 * len(BLOCK))

    fresh, _ = rows_of(coinbase, stream, cursor)

    whole, _ = rows_of(coinbase, stream)
    assert ids_of(known) | ids_of(fresh) == ids_of(whole)
    assert 0 < len(fresh) < len(known)


def test_an_empty_account_is_empty_and_not_an_error(street, coinbase):
    street.tell("coinbase", size=0)

    assert all(rows_of(coinbase, stream)[0] == [] for stream in coinbase.streams())
    assert not any(balance.amount for balance in coinbase.balances())


def test_balances_come_without_losing_a_digit(coinbase):
    by_asset = {balance.asset: balance for balance in coinbase.balances()}

    assert len(str(by_asset["BTC"].amount).split(".")[1]) >= 10
    assert by_asset["EUR"].place == "fiat"


def test_nanoseconds_are_cut_not_refused():
    assert moment("2023-01-18T01:37:38.091377090Z").microsecond == 91377

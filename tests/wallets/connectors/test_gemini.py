"""Gemini by its real wire: roles, both kinds of nonce, and every row of every stream."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.wallets.conftest import NoHurry, known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import load
from wallets.connectors.client import blame_by_status
from wallets.connectors.gemini import MOVES, STAKING, Gemini, blame, read_rights
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox.books import BLOCK, Kind

EXCHANGE = "gemini"
BLOCKS = 20
TRADED = sum(kind in {Kind.BUY, Kind.SELL, Kind.CONVERT} for kind in BLOCK)


@pytest.fixture
def pace(street):
    """Time passes as the allowance asks: transfers are refused that come too close together."""
    return NoHurry(street, seconds=1 / load()["gemini"].for_a_key.each_second)


@pytest.fixture
def gemini(street, pace, credentials):
    street.tell("gemini", size=BLOCKS * len(BLOCK))
    return Gemini(credentials, pace=pace, origin=street.origin("gemini"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_an_auditor_is_read_only(gemini):
    rights = gemini.rights()

    assert rights.read_only is True
    assert rights.read == ("Auditor",)
    assert not rights.missing


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("isTrader", "Trader"),
        ("isFundManager", "Fund Manager"),
        ("isAccountAdmin", "Administrator"),
        ("isInvented", "isInvented"),
    ],
)
def test_every_other_role_is_refused_by_name(street, gemini, credentials, role, told):
    street.tell("gemini", key={"id": credentials["key"], "roles": {"isAuditor": True, role: True}})

    rights = gemini.rights()

    assert rights.read_only is False
    assert rights.beyond == (told,)


def test_a_trader_is_told_to_become_an_auditor(street, gemini, credentials):
    street.tell("gemini", key={"id": credentials["key"], "roles": {"isAuditor": False, "isTrader": True}})

    rights = gemini.rights()

    assert rights.missing == ("Auditor",)
    assert rights.beyond == ("Trader",)


def test_a_reply_without_roles_is_not_taken_for_a_harmless_key():
    with pytest.raises(ConnectorError) as failure:
        read_rights({})

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


def test_every_area_can_be_read_by_an_auditor_and_none_without_a_role(street, gemini, credentials):
    for area in gemini.areas():
        gemini.read(area)
    street.tell("gemini", key={"id": credentials["key"], "roles": {"isAuditor": False}})

    for area in gemini.areas():
        with pytest.raises(ConnectorError) as failure:
            gemini.read(area)
        assert (failure.value.cause, failure.value.right) == (Cause.RIGHT_MISSING, "Auditor")


def test_the_account_is_known_by_its_reference(gemini):
    (identity,) = gemini.identities()

    assert (identity.kind, identity.value) == (IdentityKind.SUB_ACCOUNT, "GEMPJBRDZ")


def test_the_clock_is_theirs(street, gemini):
    before = gemini.clock()
    street.pass_time(3600)

    assert 3598 <= (gemini.clock() - before).total_seconds() <= 3610


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "account-unknown"}, Cause.KEY_UNKNOWN),
        ({"key": "master-00000000000000000000"}, Cause.SIGNATURE_WRONG),
        ({"secret": "wrong"}, Cause.SIGNATURE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    gemini = Gemini(credentials | change, pace=pace, origin=street.origin("gemini"))

    with pytest.raises(ConnectorError) as failure:
        gemini.rights()

    assert failure.value.cause is cause


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"ips": ["203.0.113.9"]}, Cause.IP_REFUSED),
        ({"nonce": 10**15}, Cause.NONCE_CLASH),
        ({"trouble": "Maintenance"}, Cause.MAINTENANCE),
        ({"trouble": "RateLimit"}, Cause.RATE_LIMITED),
    ],
)
def test_a_key_in_trouble_says_which(street, gemini, credentials, change, cause):
    street.tell("gemini", key={"id": credentials["key"], **change})

    with pytest.raises(ConnectorError) as failure:
        gemini.balances()

    assert failure.value.cause is cause


def test_a_time_based_nonce_shows_a_clock_that_is_wrong(street, gemini, credentials):
    street.tell("gemini", key={"id": credentials["key"], "time_based": True})
    gemini.rights()
    street.pass_time(120)

    with pytest.raises(ConnectorError) as failure:
        gemini.rights()

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
@pytest.mark.parametrize("stream", [MOVES, STAKING], ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, gemini, stream, fault, cause):
    street.fault("gemini", **fault)

    with pytest.raises(ConnectorError) as failure:
        gemini.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("error", known_errors("gemini"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    assert (blame(reply) or blame_by_status(reply)).cause == error["cause"]


# --- rows ---------------------------------------------------------------------------------------------------------


def test_all_trades_of_all_symbols_are_read(gemini):
    streams = [stream for stream in gemini.streams() if stream.name.startswith("trades:")]

    rows = [row for stream in streams for row in rows_of(gemini, stream)[0]]

    assert len(streams) == 5
    assert len({(row.family, row.external_id) for row in rows}) == BLOCKS * TRADED


def test_more_transfers_than_a_page_holds_are_read(street, gemini):
    street.tell("gemini", size=70 * len(BLOCK))

    rows, _ = rows_of(gemini, MOVES)

    assert len(ids_of(rows)) == 140


def test_more_staking_rows_than_a_page_holds_are_read_without_losing_a_digit(street, gemini):
    street.tell("gemini", size=200 * len(BLOCK))

    rows, _ = rows_of(gemini, STAKING)

    assert len(ids_of(rows)) == 600
    assert all(isinstance(row.raw["amount"], str) for row in rows)
    assert all(row.raw["providerId"] for row in rows)


@pytest.mark.parametrize("stream", [MOVES, STAKING], ids=lambda stream: stream.name)
def test_the_next_walk_finds_what_is_new(street, gemini, stream):
    street.tell("gemini", size=100 * len(BLOCK))
    known, cursor = rows_of(gemini, stream)
    street.tell("gemini", size=105 * len(BLOCK))

    fresh, _ = rows_of(gemini, stream, cursor)

    each = 2 if stream == MOVES else 3
    assert len(ids_of(known) | ids_of(fresh)) == 105 * each
    assert len(fresh) < len(known)


def test_a_quiet_market_is_asked_for_what_may_have_come_late_and_for_what_is_new(gemini, pace):
    stream = next(stream for stream in gemini.streams() if stream.name == "trades:btceur")
    _, cursor = rows_of(gemini, stream)
    pace.spent = 0

    rows_of(gemini, stream, cursor)

    assert pace.spent == 2


def test_an_empty_account_is_empty_and_not_an_error(street, gemini):
    street.tell("gemini", size=0)

    assert [rows_of(gemini, stream)[0] for stream in gemini.streams()] == [[]] * 7
    assert gemini.balances() == ()


def test_balances_come_without_losing_a_digit(gemini):
    by_asset = {balance.asset: balance.amount for balance in gemini.balances()}

    assert isinstance(by_asset["BTC"], Decimal)
    assert len(str(by_asset["BTC"]).split(".")[1]) >= 10


def test_what_is_staked_is_told_as_unread_where_its_answer_is_not_understood(street, gemini):
    street.fault("gemini", kind="status", path="/v1/balances/staking", status=200, body='[{"currency": "ETH"}]')

    *others, staked = gemini.balances()

    assert (staked.unread, staked.place, staked.amount) == (Cause.UNEXPECTED_REPLY, "staking", 0)
    assert {balance.place for balance in others} == {"exchange"}

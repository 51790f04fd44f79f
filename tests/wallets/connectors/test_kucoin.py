"""KuCoin by its real wire: three credentials told apart, rights by name, pages within windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.connectors.client import blame_by_status
from wallets.connectors.kucoin import BOXES, GENERAL, OPENED, PRO, STREAMS, Kucoin, blame, read_rights
from wallets.connectors.windows import Window
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox.books import BLOCK, STEP, Kind

EXCHANGE = "kucoin"
BLOCKS = 20
UP_TO_NOW = 72  # blocks; with these the books end minutes ago
SWAPS = sum(kind in {Kind.BUY, Kind.SELL, Kind.CONVERT} for kind in BLOCK)
EACH = {
    "ledger": len(BLOCK) + SWAPS,
    "trades": sum(kind in {Kind.BUY, Kind.SELL} for kind in BLOCK),
    "deposits": BLOCK.count(Kind.DEPOSIT),
    "withdrawals": BLOCK.count(Kind.WITHDRAWAL),
}


@pytest.fixture
def kucoin(street, pace, credentials):
    start = datetime.now(UTC) - UP_TO_NOW * len(BLOCK) * STEP
    street.tell("kucoin", size=BLOCKS * len(BLOCK), start=start.isoformat())
    return Kucoin(credentials, pace=pace, origin=street.origin("kucoin"))


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_general_key_is_told_to_be_read_only(kucoin):
    rights = kucoin.rights()

    assert rights.read_only is True
    assert rights.read == (GENERAL,)
    assert rights.ips == ()


@pytest.mark.parametrize(
    "right",
    ["Spot", "Margin", "Futures", "Unified", "Earn", "Transfer", "InnerTransfer", "Withdrawal", "Invented"],
)
def test_every_right_beyond_reading_is_refused_by_name(street, kucoin, credentials, right):
    street.tell("kucoin", key={"id": credentials["key"], "permission": f"General,{right}"})

    rights = kucoin.rights()

    assert rights.read_only is False
    assert rights.beyond == (BOXES.get(right, right),)


def test_a_missing_box_is_named(street, kucoin, credentials):
    street.tell("kucoin", key={"id": credentials["key"], "permission": "Spot"})

    for area in kucoin.areas():
        with pytest.raises(ConnectorError) as failure:
            kucoin.read(area)
        assert (failure.value.cause, failure.value.right) == (Cause.RIGHT_MISSING, GENERAL)


def test_addresses_and_expiry_are_told(street, kucoin, credentials):
    later = 1_999_999_999_000
    street.tell("kucoin", key={"id": credentials["key"], "ips": ["127.0.0.1", "203.0.113.9"], "expired_at": later})

    rights = kucoin.rights()

    assert rights.ips == ("127.0.0.1", "203.0.113.9")
    assert rights.expires_at == datetime.fromtimestamp(later // 1000, UTC)


def test_a_reply_without_rights_is_not_taken_for_a_harmless_key():
    with pytest.raises(ConnectorError) as failure:
        read_rights({})

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


def test_every_area_can_be_read(kucoin):
    for area in kucoin.areas():
        kucoin.read(area)


def test_the_account_is_known_by_its_number(kucoin):
    (identity,) = kucoin.identities()

    assert (identity.kind, identity.value) == (IdentityKind.USER, "165111215")


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "unknown"}, Cause.KEY_UNKNOWN),
        ({"secret": "wrong"}, Cause.SIGNATURE_WRONG),
        ({"passphrase": "my sign-in password"}, Cause.PASSPHRASE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    kucoin = Kucoin(credentials | change, pace=pace, origin=street.origin("kucoin"))

    with pytest.raises(ConnectorError) as failure:
        kucoin.rights()

    assert failure.value.cause is cause


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"ips": ["203.0.113.9"]}, Cause.IP_REFUSED),
        ({"trouble": "frozen"}, Cause.ACCOUNT_FROZEN),
        ({"trouble": "region"}, Cause.REGION_BLOCKED),
        ({"trouble": "rate"}, Cause.RATE_LIMITED),
        ({"trouble": "internal"}, Cause.MAINTENANCE),
    ],
)
def test_a_key_in_trouble_says_which(street, kucoin, credentials, change, cause):
    street.tell("kucoin", key={"id": credentials["key"], **change})

    with pytest.raises(ConnectorError) as failure:
        kucoin.balances()

    assert failure.value.cause is cause


def test_a_clock_that_is_wrong_is_said(street, kucoin):
    street.pass_time(60)

    with pytest.raises(ConnectorError) as failure:
        kucoin.rights()

    assert failure.value.cause is Cause.CLOCK_SKEW


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"code": "200000", "data": {}}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("stream", STREAMS.values(), ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, kucoin, stream, fault, cause):
    street.fault("kucoin", **fault)

    with pytest.raises(ConnectorError) as failure:
        kucoin.page(stream, None)

    assert failure.value.cause is cause


@pytest.mark.parametrize("error", known_errors("kucoin"), ids=lambda error: error["meaning"])
def test_every_known_failure_has_its_cause(error):
    reply = reply_of(error)

    assert (blame(reply) or blame_by_status(reply)).cause == error["cause"]


# --- rows ---------------------------------------------------------------------------------------------------------


def began(days):
    """A cursor of a walk that began so many days ago: the whole of a history would be hundreds of weeks."""
    since = int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1000)
    return f'{{"since": {since}, "span": 86400000}}'


@pytest.mark.parametrize("name", EACH)
def test_every_list_is_read_whole_and_then_only_what_is_new(street, kucoin, name):
    known, cursor = rows_of(kucoin, STREAMS[name], began(40))
    street.tell("kucoin", arrive=[0] * len(BLOCK))

    fresh, _ = rows_of(kucoin, STREAMS[name], cursor)

    assert len(ids_of(known)) == BLOCKS * EACH[name]
    assert len(ids_of(known) | ids_of(fresh)) == (BLOCKS + 1) * EACH[name]
    assert len(fresh) < len(known)


def test_a_stretch_with_more_rows_than_a_page_is_read_whole(street, kucoin):
    street.tell("kucoin", size=40 * len(BLOCK), start=(datetime.now(UTC) - timedelta(days=17)).isoformat())

    week = {row.external_id for row in rows_of(kucoin, STREAMS["trades"], began(18))[0]}

    assert len(week) == 40 * EACH["trades"]


def test_a_pro_account_has_a_ledger_of_its_own_and_others_are_not_asked_for_one(street, kucoin):
    without = kucoin.streams()
    street.tell("kucoin", pro=True)

    assert set(kucoin.streams()) - set(without) == {PRO}
    assert timedelta(days=2) < PRO.reaches_back < timedelta(days=3)


def test_the_ledger_of_a_pro_account_is_read_whole_for_its_three_days_and_then_only_what_is_new(street, kucoin):
    dense = timedelta(days=4) / (40 * len(BLOCK))
    started = datetime.now(UTC) - timedelta(days=4)
    street.tell("kucoin", pro=True, size=40 * len(BLOCK), start=started.isoformat(), step_seconds=dense.seconds)

    known, cursor = rows_of(kucoin, PRO)
    street.tell("kucoin", arrive=[0] * len(BLOCK))
    fresh, _ = rows_of(kucoin, PRO, cursor)

    three_days_ago = datetime.now(UTC) - PRO.reaches_back
    assert len(known) == len(ids_of(known)) > 200
    assert min(row.occurred_at for row in known) - three_days_ago < timedelta(hours=2)
    assert len(ids_of(fresh) - ids_of(known)) == 2 * EACH["trades"]
    assert len(fresh) < len(known) / 2


def test_a_stretch_of_a_pro_account_ends_below_it(street, kucoin):
    started = datetime.now(UTC) - timedelta(days=2)
    street.tell("kucoin", pro=True, size=40 * len(BLOCK), start=started.isoformat(), step_seconds=200)
    since = datetime.now(UTC) - timedelta(hours=30)

    rows, _ = rows_of(kucoin, PRO, kucoin.stretch(PRO, since, datetime.now(UTC)))

    whole = rows_of(kucoin, PRO)[0]
    assert ids_of(row for row in whole if row.occurred_at >= since) <= ids_of(rows)
    assert len(rows) < len(whole)


def test_trades_are_asked_for_beyond_the_year_that_is_certain(kucoin):
    assert STREAMS["trades"].reaches_back == timedelta(days=365)
    assert kucoin.stretch(STREAMS["trades"], OPENED, OPENED) == Window.starting(OPENED, span=timedelta(days=7))


def test_a_deposit_keeps_its_name_although_kucoin_gives_it_none(kucoin):
    first, _ = rows_of(kucoin, STREAMS["deposits"], began(40))
    again, _ = rows_of(kucoin, STREAMS["deposits"], began(35))

    assert ids_of(first) == ids_of(again)
    assert len(ids_of(first)) == BLOCKS


def test_an_empty_account_is_empty_and_not_an_error(street, kucoin):
    street.tell("kucoin", size=0)

    assert [rows_of(kucoin, stream, began(3))[0] for stream in kucoin.streams()] == [[]] * len(STREAMS)
    assert kucoin.balances() == ()


def test_balances_come_without_losing_a_digit(kucoin):
    by_asset = {balance.asset: balance.amount for balance in kucoin.balances()}

    assert isinstance(by_asset["BTC"], Decimal)
    assert len(str(by_asset["BTC"]).split(".")[1]) >= 10

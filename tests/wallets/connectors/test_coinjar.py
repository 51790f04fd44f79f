"""CoinJar as far as it is known: a key that cannot be proven harmless, fills and transfers by a cursor in a header."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import Sure, Way, load
from wallets.checklist import Check, Examination, Mark
from wallets.connectors.client import Reply, blame_by_status
from wallets.connectors.coinjar import FILLS, SCOPES, TRANSFERS, Coinjar, blame
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox.books import BLOCK
from wallets.sandbox.coinjar import TRADES

EXCHANGE = "coinjar"
TOKEN = "token-of-ada"
BLOCKS = 30
TRADED = sum(kind in TRADES for kind in BLOCK)
STREAMS = [FILLS, TRANSFERS]
EACH_BLOCK = {FILLS: TRADED, TRANSFERS: len(BLOCK) - TRADED}


@pytest.fixture
def make(street, pace):
    street.tell("coinjar", size=BLOCKS * len(BLOCK))
    return lambda credentials: Coinjar(credentials, pace=pace, origin=street.origin("coinjar"))


@pytest.fixture
def coinjar(make, credentials):
    return make(credentials)


@pytest.fixture
def let_in(street, make):
    def made(scopes=SCOPES, *, told=True):
        street.tell("coinjar", granted={"token": TOKEN, "scopes": [*scopes]})
        return make({"token": TOKEN, **({"scopes": " ".join(scopes)} if told else {})})

    return made


def failure_of(call, *args):
    with pytest.raises(ConnectorError) as caught:
        call(*args)
    return caught.value


# --- the key, the token -------------------------------------------------------------------------------------------


def test_a_key_can_not_be_told_to_be_harmless_and_nothing_is_tried(street, coinjar, pace):
    asked, probed = coinjar.rights(), coinjar.probe_rights()

    assert (asked.can_tell, probed.can_tell) == (False, False)
    assert (asked.read_only, probed.read_only) == (None, None)
    assert pace.spent == 0


def test_the_owner_has_to_confirm_and_is_told_how_it_stands():
    row = load()["coinjar"]
    method = row.method(Way.KEY)

    assert method.owner_must_confirm
    assert method.label == "cannot be proven read-only"
    assert not row.tells_rights
    assert row.methods[0].way is Way.CSV
    assert any("full control" in step for step in row.steps)


def test_the_sign_in_is_called_unverified():
    row = load()["coinjar"]

    assert row.sign_in.sure is Sure.REMEMBERED
    assert row.method(Way.OAUTH).label == "not verified"
    assert any("not verified" in note for note in row.notes)
    assert row.sign_in.scopes == SCOPES


@pytest.mark.parametrize("scope", ["write", "trade", "transfers:write", "reports:write", "invented"])
def test_every_scope_that_does_not_read_is_refused_by_name(let_in, scope):
    assert let_in((*SCOPES, scope)).rights().beyond == (scope,)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_missing_scope_is_named(let_in, scope):
    assert let_in(tuple(each for each in SCOPES if each != scope)).rights().missing == (scope,)


@pytest.mark.parametrize("told", [True, False])
def test_what_a_sign_in_may_do_is_not_claimed_to_be_known(let_in, told):
    rights = let_in(told=told).rights()

    assert rights.can_tell is False
    assert not rights.beyond


def test_a_key_tells_the_user_and_a_sign_in_the_same(coinjar, let_in):
    (identity,) = coinjar.identities()

    assert identity.kind is IdentityKind.USER
    assert let_in().identities() == (identity,)


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_user_is_not_told_records_are_compared_instead(street, coinjar, status):
    street.fault("coinjar", kind="status", status=status, path="/users/current")

    assert coinjar.identities() == ()


def test_an_outage_is_not_taken_for_an_account_without_a_user(street, coinjar):
    street.fault("coinjar", kind="status", status=503, path="/users/current")

    assert failure_of(coinjar.identities).cause is Cause.MAINTENANCE


def test_the_clock_is_theirs_and_needs_no_key(street, make):
    connector = make({"key": "not-one-of-theirs"})
    before = connector.clock()
    street.pass_time(3600)

    assert timedelta(seconds=3598) <= connector.clock() - before <= timedelta(seconds=3610)


def test_the_clock_is_asked_without_the_key(make):
    assert make({"key": "two parts"}).clock()


def test_the_checklist_passes_with_rights_unknown(coinjar):
    examination = Examination(coinjar, (), lambda: datetime.now(UTC))

    lines = list(examination.lines())

    assert examination.passed
    assert [line.check for line in lines if line.mark is Mark.UNKNOWN] == [Check.RIGHTS]


def test_a_sign_in_that_can_do_more_is_crossed_by_name(let_in):
    examination = Examination(let_in((*SCOPES, "trade")), (), lambda: datetime.now(UTC))

    lines = list(examination.lines())

    assert [line.detail for line in lines if line.mark is Mark.CROSSED] == ["trade"]
    assert examination.failure.cause is Cause.RIGHTS_TOO_WIDE


# --- failures -----------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_unknown_and_a_dead_sign_in_asks_for_another(street, make, let_in):
    signed_in = let_in()
    street.tell("coinjar", password_changed=True)

    assert failure_of(make({"key": "A" * 43}).balances).cause is Cause.KEY_UNKNOWN
    assert failure_of(signed_in.balances).cause is Cause.SIGN_IN_AGAIN


def test_a_key_that_was_revoked_is_unknown(street, coinjar, credentials):
    street.tell("coinjar", no_key=credentials["key"])

    assert failure_of(coinjar.balances).cause is Cause.KEY_UNKNOWN


def test_a_refused_area_is_named_and_the_account_is_among_the_reasons(street, coinjar, credentials):
    street.tell("coinjar", key={"id": credentials["key"], "trouble": 403})

    for area in coinjar.areas():
        failure = failure_of(coinjar.read, area)
        assert (failure.cause, failure.right) == (Cause.RIGHT_MISSING, "reading")
        assert Cause.ACCOUNT_FROZEN in failure.among


def test_the_budget_stays_within_600_calls_in_ten_minutes():
    allowance = load()["coinjar"].for_a_key

    assert allowance.at_once + 600 * allowance.each_second <= 600


def test_being_asked_to_slow_down_reaches_the_budget(street, coinjar, credentials, pace):
    street.tell("coinjar", key={"id": credentials["key"], "allowed": 0})

    assert failure_of(coinjar.balances).cause is Cause.RATE_LIMITED
    assert len(pace.told) == 1


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
    ids=lambda value: f"{value['kind']} {value.get('body', '')}" if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_broken_answers_are_never_taken_for_an_empty_account(street, coinjar, stream, fault, cause):
    street.fault("coinjar", **fault)

    assert failure_of(coinjar.page, stream, None).cause is cause


def test_every_known_failure_has_its_cause():
    table = known_errors("coinjar")
    read = partial(blame, refused=Cause.KEY_UNKNOWN)

    told = {error["meaning"]: read(reply_of(error)) or blame_by_status(reply_of(error)) for error in table}

    wrong = [error["meaning"] for error in table if told[error["meaning"]].cause != error["cause"]]
    sys.stdout.write(f"coinjar: {len(table) - len(wrong)} / {len(table)} failures have the right cause\n")
    assert wrong == []
    assert all(told[error["meaning"]].among for error in table if error.get("lumped"))
    assert {error["source"] for error in table} == {"invented"}


def test_of_a_refusals_text_nothing_is_kept():
    body = b'{"error_type": "canary of ada", "error_messages": ["canary"]}'

    failure = blame(reply_of({"status": 403, "body": body.decode()}), refused=Cause.KEY_UNKNOWN)

    assert failure.code == "http 403"


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_every_row_is_read_once(coinjar, let_in, stream):
    rows, _ = rows_of(coinjar, stream)

    assert len(rows) == len(ids_of(rows)) == BLOCKS * EACH_BLOCK[stream]
    assert ids_of(rows_of(let_in(), stream)[0]) == ids_of(rows)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_rows_that_come_in_meanwhile_shift_nothing(street, coinjar, stream):
    whole, _ = rows_of(coinjar, stream)
    first = coinjar.page(stream, None)
    street.tell("coinjar", size=2 * BLOCKS * len(BLOCK))

    rest, cursor = rows_of(coinjar, stream, first.cursor)

    assert first.more
    assert ids_of([*first.records, *rest]) == ids_of(whole)
    fresh, _ = rows_of(coinjar, stream, cursor)
    assert len(ids_of(whole) | ids_of(fresh)) == 2 * BLOCKS * EACH_BLOCK[stream]


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_the_next_walk_finds_what_is_new_and_not_everything_again(street, coinjar, stream):
    street.tell("coinjar", size=200 * len(BLOCK))
    known, cursor = rows_of(coinjar, stream)
    street.tell("coinjar", size=205 * len(BLOCK))

    fresh, _ = rows_of(coinjar, stream, cursor)

    assert len(ids_of(known) | ids_of(fresh)) == 205 * EACH_BLOCK[stream]
    assert 5 * EACH_BLOCK[stream] < len(fresh) < len(known) / 2


def test_an_empty_account_is_empty_and_not_an_error(street, coinjar):
    street.tell("coinjar", size=0)

    assert all(rows_of(coinjar, stream)[0] == [] for stream in STREAMS)
    assert not any(balance.amount for balance in coinjar.balances())


def test_a_cursor_that_stands_still_is_not_followed_for_ever(coinjar, monkeypatch):
    first = coinjar.page(FILLS, None)
    same = Reply(200, {"X-Cjx-Cursor": json.loads(first.cursor)["after"]}, first.body)
    monkeypatch.setattr(coinjar.api, "get", lambda *_, **__: same)

    assert failure_of(coinjar.page, FILLS, first.cursor).code == "cursor"


def test_balances_come_without_losing_a_digit(coinjar):
    by_asset = {balance.asset: balance.amount for balance in coinjar.balances()}

    assert len(str(by_asset["BTC"]).split(".")[1]) >= 10


def test_a_million_events_are_reached_at_both_ends_and_in_the_middle(street, coinjar):
    street.tell("coinjar", size=1_000_000)
    begun = time.monotonic()

    newest = coinjar.page(FILLS, None)
    middle = coinjar.page(FILLS, json.dumps({"after": "500000", "since": 0, "top": 1}))
    oldest = coinjar.page(FILLS, json.dumps({"after": "40", "since": 0, "top": 1}))

    assert [page.more for page in (newest, middle, oldest)] == [True, True, False]
    assert oldest.records
    assert time.monotonic() - begun < 5

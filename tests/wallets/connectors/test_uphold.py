"""Uphold by its real wire: scopes by name, cards and transactions by places, every row once."""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import Way, load
from wallets.checklist import Check, Examination, Mark
from wallets.connectors.client import blame_by_status
from wallets.connectors.uphold import CARDS, HISTORY, PAGE, SCOPES, TRANSACTIONS, USER, Uphold, blame, total_of
from wallets.records import Cause, ConnectorError, IdentityKind

EXCHANGE = "uphold"
TOKEN = "token-of-ada"
SIZE = 320


@pytest.fixture
def make(street, pace):
    street.tell("uphold", size=SIZE)

    def made(scopes=SCOPES, *, told=True):
        street.tell("uphold", granted={"token": TOKEN, "scopes": [*scopes]})
        written = {"scopes": " ".join(scopes)} if told else {}
        return Uphold({"token": TOKEN, **written}, pace=pace, origin=street.origin("uphold"))

    return made


@pytest.fixture
def uphold(make):
    return make()


def failure_of(call, *args):
    with pytest.raises(ConnectorError) as caught:
        call(*args)
    return caught.value


# --- what the token may -------------------------------------------------------------------------------------------


def test_a_reading_consent_is_read_only(uphold):
    rights = uphold.rights()

    assert rights.read_only is True
    assert rights.read == SCOPES
    assert not rights.missing


@pytest.mark.parametrize(
    "scope",
    [
        "cards:write",
        "phones:write",
        "contacts:write",
        "transactions:deposit",
        "transactions:withdraw",
        "transactions:transfer:self",
        "transactions:transfer:others",
        "transactions:transfer:application",
        "transactions:commit:otp",
        "transactions:write",
        "offline_access",
        "invented",
        "read",
        "cards:read:write",
    ],
)
def test_every_scope_that_does_not_read_is_refused_by_name(make, scope):
    rights = make((*SCOPES, scope)).rights()

    assert rights.read_only is False
    assert rights.beyond == (scope,)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_missing_scope_is_named(make, scope):
    connector = make(tuple(each for each in SCOPES if each != scope))

    assert connector.rights().missing == (scope,)


def test_reading_more_than_was_asked_for_is_no_harm(make):
    assert make((*SCOPES, "accounts:read")).rights().read_only is True


def test_a_consent_to_nothing_lacks_everything(make):
    assert make(()).rights().missing == SCOPES


def test_a_token_whose_scopes_were_not_written_down_tells_nothing(make):
    connector = make(told=False)

    assert (connector.rights().can_tell, connector.probe_rights().can_tell) == (False, False)
    assert connector.rights().read_only is None


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        (CARDS, lambda uphold: uphold.read(uphold.areas()[0])),
        (CARDS, lambda uphold: uphold.balances()),
        (TRANSACTIONS, lambda uphold: uphold.read(uphold.areas()[1])),
        (TRANSACTIONS, lambda uphold: uphold.page(HISTORY, None)),
        (USER, lambda uphold: uphold.identities()),
    ],
    ids=["read cards", "balances", "read transactions", "page", "identities"],
)
def test_a_call_that_lacks_its_scope_names_it(make, scope, call):
    failure = failure_of(call, make(tuple(each for each in SCOPES if each != scope)))

    assert (failure.cause, failure.right) == (Cause.RIGHT_MISSING, scope)


def test_what_is_asked_for_at_uphold_is_what_is_needed_here():
    assert set(load()["uphold"].sign_in.scopes) == set(SCOPES)


def test_a_personal_token_cannot_be_entered():
    row = load()["uphold"]

    assert row.method(Way.KEY) is None
    assert not row.fields


# --- the account --------------------------------------------------------------------------------------------------


def test_every_area_can_be_read(uphold):
    for area in uphold.areas():
        uphold.read(area)


def test_the_token_tells_the_user(street, uphold):
    (identity,) = uphold.identities()

    assert identity.kind is IdentityKind.USER
    assert identity.value == street.look("uphold")["people"][0]["id"]


def test_a_user_without_an_id_is_nobody_in_particular(street, uphold):
    street.fault("uphold", kind="status", status=200, body='{"name": "Ada Moreno"}')

    assert uphold.identities() == ()


def test_the_clock_is_theirs_and_needs_no_token(street, uphold):
    before = uphold.clock()
    street.tell("uphold", password_changed=True)
    street.pass_time(3600)

    assert timedelta(seconds=3598) <= uphold.clock() - before <= timedelta(seconds=3610)


def test_the_clock_is_asked_without_the_token(street, pace):
    unsendable = Uphold({"token": "two parts"}, pace=pace, origin=street.origin("uphold"))

    assert unsendable.clock()


def test_a_new_password_ends_every_sign_in(street, uphold):
    street.tell("uphold", password_changed=True)

    for call in (uphold.identities, uphold.balances, lambda: uphold.page(HISTORY, None)):
        assert failure_of(call).cause is Cause.SIGN_IN_AGAIN


def test_a_sign_in_has_no_end_of_its_own(street, uphold):
    street.pass_time(timedelta(days=900).total_seconds())

    assert uphold.identities()


def test_balances_come_exactly_and_one_for_each_currency(street, uphold):
    street.tell("uphold", empty_cards=2 * PAGE)

    held = {balance.asset: balance.amount for balance in uphold.balances()}

    assert len(str(held["BTC"]).split(".")[1]) >= 10
    assert held["USD"] == 0
    assert set(held) == {"BTC", "ETH", "SOL", "ADA", "DOT", "EUR", "USD"}


def test_the_checklist_passes_from_one_end_to_the_other(uphold):
    examination = Examination(uphold, (), lambda: datetime.now(UTC))

    lines = list(examination.lines())

    assert examination.passed
    assert {line.check for line in lines} == set(Check) - {Check.FORMAT}
    assert {line.mark for line in lines} == {Mark.TICKED}


# --- failures -----------------------------------------------------------------------------------------------------


def test_being_asked_to_slow_down_reaches_the_budget_with_its_wait(street, uphold, pace):
    street.tell("uphold", allowed=0)

    failure = failure_of(uphold.balances)

    assert (failure.cause, failure.wait) == (Cause.RATE_LIMITED, timedelta(seconds=85))
    assert pace.told == [timedelta(seconds=85)]


def test_the_budget_stays_within_500_calls_in_five_minutes():
    allowance = load()["uphold"].for_an_address

    assert allowance.at_once + 300 * allowance.each_second <= 500


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "[]"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "status", "status": 412}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
    ],
    ids=lambda value: f"{value['kind']} {value.get('body', '')}" if isinstance(value, dict) else str(value),
)
@pytest.mark.parametrize(
    "call", [lambda uphold: uphold.page(HISTORY, None), lambda uphold: uphold.balances()], ids=["page", "balances"]
)
def test_broken_answers_are_never_taken_for_an_empty_account(street, uphold, fault, cause, call):
    street.fault("uphold", **fault)

    assert failure_of(call, uphold).cause is cause


@pytest.mark.parametrize(
    ("told", "first", "count"),
    [
        ("", 0, 50),
        ("items 0-49", 0, 50),
        ("items 0-49/*", 0, 50),
        ("items 0-49/320", 50, 50),  # the same page again
        ("items 0-99/320", 50, 50),
        ("items 50-99/320", 50, 49),
        ("items */0", 0, 1),
        ("items */320", 0, 0),
    ],
)
def test_a_page_of_other_places_than_were_asked_for_is_no_answer(told, first, count):
    assert failure_of(total_of, told, first, count).cause is Cause.UNEXPECTED_REPLY


def test_every_known_failure_has_its_cause():
    table = known_errors("uphold")

    told = {error["meaning"]: blame(reply_of(error)) or blame_by_status(reply_of(error)) for error in table}

    wrong = [error["meaning"] for error in table if told[error["meaning"]].cause != error["cause"]]
    sys.stdout.write(f"uphold: {len(table) - len(wrong)} / {len(table)} failures have the right cause\n")
    assert wrong == []
    assert len(table) >= 12


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, SIZE])
def test_every_transaction_is_read_once(street, uphold, pace, size):
    street.tell("uphold", size=size)

    rows, _ = rows_of(uphold, HISTORY)

    assert len(rows) == len(ids_of(rows)) == size
    assert pace.spent == max(1, -(-size // PAGE))  # and no page more than there are


def test_rows_that_come_in_meanwhile_are_neither_lost_nor_kept_twice(street, uphold):
    first = uphold.page(HISTORY, None)
    known, cursor = ids_of(first.records), first.cursor
    more = True
    while more:
        street.tell("uphold", size=SIZE + len(known) // 7)
        page = uphold.page(HISTORY, cursor)
        known |= ids_of(page.records)
        cursor, more = page.cursor, page.more
    size = street.look("uphold")["size"]
    known |= ids_of(rows_of(uphold, HISTORY, cursor)[0])

    assert size > SIZE
    assert len(known) == size


def test_the_next_walk_finds_what_is_new_and_not_everything_again(street, uphold):
    street.tell("uphold", size=2000)
    known, cursor = rows_of(uphold, HISTORY)
    street.tell("uphold", size=2100)

    fresh, _ = rows_of(uphold, HISTORY, cursor)

    assert len(ids_of(known) | ids_of(fresh)) == 2100
    assert 100 < len(fresh) < 1500


def test_a_walk_ends_calmly_where_there_is_less_than_before(street, uphold):
    page = uphold.page(HISTORY, None)
    street.tell("uphold", size=PAGE)

    last = uphold.page(HISTORY, page.cursor)

    assert (last.records, last.more) == ((), False)


def test_every_status_is_handed_over_and_comes_again_when_it_changes(street, uphold):
    street.tell("uphold", size=1000)
    late = {"999": "processing", str(1000 - 5 * PAGE): "waiting", "7": "cancelled", "8": "failed"}
    street.tell("uphold", statuses=late)
    rows, cursor = rows_of(uphold, HISTORY)
    street.tell("uphold", statuses={"7": "cancelled", "8": "failed"})

    again, _ = rows_of(uphold, HISTORY, cursor)

    before = {row.external_id: row.raw["status"] for row in rows}
    after = {row.external_id: row.raw["status"] for row in again}
    assert sorted(set(before.values())) == ["cancelled", "completed", "failed", "processing", "waiting"]
    changed = {name for name, status in after.items() if before[name] != status}
    assert len(changed) == 2


def test_completed_rows_add_up_to_the_balances(street, uphold):
    street.tell("uphold", statuses={"5": "cancelled", "11": "failed"})
    rows, _ = rows_of(uphold, HISTORY)
    held = defaultdict(Decimal)

    for row in rows:
        if row.raw["status"] == "completed":
            for side, sign in (("origin", -1), ("destination", 1)):
                if row.raw[side]["type"] == "card":
                    held[row.raw[side]["currency"]] += sign * Decimal(row.raw[side]["amount"])

    assert held == {balance.asset: balance.amount for balance in uphold.balances()}


def test_a_million_transactions_are_reached_at_both_ends_and_in_the_middle(street, uphold):
    street.tell("uphold", size=1_000_000)
    begun = time.monotonic()

    newest = uphold.page(HISTORY, None)
    middle = uphold.page(HISTORY, json.dumps({"after": "500000", "since": 0, "top": 1}))
    oldest = uphold.page(HISTORY, json.dumps({"after": "999960", "since": 0, "top": 1}))

    assert [len(page.records) for page in (newest, middle, oldest)] == [PAGE, PAGE, 40]
    assert [page.more for page in (newest, middle, oldest)] == [True, True, False]
    assert time.monotonic() - begun < 5

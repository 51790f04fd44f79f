"""Bybit by its real wire: three sites, one switch above all boxes, lists by stretch and mark, by mark, by number."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.wallets.conftest import known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import load
from wallets.checklist import Check, Examination, Mark
from wallets.connectors.bybit import (
    BOXES,
    EU,
    GLOBAL,
    INDONESIA,
    READ_ONLY,
    READ_WRITE,
    READING_WORDS,
    SIGNERS,
    SOURCES,
    STREAMS,
    Bybit,
    blame,
    id_of,
    read_rights,
)
from wallets.connectors.client import blame_by_status
from wallets.connectors.walks import MILLISECOND, milliseconds
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox import bybit as played
from wallets.sandbox.books import BLOCK, STEP
from wallets.sandbox.wire import World

EXCHANGE = "bybit"
ERRORS = known_errors(EXCHANGE)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BLOCKS = 40
BEGAN = BLOCKS * len(BLOCK) * STEP  # so long ago: the books end now
LATER = 4  # blocks, for whose time the clock runs on: a day and a half
TRUE_ROWS = {
    "ledger": played.ledger_rows,
    "funding": played.funding_rows,
    "trades:spot": played.LISTS["/v5/execution/list"].rows["spot"],
    "deposits": played.LISTS["/v5/asset/deposit/query-record"].rows[""],
    "internal deposits": played.LISTS["/v5/asset/deposit/query-internal-record"].rows[""],
    "withdrawals": played.LISTS["/v5/asset/withdraw/query-record"].rows["2"],
    "transfers": played.LISTS["/v5/asset/transfer/query-inter-transfer-list"].rows[""],
    "sub-account transfers": played.LISTS["/v5/asset/transfer/query-universal-transfer-list"].rows[""],
    "conversions": played.CONVERSIONS,
    "exchanges": played.LISTS["/v5/asset/exchange/order-record"].rows[""],
    "small balances": played.SMALL_BALANCES,
    "earn orders:FlexibleSaving": played.LISTS["/v5/earn/order"].rows["FlexibleSaving"],
    "yields:FlexibleSaving": played.LISTS["/v5/earn/yield"].rows["FlexibleSaving"],
    "yields:OnChain": played.LISTS["/v5/earn/yield"].rows["OnChain"],
}
EMPTY = {"trades:linear", "trades:inverse", "trades:option"}
BY_STRETCH = sorted(name for name, source in SOURCES.items() if source.span)


@dataclass
class Truth:
    """The sandbox's own books, asked without any page."""

    resident: played.Bybit

    def rows(self, name, *, size=BLOCKS + LATER, since=None):
        events = [self.resident.books.event(number) for number in range(size * len(BLOCK))]
        kept = [event for event in events if since is None or event.at >= datetime.now(UTC) - since]
        return [row for event in kept for row in TRUE_ROWS[name](event)]

    def ids(self, name, *, size=BLOCKS):
        rows = self.rows(name, size=size)
        ids = {id_of(row, SOURCES[name]) for row in rows}
        assert len(ids) == len(rows) > 0
        return ids


@pytest.fixture
def tell(street, credentials):
    """Changes the key."""

    def change(**key):
        street.tell("bybit", key={"id": credentials["key"], **key})

    return change


@pytest.fixture
def start():
    return datetime.now(UTC) - BEGAN


@pytest.fixture
def bybit(street, pace, credentials, start):
    street.tell("bybit", size=BLOCKS * len(BLOCK), start=start.isoformat())
    return connected(street, pace, credentials)


@pytest.fixture
def truth(start):
    resident = played.Bybit(World("holdfast", lambda: datetime.now(UTC)))
    resident.configure({"size": (BLOCKS + LATER) * len(BLOCK), "start": start.isoformat()})
    return Truth(resident)


def connected(street, pace, credentials, **region):
    return Bybit(credentials, pace=pace, origin=street.origin("bybit"), **region)


def failure_of(ask):
    with pytest.raises(ConnectorError) as failure:
        ask()
    return failure.value


def later(street, bybit):
    """So much time passes, in which as much happens as before. The signer's clock runs on with the sandbox's."""
    seconds = int((LATER * len(BLOCK) * STEP).total_seconds())
    street.pass_time(seconds)
    bybit.client.ccxt.options["timeDifference"] = -1000 * seconds
    street.tell("bybit", size=(BLOCKS + LATER) * len(BLOCK))


def began(name):
    """A cursor of a walk that began lately: the whole of a history would be some four hundred weeks."""
    return cursor_at(datetime.now(UTC) - timedelta(days=20)) if SOURCES[name].span else None


def cursor_at(moment):
    return json.dumps({"since": milliseconds(moment)})


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_key_that_is_switched_to_reading_is_read_only_whatever_its_boxes_say(bybit):
    rights = bybit.rights()

    assert rights.read_only is True
    assert rights.beyond == ()
    assert rights.read[0] == READ_ONLY
    assert {"SPOT: Trade", "Account Transfer", "Earn"} <= set(rights.read)
    assert rights.missing == ()
    assert (rights.ips, rights.expires_at) == ((), None)
    assert rights.created_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert bybit.probe_rights() == rights


@pytest.mark.parametrize("word", [*BOXES, "Spot.Invented", "Invented.Group"])
def test_every_right_of_a_key_that_may_write_is_refused_by_name(tell, bybit, word):
    group, _, right = word.partition(".")
    tell(read_only=0, permissions={group: [right]})

    rights = bybit.rights()

    assert rights.read_only is False
    acting = () if word in READING_WORDS else (BOXES.get(word, word),)
    assert rights.beyond == (READ_WRITE, *acting)


def test_a_key_that_may_write_is_refused_without_any_box(tell, bybit):
    tell(read_only=0, permissions={})

    assert bybit.rights().beyond == (READ_WRITE,)


@pytest.mark.parametrize("switch", [0, 2, -1])
def test_only_one_place_of_the_switch_reads(switch):
    assert read_rights({"readOnly": switch, "permissions": {}}, now=NOW).read_only is False


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"permissions": {"Spot": []}},
        {"readOnly": 1},
        {"readOnly": "1", "permissions": {}},
        {"readOnly": 1, "permissions": []},
        {"readOnly": 1, "permissions": {"Spot": "SpotTrade"}},
    ],
)
def test_a_reply_without_rights_is_not_taken_for_a_harmless_key(key):
    assert failure_of(partial(read_rights, key, now=NOW)).cause is Cause.UNEXPECTED_REPLY


def test_the_boxes_to_tick_let_everything_be_read_and_nothing_be_done(tell, bybit):
    row = load()["bybit"]
    words = {label: word for word, label in BOXES.items()}
    held = {}
    for label in row.tick[1:]:
        group, _, right = words[label].partition(".")
        held.setdefault(group, []).append(right)
    tell(permissions=held)

    assert row.tick[0] == READ_ONLY
    assert READ_WRITE in row.leave
    assert bybit.rights().missing == ()
    for area in bybit.areas():
        bybit.read(area)


def test_every_area_of_the_history_is_tried(bybit):
    assert {area.name for area in bybit.areas()} == {"balances", *(stream.family for stream in bybit.streams())}


@pytest.mark.parametrize(
    ("without", "right", "areas"),
    [
        ("Earn", "Earn", 3),  # balances, orders, yields
        ("Exchange", "Exchange History", 3),  # conversions, exchanges, small balances
        ("Wallet", "Account Transfer", 6),  # balances, funding, deposits of two kinds, withdrawals, transfers
    ],
)
def test_a_missing_box_is_named(tell, bybit, without, right, areas):
    tell(permissions={group: held for group, held in played.READING.items() if group != without})

    lines = Examination(bybit, our_addresses=(), now=bybit.clock).lines()
    crossed = [line for line in lines if line.check is Check.READ and line.mark is Mark.CROSSED]

    assert [line.detail for line in crossed].count(right) == areas
    assert {line.cause for line in crossed} == {Cause.RIGHT_MISSING}
    assert bybit.rights().missing == (right,)


def test_a_missing_box_is_named_while_reading_pages(tell, bybit):
    tell(permissions={})

    failure = failure_of(partial(bybit.page, STREAMS["sub-account transfers"], None))

    assert (failure.cause, failure.right) == (Cause.RIGHT_MISSING, "Subaccount Transfer")


def test_addresses_are_told(tell, bybit):
    tell(ips=["127.0.0.1", "203.0.113.9"])

    rights = bybit.rights()

    assert rights.ips == ("127.0.0.1", "203.0.113.9")


def test_an_end_is_told_by_its_date_or_by_the_days_that_are_left(tell, bybit):
    tell(expires="2036-05-15T03:21:05Z")
    by_days = {"readOnly": 1, "permissions": {}, "deadlineDay": 83}

    assert bybit.rights().expires_at == datetime(2036, 5, 15, 3, 21, 5, tzinfo=UTC)
    assert read_rights(by_days, now=NOW).expires_at == NOW + timedelta(days=83)
    assert read_rights(by_days | {"deadlineDay": -2}, now=NOW).expires_at is None


def test_the_account_is_known_by_its_number(bybit):
    (identity,) = bybit.identities()

    assert (identity.kind, identity.value) == (IdentityKind.USER, "592324")


def test_a_sub_account_is_known_by_its_own_number_and_asked_for_no_withdrawals(tell, bybit):
    tell(uid=777001, parent="592324")
    bybit.rights()

    (identity,) = bybit.identities()

    assert (identity.kind, identity.value) == (IdentityKind.SUB_ACCOUNT, "777001")
    assert "withdrawals" not in {stream.name for stream in bybit.streams()}
    for area in bybit.areas():
        bybit.read(area)
    assert failure_of(partial(bybit.page, STREAMS["withdrawals"], None)).cause is Cause.RIGHT_MISSING


def test_a_key_pair_of_ones_own_signs_as_well(street, pace, credentials, tell):
    pair = rsa.generate_private_key(65537, 2048)
    pem = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    tell(secret=pem)

    assert connected(street, pace, {"key": credentials["key"], "secret": pem}).rights().read_only
    assert failure_of(connected(street, pace, credentials).rights).cause is Cause.SIGNATURE_WRONG


# --- regions ------------------------------------------------------------------------------------------------------


def test_each_region_is_spoken_to_at_its_own_host_and_no_other(credentials, pace):
    regions = load()["bybit"].regions

    assert {region.id: region.signer for region in regions} == SIGNERS
    for region in regions:
        assert Bybit(credentials, pace=pace, region=region.id).client.session.origins == {f"https://{region.host}:443"}
    assert Bybit(credentials, pace=pace).client.session.origins == {"https://api.bybit.com:443"}


@pytest.mark.parametrize("region", [EU, INDONESIA])
def test_a_key_works_at_its_own_site(street, pace, region):
    key = next(key for key in street.look("bybit")["keys"] if key["region"] == region)
    bybit = connected(street, pace, {"key": key["id"], "secret": key["secret"]}, region=region)

    assert bybit.rights().read_only is True
    assert bybit.identities()[0].value == f"{region}:592324"
    for area in bybit.areas():
        bybit.read(area)


@pytest.mark.parametrize(("region", "kinds"), [(GLOBAL, 4), (EU, 1), (INDONESIA, 4)])
def test_lists_are_those_of_the_region(street, pace, region, kinds):
    key = next(key for key in street.look("bybit")["keys"] if key["region"] == region)
    bybit = connected(street, pace, {"key": key["id"], "secret": key["secret"]}, region=region)

    assert sum(stream.family == "trades" for stream in bybit.streams()) == kinds


def test_a_key_of_another_site_and_a_deleted_key_are_one_and_both_are_named(street, pace, credentials):
    elsewhere = failure_of(connected(street, pace, credentials, region=EU).rights)
    street.tell("bybit", no_key=credentials["key"])
    deleted = failure_of(connected(street, pace, credentials).rights)

    for failure in (elsewhere, deleted):
        assert (failure.cause, failure.code) == (Cause.KEY_UNKNOWN, "10003")
        assert failure.among == {Cause.KEY_UNKNOWN, Cause.WRONG_HOST}


def test_the_checklist_ticks_nothing_it_could_not_see_at_the_wrong_site(street, pace, credentials):
    bybit = connected(street, pace, credentials, region=EU)

    lines = list(Examination(bybit, our_addresses=(), now=bybit.clock).lines())

    assert [(line.check, line.mark) for line in lines if line.check not in {Check.REACHABLE, Check.CLOCK}] == [
        (Check.KEY, Mark.CROSSED)
    ]


def test_the_checklist_passes_a_reading_key(bybit):
    examination = Examination(bybit, our_addresses=(), now=bybit.clock)

    lines = list(examination.lines())

    assert examination.passed
    assert all(line.mark is Mark.TICKED for line in lines)


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "AAAAAAAAAAAAAAAAAA"}, Cause.KEY_UNKNOWN),
        ({"key": "not a key of theirs"}, Cause.KEY_UNKNOWN),
        ({"secret": "0" * 36}, Cause.SIGNATURE_WRONG),
        ({"secret": "-----BEGIN PRIVATE KEY-----\nbroken\n-----END PRIVATE KEY-----"}, Cause.SIGNATURE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    assert failure_of(connected(street, pace, credentials | change).rights).cause is cause


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"ips": ["203.0.113.9"]}, Cause.IP_REFUSED),
        ({"expires": "2025-05-15T03:21:05Z"}, Cause.KEY_EXPIRED),
    ],
)
def test_a_key_in_trouble_says_which(tell, bybit, change, cause):
    tell(**change)

    assert failure_of(bybit.rights).cause is cause


def test_a_clock_that_is_wrong_is_said(street, bybit):
    street.pass_time(60)

    assert failure_of(bybit.rights).cause is Cause.CLOCK_SKEW
    assert bybit.clock() - datetime.now(UTC) > timedelta(seconds=50)


def test_a_list_that_is_asked_too_often_says_until_when(tell, pace, bybit):
    tell(allowed=2)
    for _ in range(2):
        bybit.rights()

    failure = failure_of(bybit.rights)

    assert (failure.cause, failure.code) == (Cause.RATE_LIMITED, "10006")
    assert timedelta(0) < failure.wait <= timedelta(seconds=1)
    assert pace.told == [failure.wait]


@pytest.mark.parametrize(
    ("page", "cause", "among", "wait"),
    [
        ("country", Cause.REGION_BLOCKED, set(), None),
        ("too frequent", Cause.RATE_LIMITED, set(), timedelta(minutes=10)),
    ],
)
def test_a_page_in_front_of_bybit_says_which_of_two_things_it_means(tell, bybit, page, cause, among, wait):
    tell(trouble=page)

    failure = failure_of(bybit.balances)

    assert (failure.cause, failure.among, failure.wait) == (cause, among, wait)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "redirect", "location": "http://127.0.0.2:9/"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "[]"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"retCode": 0, "result": {}}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"retCode": 0, "result": []}'}, Cause.UNEXPECTED_REPLY),
        (
            {"kind": "status", "status": 200, "body": '{"retCode": 99999, "result": {"list": []}}'},
            Cause.UNEXPECTED_REPLY,
        ),
        ({"kind": "status", "status": 503, "body": '{"retCode": 0, "result": {"list": []}}'}, Cause.MAINTENANCE),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "reset"}, Cause.NETWORK),
        ({"kind": "cut"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("name", ["ledger", "deposits", "conversions", "exchanges"])
def test_broken_answers_are_never_taken_for_an_empty_account(street, bybit, name, fault, cause):
    street.fault("bybit", **fault)

    assert failure_of(partial(bybit.page, STREAMS[name], began(name))).cause is cause


@pytest.mark.parametrize(
    "result", ["{}", '{"list": {}}', '{"list": [[]]}', '{"list": [{"coin": {}}]}', '{"balance": null}']
)
def test_balances_that_lack_their_list_are_no_empty_account(street, bybit, result):
    street.fault("bybit", kind="status", status=200, body=f'{{"retCode": 0, "result": {result}}}')

    assert failure_of(bybit.balances).cause is Cause.UNEXPECTED_REPLY


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
        print(f"\nBybit, known failures with the right cause: {right} / {len(ERRORS)}")  # noqa: T201 - a figure to read
    assert right == len(ERRORS)


FROM_THE_FACTS = [error for error in ERRORS if error["source"] in {"docs", "memory"}]


@pytest.mark.parametrize("error", FROM_THE_FACTS, ids=lambda error: error["meaning"])
def test_every_failure_of_the_facts_is_played_over_the_wire(tell, bybit, error):
    by_body = {page: reason for reason, page in played.PAGES.items()}
    by_code = {code: reason for reason, (code, _) in played.REFUSALS.items()}
    tell(trouble=by_body.get(error["body"]) or by_code[json.loads(error["body"])["retCode"]])

    failure = failure_of(partial(bybit.page, STREAMS["ledger"], began("ledger")))

    assert failure.cause == error["cause"]


def test_a_failure_shows_no_secret_and_no_address(street, pace, credentials):
    failure = failure_of(connected(street, pace, credentials | {"secret": "0" * 36}).rights)

    told = repr(failure) + str(failure) + str(failure.__cause__) + str(failure.__context__)
    assert not any(value in told for value in (*credentials.values(), "http"))


def test_one_call_is_one_request(bybit):
    """Left to itself, ccxt asks about the account before some calls and for all markets before others."""
    session, asked = bybit.client.session, []
    send = session.ask
    session.ask = lambda method, url, **how: asked.append(url) or send(method, url, **how)
    bybit.page(STREAMS["ledger"], began("ledger"))
    bybit.balances()

    assert len(asked) == 1 + 4


# --- rows ---------------------------------------------------------------------------------------------------------


def test_no_list_goes_untested():
    assert {*TRUE_ROWS, *EMPTY} == {*SOURCES}


@pytest.mark.parametrize("name", TRUE_ROWS)
def test_every_row_of_the_books_arrives_and_then_only_what_is_new(street, bybit, truth, name):
    known, cursor = rows_of(bybit, STREAMS[name], began(name))
    later(street, bybit)
    fresh, _ = rows_of(bybit, STREAMS[name], cursor)

    assert ids_of(known) == truth.ids(name)
    assert ids_of(known) | ids_of(fresh) == truth.ids(name, size=BLOCKS + LATER)
    assert all(row.family == STREAMS[name].family for row in known)
    assert SOURCES[name].overlap > timedelta(days=1) or len(fresh) < len(known) / 2


@pytest.mark.parametrize("name", TRUE_ROWS)
@pytest.mark.parametrize("short", [3, 100])
def test_rows_that_come_in_between_two_pages_are_not_missed(street, tell, bybit, truth, name, short):
    """However long it takes to the next page. Three rows where fifty were asked for: a short page is not the last."""
    tell(page=short)
    lately = cursor_at(datetime.now(UTC) - timedelta(days=6)) if SOURCES[name].span else None
    first = bybit.page(STREAMS[name], lately)
    later(street, bybit)
    rest, cursor = rows_of(bybit, STREAMS[name], first.cursor)
    after, _ = rows_of(bybit, STREAMS[name], cursor)

    found = ids_of(first.records) | ids_of(rest) | ids_of(after)
    recent = {id_of(row, SOURCES[name]) for row in truth.rows(name, since=timedelta(days=6))}
    assert recent
    assert found >= recent


@pytest.mark.parametrize("name", sorted(set(TRUE_ROWS) & set(BY_STRETCH)))
def test_lists_by_mark_bring_each_row_once(tell, bybit, truth, name):
    tell(page=7)

    rows, _ = rows_of(bybit, STREAMS[name], began(name))

    assert len(rows) == len(truth.ids(name))


@pytest.mark.parametrize("name", sorted(EMPTY))
def test_contracts_nobody_traded_in_have_no_rows(bybit, name):
    assert rows_of(bybit, STREAMS[name], began(name))[0] == []


def asked_since(name, *, days):
    since = milliseconds(datetime.now(UTC) - timedelta(days=days))
    return {**SOURCES[name].asked_between(since, since + 1000), "limit": 10}


@pytest.mark.parametrize("name", ["ledger", "yields:OnChain"])
def test_who_was_away_for_longer_than_a_list_reaches_back_goes_on_where_it_begins(bybit, name):
    long_ago = cursor_at(datetime.now(UTC) - timedelta(days=800))

    refused = failure_of(partial(bybit.client.call, SOURCES[name].method, asked_since(name, days=800)))
    rows, _ = rows_of(bybit, STREAMS[name], long_ago)

    assert refused.code == "10001"
    assert ids_of(rows) == ids_of(rows_of(bybit, STREAMS[name])[0]) > set()


@pytest.mark.parametrize(("name", "days"), [("ledger", 730), ("trades:spot", 730), ("yields:OnChain", 90)])
def test_lists_reach_back_as_far_as_they_say(street, bybit, truth, name, days):
    start = datetime.now(UTC) - timedelta(days=days, hours=-2)
    street.tell("bybit", start=start.isoformat())
    truth.resident.configure({"start": start.isoformat()})

    rows, _ = rows_of(bybit, STREAMS[name])

    too_old = failure_of(partial(bybit.client.call, SOURCES[name].method, asked_since(name, days=days + 1)))

    assert ids_of(rows) == truth.ids(name)
    assert too_old.code == "10001"


@pytest.mark.parametrize("name", BY_STRETCH)
def test_a_stretch_is_as_long_as_may_be_asked(street, bybit, name):
    """The sandbox refuses a longer one, as Bybit does."""
    source = SOURCES[name]
    longest = source.asked_between(0, source.span // MILLISECOND)
    step = bybit.page(STREAMS[name], None)

    assert step.more
    assert longest[source.times[1]] * source.unit == played.LISTS[path_of(name)].days * played.DAY


def path_of(name):
    return next(path for path in played.LISTS if method_of(path) == SOURCES[name].method)


def method_of(path):
    return "privateGet" + "".join(part.capitalize() for part in re.split("[-/]", path.strip("/")))


def test_a_mark_that_does_not_move_on_is_not_followed_for_ever(street, bybit):
    row = {"id": "1", "transactionTime": "1700000000000"}
    body = json.dumps({"retCode": 0, "result": {"list": [row], "nextPageCursor": "again"}})
    street.fault("bybit", kind="status", status=200, body=body)
    first = bybit.page(STREAMS["ledger"], began("ledger"))

    failure = failure_of(partial(bybit.page, STREAMS["ledger"], first.cursor))

    assert (failure.cause, failure.code) == (Cause.UNEXPECTED_REPLY, "same cursor")


def test_a_deposit_on_its_way_has_no_time_and_is_kept(street, bybit):
    row = {"id": "77", "coin": "BTC", "amount": "1", "status": 1, "successAt": "0"}
    body = json.dumps({"retCode": 0, "result": {"rows": [row], "nextPageCursor": ""}})
    street.fault("bybit", kind="status", status=200, body=body, times=1)

    (record,) = bybit.page(STREAMS["deposits"], began("deposits")).records

    assert record.external_id == "77"
    assert abs(record.occurred_at - datetime.now(UTC)) < timedelta(seconds=5)


def test_what_was_earned_is_found_under_either_name(street, bybit):
    """The documents' table says list, their example yield."""
    row = {"id": "1", "createdAt": "1700000000000"}
    for name in ("list", "yield"):
        body = json.dumps({"retCode": 0, "result": {name: [row]}})
        street.fault("bybit", kind="status", status=200, body=body, times=1)

        (record,) = bybit.page(STREAMS["yields:OnChain"], began("yields:OnChain")).records

        assert record.external_id == "OnChain:1"


def test_an_empty_account_is_empty_and_not_an_error(street, bybit):
    street.tell("bybit", size=0)

    assert [rows_of(bybit, stream, began(stream.name))[0] for stream in bybit.streams()] == [[]] * len(STREAMS)
    assert bybit.balances() == ()


def test_balances_add_up_to_the_books_without_losing_a_digit(bybit, truth):
    truth.resident.books.size = BLOCKS * len(BLOCK)
    added = {}
    for balance in bybit.balances():
        added[balance.asset] = added.get(balance.asset, Decimal(0)) + balance.amount

    assert added == truth.resident.books.balances()
    assert {balance.place for balance in bybit.balances()} == {"unified", "funding"}


def test_numbers_of_twenty_digits_stay_exact(street, bybit):
    exact = "12345678901.123456789012345678"
    coin = f'{{"coin": "BTC", "walletBalance": {exact}}}'
    body = f'{{"retCode": 0, "result": {{"list": [{{"coin": [{coin}]}}]}}}}'
    street.fault("bybit", kind="status", status=200, body=body, path="/v5/account/wallet-balance")
    position = '{"retCode": 0, "result": {"list": [{"coin": "ETH", "amount": "0.10000000000000000001"}]}}'
    street.fault("bybit", kind="status", status=200, body=position, path="/v5/earn/position", times=1)

    held = {(balance.asset, balance.place): balance.amount for balance in bybit.balances()}

    assert held["BTC", "unified"] == Decimal(exact)
    assert held["ETH", "earn"] == Decimal("0.10000000000000000001")


def test_a_walk_says_up_to_when_it_is_complete(bybit):
    pages, cursor = [], began("withdrawals")
    while not pages or pages[-1].more:
        pages.append(bybit.page(STREAMS["withdrawals"], cursor))
        cursor = pages[-1].cursor

    assert [page.complete_to for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert abs(pages[-1].complete_to - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    "result", ["null", "{}", '{"list": [{"amount": "1"}]}', '{"list": [{"coin": "BTC", "amount": "much"}]}']
)
def test_what_lies_in_earn_is_told_as_unread_where_its_answer_is_not_understood(street, bybit, result):
    body = f'{{"retCode": 0, "retMsg": "", "result": {result}}}'
    street.fault("bybit", kind="status", path="/v5/earn/position", status=200, body=body)

    *others, earn = bybit.balances()

    assert (earn.unread, earn.place, earn.amount) == (Cause.UNEXPECTED_REPLY, "earn", 0)
    assert {balance.place for balance in others} == {"unified", "funding"}
    assert not any(balance.unread for balance in others)


def test_a_right_to_see_what_lies_in_earn_is_still_asked_for(street, bybit):
    body = '{"retCode": 10005, "retMsg": "", "result": {}}'
    street.fault("bybit", kind="status", path="/v5/earn/position", status=200, body=body)

    assert (failure_of(bybit.balances).cause, failure_of(bybit.balances).right) == (Cause.RIGHT_MISSING, "Earn")


def refused_by_compliance(street, path):
    body = '{"retCode": 10024, "retMsg": "Compliance rules triggered", "result": {}}'
    street.fault("bybit", kind="status", path=path, status=200, body=body)


def test_a_product_that_compliance_keeps_from_an_account_takes_neither_its_key_nor_its_other_lists(street, bybit):
    """An account of a country without Earn could not be connected, and who had one was told to move."""
    refused_by_compliance(street, "/v5/earn/*")

    examination = Examination(bybit, our_addresses=(), now=bybit.clock)
    untried = [line.detail for line in examination.lines() if line.check is Check.READ and line.mark is Mark.UNKNOWN]

    assert (examination.passed, untried) == (True, ["earn orders", "yields"])
    failure = failure_of(partial(bybit.page, STREAMS["yields:OnChain"], None))
    assert (failure.cause, failure.code) == (Cause.UNEXPECTED_REPLY, "10024")
    assert [balance.place for balance in bybit.balances() if balance.unread] == ["earn"]


@pytest.mark.parametrize("path", ["/v5/account/transaction-log", "/v5/user/query-api", "/v5/asset/deposit/*"])
def test_what_compliance_says_of_the_account_itself_is_believed(street, bybit, path):
    refused_by_compliance(street, path)

    examination = Examination(bybit, our_addresses=(), now=bybit.clock)
    list(examination.lines())

    assert examination.failure.cause is Cause.REGION_BLOCKED

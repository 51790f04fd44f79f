"""OKX by its real wire: three sites, three credentials told apart, rights by word, lists from the newest row down."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest

from tests.wallets.conftest import NoHurry, known_errors, reply_of
from tests.wallets.connectors.conftest import ids_of, rows_of
from wallets.catalogue import load
from wallets.checklist import Check, Examination, Mark
from wallets.connectors.client import blame_by_status
from wallets.connectors.okx import (
    BOXES,
    EEA,
    GLOBAL,
    READ,
    SIGNERS,
    SOURCES,
    STREAMS,
    US,
    Okx,
    blame,
    id_of,
    read_rights,
)
from wallets.diagnosis import diagnose
from wallets.records import Cause, ConnectorError, IdentityKind
from wallets.sandbox import okx as played
from wallets.sandbox.books import BLOCK
from wallets.sandbox.wire import World

EXCHANGE = "okx"
ERRORS = known_errors(EXCHANGE)
BLOCKS = 60
MORE = 64  # blocks; with these the books end a day or two ago
BEGAN = timedelta(days=28)  # within what every list tells
TRUE_ROWS = {
    "ledger": played.trading_bills,
    "trades:SPOT": played.fill_rows,
    "funding": played.funding_bills,
    "deposits": played.deposit_rows,
    "withdrawals": played.withdrawal_rows,
    "conversions": played.conversion_rows,
    "savings": played.savings_rows,
    "staking": played.locked_rows,
    "eth staking": partial(played.minted_rows, odd=False),
    "sol staking": partial(played.minted_rows, odd=True),
}
WHOLE_EACH_TIME = {"staking", "eth staking", "sol staking"}


@dataclass
class InStep(NoHurry):
    """OKX counts calls and compares clocks: the sandbox's runs on with every call, and our signer's with it."""

    seconds: float = 0.1
    ahead: int = 0
    signers: list[object] = field(default_factory=list)

    def before(self, cost):
        self.wait(math.ceil(cost * self.seconds))

    def wait(self, seconds):
        self.street.pass_time(seconds)
        self.ahead += seconds
        for signer in self.signers:
            signer.options["timeDifference"] = -1000 * self.ahead


@dataclass
class Truth:
    """The sandbox's own books, asked without any page."""

    resident: played.Okx

    def rows(self, name, *, size=BLOCKS, since=None, now=None):
        events = [self.resident.books.event(number) for number in range(size * len(BLOCK))]
        kept = [event for event in events if since is None or event.at >= since]
        rows = [row for event in kept for row in TRUE_ROWS[name](event)]
        return [row for row in rows if name != "staking" or over(row, now or datetime.now(UTC))]

    def ids(self, name, **of):
        rows = self.rows(name, **of)
        ids = {id_of(row, SOURCES[name]) for row in rows}
        assert len(ids) == len(rows), "ids are not unique within their family"
        return ids


def over(row, now):
    """Orders are listed when they are over."""
    return int(row["redeemedTime"]) <= now.timestamp() * 1000


@pytest.fixture
def pace(street):
    return InStep(street)


@pytest.fixture
def tell(street, credentials):
    """Changes the key."""

    def change(**key):
        street.tell("okx", key={"id": credentials["key"], **key})

    return change


@pytest.fixture
def began():
    return datetime.now(UTC).replace(microsecond=0) - BEGAN


@pytest.fixture
def okx(street, pace, credentials, began):
    street.tell("okx", size=BLOCKS * len(BLOCK), start=began.isoformat())
    return connected(street, pace, credentials)


@pytest.fixture
def truth(began):
    resident = played.Okx(World("holdfast", lambda: datetime.now(UTC)))
    resident.configure({"size": MORE * len(BLOCK), "start": began.isoformat()})
    return Truth(resident)


def connected(street, pace, credentials, **region):
    okx = Okx(credentials, pace=pace, origin=street.origin("okx"), **region)
    if isinstance(pace, InStep):
        pace.signers.append(okx.client.ccxt)
    return okx


def failure_of(ask):
    with pytest.raises(ConnectorError) as failure:
        ask()
    return failure.value


# --- the key ------------------------------------------------------------------------------------------------------


def test_a_reading_key_is_told_to_be_read_only(okx):
    rights = okx.rights()

    assert rights.read_only is True
    assert rights.read == (READ,)
    assert rights.missing == ()
    assert rights.ips == ()
    assert okx.probe_rights() == rights


@pytest.mark.parametrize("right", ["trade", "withdraw", "transfer", "invented_right"])
def test_every_right_beyond_reading_is_refused_by_name(tell, okx, right):
    tell(perm=f"read_only,{right}")

    rights = okx.rights()

    assert rights.read_only is False
    assert rights.beyond == (BOXES.get(right, right),)


def test_boxes_are_those_of_the_catalogue():
    row = load()["okx"]

    assert (row.tick, row.leave) == ((READ,), tuple(BOXES.values()))


def test_a_missing_box_is_named(tell, okx):
    tell(perm="trade")

    for area in okx.areas():
        failure = failure_of(partial(okx.read, area))
        assert (failure.cause, failure.right) == (Cause.RIGHT_MISSING, READ)


def test_addresses_are_told(tell, okx):
    tell(ips=["127.0.0.1", "203.0.113.9"])

    rights = okx.rights()

    assert rights.ips == ("127.0.0.1", "203.0.113.9")


def test_networks_are_told_as_addresses_are():
    rights = read_rights({"perm": "read_only", "ip": "203.0.113.0/24,198.51.100.7"})

    assert rights.ips == ("203.0.113.0/24", "198.51.100.7")


@pytest.mark.parametrize("config", [{}, {"perm": None}, {"perm": ["read_only"]}])
def test_a_reply_without_rights_is_not_taken_for_a_harmless_key(config):
    assert failure_of(partial(read_rights, config)).cause is Cause.UNEXPECTED_REPLY


def test_every_area_can_be_read(okx):
    assert {area.name for area in okx.areas()} == {"balances", *(stream.family for stream in okx.streams())}
    for area in okx.areas():
        okx.read(area)


def test_the_account_is_known_by_its_number(okx):
    (identity,) = okx.identities()

    assert (identity.kind, identity.value) == (IdentityKind.USER, "447058923436195848")


def test_a_sub_account_is_known_by_its_own_number(tell, okx):
    tell(uid="447058923436195999")

    (identity,) = okx.identities()

    assert (identity.kind, identity.value) == (IdentityKind.SUB_ACCOUNT, "447058923436195999")


def test_the_clock_is_theirs(street, okx):
    street.pass_time(300)

    assert okx.clock() - datetime.now(UTC) > timedelta(seconds=290)


# --- regions ------------------------------------------------------------------------------------------------------


def test_each_region_is_spoken_to_at_its_own_host_and_no_other(credentials, pace):
    hosts = {region.id: (region.signer, region.host) for region in load()["okx"].regions}

    assert {name: signer for name, (signer, _) in hosts.items()} == SIGNERS
    for name, (_, host) in hosts.items():
        assert Okx(credentials, pace=pace, region=name).client.session.origins == {f"https://{host}:443"}
    assert Okx(credentials, pace=pace).client.session.origins == {"https://www.okx.com:443"}


@pytest.mark.parametrize("region", [EEA, US])
def test_a_key_works_at_its_own_site(street, pace, region):
    key = next(key for key in street.look("okx")["keys"] if key["region"] == region)
    credentials = {"key": key["id"], "secret": key["secret"], "passphrase": key["passphrase"]}
    okx = connected(street, pace, credentials, region=region)

    assert okx.rights().read_only is True
    for area in okx.areas():
        okx.read(area)


@pytest.mark.parametrize(("region", "kinds"), [(GLOBAL, 5), (EEA, 2), (US, 1)])
def test_lists_are_those_of_the_region(street, pace, credentials, region, kinds):
    streams = [stream.name for stream in connected(street, pace, credentials, region=region).streams()]

    assert sum(name.startswith("trades:") for name in streams) == kinds
    assert ("savings" in streams) == (region != US)


@pytest.mark.parametrize("region", [EEA, US])
def test_a_key_of_another_site_and_a_deleted_key_are_one_and_both_are_named(street, pace, credentials, region):
    elsewhere = failure_of(connected(street, pace, credentials, region=region).rights)
    street.tell("okx", no_key=credentials["key"])
    deleted = failure_of(connected(street, pace, credentials).rights)

    for failure in (elsewhere, deleted):
        assert (failure.cause, failure.code) == (Cause.KEY_UNKNOWN, "50119")
        assert failure.among == {Cause.KEY_UNKNOWN, Cause.WRONG_HOST}
    words = diagnose(Cause.KEY_UNKNOWN, exchange="OKX").explanation
    assert "deleted" in words
    assert "region" in words


def test_the_checklist_ticks_nothing_it_could_not_see_at_the_wrong_site(street, pace, credentials):
    okx = connected(street, pace, credentials, region=EEA)
    examination = Examination(okx, our_addresses=(), now=okx.clock)

    lines = list(examination.lines())

    assert [(line.check, line.mark) for line in lines if line.check not in {Check.REACHABLE, Check.CLOCK}] == [
        (Check.KEY, Mark.CROSSED)
    ]


def test_the_checklist_passes_a_reading_key(okx):
    examination = Examination(okx, our_addresses=(), now=okx.clock)

    lines = list(examination.lines())

    assert examination.passed
    assert all(line.mark is Mark.TICKED for line in lines)


# --- failures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"key": "b2f1b0d2-0000-4000-8000-000000000000"}, Cause.KEY_UNKNOWN),
        ({"key": "not a key of theirs"}, Cause.KEY_UNKNOWN),
        ({"secret": "0" * 32}, Cause.SIGNATURE_WRONG),
        ({"passphrase": "my sign-in password"}, Cause.PASSPHRASE_WRONG),
    ],
)
def test_wrong_credentials_are_told_apart(street, pace, credentials, change, cause):
    okx = connected(street, pace, credentials | change)

    assert failure_of(okx.rights).cause is cause


def test_an_address_that_is_not_on_the_keys_list_is_said(tell, okx):
    tell(ips=["203.0.113.9"])

    assert failure_of(okx.rights).cause is Cause.IP_REFUSED


@pytest.mark.parametrize("seconds", [29, 31])
def test_a_clock_may_be_wrong_by_thirty_seconds(street, credentials, seconds):
    okx = connected(street, NoHurry(street, seconds=0), credentials)
    street.pass_time(seconds)

    if seconds < 30:
        assert okx.rights().read_only
    else:
        assert failure_of(okx.rights).cause is Cause.CLOCK_SKEW


def test_a_list_that_is_asked_too_often_says_so(street, credentials):
    pace = NoHurry(street, seconds=0)
    okx = connected(street, pace, credentials)
    okx.page(STREAMS["funding"], None)

    failure = failure_of(partial(okx.page, STREAMS["funding"], None))

    assert (failure.cause, failure.code) == (Cause.RATE_LIMITED, "50011")
    assert pace.told == [None]


def method_of(path):
    return "privateGet" + "".join(part.capitalize() for part in re.split("[-/]", path.removeprefix("/api/v5/")))


@pytest.mark.parametrize("path", [*played.TABLES, "/api/v5/account/config", "/api/v5/account/balance"])
def test_the_allowance_asks_no_list_too_often(path):
    costs = {source.method: source.cost for source in SOURCES.values()}
    costs |= {"privateGetAccountConfig": 4, "privateGetAccountBalance": 2}
    allowance = load()["okx"].for_a_key
    full = allowance.at_once / allowance.each_second
    step = min(costs[method_of(path)] / allowance.each_second, full)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    resident = played.Okx(World("holdfast", lambda: now))

    for call in range(1, 60):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=max(0, call * step - full))
        assert not resident.too_often("somebody", path)


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ({"kind": "html"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "empty"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "truncated"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "{}"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": "[]"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"code": "0", "msg": ""}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"code": "0", "data": {}}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 200, "body": '{"code": "59999", "data": []}'}, Cause.UNEXPECTED_REPLY),
        ({"kind": "status", "status": 429, "body": '{"code": "59999"}'}, Cause.RATE_LIMITED),
        ({"kind": "status", "status": 502, "body": "<html>"}, Cause.MAINTENANCE),
        ({"kind": "status", "status": 403, "body": "<html>"}, Cause.REGION_BLOCKED),
        ({"kind": "redirect", "location": "http://127.0.0.2:9/"}, Cause.UNEXPECTED_REPLY),
        ({"kind": "reset"}, Cause.NETWORK),
        ({"kind": "cut"}, Cause.NETWORK),
    ],
)
@pytest.mark.parametrize("name", ["ledger", "deposits", "savings"])
def test_broken_answers_are_never_taken_for_an_empty_account(street, okx, name, fault, cause):
    street.fault("okx", **fault)

    assert failure_of(partial(okx.page, STREAMS[name], None)).cause is cause


@pytest.mark.parametrize("ask", ["balances", "rights", "identities", "clock"])
@pytest.mark.parametrize("body", ['{"code": "0", "data": []}', '{"code": "0", "data": [[]]}', "{}"])
def test_an_answer_that_lacks_its_row_is_no_answer(street, okx, ask, body):
    street.fault("okx", kind="status", status=200, body=body)

    assert failure_of(getattr(okx, ask)).cause is Cause.UNEXPECTED_REPLY


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
        print(f"\nOKX, known failures with the right cause: {right} / {len(ERRORS)}")  # noqa: T201 - a figure to read
    assert right == len(ERRORS)


FROM_THE_FACTS = [error for error in ERRORS if error["source"] == "docs/third-party SDK table"]


@pytest.mark.parametrize("error", FROM_THE_FACTS, ids=lambda error: error["meaning"])
def test_every_failure_of_the_facts_is_played_over_the_wire(tell, okx, error):
    code = json.loads(error["body"])["code"]
    tell(trouble=code)

    failure = failure_of(partial(okx.page, STREAMS["ledger"], None))

    assert (failure.cause, failure.code) == (error["cause"], code)
    assert played.refusal(code).status == error["status"]
    assert json.loads(played.refusal(code).body) == json.loads(error["body"])


def test_a_failure_shows_no_secret_and_no_address(street, pace, credentials):
    failure = failure_of(connected(street, pace, credentials | {"secret": "0" * 32}).rights)

    told = repr(failure) + str(failure) + str(failure.__cause__) + str(failure.__context__)
    assert not any(value in told for value in (*credentials.values(), "http"))


@pytest.mark.parametrize("code", ["50051", "50030"])
def test_a_product_the_account_does_not_have_has_no_rows(street, okx, code):
    street.fault("okx", kind="status", path="/api/v5/finance/*", status=200, body=json.dumps({"code": code, "msg": ""}))

    page = okx.page(STREAMS["savings"], None)

    assert (page.records, page.more, page.complete_to) == ((), False, None)
    assert okx.page(STREAMS["ledger"], None).records


def test_what_every_account_has_is_not_excused(street, okx):
    street.fault("okx", kind="status", path="/api/v5/asset/*", status=200, body='{"code": "50030", "msg": ""}')

    assert failure_of(partial(okx.page, STREAMS["funding"], None)).cause is Cause.RIGHT_MISSING


# --- rows ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE_ROWS)
def test_every_row_of_the_books_arrives_and_then_only_what_is_new(street, tell, okx, truth, name):
    tell(page=20)
    known, cursor = rows_of(okx, STREAMS[name])
    street.tell("okx", size=MORE * len(BLOCK))
    fresh, _ = rows_of(okx, STREAMS[name], cursor)

    assert ids_of(known) == truth.ids(name)
    assert ids_of(known) | ids_of(fresh) == truth.ids(name, size=MORE)
    assert (len(ids_of(fresh)) == len(truth.ids(name, size=MORE))) == (name in WHOLE_EACH_TIME)


def test_an_order_that_was_begun_long_ago_is_found_when_it_is_over(tell, pace, okx, truth):
    tell(page=7)
    known, cursor = rows_of(okx, STREAMS["staking"])
    weeks = timedelta(days=20)
    pace.wait(int(weeks.total_seconds()))
    fresh, _ = rows_of(okx, STREAMS["staking"], cursor)

    late = ids_of(fresh) - ids_of(known)
    assert ids_of(fresh) == truth.ids("staking", now=datetime.now(UTC) + weeks)
    assert min(map(int, late)) < max(map(int, ids_of(known)))


@pytest.mark.parametrize("name", sorted(name for name in TRUE_ROWS if SOURCES[name].by_id))
def test_lists_by_id_bring_each_row_once(okx, truth, name):
    rows, _ = rows_of(okx, STREAMS[name])

    assert len(rows) == len(truth.ids(name))


@pytest.mark.parametrize("name", TRUE_ROWS)
@pytest.mark.parametrize("short", [7, 100])
def test_rows_that_come_in_between_two_pages_are_not_missed(street, tell, okx, truth, name, short):
    street.tell("okx", size=20 * len(BLOCK))
    tell(page=short)
    first = okx.page(STREAMS[name], None)
    street.tell("okx", size=BLOCKS * len(BLOCK))
    rest, cursor = rows_of(okx, STREAMS[name], first.cursor)
    later, _ = rows_of(okx, STREAMS[name], cursor)

    known = ids_of(first.records) | ids_of(rest)
    assert known >= truth.ids(name, size=20)
    assert known | ids_of(later) == truth.ids(name)


def test_twins_of_one_moment_come_over_the_edge_of_a_page(tell, okx, truth):
    """Every third deposit is three rows of one moment, so that pages of seven cut through some."""
    tell(page=7)

    rows, _ = rows_of(okx, STREAMS["deposits"])

    assert ids_of(rows) == truth.ids("deposits")
    assert len({row.occurred_at for row in rows}) < len(truth.ids("deposits"))


def test_a_page_full_of_one_moment_is_not_passed_over(street, okx):
    row = {"ccy": "EUR", "amt": "1", "ts": "1700000000000"}
    body = json.dumps({"code": "0", "data": [{**row, "depId": str(number)} for number in range(100)]})
    street.fault("okx", kind="status", status=200, body=body)
    first = okx.page(STREAMS["deposits"], None)

    failure = failure_of(partial(okx.page, STREAMS["deposits"], first.cursor))

    assert (failure.cause, failure.code) == (Cause.UNEXPECTED_REPLY, "full moment")


def test_a_list_that_answers_the_same_page_for_ever_is_not_taken_for_read(street, okx):
    row = {"ccy": "EUR", "balChg": "1", "ts": "1700000000000"}
    body = json.dumps({"code": "0", "data": [{**row, "billId": str(1000 + number)} for number in range(100)]})
    street.fault("okx", kind="status", status=200, body=body)
    first = okx.page(STREAMS["ledger"], None)

    failure = failure_of(partial(okx.page, STREAMS["ledger"], first.cursor))

    assert failure.cause is Cause.UNEXPECTED_REPLY


@pytest.mark.parametrize(("name", "days"), [("ledger", 90), ("trades:SPOT", 90), ("deposits", 365), ("savings", 30)])
def test_lists_reach_back_as_far_as_they_say(street, okx, truth, name, days):
    began = datetime.now(UTC) - timedelta(days=days + 10)
    for books in (partial(street.tell, "okx"), lambda **change: truth.resident.configure(change)):
        books(start=began.isoformat())
    edge = datetime.now(UTC) - timedelta(days=days)

    found = ids_of(rows_of(okx, STREAMS[name])[0])

    assert STREAMS[name].reaches_back == timedelta(days=days)
    assert truth.ids(name, since=edge + timedelta(hours=1)) <= found <= truth.ids(name, since=edge)
    assert found < truth.ids(name)


def test_the_funding_ledger_has_no_such_end(street, okx, truth):
    began = datetime(2021, 2, 1, tzinfo=UTC)
    street.tell("okx", start=began.isoformat())
    truth.resident.configure({"start": began.isoformat()})

    assert ids_of(rows_of(okx, STREAMS["funding"])[0]) == truth.ids("funding")


def test_a_walk_says_up_to_when_it_is_complete(okx, truth):
    stream, cursor, pages = STREAMS["conversions"], None, []
    while not pages or pages[-1].more:
        pages.append(okx.page(stream, cursor))
        cursor = pages[-1].cursor

    assert [page.complete_to for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert pages[-1].complete_to == max(row.occurred_at for row in pages[0].records)


def test_trade_numbers_repeat_and_are_not_taken_for_ids(okx, truth):
    rows, _ = rows_of(okx, STREAMS["trades:SPOT"])

    assert len({row.raw["tradeId"] for row in rows}) < len(rows) == len(truth.ids("trades:SPOT"))


def test_kinds_of_instruments_without_trades_are_empty(okx):
    assert [rows_of(okx, stream)[0] for stream in okx.streams() if stream.name.startswith("trades:")][1:] == [[]] * 4


def test_interest_keeps_its_name_although_okx_gives_it_none(okx):
    first, _ = rows_of(okx, STREAMS["savings"])
    again, _ = rows_of(okx, STREAMS["savings"])

    assert ids_of(first) == ids_of(again)
    assert len(ids_of(first)) == BLOCKS


def test_an_empty_account_is_empty_and_not_an_error(street, okx):
    street.tell("okx", size=0)

    assert [rows_of(okx, stream)[0] for stream in okx.streams()] == [[]] * len(STREAMS)
    assert okx.balances() == ()


def test_balances_of_both_accounts_are_those_of_the_books(okx, truth):
    truth.resident.books.size = BLOCKS * len(BLOCK)
    held = {asset: amount for asset, amount in truth.resident.books.balances().items() if amount}

    balances = okx.balances()

    assert {balance.place for balance in balances} == {"trading", "funding"}
    assert {asset: sum(balance.amount for balance in balances if balance.asset == asset) for asset in held} == held


def test_numbers_of_twenty_digits_survive(street, okx):
    long = "12345678901234567890.12345678901234567890"
    street.fault(
        "okx",
        kind="status",
        path="/api/v5/asset/balances",
        status=200,
        body=f'{{"code": "0", "data": [{{"ccy": "BTC", "bal": {long}}}], "msg": ""}}',
    )

    (balance,) = [balance for balance in okx.balances() if balance.place == "funding"]

    assert balance.amount == Decimal(long)


def test_rows_keep_the_text_that_was_sent(street, okx):
    row = '{"billId": "310394313544966151", "ts": "1620275771196", "balChg": -664.26795865999998020001}'
    street.fault("okx", kind="status", status=200, body=f'{{"code": "0", "data": [{row}], "msg": ""}}')

    (record,) = okx.page(STREAMS["ledger"], None).records

    assert record.raw["balChg"] == "-664.26795865999998020001"
    assert (record.external_id, record.occurred_at) == (
        "310394313544966151",
        datetime(2021, 5, 6, 4, 36, 11, 196000, tzinfo=UTC),
    )

"""The checklist against a real wire: what works is ticked, what does not is crossed with its cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wallets.conftest import NoHurry
from wallets.checklist import CROSSES, Check, Examination, Mark
from wallets.connectors.binance import Binance
from wallets.connectors.bybit import Bybit
from wallets.connectors.gemini import Gemini
from wallets.connectors.kraken import Kraken
from wallets.connectors.kucoin import Kucoin
from wallets.connectors.okx import Okx
from wallets.records import Cause

READING = ["query-funds", "query-open-trades", "query-closed-trades", "query-ledger"]


@pytest.fixture
def credentials(street):
    key = street.look("kraken")["keys"][0]
    return {"key": key["id"], "secret": key["secret"]}


@pytest.fixture
def examine(street, pace, credentials):
    def run(*, addresses=(), now=None, **changed):
        kraken = Kraken(credentials | changed, pace=pace, origin=street.origin("kraken"))
        examination = Examination(kraken, addresses, now or (lambda: datetime.now(UTC) + ahead(pace)))
        return list(examination.lines()), examination

    return run


@pytest.fixture
def odd(street):
    """A test of the exchange's first key, where the lists at a path answer with a code that nobody has documented."""

    def run(made, path):
        name = made.__name__.lower()
        street.fault(name, kind="status", path=path, status=ODD[made][0], body=ODD[made][1])
        pace = NoHurry(street, seconds=5 if made is Gemini else 0)
        key = street.look(name)["keys"][0]
        values = {"key": key["id"]} | {part: key[part] for part in ("secret", "passphrase") if part in key}
        examination = Examination(
            made(values, pace=pace, origin=street.origin(name)), (), lambda: datetime.now(UTC) + ahead(pace)
        )
        return list(examination.lines()), examination

    return run


ODD = {
    Bybit: (200, '{"retCode": 180099, "retMsg": "", "result": {}, "time": 1732104000000}'),
    Okx: (200, '{"code": "58999", "data": [], "msg": ""}'),
    Gemini: (404, '{"result": "error", "reason": "EndpointNotFound", "message": ""}'),
}


def ahead(pace):
    """The sandbox's clock ran on while the pace let calls go."""
    return timedelta(seconds=pace.spent * pace.seconds)


def marks(lines):
    return [(line.check, line.mark) for line in lines]


def crossed(lines):
    return [(line.check, line.cause) for line in lines if line.mark is Mark.CROSSED]


def test_a_good_key_passes_every_line(examine):
    lines, examination = examine()

    assert examination.passed
    assert not crossed(lines)
    assert {line.check for line in lines} == set(Check) - {Check.FORMAT}
    assert (Check.IDENTITY, Mark.UNKNOWN) in marks(lines)


def test_lines_come_as_they_happen(street, pace, credentials):
    kraken = Kraken(credentials, pace=pace, origin=street.origin("kraken"))
    lines = Examination(kraken, (), lambda: datetime.now(UTC)).lines()

    next(lines)

    assert pace.spent == 1


def test_a_wrong_secret_leaves_the_key_ticked(examine):
    lines, examination = examine(secret="d3Jvbmc=")

    assert (Check.KEY, Mark.TICKED) in marks(lines)
    assert crossed(lines) == [(Check.SIGNATURE, Cause.SIGNATURE_WRONG)]
    assert not examination.passed


def test_an_unknown_key_says_nothing_about_the_secret(examine):
    lines, _ = examine(key="unknown")

    assert crossed(lines) == [(Check.KEY, Cause.KEY_UNKNOWN)]
    assert Check.SIGNATURE not in {line.check for line in lines}


def test_all_missing_boxes_are_named_at_once(street, examine, credentials):
    street.tell("kraken", key={"id": credentials["key"], "permissions": []})

    lines, _ = examine()

    missing = [line.detail for line in lines if line.mark is Mark.CROSSED]
    assert missing == ["Query funds", "Query closed orders & trades", "Query ledger entries"]


def test_a_key_that_was_made_with_dates_passes_and_is_said_to_be_shown_a_part_only(street, examine, credentials):
    street.tell("kraken", key={"id": credentials["key"], "query_from": "1704067200"})

    lines, examination = examine()

    (line,) = [line for line in lines if (line.check, line.mark) == (Check.READ, Mark.UNKNOWN)]
    assert line.detail == "2024-01-01T00:00:00+00:00/"
    assert examination.passed


def test_a_key_that_can_act_is_crossed_by_name_and_still_looked_at(street, examine, credentials):
    street.tell("kraken", key={"id": credentials["key"], "permissions": [*READING, "withdraw-funds"]})

    lines, examination = examine()

    (rights,) = [line for line in lines if line.check is Check.RIGHTS]
    assert rights.detail == "Withdraw funds"
    assert examination.failure.cause is Cause.RIGHTS_TOO_WIDE
    assert (Check.READ, Mark.TICKED) in marks(lines)


def test_an_address_that_is_not_on_the_keys_list_is_named(street, examine, credentials):
    street.tell("kraken", key={"id": credentials["key"], "ip_allowlist": ["127.0.0.1"]})

    lines, _ = examine(addresses=["127.0.0.1", "203.0.113.7"])

    (line,) = [line for line in lines if line.mark is Mark.CROSSED]
    assert (line.check, line.detail) == (Check.ADDRESS, "203.0.113.7")


def test_clocks_that_differ_are_ours_to_mend(examine):
    lines, _ = examine(now=lambda: datetime.now(UTC) + timedelta(hours=1))

    assert crossed(lines) == [(Check.CLOCK, Cause.CLOCK_SKEW)]


@pytest.mark.parametrize("kind", ["html", "empty", "reset"])
def test_an_exchange_that_cannot_be_reached_stops_the_list(street, examine, kind):
    street.fault("kraken", kind=kind)

    lines, _ = examine()

    assert [line.check for line in lines] == [Check.REACHABLE]


@pytest.mark.parametrize("result", ["[]", "7", "null", '{"permissions": 3}', '{"permissions": null}'])
def test_an_answer_of_another_shape_is_not_understood_and_breaks_nothing(street, examine, result):
    body = f'{{"error": [], "result": {result}}}'
    street.fault("kraken", kind="status", path="/0/private/*", status=200, body=body)

    lines, examination = examine()

    assert crossed(lines) == [(Check.REACHABLE, Cause.UNEXPECTED_REPLY)]
    assert examination.failure.code in {"shape", "no result"}


@pytest.mark.parametrize(
    ("made", "path", "areas"),
    [
        (Bybit, "/v5/earn/*", ["earn orders", "yields"]),
        (Bybit, "/v5/earn/position", ["earn orders"]),
        (Bybit, "/v5/asset/exchange/*", ["conversions", "exchanges"]),
        (Okx, "/api/v5/finance/*", ["savings", "staking", "eth staking", "sol staking"]),
        (Gemini, "/v1/*staking*", ["staking"]),
        (Gemini, "/v1/balances/staking", ["staking"]),
    ],
)
def test_a_product_that_answers_as_nobody_knows_is_named_and_keeps_no_key_away(odd, made, path, areas):
    lines, examination = odd(made, path)

    untried = [line for line in lines if line.check is Check.READ and line.mark is Mark.UNKNOWN]
    assert [line.detail for line in untried] == areas
    assert {line.cause for line in untried} == {Cause.UNEXPECTED_REPLY}
    assert examination.passed
    assert not crossed(lines)
    assert (lines[-1].check, lines[-1].mark) == (Check.ACTIVITY, Mark.TICKED)


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (Bybit, "/v5/account/wallet-balance"),
        (Bybit, "/v5/asset/transfer/query-account-coins-balance"),
        (Bybit, "/v5/account/transaction-log"),
        (Bybit, "/v5/execution/list"),
        (Bybit, "/v5/asset/deposit/query-record"),
        (Bybit, "/v5/asset/withdraw/query-record"),
        (Okx, "/api/v5/account/balance"),
        (Okx, "/api/v5/account/bills-archive"),
        (Okx, "/api/v5/asset/deposit-history"),
        (Okx, "/api/v5/asset/withdrawal-history"),
        (Gemini, "/v1/balances"),
        (Gemini, "/v1/mytrades"),
        (Gemini, "/v1/transfers"),
        (Bybit, "/v5/[!m]*"),  # all but the clock: nothing shows that the key is any good
        (Gemini, "/v1/[!s]*"),
    ],
)
def test_what_no_history_can_do_without_must_be_understood(odd, made, path):
    lines, examination = odd(made, path)

    assert crossed(lines) == [(Check.REACHABLE, Cause.UNEXPECTED_REPLY)]
    assert examination.failure.cause is Cause.UNEXPECTED_REPLY


DOWN = '{"retCode": 10016, "retMsg": ""}'


def test_a_product_that_is_down_is_named_and_keeps_no_key_away(street, odd):
    """It may be for days, and its owner could not connect as long."""
    street.fault("bybit", kind="status", path="/v5/earn/*", status=200, body=DOWN)

    lines, examination = odd(Bybit, "/never")

    assert (examination.failure, examination.partly) == (None, Cause.PART_DOWN)
    untried = [line for line in lines if line.check is Check.READ and line.mark is Mark.UNKNOWN]
    assert [(line.detail, line.cause) for line in untried] == [
        ("earn orders", Cause.PART_DOWN),
        ("yields", Cause.PART_DOWN),
    ]


@pytest.mark.parametrize("path", ["/v5/account/*", "/v5/asset/deposit/*", "/v5/[!m]*"])
def test_what_no_history_can_do_without_must_answer(street, odd, path):
    street.fault("bybit", kind="status", path=path, status=200, body=DOWN)

    _, examination = odd(Bybit, "/never")

    assert examination.failure.cause is Cause.MAINTENANCE


def test_an_empty_account_passes_and_is_said(street, examine):
    street.tell("kraken", size=0)

    lines, examination = examine()

    assert examination.passed
    assert lines[-1].cause is Cause.ACCOUNT_EMPTY


def test_every_cause_crosses_a_line():
    assert set(CROSSES) == set(Cause)


@pytest.mark.parametrize("made", [Binance, Bybit, Kucoin])
def test_an_exchange_is_asked_once_what_time_it_is(street, made):
    """However many of its lists are tried for their last day."""
    name = made.__name__.lower()
    key = street.look(name)["keys"][0]
    values = {"key": key["id"]} | {part: key[part] for part in ("secret", "passphrase") if part in key}
    connector = made(values, pace=NoHurry(street, seconds=0), origin=street.origin(name))
    asked, clock = [], connector.clock
    connector.clock = lambda: asked.append(1) or clock()

    examination = Examination(connector, (), lambda: datetime.now(UTC))

    assert [line.mark for line in examination.lines() if line.check is Check.READ].count(Mark.TICKED) > 3
    assert asked == [1]

"""The checklist against a real wire: what works is ticked, what does not is crossed with its cause."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.wallets.conftest import NoHurry
from wallets.checklist import CROSSES, Check, Examination, Mark
from wallets.connectors.binance import Binance
from wallets.connectors.bybit import Bybit
from wallets.connectors.kraken import Kraken
from wallets.connectors.kucoin import Kucoin
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

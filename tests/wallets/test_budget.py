"""The budget is shared: whoever asks, in whichever process, an exchange is never asked more than it allows."""

from __future__ import annotations

import threading
import time as clock_time
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db import connection

import wallets.budget
from tests.threads import in_threads
from wallets import catalogue
from wallets.budget import SPENT, Budget, BusyError, Line, Ring, alone
from wallets.catalogue import Allowance, Exchange, Method, Way
from wallets.connectors.attempts import attempt
from wallets.public_prices import OPEN, tariff
from wallets.records import Cause, ConnectorError, Whose

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EXCHANGE = Exchange(
    id="test",
    name="Test",
    site="https://exchange.test",
    methods=(Method(Way.KEY, fetches=("Everything",)),),
    for_a_key=Allowance(at_once=10, each_second=2),
    for_an_address=Allowance(at_once=15, each_second=4),
    one_at_a_time=True,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Time:
    """Runs only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept = NOW, 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept += seconds
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time():
    return Time()


def budget(time, key="one", patience=10, exchange=EXCHANGE, address=""):
    waiting = timedelta(seconds=patience)
    return Budget(exchange, key=key, clock=time, address=address, sleep=time.sleep, patience=waiting)


def is_held(time, **who):
    """For how long, if longer than it would wait."""
    _, failure = attempt(lambda: budget(time, **who).before(1))
    assert failure is None or failure.code == SPENT
    return failure and failure.wait


def test_what_is_allowed_at_once_goes_at_once(time):
    budget(time).before(10)

    assert time.slept == 0


def test_beyond_that_a_short_wait_is_slept_through(time):
    budget(time).before(10)

    budget(time).before(2)

    assert time.slept == pytest.approx(1, abs=0.01)


def test_a_long_wait_is_handed_back_with_its_length(time):
    budget(time).before(10)

    with pytest.raises(ConnectorError) as failure:
        budget(time, patience=1).before(8)

    assert failure.value.cause is Cause.RATE_LIMITED
    assert failure.value.wait == pytest.approx(timedelta(seconds=4), abs=timedelta(seconds=0.1))


def test_two_keys_share_the_address(time):
    budget(time, "one").before(8)

    budget(time, "two").before(9)

    assert time.slept == pytest.approx(0.5, abs=0.01)


# How exchanges count: keys and addresses, one of both, or what is not known.
COUNTING = {
    "both": EXCHANGE,
    "keys": replace(EXCHANGE, id="keys", for_an_address=None),
    "addresses": replace(EXCHANGE, id="addresses", for_a_key=None),
    "neither": replace(EXCHANGE, id="neither", for_a_key=None, for_an_address=None),
}
HALF_A_MINUTE = timedelta(seconds=30)


@pytest.fixture(params=COUNTING)
def exchange(request):
    return COUNTING[request.param]


@pytest.mark.parametrize("whose", [Whose.ADDRESS, Whose.EITHER])
def test_when_our_address_is_sent_away_everybody_here_waits_whatever_is_counted(time, exchange, whose):
    budget(time, "one", exchange=exchange).slow_down(HALF_A_MINUTE, whose)

    assert is_held(time, key="two", exchange=exchange) > timedelta(seconds=29)
    assert not is_held(time, key="two", exchange=exchange, address="192.0.2.7")
    assert not is_held(time, key="two", exchange=replace(exchange, id="another"))


def test_the_limit_of_one_key_stops_nobody_else(time, exchange):
    budget(time, "one", exchange=exchange).slow_down(HALF_A_MINUTE, Whose.KEY)

    assert is_held(time, key="one", exchange=exchange) > timedelta(seconds=29)
    assert is_held(time, key="one", exchange=exchange, address="192.0.2.7")
    assert not is_held(time, key="two", exchange=exchange)


def test_who_was_sent_away_comes_back_when_its_time_is_over(time, exchange):
    budget(time, exchange=exchange).slow_down(HALF_A_MINUTE, Whose.EITHER)
    time.sleep(HALF_A_MINUTE.total_seconds())

    budget(time, exchange=exchange).before(1)

    assert time.slept == pytest.approx(30.5, abs=0.51)  # what it costs trickles in after that


def test_a_short_hold_of_the_address_is_slept_through(time, exchange):
    budget(time, "one", exchange=exchange).slow_down(timedelta(seconds=5), Whose.ADDRESS)

    budget(time, "two", exchange=exchange).before(1)

    assert 5 <= time.slept < 6


@pytest.mark.parametrize("counting", ["keys", "addresses"])
def test_to_look_whether_the_address_is_held_costs_no_call_a_statement_more(time, counting, django_assert_num_queries):
    begun = budget(time, exchange=COUNTING[counting])

    with django_assert_num_queries(1):
        begun.before(1)


def test_two_views_of_one_exchange_agree_on_what_is_counted():
    """What one counts and another only looks at would pass for a hold."""
    rows = catalogue.load()

    disagreeing = [name for name in {*OPEN} & {*rows} if tariff(name).for_an_address != rows[name].for_an_address]

    assert not disagreeing


def test_a_dear_call_has_its_turn_among_cheap_ones_and_no_more_goes_than_before(time):
    """Cheap calls take what trickles in, and ask as often as a dear one that needs nearly all of it; who is first is
    chance.
    """
    chance = Random(1)
    shared = replace(EXCHANGE, for_a_key=None, for_an_address=Allowance(at_once=15, each_second=4, dearest=10))

    def ask(cost):
        try:
            Budget(shared, key="", clock=time, sleep=time.sleep, patience=timedelta(0)).before(cost)
        except ConnectorError:
            return 0
        return cost

    went = []
    for _ in range(600):
        went.append(sum(ask(cost) for cost in chance.sample([1, 1, 1, 10], 4)))
        time.sleep(0.1)

    assert sum(cost >= 10 for cost in went) >= 5
    assert 4 * 60 <= sum(went) <= 15 + 4 * 60


def test_who_waits_in_one_process_waits_in_line_and_each_comes_through():
    """Ten that would wake together: they go one behind the other, as fast as the bucket fills."""
    quick = replace(EXCHANGE, for_a_key=None, for_an_address=Allowance(at_once=1, each_second=20))
    asked, went = [], []

    def counted(seconds):
        asked.append(seconds)
        clock_time.sleep(seconds)

    def ask():
        Budget(quick, key="", clock=lambda: datetime.now(UTC), sleep=counted).before(1)
        went.append(clock_time.monotonic())
        connection.close()

    in_threads(ask, 10)

    assert len(went) == 10
    assert len(asked) <= 2 * 9  # each but the first waits, nearly always once
    assert max(went) - min(went) >= 9 / 20 - 0.05


def test_who_would_stand_in_line_too_long_is_told_how_long():
    line, short = Line(), timedelta(seconds=1.5)

    with line.reached(2, patience=short, aside=nullcontext):
        with pytest.raises(ConnectorError) as failure, line.reached(1, patience=short, aside=nullcontext):
            pass
        assert failure.value.wait == timedelta(seconds=2)

    with line.reached(1, patience=short, aside=nullcontext):
        assert line.length == 1


def test_who_had_a_turn_waits_longer_than_who_comes_anew(time):
    """It would have to ask anew what it had asked already."""
    begun = budget(time, patience=1)
    begun.before(10)

    with pytest.raises(ConnectorError):
        budget(time, patience=1).before(3)

    begun.before(3)
    assert time.slept == pytest.approx(1.5, abs=0.01)


def test_many_at_once_never_exceed_the_allowance():
    """Four threads that do not wait: of 40 units asked for, those that went are no more than the bucket held."""
    went = []

    def ask():
        mine = budget(Time(), patience=0)
        for _ in range(10):
            try:
                mine.before(1)
            except ConnectorError:
                continue
            went.append(1)
        connection.close()

    in_threads(ask, 4)

    assert len(went) == 10


def test_a_numbered_key_is_used_by_one_worker_at_a_time():
    refused = []

    def other():
        try:
            with alone(EXCHANGE, key="one"):
                pass
        except BusyError:
            refused.append(1)
        connection.close()

    with alone(EXCHANGE, key="one"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()

    assert refused
    with alone(EXCHANGE, key="one"):
        pass


def test_nor_by_another_process_even_while_its_user_has_no_connection(monkeypatch):
    with alone(EXCHANGE, key="one"):
        connection.close()
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr(wallets.budget, "RING", Ring())
            with pytest.raises(BusyError), alone(EXCHANGE, key="one"):
                pass
            with alone(EXCHANGE, key="two"):
                pass


def test_a_lock_that_broke_with_its_connection_ends_nothing_else(monkeypatch):
    ours = Ring()
    monkeypatch.setattr(wallets.budget, "RING", ours)

    with alone(EXCHANGE, key="one"), alone(EXCHANGE, key="two"):
        ours.line.close()

    with alone(EXCHANGE, key="one"), alone(EXCHANGE, key="two"):
        pass

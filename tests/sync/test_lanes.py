"""The heart that beats for runs under way, what becomes of runs whose worker died, and lanes that lend their place."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from accounts.audit import SYSTEM
from accounts.models import Notice
from sync import lanes, schedule, tasks
from sync.lanes import BEAT, Lanes, Places
from sync.models import Run
from tests.threads import in_threads
from tests.wallets.holdings import a_wallet
from wallets import catalogue
from wallets.budget import Budget
from wallets.catalogue import Allowance, Exchange, Method, Way
from wallets.notice_kinds import Kind
from wallets.records import Cause, ConnectorError

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
READ_BY_KEY = sorted(each.id for each in catalogue.load().values() if Way.KEY in {one.way for one in each.methods})


@pytest.fixture
def wallets(alice):
    return [a_wallet(alice) for _ in range(3)]


def test_the_heart_keeps_the_lease_of_what_is_under_way_and_of_nothing_else(wallets):
    held = [claimed(wallet) for wallet in wallets[:2]]
    later = NOW + BEAT
    going = Lanes(later, lambda: later)
    going.under_way[held[0].pk] = held[0].lease_token

    going.beat()

    assert Run.objects.get(pk=held[0].pk).lease_until == later + Run.LASTING
    assert Run.objects.get(pk=held[1].pk).lease_until == NOW + Run.LASTING


def test_a_run_that_somebody_else_has_taken_up_is_left_to_them(wallets):
    run = claimed(wallets[0])
    going = Lanes(NOW, lambda: NOW + timedelta(hours=1))
    going.under_way[run.pk] = run.lease_token
    Run.objects.sweep(now=NOW + Run.LASTING)
    taken_up = Run.objects.claim(now=NOW + Run.LASTING)

    going.beat()

    assert Run.objects.get(pk=run.pk).lease_until == taken_up.lease_until


def test_what_a_dead_worker_had_in_hand_is_due_again_within_two_minutes(wallets):
    run = claimed(wallets[0])
    found_after = Run.LASTING + timedelta(seconds=15)  # the rhythm of the plan

    tasks.sweep(NOW + found_after)

    assert Run.objects.due(now=NOW + timedelta(minutes=2)).get() == run


def test_a_wallet_whose_exchange_is_read_no_more_is_retired_and_not_tried_again(alice):
    wallet = a_wallet(alice, exchange="gone")
    run = claimed(wallet)

    lanes.work(run, until=NOW + Run.LASTING, clock=lambda: NOW)

    run.refresh_from_db()
    wallet.refresh_from_db()
    assert (run.state, run.cause, run.lease_token) == ("failed", Cause.EXCHANGE_RETIRED, None)
    assert (wallet.state, wallet.cause, wallet.next_try_at) == ("retired", Cause.EXCHANGE_RETIRED, None)
    assert Notice.objects.get().kind == Kind.WALLET_NEEDS_YOU


def claimed(wallet):
    schedule.request(by=SYSTEM, wallet=wallet, now=NOW)
    run = Run.objects.claim(now=NOW)
    assert run.wallet_id == wallet.pk
    return run


def test_who_waits_for_a_turn_lends_place_and_connection():
    places, turn, many = Places(2), 0.2, 6
    most, used = [], set()

    def lane():
        with places.taken():
            for _ in range(2):
                most.append(len(places.all) - places.free.qsize())
                Run.objects.exists()
                used.add(connection.connection)
                with places.lent():
                    time.sleep(turn)

    began = time.monotonic()
    in_threads(lane, many)

    assert time.monotonic() - began < many * turn  # as long as this it would be, if two at a time waited
    assert max(most) <= 2
    assert len(used) <= 2
    places.close()
    assert all(each.closed for each in used)


def test_who_stands_in_line_lends_it_too_so_that_whoever_is_in_front_can_go_on():
    """With fewer places than wallets at one address: else they hold all places, and the first waits for one."""
    places, many, each_second = Places(2), 12, 10
    quick = Exchange(
        id="quick",
        name="Quick",
        site="https://exchange.test",
        methods=(Method(Way.KEY, fetches=("Everything",)),),
        for_an_address=Allowance(at_once=1, each_second=each_second),
    )
    went = []

    def lane():
        with places.taken():
            Budget(quick, key="", clock=timezone.now, aside=places.lent).before(1)
            went.append(time.monotonic())

    began = time.monotonic()
    in_threads(lane, many)

    assert len(went) == many
    assert max(went) - began < 2 * many / each_second
    places.close()


@dataclass
class Lent:
    """A pace at which each call waits for its turn, and lends its place meanwhile."""

    places: Places

    def before(self, cost: float) -> None:
        with self.places.lent():
            time.sleep(0.05)

    def slow_down(self, wait: timedelta | None, whose: object) -> None: ...


@pytest.mark.parametrize("exchange", READ_BY_KEY)
def test_whatever_an_account_is_asked_no_other_has_to_wait_for_the_answer(exchange, stage):
    """Else the others wait with all places in their hands, and who is asking needs one to go on: for ever."""
    places = Places(1)
    module, name = catalogue.load()[exchange].connector.split(":")
    key, origin = stage.key(exchange), stage.street.origin(exchange)
    made = [getattr(import_module(module), name)(key, pace=Lent(places), origin=origin) for _ in range(3)]

    def lane(connector):
        with places.taken(), suppress(ConnectorError):  # some number their calls, and here one key is used by all
            connector.rights()
            connector.identities()
            connector.balances()
            connector.streams()

    threads = [threading.Thread(target=lane, args=[each], daemon=True) for each in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert not any(thread.is_alive() for thread in threads)
    places.close()


def test_a_lane_that_fails_gives_its_place_back():
    places = Places(1)

    with pytest.raises(RuntimeError), places.taken():
        raise RuntimeError

    with places.taken():
        assert Run.objects.count() == 0
    places.close()


@pytest.mark.parametrize("where", ["claim", "work"])
def test_where_the_database_takes_no_more_connections_the_go_ends_with_one_line(wallets, monkeypatch, where):
    """One lane after the other began and fell, each with sixty lines that passed our logs by."""
    for wallet in wallets:
        schedule.request(by=SYSTEM, wallet=wallet, now=NOW)
    lines = []
    monkeypatch.setattr(lanes.log, "warning", lambda *said, **facts: lines.append((said, facts)))
    monkeypatch.setattr(*((Run.objects, "claim") if where == "claim" else (lanes, "work")), full)
    going = Lanes(NOW + timedelta(minutes=1), lambda: NOW)

    for _ in range(2):
        lane = threading.Thread(target=going.lane)
        lane.start()
        lane.join()

    assert going.until == NOW
    assert lines == [(("sync.put_off",), {"why": "OperationalError"})]
    going.places.close()


def full(*_asked, **_more):
    raise OperationalError from psycopg.OperationalError("FATAL: sorry, too many clients already")

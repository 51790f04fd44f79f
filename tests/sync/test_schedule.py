"""Who is due, whose turn it is, and who is held back."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts.audit import SYSTEM
from accounts.models import FactorRecovery
from config.fields import seal
from ledger import intake
from sync import incidents, lanes, schedule
from sync.models import HeldExchange, Incident, Run
from tests.chaos.processes import wait_until
from tests.factories import OwnerFactory
from wallets import keeping
from wallets.models import Credential, Wallet
from wallets.records import Cause, Record

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def make_wallet(owner, **columns):
    given = {"exchange": "kraken", "way": "key", "label": "Savings", "created_at": NOW, "next_try_at": NOW}
    wallet = Wallet.objects.create(owner=owner, **{**given, **columns})
    credential = Credential(owner=owner, wallet=wallet, version=1, way=wallet.way, standing="current", created_at=NOW)
    seal(credential, sealed="{}")
    credential.save()
    return wallet


def planned():
    return set(Run.objects.values_list("wallet__label", flat=True))


# --- who is due ---------------------------------------------------------------------------------------------------


def test_a_wallet_whose_time_has_come_gets_one_run(alice):
    wallet = make_wallet(alice)

    schedule.plan_due(NOW)
    schedule.plan_due(NOW)
    schedule.plan_due(NOW + HOUR)

    assert Run.objects.get().wallet == wallet


@pytest.mark.parametrize(
    "columns",
    [
        {"next_try_at": NOW + HOUR},
        {"next_try_at": None},
        {"paused_at": NOW},
        {"archived_at": NOW},
        {"detached_at": NOW},
        {"binned_at": NOW},
        {"way": "csv"},
        {"way": "manual"},
    ],
    ids=lambda columns: "-".join(map(str, columns)),
)
def test_what_was_stopped_or_is_not_due_is_left_alone(alice, columns):
    make_wallet(alice, **columns)

    assert schedule.plan_due(NOW) is False
    assert planned() == set()


def test_a_resumed_wallet_is_due_at_once(alice):
    wallet = make_wallet(alice, paused_at=NOW - DAY, next_try_at=None)

    keeping.resume(by=SYSTEM, wallet=wallet, now=NOW)
    schedule.plan_due(NOW)

    assert planned() == {"Savings"}


@pytest.mark.parametrize("columns", [{"purge_at": NOW + DAY}, {"is_active": False}], ids=["closing", "inactive"])
def test_owners_who_are_leaving_are_left_alone(alice, columns):
    make_wallet(alice)
    type(alice).objects.filter(pk=alice.pk).update(**columns)

    schedule.plan_due(NOW)

    assert planned() == set()


def test_nothing_is_read_while_a_second_factor_is_recovered_and_then_it_goes_on(alice):
    make_wallet(alice)
    FactorRecovery.objects.create(owner=alice, started_at=NOW, confirmed_at=NOW, due_at=NOW + 3 * DAY)
    schedule.plan_due(NOW)

    lanes.work(Run.objects.claim(now=NOW), until=NOW + HOUR, clock=lambda: NOW)

    run = Run.objects.get()
    assert (run.state, run.finished_at, run.lease_token) == ("queued", None, None)
    assert run.not_before > NOW


def test_a_wallet_without_a_key_stops_asking(alice):
    wallet = make_wallet(alice)
    Credential.objects.all().delete()

    schedule.plan_due(NOW)

    wallet.refresh_from_db()
    assert wallet.next_try_at is None


def test_many_are_taken_in_slices_the_most_overdue_first(alice, monkeypatch):
    monkeypatch.setattr(schedule, "SLICE", 2)
    for hours in (1, 3, 2):
        make_wallet(alice, label=f"{hours} h", next_try_at=NOW - hours * HOUR)

    assert schedule.plan_due(NOW) is True
    assert planned() == {"3 h", "2 h"}
    assert schedule.plan_due(NOW) is False
    assert planned() == {"3 h", "2 h", "1 h"}


# --- whose turn it is ----------------------------------------------------------------------------------------------


def test_an_owner_with_many_wallets_does_not_keep_others_waiting(alice, bob):
    for number in range(3):
        make_wallet(alice, label=f"Alice {number}", next_try_at=NOW - DAY)
    schedule.plan_due(NOW - HOUR)
    make_wallet(bob, label="Bob")
    schedule.plan_due(NOW)

    turns = [Run.objects.claim(now=NOW).wallet.label for _ in range(4)]

    assert turns[1] == "Bob"
    assert Run.objects.claim(now=NOW) is None


# --- who is held back ----------------------------------------------------------------------------------------------


def test_an_exchange_that_staff_holds_is_asked_nothing(alice):
    HeldExchange.objects.create(exchange="kraken", why="asked us to", held_at=NOW)
    make_wallet(alice)
    make_wallet(alice, exchange="gemini", label="Gemini")

    schedule.plan_due(NOW)

    assert planned() == {"Gemini"}


def failed_run(owner, *, cause=Cause.MAINTENANCE, exchange="kraken"):
    wallet = make_wallet(owner, exchange=exchange, cause=cause, health="exchange_down", next_try_at=NOW + HOUR)
    Run.objects.create(
        owner=owner, wallet=wallet, exchange=exchange, asked_by="system", cause=cause, not_before=NOW,
        state="failed" if cause else "done", created_at=NOW, started_at=NOW, finished_at=NOW - timedelta(minutes=1),
    )  # fmt: skip
    return wallet


def many(number):
    return OwnerFactory.create_batch(number)


def test_the_same_cause_for_many_owners_is_an_incident_and_all_but_one_wait(db):
    wallets = [failed_run(owner) for owner in many(5)]

    incidents.look(NOW)

    incident = Incident.objects.get()
    assert (incident.exchange, incident.cause, incident.owners) == ("kraken", Cause.MAINTENANCE, 5)
    Wallet.objects.update(next_try_at=NOW)
    schedule.plan_due(NOW)
    assert not Run.objects.unfinished().exists()

    later = NOW + timedelta(minutes=3)
    incidents.probe(later)
    incidents.probe(later)
    schedule.plan_due(later)
    assert Run.objects.unfinished().get().wallet in wallets


def test_four_owners_or_a_small_share_are_no_incident(db):
    for owner in many(4):
        failed_run(owner)
    for owner in many(5):
        failed_run(owner, exchange="gemini")
    for owner in many(20):
        failed_run(owner, exchange="gemini", cause="")

    incidents.look(NOW)

    assert not Incident.objects.exists()


# --- beside a run under way ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ends", [False, True], ids=["a page is kept", "the run ends"])
def test_who_asks_while_a_worker_writes_waits_for_it_and_neither_is_in_the_others_way(alice, ends):
    """The worker has the run and, as it commits, needs to see that the wallet is there; who asks has the wallet."""
    wallet = make_wallet(alice)
    schedule.plan_due(NOW)
    run = Run.objects.claim(now=NOW)
    asked = []
    asking = threading.Thread(target=lambda: asked.append(ask_in_a_connection_of_its_own(wallet)))

    with transaction.atomic():
        if ends:
            Wallet.objects.held(wallet.pk)
        run.fence(now=NOW)
        asking.start()
        assert wait_until(somebody_waits, 20)
        row_of(wallet)
    asking.join(20)

    assert asked == [run]


def ask_in_a_connection_of_its_own(wallet):
    try:
        return schedule.request(by=SYSTEM, wallet=wallet, now=NOW)
    finally:
        connection.close()


def somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()")
        return cursor.fetchone()[0] > 0


def row_of(wallet):
    record = Record(family="ledger", external_id="L1", occurred_at=NOW, raw={})
    intake.store(wallet, [record], stream="ledger", now=NOW)

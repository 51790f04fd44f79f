"""Staff has wallets tried again: those chosen, or all that fail for one cause; never a key that may not be used."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from sync import holds, incidents, retries, schedule
from sync.models import Run
from tests.sync.test_board import failing
from tests.sync.test_schedule import NOW, failed_run, make_wallet, many
from wallets.health import OWNERS_ALONE
from wallets.models import Credential, Wallet
from wallets.records import Cause

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def staff(staff_member):
    return Actor(ActorKind.STAFF, staff_member)


def again(staff, *wallets, full=False):
    return retries.ask_again(by=staff, wallets=wallets, now=NOW, full=full)


def all_again(staff, cause=Cause.NETWORK, exchange="kraken"):
    return retries.ask_group_again(by=staff, exchange=exchange, cause=cause, now=NOW)


# --- those chosen ---------------------------------------------------------------------------------------------------


def test_each_gets_a_run_now_and_its_owner_sees_who_asked(staff, staff_member, alice, bob):
    wallets = [failing(alice), failing(bob, Cause.NETWORK)]

    assert again(staff, *wallets) == 2

    assert {(run.wallet, run.asked_by, run.full) for run in Run.objects.due(now=NOW)} == {
        (wallet, "staff", False) for wallet in wallets
    }
    event = AuditEvent.objects.get(owner=alice)
    assert (event.action, event.actor, event.actor_kind) == (Action.SYNC_ASKED, staff_member, "staff")


def test_everything_is_pulled_again_where_that_is_asked_for(staff, alice):
    again(staff, failing(alice), full=True)

    assert Run.objects.get().full
    assert AuditEvent.objects.get(owner=alice).details["full"] is True


def test_a_run_that_is_under_way_is_not_doubled(staff, alice):
    wallet = failing(alice)

    again(staff, wallet)
    again(staff, wallet)

    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    "facts",
    [
        {"paused_at": NOW},
        {"archived_at": NOW},
        {"detached_at": NOW},
        {"binned_at": NOW},
        {"way": "csv"},
        *({"cause": cause} for cause in sorted(OWNERS_ALONE)),
    ],
    ids=lambda facts: "-".join(map(str, facts.values())) if "cause" in facts else "-".join(facts),
)
def test_what_its_owner_stopped_or_alone_can_mend_is_left_alone(staff, alice, facts):
    assert again(staff, failing(alice, **facts)) == 0
    assert not Run.objects.exists()


def test_a_wallet_without_a_key_is_left_alone_and_the_others_go_on(staff, alice, bob):
    bare, whole = failing(alice), failing(bob)
    Credential.objects.filter(wallet=bare).update(standing="former", sealed=None)

    assert again(staff, bare, whole) == 1
    assert Run.objects.get().wallet == whole


def test_nothing_is_asked_of_an_exchange_that_is_held(staff, alice):
    holds.hold(by=staff, exchange="kraken", why="x", now=NOW)

    assert again(staff, failing(alice)) == 0


# --- all that fail for one cause --------------------------------------------------------------------------------------


def test_all_of_them_are_due_at_once_also_those_at_rest_and_nobody_else_is(staff, alice, bob):
    ours = {failing(alice, Cause.NETWORK), failing(bob, Cause.NETWORK, next_try_at=NOW + 60 * MINUTE)}
    failing(alice, Cause.KEY_EXPIRED)
    failing(alice, Cause.NETWORK, exchange="gemini")
    failing(alice, Cause.NETWORK, paused_at=NOW)

    assert all_again(staff) == retries.Asked(2, one_first=False)
    schedule.plan_due(NOW)

    assert {run.wallet for run in Run.objects.all()} == ours


def test_it_is_recorded_once_with_what_and_how_many(staff, staff_member, alice):
    failing(alice, Cause.NETWORK)

    all_again(staff)

    event = AuditEvent.objects.get(action=Action.WALLETS_RETRIED)
    assert (event.actor, event.owner, event.subject) == (staff_member, None, "Kraken")
    assert event.details == {"cause": "network", "wallets": 1}


def test_of_an_exchange_that_is_held_nobody_is_tried(staff, alice):
    failing(alice, Cause.NETWORK)
    holds.hold(by=staff, exchange="kraken", why="x", now=NOW)

    with pytest.raises(retries.HeldError):
        all_again(staff)
    assert Wallet.objects.get().next_try_at is None


@pytest.mark.parametrize("cause", sorted(OWNERS_ALONE))
def test_a_key_that_may_not_be_used_is_not_used_for_staff_either(staff, alice, cause):
    failing(alice, cause)

    with pytest.raises(retries.OwnersTurnError):
        all_again(staff, cause)
    assert Wallet.objects.get().next_try_at is None


def test_in_an_incident_one_is_tried_at_once_and_the_others_wait_for_what_becomes_of_it(staff):
    for owner in many(5):
        failed_run(owner, cause=Cause.NETWORK)
    incidents.look(NOW)
    incidents.probe(NOW)
    assert not Run.objects.unfinished().exists()

    assert all_again(staff) == retries.Asked(5, one_first=True)
    incidents.probe(NOW)
    schedule.plan_due(NOW)

    assert Run.objects.unfinished().count() == 1


def test_a_wallet_that_works_is_no_concern(staff, alice):
    make_wallet(alice, health="working", next_try_at=NOW + 60 * MINUTE)

    assert all_again(staff).wallets == 0

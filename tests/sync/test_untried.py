"""A product that an exchange answers for as nobody knows: the account is read all the same and says what is missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.audit import SYSTEM
from accounts.models import Notice
from ledger.discrepancies import causes_of
from ledger.models import Coverage, ReportedBalance
from sync import runner, schedule
from sync.models import Run, StreamState
from wallets.models import WalletState
from wallets.records import Cause

pytestmark = pytest.mark.django_db(transaction=True)

UNHEARD_OF = {
    "kind": "status",
    "status": 404,
    "body": '{"result": "error", "reason": "EndpointNotFound", "message": ""}',
}


@pytest.fixture
def gemini(street, stage):
    """Connected while one of its products could not be tried."""
    street.tell("gemini", size=40)
    street.fault("gemini", path="/v1/*staking*", **UNHEARD_OF)
    return stage.connected("gemini")


@pytest.fixture
def synced(stage, gemini):
    def go():
        schedule.request(by=SYSTEM, wallet=gemini, now=stage.now())
        run = Run.objects.claim(now=stage.now())
        connect = {"connect": lambda _, values: stage.connect(gemini, values), "clock": stage.now}
        runner.work(run, **connect, until=stage.now() + timedelta(days=1))
        run.refresh_from_db()
        gemini.refresh_from_db()
        return run

    return go


def asks_the_owner(wallet):
    return Notice.objects.filter(owner=wallet.owner, kind="wallet_needs_you", closed_at=None).exists()


def test_the_rest_is_read_and_the_product_is_told_as_missing(gemini, synced):
    run = synced()

    assert (run.state, gemini.health, gemini.cause) == ("partly", WalletState.PARTLY, Cause.UNEXPECTED_REPLY)
    failed = StreamState.objects.filter(state="failed")
    assert [(state.stream, state.cause) for state in failed] == [("staking", Cause.UNEXPECTED_REPLY)]
    assert not Coverage.objects.filter(stream="staking").exists()
    assert ReportedBalance.objects.filter(place="exchange").exists()
    assert [cause.code for cause in causes_of(gemini)] == ["exchange_not_read"]
    assert not asks_the_owner(gemini)


def test_when_it_is_answered_as_it_should_the_wallet_is_well_by_itself(street, synced, gemini):
    synced()
    street.house.control("DELETE", "gemini/faults", {})

    assert (synced().state, gemini.health, gemini.cause) == ("done", WalletState.WORKING, "")


def test_what_is_held_in_it_alone_not_being_told_is_said_as_well(street, synced, gemini):
    """Its history is answered, and what is in it is not."""
    street.house.control("DELETE", "gemini/faults", {})
    street.fault("gemini", path="/v1/balances/staking", **UNHEARD_OF)

    run = synced()

    assert not StreamState.objects.exclude(state="done").exists()
    assert (run.state, gemini.health, gemini.cause) == ("done", WalletState.PARTLY, Cause.UNEXPECTED_REPLY)
    assert not asks_the_owner(gemini)

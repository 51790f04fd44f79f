"""Where calls of a key are numbered, one worker at a time uses it, whatever for and whichever wallet it belongs to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import SYSTEM
from ledger.models import SourceRow
from sync import lanes, schedule
from sync.models import Run
from wallets import catalogue, tasks, trials, workshop
from wallets.connectors.kraken import Kraken
from wallets.models import Credential, CredentialTest
from wallets.sandbox.books import BLOCK

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wallet(stage):
    stage.street.tell("kraken", size=len(BLOCK))
    return stage.connected()


def pasted_elsewhere(stage, owner):
    """The same key, for a wallet that somebody else is about to have."""
    asked = {"by": stage.by, "owner": owner, "exchange": catalogue.load()["kraken"], "pasted": stage.key()}
    trials.ask(**asked, purpose=CredentialTest.Purpose.CONNECT, now=stage.now())
    return CredentialTest.objects.claim(now=stage.now())


def due(stage, wallet):
    schedule.request(by=SYSTEM, wallet=wallet, now=stage.now())
    return Run.objects.claim(now=stage.now())


def sync(stage, run):
    lanes.work(run, until=stage.now() + timedelta(minutes=1), clock=stage.now, sleep=lambda _: None)
    run.refresh_from_db()


def meanwhile(monkeypatch, name, work):
    """At the first such call to the exchange, while its answer is on its way."""
    asked = getattr(Kraken, name)

    def busy(*to):
        monkeypatch.setattr(Kraken, name, asked)
        work()
        return asked(*to)

    monkeypatch.setattr(Kraken, name, busy)


def test_a_key_that_is_read_with_is_not_tested_for_another_wallet(stage, wallet, bob, monkeypatch):
    test, run = pasted_elsewhere(stage, bob), due(stage, wallet)
    meanwhile(monkeypatch, "page", lambda: tasks.examine(test))

    sync(stage, run)

    test.refresh_from_db()
    assert (test.state, test.lease_token, test.attempts) == ("queued", None, 0)
    assert [line["check"] for line in test.lines] == ["format"]  # nothing was asked
    assert test.not_before > timezone.now()
    assert SourceRow.objects.exists()


def test_a_key_that_is_being_tested_is_not_read_with(stage, wallet, bob, monkeypatch):
    test, run = pasted_elsewhere(stage, bob), due(stage, wallet)
    meanwhile(monkeypatch, "identities", lambda: sync(stage, run))

    tasks.examine(test)

    run.refresh_from_db()
    assert (run.lease_token, run.finished_at, run.attempts) == (None, None, 0)
    assert run.not_before > timezone.now()
    assert not SourceRow.objects.exists()


def test_a_key_that_is_replaced_before_it_can_be_held_is_read_with_no_further(stage, wallet, monkeypatch):
    """It was opened for its lock to be named, and the new one came into force meanwhile."""
    held = workshop.alone

    def replaced(*numbered, **by):
        Credential.objects.update(standing="former", sealed=None)
        return held(*numbered, **by)

    monkeypatch.setattr(workshop, "alone", replaced)
    run = due(stage, wallet)

    sync(stage, run)

    assert Run.objects.due(now=stage.now()).get() == run
    assert not SourceRow.objects.exists()

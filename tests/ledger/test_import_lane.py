"""A file that takes longer than a task may: it comes in whole, though its process is killed in the middle.

Real processes on the test's database. A table that is locked from outside holds the commit still where half of it is
written.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.audit import Actor, ActorKind
from config.health import worker_beat_age
from ledger import importing
from ledger.models import ImportFile, Journal, SourceRow, Transaction
from tests.chaos.processes import wait_until
from tests.config.conftest import start  # noqa: F401 - pytest looks for fixtures here
from tests.ledger.bringing import kraken_file
from tests.ledger.stand import held
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from tests.config.conftest import Start

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
OWNER = Actor(ActorKind.OWNER)
LINES = 2500  # more than are read in one step
SHORT = 2  # seconds that a task may last there
WORKER = f"""
from django.core.management import call_command
from django_q.conf import Conf
Conf.TIMEOUT = {SHORT}
call_command("worker", "--bare")
"""
PATIENCE = 120  # seconds, on a busy machine


@pytest.fixture
def file(alice: User) -> ImportFile:
    wallet = Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="K", created_at=timezone.now())
    lines = [
        f"L{each},T{each},2026-01-{each % 28 + 1:02} 12:00:{each % 60:02},deposit,,currency,XXBT,0.5,0,0"
        for each in range(LINES)
    ]
    body = io.BytesIO(kraken_file(*lines))
    file = importing.receive(by=OWNER, owner=alice, stream=body, name="l.csv", wallet=wallet, now=timezone.now())
    ImportFile.objects.filter(pk=file.pk).update(heavy=True)
    return file


def comes_to(file: ImportFile, state: str) -> bool:
    return wait_until(lambda: ImportFile.objects.filter(pk=file.pk, state=state, lease_token=None).exists(), PATIENCE)


@contextmanager
def held_in_the_middle() -> Iterator[None]:
    """Rows are stored and the first of them read; what they change about balances cannot be written."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("LOCK TABLE ledger_dailychange IN EXCLUSIVE MODE")
        yield


def waits_in_the_middle() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ledger_dailychange'::regclass")
        return cursor.fetchone()[0] > 0


def lane_of(cluster: subprocess.Popen[str]) -> int:
    """The younger of its children; the elder is django-q2's own."""
    shown = subprocess.run(["ps", "-o", "pid=", "--ppid", str(cluster.pid)], capture_output=True, text=True, check=True)
    return max(map(int, shown.stdout.split()))


def time_passes(file: ImportFile) -> None:
    """A minute without a beat."""
    ImportFile.objects.filter(pk=file.pk).update(lease_until=F("lease_until") - timedelta(minutes=2))


def test_what_takes_longer_than_a_task_is_seen_whole_or_not_at_all_whatever_becomes_of_its_process(
    start: Start,  # noqa: F811 - the fixture
    file: ImportFile,
) -> None:
    cluster = start(code=WORKER, WORKER_NAME="one", WORKER_PROCESSES="1")
    assert comes_to(file, "preview")
    file.refresh_from_db()
    assert file.counts["new"] == LINES

    with held_in_the_middle():
        importing.commit(by=OWNER, file=file, now=timezone.now())
        assert wait_until(waits_in_the_middle, PATIENCE)
        # It goes on for longer than a task may, beats, and says from outside how far it is.
        first = ImportFile.objects.get(pk=file.pk).lease_until
        begun = timezone.now()
        assert wait_until(lambda: timezone.now() > begun + timedelta(seconds=SHORT + 5), PATIENCE)
        now = ImportFile.objects.get(pk=file.pk)
        assert now.lease_until > first
        assert 0 < now.done_rows < LINES
        assert worker_beat_age(timezone.now(), cluster="one") < timedelta(seconds=30)  # others have their turn
        assert (SourceRow.objects.count(), Transaction.objects.count(), Journal.objects.count()) == (0, 0, 0)
        os.kill(lane_of(cluster), signal.SIGKILL)
        time_passes(file)
    assert comes_to(file, "committed")

    file.refresh_from_db()
    assert (file.attempts, SourceRow.objects.count(), Transaction.objects.count()) == (2, LINES, LINES)
    assert held(file.wallet) == {"BTC": LINES // 2}

    with held_in_the_middle():
        importing.undo(by=OWNER, file=file, now=timezone.now())
        assert wait_until(waits_in_the_middle, PATIENCE)
        cluster.terminate()
        cluster.wait(timeout=15)
        assert comes_to(file, "undoing")  # with nobody, and as if it had not been tried
    file.refresh_from_db()
    assert (file.attempts, Transaction.objects.count()) == (0, LINES)

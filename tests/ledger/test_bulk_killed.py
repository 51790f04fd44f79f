"""A word about very many whose worker is killed in the middle: another goes on, and nothing is said twice.

A real worker on the test's database. The oldest transaction is held from outside, so that the last slice stands still
where its edits are written and what follows of them is not.
"""

from __future__ import annotations

import os
import signal
import uuid
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from config.models import PeriodicJob
from ledger import bulk, listing
from ledger.models import BulkEdit, Edit, Transaction
from tests.chaos.processes import wait_until
from tests.config.conftest import start  # noqa: F401 - pytest looks for fixtures here
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER
from tests.ledger.stand import assert_sound, read, store, trade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.models import User
    from tests.config.conftest import Start
    from wallets.models import Wallet

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
COUNT, SLICE = 25, 10
WORKER = f"""
from django.core.management import call_command
from ledger import bulk_slices
bulk_slices.SLICE = {SLICE}
call_command("worker", "--bare")
"""
PATIENCE = 120  # seconds, on a busy machine


@contextmanager
def held_in_the_last_slice() -> Iterator[None]:
    oldest = Transaction.objects.earliest("occurred_at").pk
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        other.execute("SELECT FROM ledger_transaction WHERE id = %s FOR UPDATE", [oldest])
        yield


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        return cursor.fetchone()[0] > 0


def begin(owner: User) -> BulkEdit:
    filters = listing.filters_of(owner, {"kind": "trade"}, listing.wallets_of(owner))
    chosen, changes = bulk.matching(owner, filters, {"kind": "trade"}), {"category": "plan"}
    seen, act = bulk.preview(owner, chosen, changes, []), uuid.uuid4()
    bulk.say(by=OWNER, owner=owner, seen=seen, changes=changes, more_tags=[], act=act, now=timezone.now())
    return BulkEdit.objects.get(pk=act)


def time_passes() -> None:
    """All that the dead held is free, as soon as the database has noticed, and the pause after a sudden end is over."""
    later, ago = timezone.now() + timedelta(minutes=10), timezone.now() - timedelta(minutes=1)
    assert wait_until(lambda: bool(BulkEdit.objects.sweep(now=later)), PATIENCE)
    PeriodicJob.objects.sweep(now=later)
    for held in (BulkEdit, PeriodicJob):
        held.objects.update(not_before=ago)


def test_a_worker_that_is_killed_in_the_middle_leaves_whole_slices_and_another_says_the_rest(
    start: Start,  # noqa: F811 - the fixture
    alice: User,
    wallet: Wallet,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bulk, "MOST", SLICE)
    store(wallet, *(row for number in range(COUNT) for row in trade(number, at=NOW - timedelta(days=number))))
    read(wallet)
    first = start(code=WORKER, WORKER_NAME="one", WORKER_PROCESSES="1")
    with held_in_the_last_slice():
        many = begin(alice)
        assert wait_until(somebody_waits, PATIENCE)
        os.killpg(first.pid, signal.SIGKILL)
        many.refresh_from_db()
        assert (many.state, many.changed, Edit.objects.count()) == ("under_way", 2 * SLICE, 2 * SLICE)
    assert wait_until(lambda: not somebody_waits(), PATIENCE)
    assert Transaction.objects.filter(category="plan").count() == 2 * SLICE

    time_passes()
    start(code=WORKER, WORKER_NAME="two", WORKER_PROCESSES="1")
    assert wait_until(lambda: BulkEdit.objects.filter(pk=many.pk, finished_at__isnull=False).exists(), PATIENCE)
    many.refresh_from_db()
    assert (many.state, many.changed) == ("done", COUNT)
    assert Edit.objects.values("key").distinct().count() == Edit.objects.count() == COUNT
    assert Transaction.objects.filter(category="plan").count() == COUNT
    assert_sound(wallet)

"""What is derived while its wallet is purged goes too: nothing else keeps transactions from outliving their wallet."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger import journal, purge
from ledger.models import Part, SourceRow, Transaction, TransactionKey
from tests.ledger.conftest import NOW
from tests.ledger.stand import store, trade

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_purge_waits_for_what_is_being_derived_and_takes_it_along(wallet):
    store(wallet, *trade(1), *trade(2))
    wallet.binned_at = timezone.now() - timedelta(days=31)
    wallet.save()
    purging = Thread(target=purged, args=[wallet])
    with transaction.atomic():
        journal.catch_up(wallet, now=NOW)
        purging.start()
        purging.join(timeout=1)
        assert purging.is_alive()
    purging.join()
    assert [kept.objects.count() for kept in (SourceRow, Part, Transaction)] == [0, 0, 0]


def test_nothing_is_fetched_to_be_thrown_away(wallet):
    """A million rows in memory would end the worker, and the purge would never be done."""
    store(wallet, *trade(1), *trade(2))
    journal.catch_up(wallet, now=NOW)
    wallet.binned_at = timezone.now() - timedelta(days=31)
    wallet.save()

    with CaptureQueriesContext(connection) as asked:
        purged(wallet)
    with CaptureQueriesContext(connection) as asked_then, transaction.atomic():
        purge.purge_words(wallet.owner)

    kept = ("ledger_sourcerow", "ledger_part", "ledger_transaction", "ledger_rawpage", "ledger_transactionkey")
    all_asked = [each["sql"] for each in (*asked, *asked_then)]
    assert [sql for sql in all_asked if sql.startswith("SELECT") and any(f'"{name}"' in sql for name in kept)] == []
    assert SourceRow.objects.count() == TransactionKey.objects.count() == 0


def purged(wallet):
    with transaction.atomic():
        purge.purge(wallet)
    connection.close()

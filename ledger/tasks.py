"""What workers do for the ledger: load, one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from ledger import import_steps, importing, journal, looking
from ledger.models import ImportFile, Journal
from ledger.readers import Readers
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime

READ, LEARN, LOOK = "ledger.journal", "ledger.readers", "ledger.matchers"
FELL = "This file could not be worked through, and nothing of it was kept. Please ask for help with it."
AT_ONCE = 20  # steps


def read(now: datetime) -> bool:
    """Whoever fell behind is read on. Mostly the sync that brought the rows has done it, or died before it could."""
    for _ in range(AT_ONCE):
        behind = Journal.objects.filter(behind=True).select_related("wallet").order_by("read_at").first()
        if behind is None:
            return False
        journal.catch_up(behind.wallet, now=now)
    return True


def look(now: datetime) -> bool:
    """For doubles and transfers, where something changed and is read."""
    changed = Journal.objects.filter(look_from__isnull=False, behind=False, wallet__binned_at=None)
    for journal_of in changed.select_related("wallet__owner").order_by("read_at")[:AT_ONCE]:
        looking.look(journal_of.wallet, now=now)
    return changed.exists()


def imports(now: datetime) -> bool:
    """One step of one file. True: there may be more."""
    importing.prune(now)
    for fallen in ImportFile.objects.sweep(now=now):
        if fallen.failed:
            fallen.state, fallen.words = ImportFile.State.FAILED, FELL
            fallen.save(update_fields=["state", "words"])
    file = ImportFile.objects.select_related("owner", "wallet").filter(finished_at=None).claim(now=now)
    if file is None:
        return False
    import_steps.work(file, clock=timezone.now)
    return True


def learn(now: datetime) -> bool:  # noqa: ARG001 - the registry's signature
    """What readers have learned since is read into what is here already."""
    known = Wallet.objects.filter(journal__isnull=False).values_list("exchange", "journal__version").distinct()
    for exchange, version in known:
        if version != Readers(exchange).version:
            Journal.objects.filter(wallet__exchange=exchange, version=version).update(behind=True)
    return False

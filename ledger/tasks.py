"""What workers do for the ledger: load, one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from config.pulse import beating
from config.turns import TurnTakenError
from ledger import bulk_slices, former, import_steps, importing, journal, looking, price_fetching, reporting
from ledger.gains import asking, working
from ledger.models import BulkEdit, ImportFile, Journal, Reckoning
from ledger.readers import Readers
from wallets.models import Wallet

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.models.gains import ReckoningQuerySet

READ, LEARN, LOOK = "ledger.journal", "ledger.readers", "ledger.matchers"
FELL = "This file could not be worked through. Please ask for help with it."
STAYED = "It could not be taken back, and is as it was. Please ask for help with it."
AT_ONCE = 20  # steps


def read(now: datetime) -> bool:
    """Whoever fell behind is read on. Mostly the sync that brought the rows has done it, or died before it could."""
    return all(read_one(now) for _ in range(AT_ONCE))


@transaction.atomic
def read_one(now: datetime) -> bool:
    """A step of one that nobody else is at. False: there is none."""
    behind = Journal.objects.filter(behind=True).select_for_update(skip_locked=True, of=("self",), no_key=True)
    mine = behind.select_related("wallet").order_by("read_at").first()
    if mine:
        journal.catch_up(mine.wallet, now=now)
    return mine is not None


def look(now: datetime) -> bool:
    """For doubles and transfers, where something changed and is read."""
    return look_where(now, long=False)


def look_at_length(now: datetime) -> bool:
    """Where that takes longer than a task may, as after a large file."""
    return look_where(now, long=True)


def look_where(now: datetime, *, long: bool) -> bool:
    changed = Journal.objects.filter(look_from__isnull=False, behind=False, wallet__binned_at=None)
    some = changed.select_related("wallet__owner").order_by("read_at")[: 10 * AT_ONCE]
    due = [each for each in some if looking.takes_long(each) is long][:AT_ONCE]
    for each in due:
        try:
            looking.look(each.wallet, now=now)
        except TurnTakenError:
            return False  # a large file is being taken in; the next time is soon enough
    return bool(due)


def imports(now: datetime) -> bool:
    """One step of one file. True: there may be more."""
    importing.prune(now)
    return step(now, heavy=False)


def heavy_imports(now: datetime) -> bool:
    """One step of a file that takes longer than a task may. In the long lane."""
    return step(now, heavy=True)


def step(now: datetime, *, heavy: bool) -> bool:
    give_up_fallen(now)
    waiting = ImportFile.objects.select_related("owner", "wallet").filter(finished_at=None, heavy=heavy)
    file = waiting.claim(now=now)
    if file is None:
        return False
    with beating(file, clock=timezone.now) as pulse:
        import_steps.work(file, clock=timezone.now, tell=lambda done: pulse.tell(done_rows=done))
    return True


def give_up_fallen(now: datetime) -> None:
    """Of those whose workers died the ones that had their attempts. Either way all is as it was before."""
    for fallen in ImportFile.objects.sweep(now=now):
        if fallen.failed:
            taken_in = fallen.state == ImportFile.State.UNDOING
            fallen.state = ImportFile.State.COMMITTED if taken_in else ImportFile.State.FAILED
            fallen.words = STAYED if taken_in else FELL
            fallen.save(update_fields=["state", "words"])


def prices(now: datetime) -> bool:
    """A few pages of one asset's prices."""
    return price_fetching.work(now, clock=timezone.now)


def bulk_edits(now: datetime) -> bool:
    """Some slices of one word about many. True: there may be more."""
    BulkEdit.objects.sweep(now=now)
    many = BulkEdit.objects.select_related("owner").claim(now=now)
    if many is None:
        return False
    bulk_slices.work(many, clock=timezone.now)
    return True


def learn(now: datetime) -> bool:  # noqa: ARG001 - the registry's signature
    """What readers have learned since is read into what is here already."""
    known = Wallet.objects.filter(journal__isnull=False).values_list("exchange", "journal__version").distinct()
    for exchange, version in known:
        if version != Readers(exchange).version:
            Journal.objects.filter(wallet__exchange=exchange, version=version).update(behind=True)
    return False


def compare(now: datetime) -> bool:
    """Wallets with accounts that are gone, since one went."""
    former.compare_anew(now)
    return False


def gains(now: datetime) -> bool:
    """One owner's, of those whose transactions changed or who asked for a look. True: there may be more."""
    asking.due(now)
    Reckoning.objects.sweep(now=now)
    return one_reckoning(Reckoning.objects.filter(transactions__lte=asking.LARGE), now)


def large_gains(now: datetime) -> bool:
    """Those that may take longer than a task may."""
    return one_reckoning(Reckoning.objects.filter(transactions__gt=asking.LARGE), now)


def one_reckoning(among: ReckoningQuerySet, now: datetime) -> bool:
    reckoning = among.select_related("owner").claim(now=now)
    if reckoning is None:
        return False
    with beating(reckoning, clock=timezone.now):
        working.work(reckoning, clock=timezone.now)
    return True


def reports(now: datetime) -> bool:
    """One of those that were asked for. True: there may be more."""
    reporting.prune(now)
    return one_report(now, large=False)


def large_reports(now: datetime) -> bool:
    """Of owners with so many transactions that it may take longer than a task may."""
    return one_report(now, large=True)


def one_report(now: datetime, *, large: bool) -> bool:
    report = reporting.due(now, large=large)
    if report is None:
        return False
    with beating(report, clock=timezone.now) as pulse:
        reporting.work(report, clock=timezone.now, tell=lambda done: pulse.tell(done_rows=done))
    return True

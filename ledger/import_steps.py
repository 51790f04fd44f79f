"""What workers do with a file, step by step: look at it, keep it, take it back. Each step is repeatable.

Its lease beats beside it (config.pulse), so a step lasts as long as it must. The file's own row is touched at the end
of a transaction only: then it is proven to be still ours, and until then beats and progress are written to it.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from config.turns import TurnTakenError
from ledger import clocks, import_brought, import_edits, import_hours, import_reading, import_trial
from ledger.import_keeping import keep, link, read_on, run, wallet_of
from ledger.imports.base import Refused
from ledger.models import ImportChunk, ImportFile, ImportRow, Journal, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ledger.import_keeping import Tell
    from wallets.models import Wallet

    Clock = Callable[[], datetime]

State = ImportFile.State
RowState = ImportRow.State
# What one task of a worker has time for, also on a slow machine. More is done in the long lane.
LIGHT_LINES = 20_000
LIGHT_WALLET = 100_000  # transactions that are there to compare with
BUSY_FOR = timedelta(seconds=10)


class TooMuchError(Exception):
    """Of a file in a worker that has other things to do as well."""


def work(file: ImportFile, *, clock: Clock, tell: Tell = lambda _: None) -> None:
    """The step its state asks for. `tell`: how many of its lines are done."""
    steps = {State.READING: read, State.COMMITTING: commit, State.UNDOING: undo}
    try:
        require_light(file)
        steps[State(file.state)](file, clock, tell)
    except Refused as refused:
        rest(file, State.REFUSED, clock, code=refused.code[:40], words=refused.words[:500])
    except TooMuchError:
        hand_over(file, clock)
    except TurnTakenError:  # another file is being taken into the same wallet
        file.attempts = max(0, file.attempts - 1)
        file.again(at=clock() + BUSY_FOR)


def require_light(file: ImportFile) -> None:
    """Raises TooMuchError where the wallet is large: what is compared is a whole stretch of it."""
    if not file.heavy and file.wallet_id:
        beside = Transaction.objects.filter(wallet=file.wallet_id)[:LIGHT_WALLET].count()
        if beside >= LIGHT_WALLET:
            raise TooMuchError


def hand_over(file: ImportFile, clock: Clock) -> None:
    with transaction.atomic():
        now = clock()
        file.fence(now=now)
        file.heavy = True
        file.save(update_fields=["heavy"])
        file.again(at=now, fresh=True)


def rest(file: ImportFile, state: ImportFile.State, clock: Clock, **facts: Any) -> None:
    """Until its owner does something."""
    with transaction.atomic():
        now = clock()
        file.fence(now=now)
        for name, value in {**facts, "state": state}.items():
            setattr(file, name, value)
        file.save(update_fields=[*facts, "state"])
        file.done(now=now)


def read(file: ImportFile, clock: Clock, _tell: Tell) -> None:
    """Looked at line by line, in slices that others may see: nothing of it counts."""
    with import_reading.the_file(file) as stream:
        survey = import_reading.surveyed(file, stream)
        if survey.lines > LIGHT_LINES and not file.heavy:
            raise TooMuchError
        places = import_reading.stage(file, stream, survey.options, clock) if survey.ready else Counter[str]()
    asked = import_reading.asked_of(file, survey, places)
    if not asked:
        import_trial.try_out(file, clock)
        asked = import_hours.asked_of(file)
    if asked:
        rest(file, State.QUESTIONS, clock, questions=asked, **import_reading.noted(file))
        return
    import_reading.tell_times(file, now=clock())
    rest(file, State.PREVIEW, clock, questions=[], counts=counted(file), **import_reading.noted(file))


def counted(file: ImportFile) -> dict[str, int]:
    return {str(state): ImportRow.objects.filter(file=file, state=state).count() for state in RowState}


def commit(file: ImportFile, clock: Clock, tell: Tell) -> None:
    """One transaction, in its wallet's turn: nobody sees half a file, and other wallets do not wait."""
    now = clock()
    with transaction.atomic():
        wallet = keep(file, now=now, tell=tell)
        link(file, wallet)
        import_edits.say(file, now=now)
        import_brought.taken_in(file)
        ImportChunk.objects.filter(file=file).delete()
        file.fence(now=clock())
        file.state, file.committed_at = State.COMMITTED, now
        file.save(update_fields=["state", "committed_at", "counts"])
        file.done(now=now)


TAKE_BACK = """
    INSERT INTO ledger_sighting (owner_id, wallet_id, row_id, kind, seen_at)
    SELECT DISTINCT %(owner)s, %(wallet)s::uuid, line.row_id, 'undone', %(now)s::timestamptz
    FROM ledger_importrow AS line
    WHERE line.file_id = %(file)s AND line.row_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ledger_importrow AS other
        WHERE other.row_id = line.row_id AND other.file_id = ANY(%(others)s)
    )
"""


def take_back(file: ImportFile, wallet: Wallet, *, now: datetime) -> None:
    """Its rows, but for those that another file of the wallet holds too."""
    facts: dict[str, Any] = {"owner": file.owner_id, "wallet": wallet.pk, "now": now, "file": file.pk}
    facts["others"] = import_brought.others(file)
    with connection.cursor() as cursor:
        run(TAKE_BACK, facts, cursor)


def undo(file: ImportFile, clock: Clock, tell: Tell) -> None:
    """As the commit, the other way."""
    now = clock()
    with transaction.atomic():
        wallet = wallet_of(file)
        Journal.objects.fall_behind(wallet)
        import_edits.take_back(file, now=now)
        import_brought.taken_back(file)
        take_back(file, wallet, now=now)
        read_on(wallet, now=now, tell=tell, whole=file.all_rows or 0)
        clocks.tidy(wallet)
        file.fence(now=clock())
        file.state, file.undone_at = State.UNDONE, now
        file.save(update_fields=["state", "undone_at"])
        file.done(now=now)

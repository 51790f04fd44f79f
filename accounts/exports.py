"""Everything of an owner as one zip: asked for on a page, made by a worker, kept for a day, handed out behind step-up.

The zip is written as a stream: rows come from the database in batches, bytes go back into it in chunks, so memory
stays flat however much there is, and any web machine can hand the file out.
"""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.module_loading import import_string

from accounts import closing
from accounts.audit import SYSTEM, Action, record
from accounts.models import Export, ExportChunk, User
from accounts.notices import Kind, say_when, tell
from config.leases import LeaseLostError
from config.queue import wake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.closing import Belonging

    Clock = Callable[[], datetime]

log = structlog.get_logger(__name__)

WORK = "exports"
KEPT = timedelta(hours=24)
CHUNK = 256 * 1024


class AccountClosingError(Exception):
    """An account that is closing exports nothing more."""


# --- asking and handing out ----------------------------------------------------------------------------------------


@transaction.atomic
def ask(*, by: Actor, owner: User, now: datetime) -> Export:
    """One at a time: while one is being made, asking again answers that one. A new one takes the place of a former."""
    if User.objects.select_for_update(no_key=True).get(pk=owner.pk).purge_at:
        raise AccountClosingError
    making = Export.objects.filter(owner=owner, finished_at=None).first()
    if making:
        return making
    wipe(owner=owner, now=now)
    export = Export.objects.create(owner=owner, asked_at=now, not_before=now)
    record(by=by, action=Action.EXPORT_ASKED, owner=owner, now=now)
    wake(WORK)
    return export


def newest(owner: User) -> Export | None:
    return Export.objects.filter(owner=owner).order_by("-asked_at", "-id").first()


@transaction.atomic
def hand_out(*, by: Actor, owner: User, export_id: UUID, now: datetime) -> tuple[Export, Iterator[bytes]] | None:
    """The file in pieces. Nothing if there is no such file (any more), or it is somebody else's."""
    ready = Export.objects.filter(owner=owner, id=export_id, failed=False, wiped_at=None, expires_at__gt=now)
    export = ready.first()
    if export is None:
        return None
    record(by=by, action=Action.EXPORT_DOWNLOADED, owner=owner, now=now)
    return export, _pieces(export)


def _pieces(export: Export) -> Iterator[bytes]:
    """One at a time by number, so that a slow reader holds neither a transaction nor more than one piece."""
    number = 0
    while piece := ExportChunk.objects.filter(export=export, number=number).values_list("data", flat=True).first():
        yield bytes(piece)
        number += 1


def wipe(*, owner: User, now: datetime) -> int:
    """What was made is gone, and what is being made stops at its next chunk."""
    return _wipe(Export.objects.filter(owner=owner, wiped_at=None), now)


def wipe_expired(now: datetime) -> int:
    return _wipe(Export.objects.filter(wiped_at=None, expires_at__lte=now), now)


@transaction.atomic
def _wipe(exports: QuerySet[Export], now: datetime) -> int:
    ids = [export.pk for export in exports.select_for_update(no_key=True).only("pk")]
    ExportChunk.objects.filter(export__in=ids).delete()
    Export.objects.filter(pk__in=ids, finished_at=None).update(
        finished_at=now, failed=True, lease_token=None, lease_until=None
    )
    return Export.objects.filter(pk__in=ids).update(wiped_at=now)


# --- making --------------------------------------------------------------------------------------------------------


def make_due(now: datetime, *, clock: Clock, belongings: Sequence[Belonging]) -> bool:
    """The work: expired ones go, those of dead workers come back, one is made. True: there may be more."""
    wipe_expired(now)
    for fallen in Export.objects.sweep(now=now):
        if fallen.failed:
            _tell_failed(fallen, now)
    export = Export.objects.claim(now=now)
    if export is None:
        return False
    try:
        _make(export, clock, belongings)
    except LeaseLostError:
        log.warning("export.lease_lost", export=str(export.pk))
    except Exception:
        _put_back(export, clock())
        raise  # the queue logs it
    return True


def _make(export: Export, clock: Clock, belongings: Sequence[Belonging]) -> None:
    with transaction.atomic():
        export.fence(now=clock())
        ExportChunk.objects.filter(export=export).delete()  # of an attempt that died
    file = ChunkedFile(export, clock)
    write_zip(file, export.owner, belongings)
    file.finish()
    _finish(export, file.written, clock())


def write_zip(file: ChunkedFile | io.BytesIO, owner: User, belongings: Sequence[Belonging]) -> None:
    counts: dict[str, int] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for belonging in belongings:
            for name, rows in belonging.export(owner):
                counts[f"{name}.jsonl"] = _write_rows(archive, f"{name}.jsonl", rows)
        for table in closing.TABLES:
            with archive.open(table.name, "w", force_zip64=True) as entry:
                entry.writelines(piece.encode() for piece in import_string(table.made_by)(owner))
        told = {"owner": owner, "counts": counts, "tables": closing.TABLES}
        archive.writestr("README.txt", render_to_string("exports/README.txt", told))


def _write_rows(archive: zipfile.ZipFile, name: str, rows: Iterable[dict[str, object]]) -> int:
    encoder = DjangoJSONEncoder(ensure_ascii=False)
    count = 0
    with archive.open(name, "w", force_zip64=True) as entry:
        for count, row in enumerate(rows, start=1):  # noqa: B007 - the last number is the answer
            entry.write(encoder.encode(row).encode() + b"\n")
    return count


@transaction.atomic
def _finish(export: Export, size: int, now: datetime) -> None:
    export.fence(now=now)
    export.done(now=now)
    until = now + KEPT
    Export.objects.filter(pk=export.pk).update(size=size, expires_at=until)
    record(by=SYSTEM, action=Action.EXPORT_READY, owner=export.owner, now=now)
    tell(owner=export.owner, kind=Kind.EXPORT_READY, now=now, until=say_when(until, export.owner))


@transaction.atomic
def _put_back(export: Export, now: datetime) -> None:
    """It failed with its worker alive: later again, or given up."""
    export.fell(now=now)
    if export.failed:
        _tell_failed(export, now)


def _tell_failed(export: Export, now: datetime) -> None:
    ExportChunk.objects.filter(export=export).delete()
    record(by=SYSTEM, action=Action.EXPORT_FAILED, owner=export.owner, now=now)
    tell(owner=export.owner, kind=Kind.EXPORT_FAILED, now=now)


class ChunkedFile(io.RawIOBase):
    """What the zip is written into, forward only: each full chunk is a row, written while the lease holds."""

    def __init__(self, export: Export, clock: Clock) -> None:
        super().__init__()
        self.export, self.clock = export, clock
        self.waiting = bytearray()
        self.written, self.number = 0, 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # zipfile gives bytes
        self.waiting += data
        self.written += len(data)
        while len(self.waiting) >= CHUNK:
            self._store(CHUNK)
        return len(data)

    def flush(self) -> None:
        """Called by zipfile between entries too: only the end may be a short chunk, so nothing is done there."""

    def finish(self) -> None:
        if self.waiting:
            self._store(len(self.waiting))

    @transaction.atomic
    def _store(self, length: int) -> None:
        self.export.fence(now=self.clock())
        ExportChunk.objects.create(export=self.export, number=self.number, data=bytes(self.waiting[:length]))
        del self.waiting[:length]
        self.number += 1

"""Reports: asked for by their owner, made by a worker, frozen with what they were made of, handed out in pieces."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.audit import Action, record
from config.queue import wake
from ledger import broker_lines, tax_figures, tax_years
from ledger.engine.days import midnight
from ledger.engine.types import Country
from ledger.gains import asking
from ledger.models import Reckoning, Report, ReportChunk, YearLock
from ledger.reports.base import Source
from ledger.reports.kinds import KINDS
from ledger.reports.tables import copy, facts
from ledger.reports.whole import WHOLE
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User
    from ledger.models.tax import ReportQuerySet
    from ledger.reports.base import Kind

    Clock = Callable[[], datetime]
    Tell = Callable[[int], None]

WORK = "ledger.reports"
PIECE = 256 << 10
SOON = timedelta(seconds=3)
PATIENCE = timedelta(minutes=10)  # then it is made of what stands, though something is being reckoned anew
KEPT = timedelta(days=90)  # the file; what it came to stays, and so does the file of a year that was filed
MOST_AT_ONCE = 10
FAILED = "It could not be made, though it was tried several times. Please ask for it once more, or ask for help."
NOT_RECKONED = "Your gains could not be reckoned, so there is nothing to make it of. Please ask for help."
MOVED = "Your tax settings are those of another country by now. Ask for a report of that country."


class State(StrEnum):
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    GONE = "gone"


class NotHereError(ValueError):
    """Such a report makes no sense in the country whose rules hold in that year."""


class TooManyError(Exception):
    """So many are being made already."""


def state_of(report: Report) -> State:
    if report.finished_at is None:
        return State.MAKING
    if report.failed:
        return State.FAILED
    return State.READY if report.size is not None else State.GONE


# --- asking and handing out ---------------------------------------------------------------------------------------


@transaction.atomic
def ask(*, by: Actor, owner: User, kind: str, year: int, now: datetime) -> Report:
    """One that is being made already is answered again. Raises NotHereError, TooManyError."""
    terms = tax_years.asked(owner, year)
    if terms.country not in KINDS[kind].countries:
        raise NotHereError
    waiting = list(Report.objects.for_user(owner).filter(finished_at=None)[:MOST_AT_ONCE])
    same = next((each for each in waiting if (each.kind, each.year) == (kind, year)), None)
    if same:
        return same
    if len(waiting) == MOST_AT_ONCE:
        raise TooManyError
    report = Report.objects.create(owner=owner, kind=kind, year=year, asked_at=now, not_before=now)
    record(by=by, action=Action.REPORT_ASKED, owner=owner, now=now, subject=f"{KINDS[kind].title}, {terms.label}")
    wake(WORK)
    return report


@transaction.atomic
def hand_out(*, by: Actor, owner: User, report: Report, now: datetime) -> Iterator[bytes] | None:
    """The file in pieces; nothing if there is none (any more)."""
    if state_of(report) != State.READY:
        return None
    subject = f"{KINDS[report.kind].title}, {tax_years.asked(owner, report.year or now.year).label}"
    record(by=by, action=Action.REPORT_DOWNLOADED, owner=owner, now=now, subject=subject, about=report.pk)
    return pieces(report)


def pieces(report: Report) -> Iterator[bytes]:
    """One at a time by its place, so that a slow reader holds neither a transaction nor more than one piece."""
    place = 0
    while body := ReportChunk.objects.filter(report=report, place=place).values_list("body", flat=True).first():
        yield bytes(body)
        place += 1


def prune(now: datetime) -> None:
    """Files that are older go; they can be made again. Those of filed years stay, and so do all figures."""
    locks = YearLock.objects.filter(opened_at=None).values_list("settings", flat=True)
    filed = [settings["report"] for settings in locks if settings.get("report")]
    old = Report.objects.filter(made_at__lt=now - KEPT, size__isnull=False).exclude(pk__in=filed)
    names = list(old.values_list("pk", flat=True)[:100])
    with transaction.atomic():
        ReportChunk.objects.filter(report__in=names).delete()
        Report.objects.filter(pk__in=names).update(size=None)


# --- making -------------------------------------------------------------------------------------------------------


def due(now: datetime, *, large: bool) -> Report | None:
    """One to be made; ours from now on."""
    for fallen in Report.objects.sweep(now=now):
        if fallen.failed:
            Report.objects.filter(pk=fallen.pk).update(words=FAILED)
    owners = Reckoning.objects.filter(in_force=True, transactions__gt=asking.LARGE).values("owner")
    among: ReportQuerySet = Report.objects.select_related("owner")
    among = among.filter(owner__in=owners) if large else among.exclude(owner__in=owners)
    return among.claim(now=now)


def work(report: Report, *, clock: Clock, tell: Tell) -> None:
    """Whoever calls holds its lease, and beats for it."""
    now = clock()
    standing = asking.standing(report.owner, now=now)
    patient = now < report.asked_at + PATIENCE
    if standing.failed and (standing.reckoning is None or not patient):
        refuse(report, NOT_RECKONED, now)
    elif standing.reckoning is None or (patient and not standing.current):
        report.again(at=now + SOON, fresh=True)
    else:
        make(report, standing.reckoning, clock=clock, tell=tell)


def refuse(report: Report, words: str, now: datetime) -> None:
    with transaction.atomic():
        report.fence(now=now)
        Report.objects.filter(pk=report.pk).update(words=words)
        report.give_up(now=now)


def make(report: Report, reckoning: Reckoning, *, clock: Clock, tell: Tell) -> None:
    kind, now, found = KINDS[report.kind], clock(), None
    with tempfile.TemporaryFile() as file:
        with as_it_stands():
            source = source_of(reckoning, report.year or now.year, now=now, tell=tell)
            if source.country in kind.countries:
                found = frozen(report, source, kind.make(source, file))
        if found:
            keep(report, found, file, now=clock())
        else:
            refuse(report, MOVED, clock())


@contextmanager
def as_it_stands() -> Iterator[None]:
    """All that is read belongs together, though gains are reckoned anew meanwhile."""
    alone = not connection.in_atomic_block
    with transaction.atomic():
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def source_of(reckoning: Reckoning, year: int, *, now: datetime, tell: Tell = lambda _: None) -> Source:
    reckoning = Reckoning.objects.select_related("owner").get(pk=reckoning.pk)  # as it is in this snapshot
    terms = tax_years.terms_of(reckoning.settings, year)
    over = midnight(terms.last + timedelta(days=1), ZoneInfo(reckoning.settings["zone"]))
    return Source(
        owner=reckoning.owner,
        reckoning=reckoning,
        year=year,
        terms=terms,
        until=min(over, now),
        runs_until=tax_years.running(reckoning, year, now),
        wallets=dict(Wallet.objects.for_user(reckoning.owner).values_list("pk", "label")),
        now=now,
        tell=tell,
        reported=broker_lines.reported(reckoning, year) if terms.country is Country.US else {},
    )


def frozen(report: Report, source: Source, rows: int) -> dict[str, object]:
    """What it was made of, and how."""
    kind = KINDS[report.kind]
    return {
        "settings": {**source.reckoning.settings, "country": str(source.country)},
        "version": source.reckoning.version,
        "inputs": inputs_of(source),
        "figures": tax_figures.kept(tax_figures.figures(source.reckoning, source.year)),
        "name": name_of(kind, source),
        "done_rows": rows,
    }


def name_of(kind: Kind, source: Source) -> str:
    what = kind.name.removesuffix(kind.suffix).strip("_").replace("_", "-") or "tax-year"
    return f"holdfast-{what}-{source.terms.label.lower().replace('/', '-').replace(' ', '-')}.{kind.suffix}"


class Digest:
    """Where a file is expected: only its hash is kept."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.hash.update(data)
        return len(data)


def inputs_of(source: Source) -> str:
    """Of every match and all income of the year, to the last digit."""
    digest = Digest()
    for table in WHOLE:
        copy(table, facts(source, file=False), source, digest)
    return digest.hash.hexdigest()


@transaction.atomic
def keep(report: Report, found: dict[str, object], file: BinaryIO, *, now: datetime) -> None:
    report.fence(now=now)
    ReportChunk.objects.filter(report=report).delete()  # of an attempt that died
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    for place, body in enumerate(iter(lambda: file.read(PIECE), b"")):
        digest.update(body)
        size += len(body)
        ReportChunk.objects.create(report=report, owner_id=report.owner_id, place=place, body=body)
    changes = {**found, "size": size, "digest": digest.hexdigest(), "made_at": now, "words": ""}
    Report.objects.filter(pk=report.pk).update(**changes)
    report.done(now=now)

"""What workers do with a file, step by step: look at it, keep it, take it back. Each step is repeatable.

What a line would become is found out by doing it: rows are kept, read and compared as the commit will, and all of that
is rolled back. So the preview cannot promise what the commit does not do.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from ledger import import_edits, intake, journal, looking
from ledger.deriving import text_of
from ledger.imports import look
from ledger.imports.base import Refused
from ledger.imports.formats.base import Failure, Options, Read, Skip
from ledger.imports.mapping import Mapping, problems
from ledger.models import ImportChunk, ImportFile, ImportRow, ImportTemplate, Journal, SourceRow
from wallets import catalogue
from wallets.models import Wallet
from wallets.records import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import BinaryIO

    from ledger.imports.look import Outcome, Survey

State = ImportFile.State
RowState = ImportRow.State
BATCH = 2000
TRIED_OUT = 50_000  # lines: more are compared by their names only, until they are committed
ALL_PLACES = "*"
UNTOLD = "This line says no time, so it cannot be kept."
COPY = """
    COPY ledger_importrow (file_id, owner_id, number, state, "column", reason, original, family, external_id, at, raw,
                           told, edits) FROM STDIN (FORMAT binary)
"""
TYPES = (
    "uuid",
    "int8",
    "int4",
    "text",
    "text",
    "text",
    "text",
    "text",
    "text",
    "timestamptz",
    "jsonb",
    "jsonb",
    "jsonb",
)


def work(file: ImportFile, *, clock: Callable[[], datetime]) -> None:
    """The step its state asks for."""
    try:
        {State.READING: read, State.COMMITTING: commit, State.UNDOING: undo}[State(file.state)](file, clock)
    except Refused as refused:
        rest(file, State.REFUSED, clock, code=refused.code[:40], words=refused.words[:500])


def rest(file: ImportFile, state: ImportFile.State, clock: Callable[[], datetime], **facts: Any) -> None:
    """Until its owner does something."""
    with transaction.atomic():
        now = clock()
        file.fence(now=now)
        for name, value in {**facts, "state": state}.items():
            setattr(file, name, value)
        file.save(update_fields=[*facts, "state"])
        file.done(now=now)


# --- looking at it ----------------------------------------------------------------------------------------------------


def read(file: ImportFile, clock: Callable[[], datetime]) -> None:
    with the_file(file) as stream:
        given = Options.of(file.options)
        mapped = Mapping.of(as_text(file.mapping)) if file.mapping else None
        survey = look.survey(stream, file_name=file.name, given=without_all(given), mapped=mapped)
        if mapped and problems(mapped, survey.columns):  # it was sent along before anybody knew the columns
            file.mapping = None
            survey = look.survey(stream, file_name=file.name, given=without_all(given))
        template = template_for(file, survey) if survey.needs_mapping else None
        if template:
            file.mapping, file.options = template.mapping, {**template.options, **file.options}
            mapped, given = Mapping.of(as_text(file.mapping)), Options.of(file.options)
            survey = look.survey(stream, file_name=file.name, given=without_all(given), mapped=mapped)
        note(file, survey)
        places = stage(file, stream, survey.options, clock) if survey.ready else Counter()
    asked = [as_question(each) for each in survey.questions]
    asked += mapping_asked(survey) if survey.needs_mapping else []
    asked += place_asked(places) if not given.wallet else []
    asked += wallet_asked(file) if file.wallet is None else []
    if asked:
        rest(file, State.QUESTIONS, clock, questions=asked, **noted(file))
        return
    try_out(file, clock)
    rest(file, State.PREVIEW, clock, questions=[], counts=counted(file), **noted(file))


def without_all(given: Options) -> Options:
    return replace(given, wallet="") if given.wallet == ALL_PLACES else given


def note(file: ImportFile, survey: Survey) -> None:
    file.formats = [
        {"name": each.form.name, "title": each.form.title, "exchange": each.form.exchange, "why": each.reasons()}
        for each in survey.forms
    ]
    file.notes = [asdict(each) for each in survey.notes]
    file.columns = list(survey.columns)
    file.samples = [{"number": line.number, "cells": dict(line.cells)} for line in survey.samples]
    if survey.needs_mapping and not file.mapping and survey.guess:
        file.options = {**file.options, "guess": survey.guess.text()}
    file.all_rows = survey.lines


def noted(file: ImportFile) -> dict[str, Any]:
    return {
        name: getattr(file, name)
        for name in ("formats", "notes", "columns", "samples", "options", "mapping", "all_rows", "wallet")
    }


def template_for(file: ImportFile, survey: Survey) -> ImportTemplate | None:
    """How this owner read the same columns before."""
    if file.mapping:
        return None
    mine = ImportTemplate.objects.filter(owner=file.owner_id, columns=list(survey.columns))
    return mine.order_by("-created_at").first()


def as_text(mapping: Any) -> str:
    return json.dumps(mapping)


def as_question(question: Any) -> dict[str, Any]:
    return asdict(question)


def mapping_asked(survey: Survey) -> list[dict[str, Any]]:
    samples = [{"number": line.number, "text": line.original[:200]} for line in survey.samples[:3]]
    return [
        {
            "name": "mapping",
            "title": "What is in which column?",
            "why": "These columns belong to no export that is known here. Say what they are, once.",
            "choices": [],
            "samples": samples,
        }
    ]


def place_asked(places: Counter[str]) -> list[dict[str, Any]]:
    if len(places) <= 1:
        return []
    choices = [{"value": place, "words": f"{place} ({count:,} lines)"} for place, count in places.most_common(200)]
    return [
        {
            "name": "place",
            "title": "Which of the file's wallets?",
            "why": "It tells of several. Import it once for each, so that every transaction finds its own wallet.",
            "choices": [*choices, {"value": ALL_PLACES, "words": "All of them, into one wallet"}],
            "samples": [],
        }
    ]


def wallet_asked(file: ImportFile) -> list[dict[str, Any]]:
    exchanges = {each["exchange"] for each in file.formats if each["exchange"]}
    mine = Wallet.objects.filter(owner=file.owner_id, binned_at=None).order_by("created_at")
    fitting = [each for each in mine[:200] if not exchanges or each.exchange in exchanges or not each.exchange]
    choices = [
        {"value": str(each.pk), "words": f"{each.label} ({catalogue.named(each.exchange) or 'by hand'})"}
        for each in fitting
    ]
    return [
        {
            "name": "wallet",
            "title": "Whose history is this?",
            "why": "What the file and the exchange itself tell alike is counted once, in the same wallet.",
            "choices": [*choices, {"value": "new", "words": "A new wallet, fed by files"}],
            "samples": [],
        }
    ]


def stage(file: ImportFile, stream: BinaryIO, options: Options, clock: Callable[[], datetime]) -> Counter[str]:
    """Every line, and what it says. Answers whose wallets the file tells of."""
    ImportRow.objects.filter(file=file).delete()
    places: Counter[str] = Counter()
    lines = look.outcomes(stream, options, file_name=file.name)
    while batch := list(islice(lines, BATCH)):
        with transaction.atomic():
            file.fence(now=clock())
            copy_rows(file, batch)
            file.done_rows += len(batch)
            file.save(update_fields=["done_rows"])
        for each in batch:
            if isinstance(each.result, Read):
                places.update(set(each.result.places.values()))
    return places


def copy_rows(file: ImportFile, batch: Iterable[Outcome]) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for each in batch:
            copy.write_row(row_of(file, each))


def row_of(file: ImportFile, each: Outcome) -> tuple[Any, ...]:
    state, column, reason = said_of(each)
    edits = dict(each.result.edits) if isinstance(each.result, Read) else {}
    return (
        file.pk,
        file.owner_id,
        each.number,
        state,
        column[:120],
        reason[:300],
        without_nul(each.original[:2000]),
        each.family,
        without_nul(each.external_id[:200]),
        each.at,
        Jsonb(intake.packed(each.raw), dumps=str),
        Jsonb(told_by(each)),
        Jsonb({name: without_nul(text) for name, text in edits.items()}),
    )


def said_of(each: Outcome) -> tuple[str, str, str]:
    match each.result:
        case Failure(column, why):
            return RowState.FAILED, column, why
        case Skip(why):
            return RowState.SKIPPED, "", why
        case Read(readings) if all(reading.skip for reading in readings):
            return RowState.SKIPPED, "", next((reading.skip for reading in readings), "Nothing moved.")
        case _:
            return (RowState.NEW, "", "") if each.at else (RowState.FAILED, "", UNTOLD)


def told_by(each: Outcome) -> list[dict[str, Any]]:
    if not isinstance(each.result, Read):
        return []
    return [
        {
            "kind": str(reading.kind),
            "at": reading.at.isoformat(),
            "legs": [{"asset": leg.asset, "amount": text_of(leg.amount), "fee": leg.fee} for leg in reading.legs],
        }
        for reading in each.result.readings
        if reading.legs
    ]


def without_nul(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


# --- what would become of it ------------------------------------------------------------------------------------------


KNOWN = """
    UPDATE ledger_importrow AS line SET state = 'duplicate', reason = 'This line is here already, from an earlier file.'
    FROM ledger_sourcerow AS row
    WHERE line.file_id = %(file)s AND line.state = 'new' AND row.wallet_id = %(wallet)s
      AND row.family = line.family AND row.external_id = line.external_id
      AND EXISTS (SELECT 1 FROM ledger_part AS part WHERE part.row_id = row.id)
"""
LINK = """
    UPDATE ledger_importrow AS line SET row_id = row.id
    FROM (
        SELECT DISTINCT ON (family, external_id) id, family, external_id FROM ledger_sourcerow
        WHERE wallet_id = %(wallet)s AND origin = 'file'
        ORDER BY family, external_id, revision DESC
    ) AS row
    WHERE line.file_id = %(file)s AND row.family = line.family AND row.external_id = line.external_id
"""
TWICE_TOLD = """
    WITH lines AS MATERIALIZED (
        SELECT number, row_id, state FROM ledger_importrow WHERE file_id = %(file)s AND row_id IS NOT NULL
    ), told AS MATERIALIZED (
        SELECT id, unnest(rows) AS row_id FROM ledger_transaction WHERE wallet_id = %(wallet)s
    ), others AS (
        SELECT DISTINCT told.id FROM told LEFT JOIN lines ON lines.row_id = told.row_id WHERE lines.number IS NULL
    )
    SELECT lines.number, told.id FROM lines JOIN told ON told.row_id = lines.row_id JOIN others ON others.id = told.id
    WHERE lines.state = 'new'
"""
MARK = """
    UPDATE ledger_importrow AS line SET state = 'duplicate', same_as = told.id,
        reason = 'The same is told by another source. Both are kept, and it counts once.'
    FROM unnest(%s::int[], %s::uuid[]) AS told (number, id) WHERE line.file_id = %s AND line.number = told.number
"""


def run(sql: str, facts: dict[str, Any], cursor: Any) -> None:
    """Over as many lines as a file has, which the planner has not counted yet: it would look each one up singly."""
    cursor.execute("SET LOCAL enable_nestloop = off")
    cursor.execute(sql, facts)
    cursor.execute("SET LOCAL enable_nestloop = on")


def try_out(file: ImportFile, clock: Callable[[], datetime]) -> None:
    """Done and rolled back, but for what it showed."""
    facts = {"file": file.pk, "wallet": file.wallet_id}
    with transaction.atomic(), connection.cursor() as cursor:
        file.fence(now=clock())
        run(KNOWN, facts, cursor)
    if ImportRow.objects.filter(file=file)[:TRIED_OUT].count() >= TRIED_OUT:
        return
    with transaction.atomic():
        keep(file, now=clock())
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(TWICE_TOLD, facts)
            twice = cursor.fetchall()
        transaction.set_rollback(True)
    with transaction.atomic(), connection.cursor() as cursor:
        file.fence(now=clock())
        cursor.execute(MARK, [[number for number, _ in twice], [name for _, name in twice], file.pk])


def counted(file: ImportFile) -> dict[str, int]:
    return {str(state): ImportRow.objects.filter(file=file, state=state).count() for state in RowState}


# --- keeping it -------------------------------------------------------------------------------------------------------


def commit(file: ImportFile, clock: Callable[[], datetime]) -> None:
    """One transaction, in its wallet's turn: nobody sees half a file, and other wallets do not wait."""
    with transaction.atomic():
        now = clock()
        file.fence(now=now)
        keep(file, now=now)
        import_edits.say(file, now=now)
        ImportRow.objects.filter(file=file).exclude(state=RowState.FAILED).update(raw=None)  # those wait to be mended
        ImportChunk.objects.filter(file=file).delete()
        file.state, file.committed_at = State.COMMITTED, now
        file.save(update_fields=["state", "committed_at"])
        file.done(now=now)


def keep(file: ImportFile, *, now: datetime) -> None:
    wallet = wallet_of(file)
    Journal.objects.turn(wallet)
    for family, records in kept_rows(file):
        intake.store(wallet, records, stream=family, now=now, origin=SourceRow.Origin.FILE)
    with connection.cursor() as cursor:
        run(LINK, {"file": file.pk, "wallet": wallet.pk}, cursor)
    journal.catch_up_all(wallet, now=now)
    if stretch := stretch_of(file):
        looking.for_doubles(wallet, stretch, now=now)


def wallet_of(file: ImportFile) -> Wallet:
    """As it is now."""
    assert file.wallet  # noqa: S101 - asked for before anything is kept
    return Wallet.objects.select_related("owner").get(pk=file.wallet.pk)


def kept_rows(file: ImportFile) -> Iterator[tuple[str, Sequence[Record]]]:
    """Also those that say nothing yet: a later reader may know them."""
    lines = ImportRow.objects.filter(file=file, at__isnull=False).exclude(external_id="").order_by("number")
    told = lines.values_list("family", "external_id", "at", "raw").iterator(chunk_size=BATCH)
    while batch := list(islice(told, BATCH)):
        for family in dict.fromkeys(family for family, *_ in batch):
            yield family, [as_record(each) for each in batch if each[0] == family]


def as_record(line: tuple[Any, ...]) -> Record:
    return Record(*line)


def stretch_of(file: ImportFile) -> looking.Stretch | None:
    lines = ImportRow.objects.filter(file=file, at__isnull=False)
    first = lines.order_by("at").values_list("at", flat=True).first()
    last = lines.order_by("-at").values_list("at", flat=True).first()
    return looking.Stretch(first, last) if first and last else None


# --- taking it back ---------------------------------------------------------------------------------------------------


TAKE_BACK = """
    INSERT INTO ledger_sighting (owner_id, wallet_id, row_id, kind, seen_at)
    SELECT DISTINCT %(owner)s, %(wallet)s::uuid, line.row_id, 'undone', %(now)s::timestamptz
    FROM ledger_importrow AS line
    WHERE line.file_id = %(file)s AND line.row_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM ledger_importrow AS other JOIN ledger_importfile AS file ON file.id = other.file_id
        WHERE other.row_id = line.row_id AND other.file_id <> line.file_id AND file.state = 'committed'
    )
"""


def undo(file: ImportFile, clock: Callable[[], datetime]) -> None:
    with transaction.atomic():
        now = clock()
        file.fence(now=now)
        wallet = wallet_of(file)
        Journal.objects.fall_behind(wallet)
        import_edits.take_back(file, now=now)
        facts: dict[str, Any] = {"owner": file.owner_id, "wallet": wallet.pk, "now": now, "file": file.pk}
        with connection.cursor() as cursor:
            run(TAKE_BACK, facts, cursor)
        journal.catch_up_all(wallet, now=now)
        file.state, file.undone_at = State.UNDONE, now
        file.save(update_fields=["state", "undone_at"])
        file.done(now=now)


@contextmanager
def the_file(file: ImportFile) -> Iterator[BinaryIO]:
    """On this machine's disk while it is read, and nowhere afterwards."""
    with tempfile.TemporaryFile() as stream:
        for body in file.chunks.order_by("place").values_list("body", flat=True).iterator(chunk_size=4):
            stream.write(zlib.decompress(body))
        stream.seek(0)
        yield stream

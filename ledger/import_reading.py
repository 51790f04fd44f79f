"""What a file says, line by line: what it is, what must be asked first, and what each line would move."""

from __future__ import annotations

import json
import tempfile
import zlib
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.db.models import Count, Max, Min, Q
from psycopg.types.json import Jsonb

from ledger import assets, intake
from ledger.assets import Namer
from ledger.deriving import text_of
from ledger.import_edits import readable
from ledger.imports import look
from ledger.imports.formats.base import Failure, Options, Read, Skip
from ledger.imports.mapping import Mapping, problems
from ledger.models import ImportFile, ImportRow, ImportTemplate
from wallets import catalogue
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from typing import BinaryIO

    from ledger.imports.look import Outcome, Survey
    from ledger.readings.base import Reading

RowState = ImportRow.State
BATCH = 2000
ALL_PLACES = "*"
UNTOLD = "This line says no time, so it cannot be kept."
TOO_LATE = "Dated in the future: check the year."
SHOWN = {"kind", "occurred_at", "sent", "received", "fee"}  # of what its owner says in a line
AHEAD = timedelta(days=1)  # clocks differ, and days begin elsewhere before they begin here
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


@contextmanager
def the_file(file: ImportFile) -> Iterator[BinaryIO]:
    """On this machine's disk while it is read, and nowhere afterwards."""
    with tempfile.TemporaryFile() as stream:
        for body in file.chunks.order_by("place").values_list("body", flat=True).iterator(chunk_size=4):
            stream.write(zlib.decompress(body))
        stream.seek(0)
        yield stream


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


def surveyed(file: ImportFile, stream: BinaryIO) -> Survey:
    """By what its owner said, or said of the same columns before. The file's own columns of this are filled."""
    given = without_all(Options.of(file.options))
    mapped = Mapping.of(as_text(file.mapping)) if file.mapping else None
    survey = look.survey(stream, file_name=file.name, given=given, mapped=mapped)
    if mapped and problems(mapped, survey.columns):  # it was sent along before anybody knew the columns
        file.mapping = None
        survey = look.survey(stream, file_name=file.name, given=given)
    template = template_for(file, survey) if survey.needs_mapping else None
    if template:
        file.mapping, file.options = template.mapping, {**template.options, **file.options}
        mapped, given = Mapping.of(as_text(file.mapping)), without_all(Options.of(file.options))
        survey = look.survey(stream, file_name=file.name, given=given, mapped=mapped)
    note(file, survey)
    return survey


def asked_of(file: ImportFile, survey: Survey, places: Counter[str]) -> list[dict[str, Any]]:
    asked = [asdict(each) for each in survey.questions]
    asked += mapping_asked(survey) if survey.needs_mapping else []
    asked += place_asked(places) if not file.options.get("wallet") else []
    return asked + (wallet_asked(file) if file.wallet is None else [])


def stage(file: ImportFile, stream: BinaryIO, options: Options, clock: Callable[[], datetime]) -> Counter[str]:
    """Every line, and what it says. Answers whose wallets the file tells of."""
    ImportRow.objects.filter(file=file).delete()
    namer = namer_of(file)
    places: Counter[str] = Counter()
    lines = look.outcomes(stream, options, file_name=file.name)
    while batch := list(islice(lines, BATCH)):
        with transaction.atomic():
            file.fence(now=clock())
            copy_rows(file, batch, namer, latest=clock() + AHEAD)
            file.done_rows += len(batch)
            file.save(update_fields=["done_rows", "all_rows"])
        for each in batch:
            if isinstance(each.result, Read):
                places.update(set(each.result.places.values()))
    return places


def namer_of(file: ImportFile) -> Namer:
    """Of the wallet it goes into, or of the exchange that made it while nobody has said where it goes."""
    named = [each["exchange"] for each in file.formats if each["exchange"]]
    exchange = file.wallet.exchange if file.wallet else next(iter(named), "")
    return Namer(exchange, assets.names_of(file.owner_id))


def copy_rows(file: ImportFile, batch: Iterable[Outcome], namer: Namer, *, latest: datetime) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for each in batch:
            copy.write_row(row_of(file, each, namer, latest))


def row_of(file: ImportFile, each: Outcome, namer: Namer, latest: datetime) -> tuple[Any, ...]:
    state, column, reason = said_of(each, latest)
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
        Jsonb(told_by(each, namer)),
        Jsonb({name: without_nul(text) for name, text in edits.items()}),
    )


def said_of(each: Outcome, latest: datetime) -> tuple[str, str, str]:
    match each.result:
        case Failure(column, why):
            return RowState.FAILED, column, why
        case Skip(why):
            return RowState.SKIPPED, "", why
        case Read(readings) if all(reading.skip for reading in readings):
            return RowState.SKIPPED, "", next((reading.skip for reading in readings), "Nothing moved.")
        case _ if each.at is None:
            return RowState.FAILED, "", UNTOLD
        case _:
            return RowState.NEW, "", TOO_LATE if each.at > latest else ""


def tell_times(file: ImportFile, *, now: datetime) -> None:
    """Between which moments its new lines lie, and how many of them lie where nothing can have happened yet."""
    late = Count("pk", filter=Q(at__gt=now + AHEAD))
    new = ImportRow.objects.filter(file=file, state=RowState.NEW).aggregate(Min("at"), Max("at"), late=late)
    file.options = {**file.options, "span": [at.isoformat() for at in (new["at__min"], new["at__max"]) if at]}
    if count := new["late"]:
        which = "One line is" if count == 1 else f"{count:,} lines are"
        words = f"{which} dated in the future. Check the year there before you take them in."
        file.notes = [*file.notes, {"code": "future", "words": words}]


def told_by(each: Outcome, namer: Namer) -> list[dict[str, Any]]:
    """Under the names that assets will have once it is taken in, and as its owner's words in it will have it."""
    if not isinstance(each.result, Read):
        return []
    words = readable({name: text for name, text in each.result.edits.items() if name in SHOWN})
    return [
        {
            "kind": words.get("kind", str(reading.kind)),
            "at": words.get("occurred_at", reading.at.isoformat()),
            "legs": [*legs_told(reading, words, namer), *legs_said(words)],
        }
        for reading in each.result.readings
        if reading.legs
    ]


def legs_told(reading: Reading, words: abc.Mapping[str, Any], namer: Namer) -> Iterator[dict[str, Any]]:
    for leg in reading.legs:
        if ("fee" if leg.fee else "sent" if leg.amount < 0 else "received") not in words:
            asset = namer.code(leg.asset, reading.at)[0]
            yield {"asset": asset, "amount": text_of(leg.amount), "fee": leg.fee}


def legs_said(words: abc.Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, sign in (("sent", "-"), ("received", ""), ("fee", "-")):
        if said := words.get(name):
            yield {"asset": said["asset"], "amount": sign + said["amount"], "fee": name == "fee"}


def without_nul(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()

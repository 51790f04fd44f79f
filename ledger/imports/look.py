"""A file looked at before anything of it is kept: whose it is, what must be asked, and what each line would become.

Two passes, each holding one row at a time: the first finds out what all lines together prove (decimal sign, order of
dates), the second reads them by it. Between them stand the questions that only the owner can answer.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, BinaryIO

from ledger.imports import mapping, recognise, sheets, times
from ledger.imports.base import Note
from ledger.imports.formats.base import ELSEWHERE, Failure, Format, Options, Read, Result, Skip, columns_in
from ledger.imports.guessing import guess
from ledger.imports.identity import Names
from ledger.imports.mapping import Mapping
from ledger.imports.numbers import COMMA, POINT, Marks, mangled
from ledger.imports.questions import Question, base_asked, decimal_asked, direction_asked, order_asked, zone_asked
from ledger.imports.tables import Aside, Header, Line, tables
from ledger.imports.times import Orders
from ledger.readings.base import Row
from ledger.readings.keepable import kept

if TYPE_CHECKING:
    from collections import abc
    from pathlib import Path

    from ledger.imports.recognise import Match
    from ledger.imports.sheets import Sheet

BEGINNING = datetime(2009, 1, 3, tzinfo=UTC)  # before which no coin moved
LONG = 20_000  # characters: longer lines are not kept to be shown
SHOWN = 20  # lines kept to show, and to guess a mapping from
AMOUNT_LIKE = re.compile(r"[-+(\u2212$€£¥]{0,4} ?\d[\d.,]*\)?(?: ?[A-Za-z€$£]{1,8})?\)?")

NO_SECONDS = Note(
    "lost_seconds",
    "The times in this file have no seconds, although this exchange writes them: it was probably opened and "
    "saved in a spreadsheet. Please import the file as it was downloaded, or duplicates may not be recognised.",
)
ROUNDED_IDS = Note(
    "rounded_ids",
    "A spreadsheet has rounded the ids in this file. Please import the file as it was downloaded, or duplicates may "
    "not be recognised.",
)
SHARED_IDS = Note("shared_ids", "Some lines share an id but say different things. Each is kept.")


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found. Ready to be read when nothing is asked and no mapping is needed."""

    kind: str
    notes: tuple[Note, ...]
    forms: tuple[Match, ...]  # one for each kind of table in the file
    needs_mapping: bool
    guess: Mapping | None
    columns: tuple[str, ...]
    samples: tuple[Line, ...]
    options: Options
    questions: tuple[Question, ...]
    lines: int
    asides: int

    @property
    def ready(self) -> bool:
        return not self.needs_mapping and not self.questions


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a line would become. `raw` and `external_id` are what its source row is made of: without a name, none."""

    number: int
    original: str
    family: str
    external_id: str
    at: datetime | None
    raw: abc.Mapping[str, Any]
    result: Result

    @property
    def state(self) -> str:
        return {Read: "read", Skip: "skipped", Failure: "failed"}[type(self.result)]


def is_amount_like(text: str) -> bool:
    """A date such as 12.03.2021 is none, and would prove a decimal sign that it does not have."""
    return bool(AMOUNT_LIKE.fullmatch(text)) and times.orders_of(text) is times.ANY_ORDER


@dataclass(slots=True)
class Evidence:
    """Gathered over all lines of a file."""

    marks: Marks = field(default_factory=Marks)
    orders: Orders = field(default_factory=Orders)
    zoneless: list[tuple[int, str]] = field(default_factory=list)
    zone: str = ""  # what is said in front of the lines
    rounded: bool = False
    lines: int = 0
    asides: int = 0
    samples: list[Line] = field(default_factory=list)
    names: tuple[str, ...] = ()  # of the first table
    forms: dict[str, Match] = field(default_factory=dict)
    unknown: bool = False  # a table is nobody's

    def look(self, line: Line, form: Format | None) -> None:
        self.lines += 1
        if len(self.samples) < SHOWN and len(line.original) < LONG:
            self.samples.append(line)
        columns = columns_in(form, tuple(line.cells)) if form else {}
        clocks = {columns[key] for key in form.clock if key in columns} if form else set()
        silent = clocks | {columns[key] for key in form.key if key in columns} if form else clocks
        for name, text in line.cells.items():
            if (COMMA in text or POINT in text) and name not in silent and is_amount_like(text):
                self.marks.look(line.number, text)
        for name in clocks:
            self.orders.look(line.number, line.cells[name])
        if form:
            self.look_closer(line, form, columns)

    def look_closer(self, line: Line, form: Format, columns: abc.Mapping[str, str]) -> None:
        said = form.time_in(line.cells)
        asked = said and not form.zone and len(self.zoneless) < SHOWN
        if asked and not form.names_zone(line.cells):
            self.zoneless.append((line.number, said))
        if not self.rounded:
            self.rounded = any(mangled(line.cells.get(columns.get(key, ""), "")) for key in form.key)


def survey(
    source: Path | str | BinaryIO, *, file_name: str = "", given: Options | None = None, mapped: Mapping | None = None
) -> Survey:
    """`given`: what the owner has said already. Raises Refused."""
    given = given or Options()
    evidence, sheet = gathered(source, file_name, mapped)
    forms, unknown = evidence.forms, evidence.unknown and not mapped
    used = [mapping.format_of(mapped)] if mapped else [match.form for match in forms.values()]
    options = settled(given, evidence, used, file_name, mapped)
    return Survey(
        kind=sheet.kind,
        notes=(*sheet.notes, *notes_of(evidence, used)),
        forms=tuple(forms.values()),
        needs_mapping=unknown,
        guess=guess(evidence.names, [line.cells for line in evidence.samples]) if unknown else None,
        columns=evidence.names,
        samples=tuple(evidence.samples),
        options=options,
        questions=() if unknown else questions(options, evidence, used),
        lines=evidence.lines,
        asides=evidence.asides,
    )


def gathered(source: Path | str | BinaryIO, file_name: str, mapped: Mapping | None) -> tuple[Evidence, Sheet]:
    evidence = Evidence()
    with sheets.opened(source) as sheet:
        for part, form, match in placed(sheet.rows, file_name, mapped):
            if isinstance(part, Header):
                evidence.names = evidence.names or part.names
                evidence.unknown |= form is None
            elif isinstance(part, Line):
                evidence.look(part, form)
            else:
                evidence.asides += 1
                evidence.zone = evidence.zone or recognise.zone_in_remark(part.original)
            if match:
                evidence.forms.setdefault(match.form.name, match)
        return evidence, sheet


def placed(
    rows: abc.Iterable[Any], file_name: str, mapped: Mapping | None
) -> abc.Iterator[tuple[Header | Line | Aside, Format | None, Match | None]]:
    """Each part of the file beside the format of the table it stands in."""
    own = mapping.format_of(mapped) if mapped else None
    form, match = own, None
    known = (lambda names: own.match(names) is not None) if own else recognise.is_header
    for part in tables(rows, known):
        if isinstance(part, Header) and own is None:
            match = recognise.best(part.names, file_name)
            form = match.form if match else None
        yield part, form, match


def settled(
    given: Options, evidence: Evidence, used: abc.Sequence[Format], file_name: str, mapped: Mapping | None
) -> Options:
    """What was said goes before what is proven, and that before what a format takes for granted. What is nothing here
    is either not needed or must be asked.
    """
    assumed = next((form.decimal for form in used), "")
    mark = given.decimal or evidence.marks.decided(assumed)
    order = given.order or evidence.orders.decided()
    if evidence.orders.open and not order:
        order = next((form.order for form in used if form.order in evidence.orders.possible), "")
    direction = given.direction or recognise.direction_in(file_name)
    named = recognise.zone_in_name(file_name) if any(form.zone_named for form in used) and evidence.zoneless else ""
    return replace(
        given,
        zone=given.zone or (evidence.zone if evidence.zoneless else "") or named,
        decimal="" if mark == POINT and assumed else mark,
        order=order,
        direction=direction if any("direction" in form.asks for form in used) else "",
        mapping=mapped.text() if mapped else "",
    )


def questions(options: Options, evidence: Evidence, used: abc.Sequence[Format]) -> tuple[Question, ...]:
    asked = []
    if not options.decimal and not evidence.marks.decided(next((form.decimal for form in used), "")):
        asked.append(decimal_asked(evidence.marks))
    if not options.order and evidence.orders.open:
        asked.append(order_asked(evidence.orders))
    if not options.zone and evidence.zoneless:
        asked.append(zone_asked(evidence.zoneless))
    if not options.base and any("base" in form.asks for form in used):
        asked.append(base_asked(evidence.samples))
    if not options.direction and any("direction" in form.asks for form in used):
        asked.append(direction_asked(evidence.samples))
    return tuple(asked)


def notes_of(evidence: Evidence, used: abc.Sequence[Format]) -> list[Note]:
    notes = []
    if evidence.orders.lost_seconds and any(form.seconds for form in used):
        notes.append(NO_SECONDS)
    if evidence.rounded:
        notes.append(ROUNDED_IDS)
    if evidence.marks.decided(POINT) == COMMA and any(form.decimal == POINT for form in used):
        notes.append(Note("decimal_comma", "The amounts in this file have a decimal comma, and were read so."))
    return notes


# --- the second pass ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Counts:
    states: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)


def outcomes(
    source: Path | str | BinaryIO, options: Options, *, file_name: str = "", counts: Counts | None = None
) -> abc.Iterator[Outcome]:
    """Of every line, with the options of a survey. `counts` is whole when the last has come."""
    mapped = Mapping.of(options.mapping) if options.mapping else None
    names = Names()
    told = options.told()
    with sheets.opened(source) as sheet:
        for part, form, _ in placed(sheet.rows, file_name, mapped):
            if isinstance(part, Line) and form:
                outcome = outcome_of(part, form, options, told, names)
                if counts:
                    counts.states[outcome.state] += 1
                yield outcome
    if counts and names.clashes:
        counts.notes.append(SHARED_IDS)


MAX_BREAKS = 20  # notes have a few; more come of a quote that was opened and not closed
SWALLOWED = Failure(
    "", "A quote in this line never ends, so the lines after it became a part of it. Please correct it."
)
UNKEEPABLE = Failure(
    "", "What this line comes to is longer than any amount. Please correct it, or leave this line out."
)
REPEATED = Skip("This very line, with the same id, stands in the file already.")


def outcome_of(line: Line, form: Format, options: Options, told: abc.Mapping[str, str], names: Names) -> Outcome:
    name = names.name(form, line.cells)
    external_id = name.external_id + of_wallet(options.wallet)
    if line.original.count("\n") > MAX_BREAKS:
        result: Result = SWALLOWED
    else:
        result = REPEATED if name.repeated else keepable(form.read(line.cells, options, external_id))
    first = result.readings[0].at if isinstance(result, Read) and result.readings else None
    return Outcome(
        number=line.number,
        original=line.original,
        family=form.name,
        external_id="" if result is ELSEWHERE else external_id,
        at=first or form.at(line.cells, options),
        raw={"cells": line.cells, "read_as": told},
        result=result,
    )


def keepable(result: Result) -> Result:
    """As the journal will look at it: what would mean nothing there is not promised here."""
    try:
        for reading in result.readings if isinstance(result, Read) else ():
            kept(reading)
    except (ValueError, TypeError):
        return UNKEEPABLE
    return result


@lru_cache(maxsize=100)
def of_wallet(wallet: str) -> str:
    """Of a file of many wallets a line may be imported for each: two halves of a transfer are two rows, though both
    wallets of the file become one here.
    """
    return "@" + blake2b(wallet.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() if wallet else ""


def row_of(outcome: Outcome) -> Row:
    """The source row that this line becomes. Lines that name no time are kept at the beginning of time."""
    return Row(outcome.family, outcome.external_id, outcome.at or BEGINNING, outcome.raw)

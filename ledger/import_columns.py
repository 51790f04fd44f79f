"""Which column is what, while its owner is saying it: what the first lines would become, and what is still wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.imports import look, mapping
from ledger.imports.formats.base import Options
from ledger.imports.identity import Names
from ledger.imports.look import Evidence, Outcome
from ledger.imports.mapping import Mapping, Problem
from ledger.imports.tables import Line

if TYPE_CHECKING:
    from collections.abc import Mapping as AnyMapping
    from collections.abc import Sequence

    from ledger.models import ImportFile

LINES = 8  # that are shown becoming something
VALUES = 40  # of the column that says what kind a line is
FIRST = 3  # values shown of a column


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    first: tuple[str, ...]
    role: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What is said so far. `mapping` is none where it cannot be one."""

    columns: tuple[Column, ...]
    mapping: Mapping
    problems: tuple[Problem, ...]
    values: tuple[str, ...]  # of the column that says the kind
    outcomes: tuple[Outcome, ...]

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.mapping.text())
        return found


def said_already(file: ImportFile) -> Mapping:
    """What was said last, else what is guessed."""
    if file.mapping:
        return Mapping.of(json.dumps(file.mapping))
    try:
        return Mapping.of(file.options.get("guess", "{}"))
    except ValueError:
        return Mapping()


def draft(file: ImportFile, roles: Sequence[str], kinds: AnyMapping[str, str]) -> Draft:
    """`roles`: of each column of the file in its order; empty: it is not used."""
    said = dict(zip(file.columns, roles, strict=False))
    chosen: dict[str, str] = {}
    twice = []
    for name, role in said.items():
        if role in mapping.ROLES and chosen.setdefault(role, name) != name:
            words = f"“{chosen[role]}” and “{name}” cannot both be that. Choose one of them."
            twice.append(Problem(role, name, words))
    values = values_of(file, chosen["type"]) if "type" in chosen else ()
    told = tuple(sorted((value, kind) for value, kind in kinds.items() if kind and value in values))
    found = Mapping(**chosen, kinds=told)
    wrong = (*twice, *mapping.problems(found, file.columns))
    return Draft(
        columns=columns_of(file, said),
        mapping=found,
        problems=wrong,
        values=values,
        outcomes=() if wrong else outcomes(file, found),
    )


def columns_of(file: ImportFile, said: AnyMapping[str, str]) -> tuple[Column, ...]:
    cells = [sample["cells"] for sample in file.samples]
    return tuple(
        Column(name, tuple(text[:60] for line in cells if (text := line.get(name, "")))[:FIRST], said.get(name, ""))
        for name in file.columns
    )


DISTINCT = """
    SELECT DISTINCT raw -> 'cells' ->> %s FROM (
        SELECT raw FROM ledger_importrow WHERE file_id = %s AND raw IS NOT NULL ORDER BY number LIMIT 20000
    ) AS line LIMIT %s
"""


def values_of(file: ImportFile, column: str) -> tuple[str, ...]:
    """Of the first lines, and of all that are read already."""
    first = {sample["cells"].get(column, "") for sample in file.samples}
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT, [column, file.pk, VALUES])
        first |= {text for (text,) in cursor.fetchall() if text}
    return tuple(sorted(first - {""}))[:VALUES]


def outcomes(file: ImportFile, found: Mapping) -> tuple[Outcome, ...]:
    """What the first lines become by it. Where days or zones are still to be asked, one way of reading is shown."""
    form = mapping.format_of(found)
    lines = [Line(each["number"], each["cells"], " ".join(each["cells"].values())) for each in file.samples]
    evidence = Evidence()
    for line in lines:
        evidence.look(line, form)
    options = look.settled(Options.of(file.options), evidence, [form], file.name, found)
    order = options.order or next(iter(sorted(evidence.orders.possible)), "")
    options = replace(options, zone=options.zone or "UTC", order=order, wallet="")
    names = Names()
    return tuple(look.outcome_of(line, form, options, options.told(), names) for line in lines[:LINES])

"""From rows to events: what each row tells of is kept, so that an event's rows are found when another one comes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection

from ledger import wire
from ledger.planning import rows_by_index
from ledger.readers import TRUST
from ledger.readings.base import Kind, Row
from ledger.readings.events import Told

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.models import Journal
    from ledger.readers import Readers

MOVING = {Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.TRANSFER}
# The orders in these are there for `rows_by_index`: only one index has them.
# A row counts if it is the latest of its name whose import was not undone, and is there as far as we know.
ROWS = """
    SELECT row.id, row.origin, row.family, row.external_id, row.occurred_at::text, row.raw::text, row.revision,
        (
            SELECT later.id FROM ledger_sourcerow AS later WHERE later.wallet_id = row.wallet_id
            AND later.family = row.family AND later.external_id = row.external_id AND later.revision > row.revision
            AND coalesce((
                SELECT kind FROM ledger_sighting AS seen WHERE seen.row_id = later.id ORDER BY seen.id DESC LIMIT 1
            ), 'back') <> 'undone' ORDER BY later.revision LIMIT 1
        ) IS NULL AND coalesce((
            SELECT kind FROM ledger_sighting AS seen WHERE seen.row_id = row.id ORDER BY seen.id DESC LIMIT 1
        ), 'back') = 'back'
    FROM ledger_sourcerow AS row WHERE {which}
"""
# Of one wallet, named so that the table's own key, which runs through the rows of all, does not have the order.
NEXT = ROWS.format(
    which="(row.wallet_id, row.id) > (%s, %s) AND row.wallet_id <= %s ORDER BY row.wallet_id, row.id LIMIT %s"
)
THESE = ROWS.format(which="row.id = ANY(%s)")
SEEN = """
    SELECT row_id, id FROM ledger_sighting
    WHERE (wallet_id, id) > (%s, %s) AND wallet_id <= %s ORDER BY wallet_id, id LIMIT %s
"""
FORMER = """
    SELECT former.id FROM ledger_sourcerow AS row CROSS JOIN LATERAL (
        SELECT id FROM ledger_sourcerow AS other WHERE other.wallet_id = row.wallet_id
        AND other.family = row.family AND other.external_id = row.external_id AND other.revision < row.revision
        ORDER BY other.revision
    ) AS former
    WHERE row.id = ANY(%s) AND row.revision > 1
"""
UNREAD = """
    SELECT id FROM ledger_sourcerow
    WHERE (wallet_id, id) > (%s, %s) AND wallet_id <= %s ORDER BY wallet_id, id OFFSET %s LIMIT 1
"""
COPY = "COPY ledger_part (row_id, place, wallet_id, event, identity, skip) FROM STDIN (FORMAT binary)"
NOTES = "SELECT row_id, event, identity, skip FROM ledger_part WHERE row_id = ANY(%s) ORDER BY row_id, place"
BY_NAME = "SELECT DISTINCT event FROM ledger_part WHERE wallet_id = %s AND identity = ANY(%s)"
OF_EVENTS = "SELECT DISTINCT row_id, event FROM ledger_part WHERE wallet_id = %s AND event = ANY(%s)"


Note = tuple[str, str, str]  # event, identity, and why it moves nothing


class Found(NamedTuple):
    """A source row as the database hands it out."""

    id: int
    origin: str
    row: Row
    revision: int = 1
    counts: bool = True


def fetched(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Lists are arrays of it."""
    with connection.cursor() as cursor:
        cursor.execute(sql, asked(parameters))
        return list(cursor.fetchall())


def fetched_by_index(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """In the order of an index (ledger.planning)."""
    return rows_by_index(sql, asked(parameters))


def asked(parameters: Sequence[Any]) -> list[Any]:
    return [wire.asked(each) if isinstance(each, list) else each for each in parameters]


def rows(sql: str, parameters: Sequence[Any]) -> list[Found]:
    """Times come as text, which Python itself reads ten times as fast as the driver does, and all that was said is read
    at once.
    """
    found = fetched_by_index(sql, parameters)
    raws = json.loads(f"[{','.join([each[5] for each in found])}]")
    return [
        Found(row, origin, Row(family, external_id, datetime.fromisoformat(at), raw), revision, counts)
        for (row, origin, family, external_id, at, _, revision, counts), raw in zip(found, raws, strict=True)
    ]


def as_json(raw: Any) -> Any:
    """Django leaves jsonb as text where no model asks for it."""
    return json.loads(raw) if isinstance(raw, str) else raw


def these(ids: Sequence[int]) -> list[Found]:
    """In the order in which they came."""
    if not ids:
        return []
    return sorted(rows(THESE, [ids]), key=attrgetter("id"))


def former_of(ids: Sequence[int]) -> list[int]:
    """What rows of these names said before."""
    if not ids:
        return []
    return [row for (row,) in fetched_by_index(FORMER, [ids])]


def next_rows(journal: Journal, limit: int) -> list[Found]:
    return rows(NEXT, [journal.wallet_id, journal.rows_to, journal.wallet_id, limit])


def are_unread(journal: Journal, more_than: int, *, after: int) -> bool:
    return bool(fetched_by_index(UNREAD, [journal.wallet_id, after, journal.wallet_id, more_than]))


def seen_again(journal: Journal, limit: int) -> tuple[list[Found], int]:
    """Rows read before of which something new is known: gone, back, or their import undone."""
    sightings = fetched_by_index(SEEN, [journal.wallet_id, journal.sightings_to, journal.wallet_id, limit])
    if not sightings:
        return [], 0
    ids = sorted({row for row, _ in sightings if row <= journal.rows_to})
    ids += former_of(ids)  # what an import that was undone had replaced
    return these(ids), max(sighting for _, sighting in sightings)


@dataclass(slots=True)
class Reading:
    """Readings of rows that are in hand: nothing is fetched and read twice in one step."""

    readers: Readers
    of_rows: dict[int, tuple[int, list[Any]]] = field(default_factory=dict)
    touched: list[datetime] = field(default_factory=list)  # when what moved, or is said to, came or went

    def of(self, found: Found) -> list[Any]:
        if found.id not in self.of_rows:
            self.of_rows[found.id] = (TRUST[found.origin], self.readers.read(found.row, found.origin))
        return self.of_rows[found.id][1]

    def fetch(self, ids: Iterable[int]) -> None:
        missing = [each for each in ids if each not in self.of_rows]
        for found in these(missing):
            self.of(found)


def read(journal: Journal, found: Sequence[Found], reading: Reading) -> set[str]:
    """Notes down what they tell of, in place of what was noted before. Answers every event that is touched. With what
    rows of these names had said: it is replaced, or counts again where an import that replaced it was undone.
    """
    former = set(former_of([each.id for each in found if each.revision > 1])) - {each.id for each in found}
    found = [*found, *these(sorted(former))]
    before = notes([each.id for each in found])
    told = {each.id: said_by(each, reading) for each in found if each.counts}
    if reading.readers.details:
        reading.touched += [each.row.at for each in found if tells_of_movement(each, reading)]
    note_down(journal, before, told)
    return {event for noted in (before, told) for each in noted.values() for event, _, _ in each}


def notes(ids: list[int]) -> dict[int, list[Note]]:
    """What is noted down of these rows."""
    found: dict[int, list[Note]] = {}
    for row, *note in fetched(NOTES, [ids]):
        found.setdefault(row, []).append((note[0], note[1], note[2]))
    return found


def said_by(each: Found, reading: Reading) -> list[Note]:
    return [(said.event[:260], said.identity[:260], said.skip[:200]) for said in reading.of(each)]


def note_down(journal: Journal, before: Mapping[int, list[Note]], told: Mapping[int, list[Note]]) -> None:
    """Where it is not so yet: when everything is read anew, nearly all of it is."""
    if gone := [row for row, said in before.items() if told.get(row) != said]:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM ledger_part WHERE row_id = ANY(%s)", [gone])
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(("int8", "int2", "bytea", "text", "text", "text"))
        wallet = journal.wallet_id.bytes
        for row, said in told.items():
            for place, note in enumerate(said if before.get(row) != said else ()):
                copy.write_row((row, place, wallet, *note))


def tells_of_movement(each: Found, reading: Reading) -> bool:
    """What no longer counts may have."""
    if not each.counts:
        return True
    return any(said.about or said.kind in MOVING for said in reading.of(each))


def events_telling(journal: Journal, identities: Sequence[str]) -> set[str]:
    """The events that rows of these names are noted down under, from whatever source."""
    return {event for (event,) in fetched(BY_NAME, [journal.wallet_id, identities])}


def told_of(journal: Journal, events: Iterable[str], reading: Reading) -> dict[str, list[Told]]:
    """Everything that rows tell of these events."""
    told: dict[str, list[Told]] = {event: [] for event in events}
    parts = fetched(OF_EVENTS, [journal.wallet_id, list(told)])
    reading.fetch({row for row, _ in parts})
    for row, event in parts:
        trust, said = reading.of_rows[row]
        told[event] += [Told(each, row, trust) for each in said if each.about or each.event[:260] == event]
    return told

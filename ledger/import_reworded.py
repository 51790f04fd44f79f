"""Lines that are here already in other words: of the same history in another time zone, or saved by a spreadsheet.

What names a line without an id is its content, and that is text. The very same content, its times and amounts written
otherwise, is the same line: it becomes one of the row that is here, and its own words stay with the file. And the
other way round: the same text under a column that names another zone is another moment, and gets a name of its own.
"""

from __future__ import annotations

import json
from array import array
from collections import defaultdict
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.imports import formats, mapping, numbers, times
from ledger.imports.formats.base import Options
from ledger.imports.identity import labels
from ledger.planning import by_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.imports.formats.base import Format
    from ledger.models import ImportFile

BATCH = 2000
MOST_NAMES = 200  # signs of a row's name
FAMILIES = """
    SELECT family FROM (SELECT DISTINCT family FROM ledger_importrow WHERE file_id = %(file)s) AS told
    WHERE EXISTS (SELECT 1 FROM ledger_sourcerow AS row WHERE row.wallet_id = %(wallet)s AND row.family = told.family)
"""
LINES = """
    lines AS MATERIALIZED (
        SELECT number, family, external_id, at FROM ledger_importrow
        WHERE file_id = %(file)s AND state = 'new' AND at IS NOT NULL AND external_id <> ''
    )
"""
# Of one text and of two moments, under columns that are called otherwise.
OTHERS = f"""
    WITH {LINES}, kept AS MATERIALIZED (
        SELECT DISTINCT ON (family, external_id) id, family, external_id, occurred_at FROM ledger_sourcerow
        WHERE wallet_id = %(wallet)s AND family = ANY(%(families)s) ORDER BY family, external_id, revision DESC
    )
    SELECT lines.number, lines.external_id, line.raw::text, row.raw::text
    FROM lines JOIN kept ON kept.family = lines.family AND kept.external_id = lines.external_id
    JOIN ledger_importrow AS line ON line.file_id = %(file)s AND line.number = lines.number
    JOIN ledger_sourcerow AS row ON row.wallet_id = %(wallet)s AND row.id = kept.id
    WHERE kept.occurred_at <> lines.at
      AND NOT (line.raw -> 'cells') ?& ARRAY(SELECT jsonb_object_keys(row.raw -> 'cells'))
    ORDER BY lines.number
"""  # noqa: S608 - only words of our own
# What has no other half by its name, at moments that both have. A row is as it is now: its latest revision.
ALIKE = f"""
    WITH {LINES}, fresh AS MATERIALIZED (
        SELECT lines.* FROM lines WHERE NOT EXISTS (
            SELECT 1 FROM ledger_sourcerow AS row WHERE row.wallet_id = %(wallet)s
              AND row.family = lines.family AND row.external_id = lines.external_id
        )
    ), ends AS MATERIALIZED (
        SELECT min(at) AS since, max(at) AS until FROM fresh
    ), alone AS MATERIALIZED (
        SELECT row.id, row.family, row.occurred_at AS at FROM ledger_sourcerow AS row
        WHERE row.wallet_id = %(wallet)s AND row.family = ANY(%(families)s) AND row.origin = 'file'
          AND row.occurred_at >= (SELECT since FROM ends) AND row.occurred_at <= (SELECT until FROM ends)
          AND NOT EXISTS (
            SELECT 1 FROM ledger_sourcerow AS later WHERE later.wallet_id = %(wallet)s AND later.family = row.family
              AND later.external_id = row.external_id AND later.revision > row.revision
          ) AND NOT EXISTS (
            SELECT 1 FROM ledger_importrow AS line WHERE line.file_id = %(file)s
              AND line.family = row.family AND line.external_id = row.external_id
          )
    ), moments AS MATERIALIZED (
        SELECT family, at FROM fresh INTERSECT SELECT family, at FROM alone
    )
    SELECT family, at, number AS place, raw::text, TRUE
    FROM fresh JOIN moments USING (family, at)
    JOIN (SELECT number, raw FROM ledger_importrow WHERE file_id = %(file)s) AS line USING (number)
    UNION ALL
    SELECT family, at, id, raw::text, FALSE
    FROM alone JOIN moments USING (family, at)
    JOIN (SELECT id, raw FROM ledger_sourcerow WHERE wallet_id = %(wallet)s) AS row USING (id)
    ORDER BY 1, 2, 5, 3
"""  # noqa: S608 - as above
RENAME = """
    UPDATE ledger_importrow AS line SET external_id = told.name
    FROM unnest(%s::int[], %s::text[]) AS told (number, name)
    WHERE line.file_id = %s AND line.number = told.number
"""
BECOME = """
    UPDATE ledger_importrow AS line SET external_id = row.external_id, raw = row.raw
    FROM unnest(%s::int[], %s::int8[]) AS told (number, row_id) JOIN ledger_sourcerow AS row ON row.id = told.row_id
    WHERE line.file_id = %s AND line.number = told.number
"""

Meaning = frozenset[tuple[str, object]]  # by column, whatever it is called in this file


def recognise(file: ImportFile) -> None:
    """Before its lines are compared by name. Repeatable: what is recognised has its other half by then."""
    families = families_of(file)
    if not families:
        return
    facts = {"file": file.pk, "wallet": file.wallet_id, "families": families}
    if any(map(times.zone_in, file.columns)):
        write(RENAME, file, others(asked(OTHERS, facts)))
    write(BECOME, file, alike(asked(ALIKE, facts)))


def families_of(file: ImportFile) -> list[str]:
    """The kinds of its lines of which its wallet has some."""
    with connection.cursor() as cursor:
        cursor.execute(FAMILIES, {"file": file.pk, "wallet": file.wallet_id})
        return [family for (family,) in cursor.fetchall()]


def asked(sql: str, facts: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """As they come: a file may have a million lines, and all of them be here in other words."""
    with by_hash(), connection.chunked_cursor() as cursor:
        cursor.execute(sql, facts)
        while found := cursor.fetchmany(BATCH):
            yield from found


def write(sql: str, file: ImportFile, found: Iterable[tuple[int, Any]]) -> None:
    numbered, told = array("l"), []
    for number, value in found:
        numbered.append(number)
        told.append(value)
    with connection.cursor() as cursor:
        for begin in range(0, len(told), BATCH):
            end = begin + BATCH
            cursor.execute(sql, [numbered[begin:end].tolist(), told[begin:end], file.pk])


def others(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, str]]:
    """Named after the zone, so that the same file brought again finds them."""
    for number, name, line, row in found:
        zone = zone_named(json.loads(line)["cells"])
        if zone != zone_named(json.loads(row)["cells"]):
            yield number, f"{name}~{zone}"[:MOST_NAMES]


def zone_named(cells: Mapping[str, str]) -> str:
    return next(filter(None, map(times.zone_in, sorted(cells))), "")


def alike(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """The first of those that say one thing is the first that said it, and so on: twins stay as many as they are."""
    for (family, _), at_once in groupby(found, key=itemgetter(0, 1)):
        here: dict[Meaning, list[int]] = defaultdict(list)
        for _, _, place, raw, fresh in at_once:
            said = meant(family, json.loads(raw))
            if not fresh:
                here[said].append(place)
            elif here.get(said):
                yield place, here[said].pop(0)


def meant(family: str, raw: Mapping[str, Any]) -> Meaning:
    """What a line says besides its moment."""
    options, cells = Options.of(raw.get("read_as")), raw["cells"]
    form = form_of(family, options.mapping)
    timely = {*form.clock, form.zone_in}
    said = {
        (times.NAMED_OFFSET.sub("", label), value)
        for label, name in labels(form, tuple(cells))
        if label not in timely and (value := value_of(name, cells[name], form, options)) is not None
    }
    return frozenset({*said, ("", options.wallet)})


@lru_cache(maxsize=200)
def form_of(family: str, mapped: str) -> Format:
    return formats.every().get(family) or mapping.format_of(mapping.Mapping.of(mapped))


def value_of(column: str, text: str, form: Format, options: Options) -> object:
    """An amount, however many zeros it has; a moment, in whatever zone; or words. None: it says that there is none."""
    try:
        told = numbers.told(text, options.decimal or form.decimal or numbers.POINT)
    except ValueError:
        pass
    else:
        return None if told.amount is None else (told.amount, told.asset)
    zone = times.zone_in(column) or options.zone or form.zone or "UTC"
    try:
        return times.moment(text, times.Clock(zone, options.order or form.order))
    except ValueError:
        return " ".join(text.split()).casefold()

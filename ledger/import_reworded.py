"""Lines that are here already in other words: of the same history in another time zone, saved by a spreadsheet, or by
an exchange that calls what was done otherwise since.

What names a line without an id is its content, and that is text. The very same content, its times and amounts written
otherwise, is the same line: it becomes one of the row that is here, and its own words stay with the file. So is one
that moves the same under another word for it, and one whose seconds or last digits a spreadsheet left out. And the
other way round: the same text under a column that names another zone is another moment, and gets a name of its own.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.functional import cached_property

from ledger.imports import formats, mapping, numbers, times
from ledger.imports.formats.base import Options, Read
from ledger.imports.identity import labels
from ledger.planning import by_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from ledger.imports.formats.base import Format
    from ledger.models import ImportFile
    from ledger.readings.base import Leg

    Key = Callable[["Said"], Hashable]

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
# What has no other half by its name, in minutes that both have. A row is as it is now: its latest revision.
ALIKE = f"""
    WITH {LINES}, fresh AS MATERIALIZED (
        SELECT lines.* FROM lines WHERE NOT EXISTS (
            SELECT 1 FROM ledger_sourcerow AS row WHERE row.wallet_id = %(wallet)s
              AND row.family = lines.family AND row.external_id = lines.external_id
        )
    ), ends AS MATERIALIZED (
        SELECT date_trunc('minute', min(at)) AS since, date_trunc('minute', max(at)) + '1 min' AS until FROM fresh
    ), alone AS MATERIALIZED (
        SELECT row.id, row.family, row.occurred_at AS at FROM ledger_sourcerow AS row
        WHERE row.wallet_id = %(wallet)s AND row.family = ANY(%(families)s) AND row.origin = 'file'
          AND row.occurred_at >= (SELECT since FROM ends) AND row.occurred_at < (SELECT until FROM ends)
          AND NOT EXISTS (
            SELECT 1 FROM ledger_sourcerow AS later WHERE later.wallet_id = %(wallet)s AND later.family = row.family
              AND later.external_id = row.external_id AND later.revision > row.revision
          ) AND NOT EXISTS (
            SELECT 1 FROM ledger_importrow AS line WHERE line.file_id = %(file)s
              AND line.family = row.family AND line.external_id = row.external_id
          )
    ), minutes AS MATERIALIZED (
        SELECT family, date_trunc('minute', at) AS minute FROM fresh
        INTERSECT SELECT family, date_trunc('minute', at) FROM alone
    )
    SELECT family, minute, at, number AS place, raw::text, TRUE
    FROM fresh JOIN minutes USING (family)
    JOIN (SELECT number, raw FROM ledger_importrow WHERE file_id = %(file)s) AS line USING (number)
    WHERE date_trunc('minute', at) = minute
    UNION ALL
    SELECT family, minute, at, id, raw::text, FALSE
    FROM alone JOIN minutes USING (family)
    JOIN (SELECT id, raw FROM ledger_sourcerow WHERE wallet_id = %(wallet)s) AS row USING (id)
    WHERE date_trunc('minute', at) = minute
    ORDER BY 1, 2, 3, 4
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

SECONDS = re.compile(r"\d:\d\d:\d\d")
KEPT_DIGITS = 5  # a spreadsheet leaves more than that
# In these an exchange says what was done, in its own words.
WORDS = frozenset({"type", "kind", "operation", "action", "description", "note", "notes", "remark"})
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


@dataclass(frozen=True, eq=False)
class Said:
    """A line of the file, or a row that is here: read once, in however many ways it is compared."""

    family: str
    at: datetime
    place: int
    raw: Mapping[str, Any]

    @cached_property
    def told(self) -> Sequence[tuple[str, str, object]]:
        return told(self.family, self.raw)

    @cached_property
    def meaning(self) -> Meaning:
        return frozenset((label, value) for _, label, value in self.told)

    @cached_property
    def but_for_words(self) -> Hashable:
        return self.at, frozenset((label, value) for column, label, value in self.told if column not in WORDS)

    @cached_property
    def shown(self) -> Meaning:
        """As a spreadsheet shows it, which is how it saves it."""
        return frozenset((label, shown(value)) for label, value in self.meaning)

    @cached_property
    def minute(self) -> datetime:
        return self.at.replace(second=0, microsecond=0)


def alike(found: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """The first of those that say one thing is the first that said it, and so on: twins stay as many as they are."""
    for (family, _), within in groupby(found, key=itemgetter(0, 1)):
        both = [(is_fresh, Said(family, at, place, json.loads(raw))) for _, _, at, place, raw, is_fresh in within]
        fresh, here = ([said for is_fresh, said in both if is_fresh == new] for new in (True, False))
        for of_line, of_row in WAYS:
            sides = meeting(fresh, here) if of_row is in_another_word else (fresh, here)
            pairs = list(paired(*sides, of_line, of_row))
            taken = {id(each) for pair in pairs for each in pair}
            fresh, here = ([each for each in left if id(each) not in taken] for left in (fresh, here))
            yield from ((line.place, row.place) for line, row in pairs)


def meeting(fresh: Sequence[Said], here: Sequence[Said]) -> tuple[list[Said], list[Said]]:
    """What is made of a line is worked out only where all but the word for it is the same."""
    both = {each.but_for_words for each in fresh} & {each.but_for_words for each in here}
    return [each for each in fresh if each.but_for_words in both], [each for each in here if each.but_for_words in both]


def paired(fresh: Iterable[Said], here: Iterable[Said], of_line: Key, of_row: Key) -> Iterator[tuple[Said, Said]]:
    free: dict[Hashable, deque[Said]] = defaultdict(deque)
    for row in here if fresh else ():
        if (key := of_row(row)) is not None:
            free[key].append(row)
    for line in fresh if free else ():
        if rows := free.get(of_line(line)):
            yield line, rows.popleft()


def meant(family: str, raw: Mapping[str, Any]) -> Meaning:
    """What a line says besides its moment."""
    return frozenset((label, value) for _, label, value in told(family, raw))


def told(family: str, raw: Mapping[str, Any]) -> Sequence[tuple[str, str, object]]:
    """By column as it is called among us, and in this file but for its zone."""
    form, options = read_by(family, raw)
    cells = raw["cells"]
    left_out = {*form.clock, form.zone_in}
    said = [
        (label, times.NAMED_OFFSET.sub("", label), value)
        for label, name in labels(form, tuple(cells))
        if label not in left_out and (value := value_of(name, cells[name], form, options)) is not None
    ]
    return [*said, ("", "", options.wallet)]


def moved(family: str, raw: Mapping[str, Any]) -> frozenset[tuple[Leg, int]]:
    """What is made of it: where another word makes something else of it, it is another line."""
    form, options = read_by(family, raw)
    result = form.read(raw["cells"], options, "")
    readings = result.readings if isinstance(result, Read) else ()
    return frozenset(Counter(leg for each in readings for leg in each.legs).items())


def has_seconds(family: str, raw: Mapping[str, Any]) -> bool:
    text = read_by(family, raw)[0].time_in(raw["cells"])
    return ":" not in text or SECONDS.search(text) is not None


def read_by(family: str, raw: Mapping[str, Any]) -> tuple[Format, Options]:
    options = Options.of(raw.get("read_as"))
    return form_of(family, options.mapping), options


def exactly(said: Said) -> Hashable:
    return said.at, said.meaning


def in_another_word(said: Said) -> Hashable:
    return said.but_for_words, moved(said.family, said.raw)


def as_shown(said: Said) -> Hashable:
    return said.at, said.shown


def with_seconds(said: Said) -> Hashable:
    return (said.minute, said.shown) if has_seconds(said.family, said.raw) else None


def without_seconds(said: Said) -> Hashable:
    return None if has_seconds(said.family, said.raw) else (said.minute, said.shown)


def shown(value: object) -> object:
    if isinstance(value, datetime):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, tuple):
        amount, asset = value
        return f"{amount.normalize():.{KEPT_DIGITS - 1}e}", asset
    return value


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


# Of two that both have seconds, other seconds are another moment.
WAYS: tuple[tuple[Key, Key], ...] = (
    (exactly, exactly),
    (in_another_word, in_another_word),
    (as_shown, as_shown),
    (without_seconds, with_seconds),
    (with_seconds, without_seconds),
)

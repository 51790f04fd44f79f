"""A file that seems to tell once more what an earlier one of its kind told, some hours later: one of the two was read
in the wrong time zone, and all of it would count twice. Its owner is asked once, before anything is taken in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Max, Min

from ledger.import_reworded import Meaning, families_of, form_of, meant
from ledger.imports.formats.base import Options
from ledger.matching.clock_offsets import ENOUGH, FURTHEST, QUARTER, SURE_OF_ONE
from ledger.matching.likeness import zone as worded
from ledger.models import ImportRow, SourceRow
from ledger.parts import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ledger.models import ImportFile

SAMPLE, BESIDE = 2000, 20_000  # lines that are looked at, and rows beside them: enough to see it
SHOWN = 3
ASKED = "hours_asked"
CLOSE = timedelta(seconds=SURE_OF_ONE)
# Those that count, and are not told by the file itself.
ROWS = """
    SELECT row.family, row.occurred_at, row.raw::text FROM ledger_sourcerow AS row
    WHERE row.wallet_id = %s AND row.stream = ANY(%s) AND row.origin = 'file'
      AND row.occurred_at >= %s AND row.occurred_at <= %s
      AND EXISTS (SELECT 1 FROM ledger_part AS part WHERE part.row_id = row.id)
      AND NOT EXISTS (
        SELECT 1 FROM ledger_importrow AS line
        WHERE line.file_id = %s AND line.family = row.family AND line.external_id = row.external_id
      )
    ORDER BY row.occurred_at LIMIT %s
"""
Placed = tuple["datetime", int]  # when, and the number of the line; nought: a row that is here


@dataclass(frozen=True, slots=True)
class Off:
    """By so much these lines are later than the same that is here; below nought: earlier."""

    by: timedelta
    lines: Sequence[int]
    may_be_elsewhere: bool  # the file does not say itself in which zone it is

    @property
    def words(self) -> str:
        when = "later" if self.by > timedelta() else "earlier"
        return (
            f"At least {len(self.lines):,} of its lines tell to the letter what is here already from an earlier file, "
            f"only {worded(self.by)} {when}. If both are one history, one of the two was read in the wrong time zone."
        )


def look(file: ImportFile) -> Off | None:
    """At those of its lines that would be new."""
    families = families_of(file)
    lines = new_lines(file, families) if families else []
    if not lines:
        return None
    since, until = lines[0]["at"] - CLOSE, lines[-1]["at"] + CLOSE
    rows = fetched(ROWS, [file.wallet_id, families, since, until, file.pk, BESIDE])
    told = [(each["family"], each["at"], each["raw"], each["number"]) for each in lines]
    told += [(family, at, json.loads(raw), 0) for family, at, raw in rows]
    agreeing: dict[timedelta, list[int]] = defaultdict(list)
    for by, number in apart(told):
        agreeing[by].append(number)
    by, found = max(agreeing.items(), key=lambda each: (len(each[1]), each[0]), default=(timedelta(), []))
    if len(found) < ENOUGH:
        return None
    family, raw = next((each["family"], each["raw"]) for each in lines if each["number"] == found[0])
    form = form_of(family, Options.of(raw.get("read_as")).mapping)
    return Off(by, sorted(found), not form.names_zone(raw["cells"]))


def new_lines(file: ImportFile, families: Sequence[str]) -> Sequence[Any]:
    """The first of them that lie where something is."""
    kept = SourceRow.objects.filter(wallet=file.wallet_id, stream__in=families)
    ends = kept.aggregate(since=Min("occurred_at"), until=Max("occurred_at"))
    new = ImportRow.objects.filter(file=file, state=ImportRow.State.NEW, family__in=families)
    beside = new.filter(at__gte=ends["since"] - CLOSE, at__lte=ends["until"] + CLOSE)
    return list(beside.order_by("at", "number").values("family", "at", "raw", "number")[:SAMPLE])


def apart(told: Iterable[tuple[str, datetime, Any, int]]) -> Iterator[tuple[timedelta, int]]:
    """Of a line and a row of one meaning that have nothing else of it near: how far they are apart."""
    alike: dict[tuple[str, Meaning], list[Placed]] = defaultdict(list)
    for family, at, raw, number in told:
        alike[family, meant(family, raw)].append((at, number))
    for placed in alike.values():
        placed.sort()
        for place in range(len(placed) - 1):
            (first, one), (then, other) = placed[place], placed[place + 1]
            if bool(one) != bool(other) and not crowded(placed, place) and is_of_a_zone(then - first):
                yield (then - first if other else first - then), one or other


def crowded(placed: Sequence[Placed], place: int) -> bool:
    before = place and placed[place][0] - placed[place - 1][0] <= CLOSE
    after = place + 2 < len(placed) and placed[place + 2][0] - placed[place + 1][0] <= CLOSE
    return bool(before or after)


def is_of_a_zone(gap: timedelta) -> bool:
    quarters, rest = divmod(gap, timedelta(seconds=QUARTER))
    return bool(quarters) and not rest and gap <= timedelta(seconds=FURTHEST)


# --- asked once, then said --------------------------------------------------------------------------------------------


def asked_of(file: ImportFile) -> list[dict[str, Any]]:
    """Once, and not where the file names the zone itself. Else it is told beside what becomes of its lines."""
    off = look(file)
    if off is None:
        return []
    if file.options.get(ASKED) or not off.may_be_elsewhere:
        file.notes = [*file.notes, {"code": "hours", "words": f"{off.words} Taken in like this, it counts twice."}]
        return []
    file.options = {**file.options, ASKED: True}
    lines = ImportRow.objects.filter(file=file, number__in=off.lines[:SHOWN]).order_by("number")
    return [
        {
            "name": "zone",
            "title": "In which time zone are these times?",
            "why": f"{off.words} Say in which this one is; if it was the other, leave this and take that one back.",
            "choices": [],
            "samples": list(lines.values("number", text=F("original"))),
        }
    ]

"""A file that seems to tell once more what an earlier one of its kind told, some hours later: one of the two was read
in the wrong time zone, and all of it would count twice. Its owner is asked once, before anything is taken in.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import F, Max, Min

from ledger.import_reworded import Meaning, families_of, form_of, meant
from ledger.imports.formats.base import Options
from ledger.matching.clock_offsets import ENOUGH, SURE_OF_ONE, pairs, shift
from ledger.matching.likeness import seconds
from ledger.matching.likeness import zone as worded
from ledger.models import ImportRow, SourceRow
from ledger.parts import fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ledger.models import ImportFile

SAMPLE, BESIDE = 2000, 20_000  # lines that are looked at, and rows beside them: enough to see it
SHOWN = 3
ASKED = "hours_asked"
WHICH = (
    "If it was this one, say its zone here. If it was the earlier one, do not import this yet: "
    "take that one back, and bring it again."
)
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


class Placed(NamedTuple):
    """A row that is here, or a line of the file. The line's own clock is what is in doubt: it comes second by name."""

    first: int
    origin: str
    number: int = 0
    precision: int = 1


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
    told = [(each["family"], each["raw"], Placed(seconds(each["at"]), "line", each["number"])) for each in lines]
    told += [(family, json.loads(raw), Placed(seconds(at), "here")) for family, at, raw in rows]
    agreeing = defaultdict(list)
    for here, line in alone(told):
        agreeing[shift(here, line)].append(line.number)
    agreeing.pop(0, None)
    ahead, found = max(agreeing.items(), key=lambda each: (len(each[1]), each[0]), default=(0, []))
    if len(found) < ENOUGH:
        return None
    family, raw = next((each["family"], each["raw"]) for each in lines if each["number"] == found[0])
    form = form_of(family, Options.of(raw.get("read_as")).mapping)
    return Off(timedelta(seconds=ahead), sorted(found), not form.names_zone(raw["cells"]))


def new_lines(file: ImportFile, families: Sequence[str]) -> Sequence[Any]:
    """The first of them that lie where something is."""
    kept = SourceRow.objects.filter(wallet=file.wallet_id, stream__in=families)
    ends = kept.aggregate(since=Min("occurred_at"), until=Max("occurred_at"))
    new = ImportRow.objects.filter(file=file, state=ImportRow.State.NEW, family__in=families)
    beside = new.filter(at__gte=ends["since"] - CLOSE, at__lte=ends["until"] + CLOSE)
    return list(beside.order_by("at", "number").values("family", "at", "raw", "number")[:SAMPLE])


def alone(told: Iterable[tuple[str, Any, Placed]]) -> Iterator[tuple[Placed, Placed]]:
    """A row and a line of one meaning that have nothing else of it near."""
    alike: dict[tuple[str, Meaning], list[Placed]] = defaultdict(list)
    for family, raw, placed in told:
        alike[family, meant(family, raw)].append(placed)
    for same in alike.values():
        yield from pairs(sorted(same))


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
            "why": f"{off.words} {WHICH}",
            "choices": [],
            "samples": list(lines.values("number", text=F("original"))),
        }
    ]

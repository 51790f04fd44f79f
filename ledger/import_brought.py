"""How much each import brought, and how much of that another one brought as well: what its undo would take back.

Counted by the worker that takes a file in or back, in that very transaction, and kept with the file. A page that
counted it would go through every line of it, and through those of the wallet's other files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger.models import Edit, ImportFile
from ledger.planning import by_hash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

# While its undo waits, what a file brought is still here; and if the undo fails, it stays.
HOLDING = (ImportFile.State.COMMITTED, ImportFile.State.UNDOING)
# Its rows; those of them that others brought too; and of each other file, how many only the two of them brought.
COUNT = """
    WITH mine AS MATERIALIZED (
        SELECT DISTINCT row_id FROM ledger_importrow WHERE file_id = %(file)s AND row_id IS NOT NULL
    ), also AS MATERIALIZED (
        SELECT DISTINCT line.file_id, line.row_id FROM ledger_importrow AS line JOIN mine ON mine.row_id = line.row_id
        WHERE line.file_id = ANY(%(others)s)
    )
    SELECT 'rows', count(*) FROM mine
    UNION ALL SELECT 'shared', count(DISTINCT row_id) FROM also
    UNION ALL SELECT other, count(*) FROM (
        SELECT min(file_id::text) AS other FROM also GROUP BY row_id HAVING count(*) = 1
    ) AS pairs GROUP BY other
"""
SHARE = """
    UPDATE ledger_importfile
    SET counts = jsonb_set(counts, '{brought,shared}', to_jsonb((counts #>> '{brought,shared}')::int + %(more)s))
    WHERE id = %(file)s AND counts #>> '{brought,shared}' IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Brought:
    """What an undo takes back, and what it leaves because another import brought it too."""

    rows: int
    shared: int
    edits: int


def of(file: ImportFile) -> Brought:
    """As it is kept; of a file that was taken in before anything was kept, as it is counted."""
    kept = file.counts.get("brought") or counted(file, pairs_of(file))
    return Brought(kept["rows"] - kept["shared"], kept["shared"], kept["edits"])


def others(file: ImportFile) -> list[UUID]:
    """The files that may have brought the same rows: only the same wallet's can."""
    beside = ImportFile.objects.filter(wallet=file.wallet_id, state__in=HOLDING).exclude(pk=file.pk)
    return list(beside.values_list("pk", flat=True))


def taken_in(file: ImportFile) -> None:
    """In its wallet's turn, with its words said. The file itself is the caller's to save."""
    pairs = pairs_of(file)
    file.counts = {**file.counts, "brought": counted(file, pairs)}
    share(pairs, 1)


def taken_back(file: ImportFile) -> None:
    share(pairs_of(file), -1)


def pairs_of(file: ImportFile) -> dict[str, int]:
    facts: dict[str, Any] = {"file": file.pk, "others": others(file)}
    with by_hash(), connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        return dict(cursor.fetchall())


def counted(file: ImportFile, pairs: Mapping[str, int]) -> dict[str, int]:
    said = Edit.objects.filter(owner=file.owner_id, act=file.pk).count()
    return {"rows": pairs["rows"], "shared": pairs["shared"], "edits": said}


def share(pairs: Mapping[str, int], sign: int) -> None:
    """With each other file: what only the two of them brought is shared from now on, or no longer."""
    with connection.cursor() as cursor:
        for other, rows in pairs.items():
            if other not in {"rows", "shared"}:
                cursor.execute(SHARE, {"file": other, "more": sign * rows})

"""What would become of a file's lines, found out by doing it: they are kept, read and compared as the commit will, and
all of that is rolled back. So the preview cannot promise what the commit does not do.

Only lines that lie beside something that is here already are tried: nothing can be the same as the others. A wallet
with nothing in it has nothing to compare with.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, BinaryIO

from django.db import connection, transaction
from django.db.models import Max, Min

from ledger import import_reworded, looking
from ledger.import_keeping import keep, run
from ledger.models import SourceRow, Transaction
from ledger.planning import by_hash

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ledger.looking import Stretch
    from ledger.models import ImportFile

PIECE = 1 << 18
# Of a row that tells several, the first by name: one of them is enough to open.
KNOWN = """
    WITH told AS MATERIALIZED (
        SELECT DISTINCT ON (row_id) row_id, id
        FROM (SELECT id, unnest(rows) AS row_id FROM ledger_transaction WHERE wallet_id = %(wallet)s) AS each
        ORDER BY row_id, id
    )
    UPDATE ledger_importrow AS line SET state = 'duplicate', same_as = told.id,
        reason = 'This line is here already, from an earlier file.'
    FROM ledger_sourcerow AS row LEFT JOIN told ON told.row_id = row.id
    WHERE line.file_id = %(file)s AND line.state = 'new' AND row.wallet_id = %(wallet)s
      AND row.family = line.family AND row.external_id = line.external_id
      AND EXISTS (SELECT 1 FROM ledger_part AS part WHERE part.row_id = row.id)
"""
# Lines whose transaction another row than theirs tells as well.
TWICE_TOLD = """
    COPY (
        WITH lines AS MATERIALIZED (
            SELECT line.number, line.state, row.id AS row_id
            FROM ledger_importrow AS line JOIN (
                SELECT DISTINCT ON (family, external_id) id, family, external_id FROM ledger_sourcerow
                WHERE wallet_id = %(wallet)s AND origin = 'file'
                ORDER BY family, external_id, revision DESC
            ) AS row ON row.family = line.family AND row.external_id = line.external_id
            WHERE line.file_id = %(file)s
        ), told AS MATERIALIZED (
            SELECT id, unnest(rows) AS row_id FROM ledger_transaction
            WHERE wallet_id = %(wallet)s AND cardinality(rows) > 1
        ), others AS (
            SELECT DISTINCT told.id FROM told LEFT JOIN lines ON lines.row_id = told.row_id WHERE lines.number IS NULL
        )
        SELECT lines.number, told.id
        FROM lines JOIN told ON told.row_id = lines.row_id JOIN others ON others.id = told.id
        WHERE lines.state = 'new'
    ) TO STDOUT
"""
TWICE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS twice_told (number integer NOT NULL, id uuid NOT NULL) ON COMMIT DELETE ROWS
"""
MARK = """
    UPDATE ledger_importrow AS line SET state = 'duplicate', same_as = told.id,
        reason = CASE WHEN EXISTS (SELECT 1 FROM ledger_transaction AS kept WHERE kept.id = told.id AND kept.ignored)
            THEN 'The same is told by another source, and you left it out. It stays left out.'
            ELSE 'The same is told by another source. Both are kept, and it counts once.' END
    FROM twice_told AS told WHERE line.file_id = %(file)s AND line.number = told.number
"""


def try_out(file: ImportFile, clock: Callable[[], datetime]) -> None:
    """Done and rolled back, but for what it showed."""
    here = what_is_here(file)
    if here is None:
        return
    facts: dict[str, Any] = {"file": file.pk, "wallet": file.wallet_id}
    with transaction.atomic(), connection.cursor() as cursor:
        import_reworded.recognise(file)
        run(KNOWN, facts, cursor)
        file.fence(now=clock())
    with tempfile.TemporaryFile() as told:
        with transaction.atomic():
            keep(file, now=clock(), tell=lambda _: None, within=here.wider(looking.BESIDE), recognised=True)
            write_out(told, facts)
            transaction.set_rollback(True)
        told.seek(0)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(TWICE)
            read_in(told)
            run(MARK, facts, cursor)
            cursor.execute("TRUNCATE twice_told")
            file.fence(now=clock())


def what_is_here(file: ImportFile) -> Stretch | None:
    """As far as sources have it, and wherever its owner has put it: our own export tells it from there."""
    told, put = (
        each.objects.filter(wallet=file.wallet_id).aggregate(since=Min("occurred_at"), until=Max("occurred_at"))
        for each in (SourceRow, Transaction)
    )
    ends = sorted(at for at in (*told.values(), *put.values()) if at)
    return looking.Stretch(ends[0], ends[-1]) if ends else None


def write_out(told: BinaryIO, facts: dict[str, Any]) -> None:
    """Beside the database: what is rolled back would take it along."""
    with by_hash(), connection.cursor() as cursor, cursor.copy(TWICE_TOLD, facts) as copy:
        told.writelines(copy)


def read_in(told: BinaryIO) -> None:
    with connection.cursor() as cursor, cursor.copy("COPY twice_told (number, id) FROM STDIN") as copy:
        while piece := told.read(PIECE):
            copy.write(piece)

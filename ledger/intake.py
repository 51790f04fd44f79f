"""The only writer of source rows: a page of records becomes rows that are new, the same, or changed.

Called inside the transaction that also moves the stream's cursor, so that a page and its bookmark are kept together or
not at all. Rows go by COPY into a table of this session and are merged from there in one statement.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from psycopg.types.json import Jsonb

from config.texts import is_whole, keepable
from ledger import reported_days
from ledger.models import Coverage, Journal, ReportedBalance, SourceRow
from ledger.planning import row_by_index
from ledger.sums import total
from wallets.records import Balance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from wallets.models import Wallet
    from wallets.records import Record

STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_rows (
        place integer NOT NULL, family text NOT NULL, external_id text NOT NULL, occurred_at timestamptz NOT NULL,
        raw jsonb NOT NULL, digest bytea NOT NULL
    ) ON COMMIT DELETE ROWS
"""
COPY = "COPY staged_rows (place, family, external_id, occurred_at, raw, digest) FROM STDIN (FORMAT binary)"
# Truncating makes new files on the disk, which costs a page of fifty as much as half of all else. It is worth that only
# where many pieces come in one transaction, as of a file: what was deleted is gone through by each that follows.
TRUNCATE, DELETE = "TRUNCATE staged_rows", "DELETE FROM staged_rows"
TYPES = ("int4", "text", "text", "timestamptz", "jsonb", "bytea")
# A page that names a row twice means it once: the later one. What is as it was is only looked at, and a reply that
# tells nothing else is not kept: each sync reads some hours again. What comes back otherwise is new, and what it had
# said before stays gone.
MERGE = """
    WITH named AS (
        SELECT DISTINCT ON (family, external_id) * FROM staged_rows ORDER BY family, external_id, place DESC
    ), known AS (
        SELECT named.*, latest.id AS latest_id, latest.revision AS latest_revision, latest.digest AS latest_digest
        FROM named LEFT JOIN LATERAL (
            SELECT id, revision, digest FROM ledger_sourcerow AS row
            WHERE row.wallet_id = %(wallet)s AND row.family = named.family AND row.external_id = named.external_id
            ORDER BY row.revision DESC LIMIT 1
        ) AS latest ON true
    ), page AS (
        INSERT INTO ledger_rawpage (owner_id, wallet_id, stream, run, body, records, fetched_at)
        SELECT %(owner)s, %(wallet)s, %(stream)s, %(run)s::uuid, %(body)s::bytea, %(records)s, %(now)s::timestamptz
        WHERE %(body)s::bytea IS NOT NULL AND EXISTS (SELECT 1 FROM known WHERE latest_digest IS DISTINCT FROM digest)
        RETURNING id
    ), added AS (
        INSERT INTO ledger_sourcerow (owner_id, wallet_id, origin, stream, family, external_id, revision, occurred_at,
                                      raw, digest, page_id, stored_at)
        SELECT %(owner)s, %(wallet)s, %(origin)s, %(stream)s, family, external_id, coalesce(latest_revision, 0) + 1,
               occurred_at, raw, digest, (SELECT id FROM page), %(now)s::timestamptz
        FROM known WHERE latest_digest IS DISTINCT FROM digest
        RETURNING id, revision
    ), noted AS (
        INSERT INTO ledger_seenrow (pull, row_id)
        SELECT %(pull)s::uuid, id FROM added WHERE %(pull)s::uuid IS NOT NULL
        UNION ALL
        SELECT %(pull)s::uuid, latest_id FROM known WHERE %(pull)s::uuid IS NOT NULL AND latest_digest = digest
        ON CONFLICT DO NOTHING
    ), returned AS (
        INSERT INTO ledger_sighting (owner_id, wallet_id, row_id, kind, run, seen_at)
        SELECT %(owner)s, %(wallet)s, latest_id, 'back', %(run)s::uuid, %(now)s::timestamptz FROM known
        WHERE latest_digest = digest AND (
            SELECT kind FROM ledger_sighting AS seen WHERE seen.row_id = latest_id ORDER BY seen.id DESC LIMIT 1
        ) IN ('vanished', 'undone')
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM added WHERE revision = 1), (SELECT count(*) FROM added WHERE revision > 1),
           (SELECT count(*) FROM known) - (SELECT count(*) FROM added), (SELECT count(*) FROM returned)
"""


@dataclass(frozen=True, slots=True)
class Counts:
    new: int = 0
    changed: int = 0
    same: int = 0
    vanished: int = 0
    back: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.vanished + other.vanished,
            self.back + other.back,
        )


def store(
    wallet: Wallet,
    records: Sequence[Record],
    *,
    stream: str,
    now: datetime,
    run: UUID | None = None,
    pull: UUID | None = None,
    body: bytes = b"",
    origin: SourceRow.Origin = SourceRow.Origin.API,
) -> Counts:
    """`pull`: a stream is being read again as a whole, and what comes is noted, so that what does not is found out.
    `body`: the reply they came in, kept if it brought something.
    """
    if not records:
        return Counts()
    Journal.objects.fall_behind(wallet)
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        stage(cursor, records)
        new, changed, same, back = row_by_index(
            cursor,
            MERGE,
            {
                "owner": wallet.owner_id,
                "wallet": wallet.pk,
                "origin": str(origin),
                "stream": stream,
                "body": zlib.compress(body, 6) if body else None,
                "records": len(records),
                "run": run,
                "pull": pull,
                "now": now,
            },
            then=TRUNCATE if origin is SourceRow.Origin.FILE else DELETE,
        )
    return Counts(new=new, changed=changed, same=same, back=back)


def stage(cursor: Any, records: Iterable[Record]) -> None:
    with cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for place, record in enumerate(records):
            text = packed(record.raw)
            digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
            row = (place, record.family, record.external_id, record.occurred_at, Jsonb(text, dumps=_as_is), digest)
            copy.write_row(row)


def packed(raw: Mapping[str, Any]) -> str:
    """One text for one meaning: an exchange that sends its fields in another order has changed nothing."""
    text = _dumped(raw)
    return text if "\\u0000" not in text and is_whole(text) else _dumped(keepable(raw))


# Made once: `json.dumps` makes one for each row.
_dumped = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False).encode


def _as_is(text: str) -> str:
    return text


# Each row is looked up by itself, three times by an index. As joins, that would be left to statistics, which know the
# rows of the pull before: none is expected of this one, and each row is held against all of them.
VANISHED = """
    WITH gone AS MATERIALIZED (
        SELECT id, family, external_id, revision FROM ledger_sourcerow AS row
        WHERE wallet_id = %(wallet)s AND stream = %(stream)s AND origin = 'api'
          AND occurred_at >= %(since)s AND occurred_at <= %(until)s
          AND (SELECT TRUE FROM ledger_seenrow AS seen WHERE seen.pull = %(pull)s AND seen.row_id = row.id) IS NULL
    )
    INSERT INTO ledger_sighting (owner_id, wallet_id, row_id, kind, run, seen_at)
    SELECT %(owner)s, %(wallet)s, gone.id, 'vanished', %(run)s::uuid, %(now)s FROM gone
    WHERE gone.revision = (
        SELECT max(revision) FROM ledger_sourcerow AS told WHERE told.wallet_id = %(wallet)s
        AND told.family = gone.family AND told.external_id = gone.external_id
    ) AND coalesce((SELECT kind FROM ledger_sighting AS last WHERE last.row_id = gone.id ORDER BY last.id DESC LIMIT 1),
                   '') <> 'vanished'
"""


def note_vanished(
    wallet: Wallet, *, stream: str, pull: UUID, since: datetime, until: datetime, run: UUID | None, now: datetime
) -> int:
    """At the end of a pull: rows of that span, as we know them last, which did not come. They stay; the journal leaves
    them out.
    """
    Journal.objects.fall_behind(wallet)
    with connection.cursor() as cursor:
        cursor.execute(
            VANISHED,
            {
                "owner": wallet.owner_id,
                "wallet": wallet.pk,
                "stream": stream,
                "pull": pull,
                "since": since,
                "until": until,
                "run": run,
                "now": now,
            },
        )
        return int(cursor.rowcount)


def forget_pull(pull: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_seenrow WHERE pull = %s", [pull])


def cover(
    wallet: Wallet,
    *,
    stream: str,
    since: datetime | None,
    until: datetime | None,
    records: Sequence[Record],
    limited: bool,
    certain: bool,
    now: datetime,
    read_at: datetime | None = None,
) -> None:
    """A span only grows: an increment that began later takes nothing from what was complete before. `read_at`: this
    page is a walk's last, and then the walk began.
    """
    times = [record.occurred_at for record in records]
    known = Coverage.objects.filter(wallet=wallet, stream=stream).first() or Coverage(
        owner_id=wallet.owner_id, wallet=wallet, stream=stream, since=since
    )
    known.until = max(filter(None, (known.until, until)), default=None)
    known.first_row_at = min(filter(None, (known.first_row_at, *times)), default=None)
    known.last_row_at = max(filter(None, (known.last_row_at, *times)), default=None)
    known.limited, known.certain, known.updated_at = limited, certain, now
    if read_at:
        known.holes = [*known.holes, *hole_before(known, since)]
        known.read_at = max(filter(None, (known.read_at, read_at)))  # a pull may have begun before what was read since
    known.save()


def hole_before(known: Coverage, since: datetime | None) -> list[list[str]]:
    """The exchange tells nothing from before `since`, and up to then nobody had asked: that stretch is missing."""
    if not known.read_at or not since or since <= known.read_at:
        return []
    return [[known.read_at.isoformat(), since.isoformat()]]


def report_balances(wallet: Wallet, balances: Iterable[Balance], *, now: datetime) -> int:
    """As the exchange says them now; what it no longer names is nought. A place that could not be read stays as it was
    told last.
    """
    told, former = list(balances), ReportedBalance.objects.filter(wallet=wallet)
    unread = {balance.place for balance in told if balance.unread}
    named = merged(balance for balance in told if not balance.unread)
    left = [Balance(row.asset, row.amount, row.place) for row in former.filter(place__in=unread)]
    rows = [
        ReportedBalance(
            owner_id=wallet.owner_id,
            wallet=wallet,
            asset=balance.asset,
            place=balance.place,
            amount=balance.amount,
            reported_at=now,
        )
        for balance in named
    ]
    reported_days.keep(wallet, summed([*named, *left]), now=now)
    former.exclude(place__in=unread).delete()
    return len(ReportedBalance.objects.bulk_create(rows))


def merged(balances: Iterable[Balance]) -> list[Balance]:
    """An asset may be told twice for one place, as accounts of an app are."""
    sums: dict[tuple[str, str], Balance] = {}
    for balance in balances:
        known = sums.get((balance.asset, balance.place))
        amount = balance.amount + known.amount if known else balance.amount
        sums[balance.asset, balance.place] = type(balance)(balance.asset, amount, balance.place)
    return [balance for balance in sums.values() if balance.amount]


def summed(balances: Iterable[Balance]) -> dict[str, Decimal]:
    """Over all places."""
    sums: dict[str, Decimal] = {}
    for balance in balances:
        sums[balance.asset] = total((sums.get(balance.asset), balance.amount))
    return sums

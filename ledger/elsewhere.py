"""What an exchange says of a movement in a list of its own, without naming it, becomes a part of that movement's event.

So its hash and address are the transaction's: seen on its page, told by the API, found by a search. Which movement is
meant follows from rows alone, so that reading everything anew says the same; a row that comes or goes may change it for
its neighbours, and only for those within `FELT`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from ledger import assets, parts
from ledger.matching.base import Movement, Side
from ledger.matching.details import APART, FELT, Detail, given
from ledger.readings.events import drafts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from ledger.assets import Namer
    from ledger.models import Journal
    from ledger.readings.events import Draft, Told
    from wallets.models import Wallet

Spans = tuple[list["datetime"], list["datetime"]]
SAID = """
    SELECT row.id, part.event FROM ledger_sourcerow AS row JOIN ledger_part AS part ON part.row_id = row.id
    WHERE row.wallet_id = %(wallet)s AND row.origin = 'api' AND row.family = ANY(%(families)s) AND EXISTS (
        SELECT 1 FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS span (since, until)
        WHERE row.occurred_at BETWEEN span.since AND span.until
    )
"""
# From one stream to the next by the index of streams: there are a handful, and times are in order within each.
MOVED = """
    WITH RECURSIVE streams AS (
        (SELECT stream FROM ledger_sourcerow WHERE wallet_id = %(wallet)s ORDER BY stream LIMIT 1)
        UNION ALL
        SELECT (
            SELECT row.stream FROM ledger_sourcerow AS row
            WHERE row.wallet_id = %(wallet)s AND row.stream > streams.stream ORDER BY row.stream LIMIT 1
        ) FROM streams WHERE streams.stream IS NOT NULL
    )
    SELECT DISTINCT part.event
    FROM unnest(%(since)s::timestamptz[], %(until)s::timestamptz[]) AS span (since, until)
    CROSS JOIN streams JOIN ledger_sourcerow AS row
    ON row.wallet_id = %(wallet)s AND row.stream = streams.stream AND row.occurred_at BETWEEN span.since AND span.until
    JOIN ledger_part AS part ON part.row_id = row.id
    WHERE row.origin = 'api' AND row.family = ANY(%(families)s)
"""
MOVE = """
    UPDATE ledger_part AS part SET event = told.event FROM unnest(%s::bigint[], %s::text[]) AS told (row_id, event)
    WHERE part.row_id = told.row_id
"""


def join(wallet: Wallet, journal: Journal, reading: parts.Reading) -> set[str]:
    """After rows came or went. Answers every event that gained or lost a row by it."""
    about = reading.readers.details
    if not about or not reading.touched:
        return set()
    namer = assets.namer(wallet)
    said = said_in(journal, reading, spans(reading.touched, 2 * FELT))
    details = {row: detail for row in said if (detail := detail_of(row, reading, namer))}
    moved = moved_in(journal, reading, spans([each.at for each in details.values()], APART[-1]), namer)
    meant = {detail.id: event for event, detail in given(moved, details.values()).items()}
    near = felt(details.values(), reading.touched)
    wanted = {row: meant.get(row, own_event(row, reading)) for row in details if row in near}
    return put({row: event for row, event in wanted.items() if event != said[row]}, said)


def put(moving: dict[int, str], former: dict[int, str]) -> set[str]:
    if moving:
        with connection.cursor() as cursor:
            cursor.execute(MOVE, [list(moving), list(moving.values())])
    return {*moving.values(), *(former[row] for row in moving)}


def spans(times: Iterable[datetime], apart: timedelta) -> Spans:
    """So far around each of these times; what overlaps is one."""
    since: list[datetime] = []
    until: list[datetime] = []
    for at in sorted(times):
        if until and at - apart <= until[-1]:
            until[-1] = at + apart
        else:
            since.append(at - apart)
            until.append(at + apart)
    return since, until


def felt(details: Iterable[Detail], touched: Iterable[datetime]) -> set[int]:
    around = list(zip(*spans(touched, FELT), strict=True))
    return {each.id for each in details if any(since <= each.at <= until for since, until in around)}


# --- what is said ----------------------------------------------------------------------------------------------------


def said_in(journal: Journal, reading: parts.Reading, within: Spans) -> dict[int, str]:
    """Rows that say more, and the event each is a part of."""
    facts = {"wallet": journal.wallet_id, "families": list(reading.readers.details)}
    found = dict(ask(SAID, facts, within))
    reading.fetch(found)
    return found


def ask(sql: str, facts: dict[str, Any], within: Spans) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**facts, "since": within[0], "until": within[1]})
        return list(cursor.fetchall())


def own_event(row: int, reading: parts.Reading) -> str:
    event: str = reading.of_rows[row][1][0].event[:260]
    return event


def detail_of(row: int, reading: parts.Reading, namer: Namer) -> Detail | None:
    told = reading.of_rows[row][1][0]
    if told.about is None or not told.hash:
        return None
    return Detail(
        id=row,
        wallet=namer.exchange,
        side=Side.IN if told.about.amount > 0 else Side.OUT,
        asset=namer.code(told.about.asset, told.at)[0],
        amount=told.about.amount.copy_abs(),
        at=told.at,
    )


# --- what moved ------------------------------------------------------------------------------------------------------


def moved_in(journal: Journal, reading: parts.Reading, within: Spans, namer: Namer) -> list[Movement]:
    """What it could be about, as the API's rows tell it, each by its event."""
    if not within[0]:
        return []
    facts = {"wallet": journal.wallet_id, "families": list(set(reading.readers.details.values()))}
    told = parts.told_of(journal, [event for (event,) in ask(MOVED, facts, within)], reading)
    found = (movement_of(event, own_words(said), namer) for event, said in told.items())
    return [each for each in found if each]


def own_words(told: Sequence[Told]) -> list[Told]:
    return [each for each in told if not each.reading.about]


def movement_of(event: str, told: Sequence[Told], namer: Namer) -> Movement | None:
    """One side only, and the event's only transaction: of another nobody could say what is meant."""
    found = drafts(told)
    if len(found) != 1 or found[0].kind not in parts.MOVING or bool(found[0].sent) == bool(found[0].received):
        return None
    return as_movement(event, found[0], namer)


def as_movement(event: str, draft: Draft, namer: Namer) -> Movement:
    moved = draft.sent or draft.received
    assert moved  # noqa: S101 - one of them is there: whoever asks has looked
    return Movement(
        id=event,
        wallet=namer.exchange,
        side=Side.OUT if draft.sent else Side.IN,
        at=draft.at,
        asset=namer.code(moved.asset, draft.at)[0],
        amount=moved.amount,
        fee=draft.fee.amount if draft.fee else moved.amount * 0,
        fee_asset=namer.code(draft.fee.asset, draft.at)[0] if draft.fee else "",
        hash=draft.hash,
    )

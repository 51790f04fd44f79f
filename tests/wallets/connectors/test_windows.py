"""A walk stretch by stretch loses no row, however long it pauses and whatever comes in meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from wallets.connectors.client import Reply
from wallets.connectors.windows import Window
from wallets.records import Record

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SPAN, OVERLAP = timedelta(days=7), timedelta(hours=6)
PAGE = 2


def told(at):
    return Reply(200, {"Date": format_datetime(at, usegmt=True)}, b"[]")


def asked(rows, window, now):
    """Newest first, in pages by number, as of now."""
    inside = [row for row in rows if window.since <= ms(row) <= window.until and row <= now]
    return sorted(inside, reverse=True)[window.pages * PAGE :][:PAGE]


def ms(at):
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def walk(rows, cursor, now, pauses):
    """One whole walk; each page is read after the next pause. When it ended, too."""
    found = set()
    for pause in [*pauses, *[timedelta(0)] * 200]:
        now += pause
        window = Window.of(cursor, beginning=BEGINNING, span=SPAN)
        page = window.page_by_page(
            [Record("rows", row.isoformat(), row, {}) for row in asked(rows, window, now)],
            told(now),
            span=SPAN,
            overlap=OVERLAP,
        )
        found |= {record.occurred_at for record in page.records}
        cursor = page.cursor
        if not page.more:
            return found, cursor, now
    raise AssertionError("does not end")


hours = st.integers(0, 24 * 30).map(lambda number: timedelta(hours=number))


@given(
    rows=st.sets(hours, max_size=12).map(lambda found: {BEGINNING + each for each in found}),
    begun=hours,
    pauses=st.lists(st.integers(0, 40).map(lambda number: timedelta(hours=number)), max_size=20),
)
def test_two_walks_bring_every_row_there_is_by_then(rows, begun, pauses):
    first, cursor, ended = walk(rows, None, BEGINNING + begun, pauses)
    second, _, ended = walk(rows, cursor, ended, [])

    assert first | second == {row for row in rows if row <= ended}

"""Walks by time lose no row of any moment, and end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wallets.connectors.walks import Downward, Upward, moment
from wallets.records import Cause, ConnectorError, Record

FULL = 4
NOTHING = timedelta(0)


def crowded(moments):
    return any(moments.count(each) >= FULL for each in moments)


histories = st.lists(st.integers(1, 40), max_size=30).filter(lambda moments: not crowded(moments))


def records(moments):
    return [Record("rows", str(number), moment(at), {}) for number, at in moments]


def walk(kind, rows, choose):
    cursor, found = None, set()
    for _ in range(200):
        at = kind.of(cursor)
        page = at.page(records(choose(rows, at)), full=FULL, overlap=NOTHING, body=b"")
        found |= {int(record.external_id) for record in page.records}
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("does not end")


def oldest_from(rows, at):
    return sorted((row for row in rows if row[1] >= at.since), key=lambda row: row[1])[:FULL]


def newest_to(rows, at):
    inside = [row for row in rows if row[1] >= at.since and (not at.until or row[1] <= at.until)]
    return sorted(inside, key=lambda row: -row[1])[:FULL]


@pytest.mark.parametrize(("kind", "choose"), [(Upward, oldest_from), (Downward, newest_to)])
@given(moments=histories)
def test_every_row_is_read_and_the_walk_ends(kind, choose, moments):
    rows = list(enumerate(moments))

    assert walk(kind, rows, choose)[0] == set(range(len(rows)))


@pytest.mark.parametrize("kind", [Upward, Downward])
def test_a_moment_too_full_to_pass_is_said(kind):
    crowd = records(enumerate([7] * FULL))
    first = kind.of(None).page(crowd, full=FULL, overlap=NOTHING, body=b"")

    with pytest.raises(ConnectorError) as failure:
        kind.of(first.cursor).page(crowd, full=FULL, overlap=NOTHING, body=b"")

    assert failure.value.cause is Cause.UNEXPECTED_REPLY


@pytest.mark.parametrize("kind", [Upward, Downward])
def test_a_new_walk_begins_below_the_newest_row(kind):
    first = kind.of(None).page(records([(1, 9000)]), full=FULL, overlap=timedelta(seconds=2), body=b"")
    last = kind.of(first.cursor).page(records([(1, 9000)]), full=FULL, overlap=timedelta(seconds=2), body=b"")

    assert not last.more
    assert last.complete_to == moment(9000)
    assert json.loads(last.cursor)["since"] == 7000

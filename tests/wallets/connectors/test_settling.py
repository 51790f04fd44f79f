"""What is on its way is read again until it has arrived; what has arrived is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from wallets.connectors.client import Reply
from wallets.connectors.newest import NewestFirst
from wallets.connectors.settling import Settling, said
from wallets.connectors.walks import Upward, milliseconds
from wallets.connectors.windows import Window
from wallets.records import Record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RULES = {"overlap": 6 * HOUR, "settling": Settling(14 * DAY, said("state", "there"))}


def rows(*told):
    """Newest first: how long ago, and in what state."""
    return [Record("moves", str(number), NOW - ago, {"state": state}) for number, (ago, state) in enumerate(told)]


def newest_first(records):
    page = NewestFirst.of(None).page(records, after="", body=b"", **RULES)
    return json.loads(page.cursor)["since"] * 1000


def upward(records):
    page = Upward.of(None).page(records[::-1], full=100, body=b"", **RULES)
    page = Upward.of(page.cursor).page(records[:1], full=100, body=b"", **RULES)
    return json.loads(page.cursor)["since"]


def by_stretch(records):
    reply = Reply(200, {"Date": format_datetime(NOW, usegmt=True)}, b"[]")
    window = Window.of(None, beginning=NOW - 15 * DAY, span=20 * DAY)
    page = window.page_by_page(records, reply, span=20 * DAY, **RULES)
    page = Window.of(page.cursor, beginning=NOW, span=DAY).page_by_page([], reply, span=20 * DAY, **RULES)
    return json.loads(page.cursor)["since"]


@pytest.mark.parametrize("walk", [newest_first, upward, by_stretch])
@pytest.mark.parametrize(
    ("told", "ago"),
    [
        pytest.param([(0 * HOUR, "there"), (9 * DAY, "there")], 6 * HOUR, id="all there: a little"),
        pytest.param([(0 * HOUR, "there"), (9 * DAY, "sent"), (10 * DAY, "there")], 9 * DAY, id="down to it"),
        pytest.param([(0 * HOUR, "there"), (3 * DAY, "odd"), (9 * DAY, "sent")], 9 * DAY, id="down to the oldest"),
        pytest.param([(0 * HOUR, "sent"), (9 * DAY, "there")], 6 * HOUR, id="never less than a little"),
        pytest.param([(0 * HOUR, "there"), (40 * DAY, "sent")], 14 * DAY, id="not for ever"),
    ],
)
def test_the_next_walk_goes_down_to_what_is_still_on_its_way(walk, told, ago):
    assert walk(rows(*told)) == milliseconds(NOW - ago)

"""The trail as its owner reads it: who, what, when, from where; as quick at a hundred thousand as at a hundred."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import profile, tax_settings
from accounts.audit import SYSTEM, Action, Actor, ActorKind, record
from accounts.models import AuditEvent
from config.keyset import newest_first
from tests.accounts.many import many_events

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.test import Client

    from accounts.models import User

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PAGE = "/settings/security/trail/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"


def test_an_empty_trail_says_what_will_be_here(alices_browser: Client) -> None:
    assert "Nothing yet" in alices_browser.get(PAGE).text


def test_a_line_says_who_what_and_from_where(alice: User, alices_browser: Client) -> None:
    me = Actor(ActorKind.OWNER, user=alice, ip="192.0.2.9", agent=FIREFOX)
    record(by=me, action=Action.TOKEN_MINTED, owner=alice, now=NOW, subject="<backup>")

    page = alices_browser.get(PAGE).text

    assert "Access token made: &lt;backup&gt;" in page
    assert "You</td>" in page
    assert "192.0.2.9, Firefox on Linux" in page
    assert "20 Nov 2026, 12:00" in page


def test_what_was_done_to_many_at_once_says_to_how_many_and_which_way(alice: User, alices_browser: Client) -> None:
    """It has no name of its own, and “Transactions edited” said neither."""
    me = Actor(ActorKind.OWNER, user=alice)
    facts = {"transactions": 21198, "fields": "kind, occurred_at"}
    record(by=me, action=Action.TRANSACTIONS_EDITED, owner=alice, now=NOW, **facts, move="say")
    record(by=me, action=Action.TRANSACTIONS_EDITED, owner=alice, now=NOW, **facts, move="undo")

    page = alices_browser.get(PAGE).text

    assert "Transactions edited: 21,198 (kind, time)<" in page
    assert "Transactions edited: 21,198 (kind, time), taken back<" in page


def test_staff_are_named_and_marked(alice: User, staff_member: User, alices_browser: Client) -> None:
    by = Actor(ActorKind.STAFF, user=staff_member)
    record(by=by, action=Action.STAFF_LOOKED, owner=alice, now=NOW)

    page = alices_browser.get(PAGE).text

    assert "Holdfast staff (staff@example.test)" in page


@pytest.mark.parametrize(
    ("by", "who"),
    [
        (SYSTEM, "Holdfast</td>"),
        (Actor(ActorKind.TOKEN, label="backup"), "Access token “backup”"),
        (Actor(ActorKind.OWNER, label="the link in a mail"), "Somebody with the link in a mail"),
        (Actor(ActorKind.OWNER), "Somebody not signed in"),
    ],
)
def test_whoever_acts_has_words(alice: User, alices_browser: Client, by: Actor, who: str) -> None:
    record(by=by, action=Action.PROFILE_CHANGED, owner=alice, now=NOW)

    assert who in alices_browser.get(PAGE).text


def test_a_use_of_a_key_says_whose_and_what_for_also_on_the_first_page(alice: User, alices_browser: Client) -> None:
    facts = {"purpose": "talk to the exchange"}
    record(by=SYSTEM, action=Action.SECRET_OPENED, owner=alice, now=NOW, subject="Kraken", **facts)

    for page in (PAGE, "/home/"):
        text = alices_browser.get(page).text
        assert "A key or sign-in kept here was used: Kraken" in text
        assert "Holdfast, to talk to the exchange" in text


def test_a_change_of_settings_says_from_what_to_what(alice: User, alices_browser: Client) -> None:
    """That something was changed explains no figure that is another one since."""
    by = Actor(ActorKind.OWNER, user=alice)
    profile.change(by=by, owner=alice, now=NOW, base_currency="EUR", time_zone="Europe/Berlin")
    tax_settings.set_for_all_years(by=by, owner=alice, now=NOW, country="DE", method="fifo", scope="per_wallet")
    tax_settings.set_from(by=by, owner=alice, now=NOW, from_year=2025, country="CA", method="acb", scope="universal")

    page = alices_browser.get(PAGE).text

    assert "Profile changed: time zone UTC, now Europe/Berlin; base currency USD, now EUR" in page
    assert "Tax settings changed: from 2025 Canada, " in page
    assert ": CA, acb" not in page


def test_a_change_without_particulars_is_told_all_the_same(alice: User, alices_browser: Client) -> None:
    for odd in ({}, {"former": "x", "changed": "y"}, {"former": [], "changed": ["from 2025: ZZ, none, here"]}):
        record(by=SYSTEM, action=Action.PROFILE_CHANGED, owner=alice, now=NOW, **odd)
        record(by=SYSTEM, action=Action.TAX_SETTINGS_CHANGED, owner=alice, now=NOW, **odd)

    assert alices_browser.get(PAGE).text.count("Tax settings changed</td>") == 3


def test_the_trail_of_somebody_else_is_never_shown(bob: User, alices_browser: Client) -> None:
    record(by=SYSTEM, action=Action.PROFILE_CHANGED, owner=bob, now=NOW, subject="of bob")

    assert "of bob" not in alices_browser.get(PAGE).text


def test_one_kind_is_shown_on_its_own_and_on_every_page(alice: User, alices_browser: Client) -> None:
    for minute in range(60):
        record(by=SYSTEM, action=Action.SIGNED_IN, owner=alice, now=NOW + timedelta(minutes=minute))
    record(by=SYSTEM, action=Action.PROFILE_CHANGED, owner=alice, now=NOW)

    first = alices_browser.get(PAGE, {"kind": "signed_in"})
    second = alices_browser.get(PAGE + first.context["older"])

    assert [line.what for line in first.context["lines"] + second.context["lines"]] == ["Signed in"] * 60


BEFORE_TIME = {"after": "0001-01-01T00:00:00+23:59_69936982-b25f-44ed-8b84-a4b915350401"}


@pytest.mark.parametrize("query", [{"kind": "no_such"}, {"kind": "\x00"}, {"after": "x" * 5000}, BEFORE_TIME])
def test_what_makes_no_sense_shows_everything(alice: User, alices_browser: Client, query: dict) -> None:
    record(by=SYSTEM, action=Action.PROFILE_CHANGED, owner=alice, now=NOW)

    assert len(alices_browser.get(PAGE, query).context["lines"]) == 1


def test_thirty_lines_cost_what_one_costs(
    alice: User, staff_member: User, alices_browser: Client, django_assert_num_queries
) -> None:
    by = Actor(ActorKind.STAFF, user=staff_member)
    record(by=by, action=Action.STAFF_LOOKED, owner=alice, now=NOW)
    alices_browser.get(PAGE)
    with CaptureQueriesContext(connection) as one:
        alices_browser.get(PAGE)
    for _ in range(30):
        record(by=by, action=Action.STAFF_LOOKED, owner=alice, now=NOW)

    with django_assert_num_queries(len(one)):
        alices_browser.get(PAGE)


def test_a_page_of_a_hundred_thousand_reads_its_own_rows_only(alice: User, bob: User) -> None:
    """By the plan, not by the clock: an index walk that stops after a page, with nothing sorted, counted or skipped."""
    many_events(alice, 100_000)
    many_events(bob, 100_000)  # so that walking everybody's events by time would read twice as much
    mine = AuditEvent.objects.for_user(alice)

    for events in (mine, mine.filter(action="profile_changed"), mine.filter(action="token_minted")):
        plan = plan_of_a_page_in_the_middle(events)
        assert "Index Scan using audit_of_owner" in plan
        assert "Sort" not in plan
        assert "Rows Removed by Filter" not in plan


def plan_of_a_page_in_the_middle(events: QuerySet[AuditEvent]) -> str:
    middle = f"{datetime(2026, 11, 20, tzinfo=UTC).isoformat()}_ffffffff-ffff-ffff-ffff-ffffffffffff"
    with CaptureQueriesContext(connection) as queries:
        newest_first(events, time="at", after=middle)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ANALYZE {queries[0]['sql']}")
        return "\n".join(row[0] for row in cursor.fetchall())

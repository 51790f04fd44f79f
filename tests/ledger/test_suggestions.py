"""Several suggested transfers decided at once, each as it is alone; and all of it taken back as one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from accounts.models import AuditEvent
from ledger import acts, decisions, edits, journal, linking, locking, looking, suggestions, views_locks
from ledger.decisions import Kind
from ledger.edits import NothingToDoError
from ledger.gains import feeding
from ledger.models import Decision, Proposal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.matched import MINUTE, OWNER, another, left, look, suggested
from tests.ledger.stand import SOON, assert_sound, read, store
from tests.ledger.test_filed_years import files

pytestmark = pytest.mark.django_db
LATER, LAST = SOON + timedelta(minutes=1), SOON + timedelta(minutes=2)


@pytest.fixture
def other(alice):
    return another(alice)


@pytest.fixture
def three(wallet, other):
    """One of each two that compete for one end."""
    suggested(wallet, other, count=3)
    return [each.pk for each in first_of_each()]


def first_of_each():
    found = {}
    for each in Proposal.objects.order_by("-at", "id"):
        found.setdefault(tuple(each.others), each)
    return list(found.values())


def decide(alice, ids, kind=Kind.LINKED, now=SOON):
    batch = uuid4()
    return batch, suggestions.decide(by=OWNER, owner=alice, ids=ids, kind=kind, batch=batch, now=now)


def turned(alice, batch, verb, now):
    return verb(by=OWNER, owner=alice, batch=suggestions.batch_of(alice, batch), now=now)


def proposed():
    return sorted((each.ones, each.others, each.score, each.reasons, each.at) for each in Proposal.objects.all())


def transfers():
    return Transaction.objects.filter(kind="transfer").count()


def test_a_look_changes_nothing(alice, three):
    seen = suggestions.look(alice, three, Kind.LINKED)

    assert ([each.pk for each in seen.fit], seen.refused) == (three, [])
    assert not Decision.objects.exists()


def test_all_are_accepted_and_the_trail_tells_once(alice, wallet, other, three):
    _, seen = decide(alice, three)

    assert (len(seen.fit), seen.refused) == (3, [])
    assert transfers() == 6
    assert not Proposal.objects.exists()
    assert AuditEvent.objects.filter(action__startswith="transfer").count() == 1
    assert not Decision.objects.filter(by_itself=True).exists()
    for each in (wallet, other):
        assert_sound(each)
    look(wallet, other)
    assert transfers() == 6


def test_all_are_rejected_and_that_is_remembered(alice, wallet, other, three):
    decide(alice, three, Kind.APART)

    journal.from_the_beginning(wallet)
    look(wallet, other)
    said = {(each.one_id, each.other_id) for each in Decision.objects.filter(kind="apart")}
    assert len(said) == 3
    assert not {(each.ones[0], each.others[0]) for each in Proposal.objects.all()} & said


def test_of_two_that_want_the_same_end_neither_is_linked(alice, wallet, other):
    suggested(wallet, other, count=2)
    newest, *rest = first_of_each()
    rival = Proposal.objects.filter(others=newest.others).exclude(pk=newest.pk).get()
    chosen = [newest.pk, rival.pk, rest[0].pk]

    batch, seen = decide(alice, chosen)

    assert [each.pk for each in seen.fit] == [rest[0].pk]
    assert {(each.id, each.code) for each in seen.refused} == {(newest.pk, "shared"), (rival.pk, "shared")}
    assert Proposal.objects.filter(pk__in=chosen).count() == 2
    assert suggestions.batch_of(alice, batch).whole == 1
    assert len(suggestions.look(alice, [newest.pk, rival.pk], Kind.APART).fit) == 2


def test_what_changed_meanwhile_is_told_one_by_one_and_the_others_are_decided(alice, three):
    gone, ignored, fine = three
    linking.say(by=OWNER, proposal=Proposal.objects.get(pk=gone), kind=Kind.LINKED, now=SOON)
    left_out = Proposal.objects.get(pk=ignored).ones
    edits.edit(by=OWNER, owner=alice, ids=left_out, changes={"ignored": True}, now=SOON)

    _, seen = decide(alice, [*three, uuid4()])

    assert [each.pk for each in seen.fit] == [fine]
    refused = {each.id: each for each in seen.refused}
    assert (refused[gone].code, refused[ignored].code) == ("decided", "cannot_be")
    assert "ignored" in refused[ignored].words
    assert len(refused) == 3
    assert transfers() == 4


def test_a_strangers_are_not_there(bob, three):
    _, seen = decide(bob, three)

    assert (seen.fit, {each.code for each in seen.refused}) == ([], {"decided"})
    assert not Decision.objects.exists()


@pytest.mark.parametrize("kind", [Kind.LINKED, Kind.APART])
def test_all_of_it_is_taken_back_as_if_nobody_had_said_anything_and_said_again(alice, wallet, other, three, kind):
    before = proposed()
    batch, _ = decide(alice, three, kind)
    after, decided = transfers(), proposed()

    turned(alice, batch, suggestions.undo, LATER)
    assert transfers() == 0
    found = suggestions.batch_of(alice, batch)
    assert (found.whole, len(found.standing), len(found.taken), found.changed) == (3, 0, 3, 0)
    assert proposed() == before  # at once, with what competed
    looking.look(wallet, now=LATER)
    looking.look(other, now=LATER)
    assert proposed() == before
    assert transfers() == 0
    with pytest.raises(NothingToDoError):
        turned(alice, batch, suggestions.undo, LATER)

    turned(alice, batch, suggestions.redo, LAST)
    assert (transfers(), proposed()) == (after, decided)
    found = suggestions.batch_of(alice, batch)
    assert (found.whole, len(found.standing), len(found.taken), found.changed) == (3, 3, 0, 0)
    with pytest.raises(NothingToDoError):
        turned(alice, batch, suggestions.redo, LAST)
    for each in (wallet, other):
        assert_sound(each)


def test_what_competed_with_a_link_comes_back_when_it_is_taken_apart(alice, wallet, other):
    """But for what was said of the two themselves."""
    store(wallet, left("C", "1", at=NOW - MINUTE))
    suggested(wallet, other)
    first, *rivals = Proposal.objects.order_by("id")
    linking.say(by=OWNER, proposal=first, kind=Kind.LINKED, now=SOON)
    assert proposed() == []
    [act] = acts.whole(list(acts.heads(alice, Kind.LINKED)))

    linking.turn(by=OWNER, owner=alice, act=act, now=LATER)

    at_once = proposed()
    assert [ones for ones, *_ in at_once] == sorted(each.ones for each in rivals)
    looking.look(wallet, now=LATER)
    looking.look(other, now=LATER)
    assert proposed() == at_once


def test_where_very_many_moved_nobody_waits_for_what_competed(alice, wallet, other, three, monkeypatch):
    before = proposed()
    batch, _ = decide(alice, three)
    monkeypatch.setattr(looking, "FEW", 3)

    turned(alice, batch, suggestions.undo, LATER)
    assert len(proposed()) == 3

    looking.look(wallet, now=LATER)
    looking.look(other, now=LATER)
    assert proposed() == before


def test_what_was_said_since_about_one_of_them_stands(alice, three):
    batch, _ = decide(alice, three)
    first = Decision.objects.order_by("id").first()
    apart = decisions.Verdict(Kind.APART, [first.one_id], [first.other_id])
    decisions.decide(by=OWNER, owner=alice, verdict=apart, now=LATER)
    assert suggestions.batch_of(alice, batch).changed == 1

    turned(alice, batch, suggestions.undo, LATER)

    assert transfers() == 0
    assert [each.kind for each in decisions.of([first.one_id])] == [Kind.APART]
    assert len(suggestions.batch_of(alice, batch).taken) == 2


def test_what_cannot_be_said_again_is_told_and_the_others_are(alice, wallet, three):
    batch, _ = decide(alice, three)
    turned(alice, batch, suggestions.undo, LATER)
    one = Decision.objects.order_by("id").first().one_id
    edits.edit(by=OWNER, owner=alice, ids=[one], changes={"ignored": True}, now=LATER)

    seen = turned(alice, batch, suggestions.redo, LAST)

    assert ([each.code for each in seen.refused], len(seen.fit)) == (["cannot_be"], 2)
    assert transfers() == 4


def test_what_was_taken_back_counts_nowhere(alice, wallet, other, three):
    batch, _ = decide(alice, three)
    named = list(Decision.objects.values_list("one_id", flat=True))
    assert len(links_fed(alice)) == 3

    turned(alice, batch, suggestions.undo, LATER)

    assert decisions.of(named) == []
    assert links_fed(alice) == []
    assert Transaction.objects.for_user(alice).filter(*acts.unlinked()).count() == Transaction.objects.count()


def links_fed(owner):
    with connection.cursor() as cursor:
        cursor.execute(feeding.LINKED, {"owner": owner.pk})
        return cursor.fetchall()


def test_what_comes_later_is_looked_at_after_it_was_taken_back(alice, wallet, other, three):
    batch, _ = decide(alice, three[:1])
    turned(alice, batch, suggestions.undo, LATER)

    store(wallet, left("late", "7"))
    read(wallet)
    looking.look(wallet, now=LAST)

    assert not Decision.objects.filter(kind="linked", by_itself=True).exists()


def test_it_is_told_among_what_was_done_since_a_year_was_filed(alice, three):
    held = files(alice, 2025, locked_at=SOON)
    assert locking.changes_since(held) == []
    decide(alice, three)
    [told] = locking.changes_since(held)
    assert views_locks.words_of(told) == "Several transfers were decided at once, or that was taken back"
    assert told.action in views_locks.LISTS

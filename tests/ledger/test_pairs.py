"""Several pairs that may be told twice, decided at once, each as it is alone; and all of it taken back as one."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AuditEvent
from ledger import (
    carried,
    decisions,
    edits,
    handmade,
    journal,
    linking,
    locking,
    looking,
    proposals,
    suggestions,
    views_locks,
)
from ledger.decisions import Kind
from ledger.edits import NothingToDoError
from ledger.models import Decision, Proposal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another, doubled, look, suggested
from tests.ledger.stand import SOON, assert_sound, removed_and_added_again, store, trade
from tests.ledger.test_filed_years import files
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
LATER, LAST = SOON + timedelta(minutes=1), SOON + timedelta(minutes=2)
MOST = suggestions.MOST[Proposal.About.DUPLICATES]


@pytest.fixture
def three(wallet):
    doubled(wallet, count=3)
    return newest()


def newest():
    return list(Proposal.objects.filter(about="duplicates").order_by("-at", "-id").values_list("pk", flat=True))


def decide(alice, ids, kind=Kind.SAME, now=SOON):
    batch = uuid4()
    return batch, suggestions.decide(by=OWNER, owner=alice, ids=ids, kind=kind, batch=batch, now=now)


def turned(alice, batch, verb, now):
    return verb(by=OWNER, owner=alice, batch=suggestions.batch_of(alice, batch), now=now)


def proposed():
    return sorted((each.ones, each.others, each.score, each.reasons, each.at) for each in Proposal.objects.all())


def told_as(wallet):
    """All that is derived, but when it was made."""
    return list(Transaction.objects.filter(wallet=wallet).order_by("pk").values())


def test_a_look_changes_nothing(alice, three):
    seen = suggestions.look(alice, three, Kind.SAME)

    assert ([each.pk for each in seen.fit], seen.refused) == (three, [])
    assert not Decision.objects.exists()


def test_all_become_one_each_with_their_words_and_the_trail_tells_once(alice, wallet, three):
    _, seen = decide(alice, three)

    assert (len(seen.fit), seen.refused) == (3, [])
    assert sorted(Transaction.objects.values_list("note", flat=True)) == ["number 0", "number 1", "number 2"]
    assert not Proposal.objects.exists()
    assert AuditEvent.objects.filter(action__startswith="duplicates").count() == 1
    assert_sound(wallet)
    journal.from_the_beginning(wallet)
    look(wallet)
    assert (Transaction.objects.count(), Proposal.objects.count()) == (3, 0)


def test_all_stay_two_and_that_is_remembered(alice, wallet, three):
    decide(alice, three, Kind.DIFFERENT)

    journal.from_the_beginning(wallet)
    look(wallet)
    assert (Transaction.objects.count(), Proposal.objects.count()) == (6, 0)


@pytest.mark.parametrize("kind", [Kind.SAME, Kind.DIFFERENT])
def test_all_of_it_is_taken_back_as_if_nobody_had_said_anything_and_said_again(alice, wallet, three, kind):
    before, asked = told_as(wallet), proposed()
    batch, _ = decide(alice, three, kind)
    after = told_as(wallet)

    turned(alice, batch, suggestions.undo, LATER)
    assert (told_as(wallet), proposed()) == (before, asked)
    found = suggestions.batch_of(alice, batch)
    assert (found.whole, len(found.standing), len(found.taken), found.changed) == (3, 0, 3, 0)
    assert decisions.of(list(Transaction.objects.values_list("pk", flat=True))) == []
    looking.look(wallet, now=LATER)
    assert (told_as(wallet), proposed()) == (before, asked)
    with pytest.raises(NothingToDoError):
        turned(alice, batch, suggestions.undo, LATER)

    turned(alice, batch, suggestions.redo, LAST)
    assert (told_as(wallet), proposed()) == (after, [])
    with pytest.raises(NothingToDoError):
        turned(alice, batch, suggestions.redo, LAST)
    turned(alice, batch, suggestions.undo, LAST)
    assert (told_as(wallet), proposed()) == (before, asked)
    assert_sound(wallet)


def test_what_was_taken_back_stays_so_when_all_is_read_anew(alice, wallet, three):
    asked = proposed()
    batch, _ = decide(alice, three)
    turned(alice, batch, suggestions.undo, LATER)

    journal.from_the_beginning(wallet)
    look(wallet)

    assert (Transaction.objects.count(), proposed()) == (6, asked)


def test_words_on_either_side_go_along_and_come_back(alice, wallet, three):
    first = Proposal.objects.get(pk=three[0])
    edits.edit(by=OWNER, owner=alice, ids=[*first.ones, *first.others], changes={"category": "bonus"}, now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=first.ones, changes={"tags": ["a"]}, now=SOON)
    before = told_as(wallet)
    batch, _ = decide(alice, three)
    joined = Transaction.objects.get(note="number 0")
    assert (joined.category, joined.tags, joined.conflicts) == ("bonus", ["a"], [])

    turned(alice, batch, suggestions.undo, LATER)

    assert told_as(wallet) == before


def test_what_was_said_since_about_one_of_them_stands(alice, three):
    batch, _ = decide(alice, three)
    first = Decision.objects.order_by("id").first()
    different = decisions.Verdict(Kind.DIFFERENT, [first.one_id], [first.other_id])
    decisions.decide(by=OWNER, owner=alice, verdict=different, now=LATER)
    assert suggestions.batch_of(alice, batch).changed == 1

    turned(alice, batch, suggestions.undo, LATER)

    assert [each.kind for each in decisions.of([first.one_id])] == [Kind.DIFFERENT]
    assert len(suggestions.batch_of(alice, batch).taken) == 2
    assert Proposal.objects.count() == 2


def test_what_changed_meanwhile_is_told_one_by_one_and_the_others_are_decided(alice, wallet, three):
    linking.say(by=OWNER, proposal=Proposal.objects.get(pk=three[0]), kind=Kind.SAME, now=SOON)

    _, seen = decide(alice, [*three, uuid4()])

    assert [each.pk for each in seen.fit] == three[1:]
    assert {each.code for each in seen.refused} == {"decided"}
    assert Transaction.objects.count() == 3


def test_two_pairs_that_name_one_transaction_are_left_to_the_owner(alice, three):
    first = Proposal.objects.get(pk=three[0])
    rival = Proposal.objects.create(
        owner=alice,
        about="duplicates",
        ones=first.ones,
        others=Proposal.objects.get(pk=three[1]).others,
        score=60,
        at=NOW,
    )

    _, seen = decide(alice, [first.pk, rival.pk, three[2]])

    assert [each.pk for each in seen.fit] == [three[2]]
    assert {each.code for each in seen.refused} == {"shared"}
    assert Transaction.objects.count() == 5


def test_a_strangers_are_not_there(bob, three):
    _, seen = decide(bob, three)

    assert (seen.fit, {each.code for each in seen.refused}) == ([], {"decided"})
    assert not Decision.objects.exists()


def test_a_verdict_about_transfers_says_nothing_of_pairs(alice, three):
    assert decide(alice, three, Kind.APART)[1].fit == []


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def test_what_is_proposed_again_keeps_its_id(alice, wallet, three):
    """Its owner may have the page before him while a sync brings more."""
    asked = proposed()
    doubled(another(alice))
    journal.look_again(wallet)
    store(wallet, *trade(99, at=NOW - timedelta(days=3)))
    look(wallet)

    assert set(three) < set(newest())
    assert [each for each in proposed() if each in asked] == asked
    Proposal.objects.filter(pk=three[0]).update(score=1, reasons=[])
    journal.look_again(wallet)
    look(wallet)
    assert Proposal.objects.get(pk=three[0]).score > 1


def test_what_was_proposed_twice_at_once_is_so_once_after_the_next_look(wallet, three):
    """Who takes a word back waits for no other wallet's turn, and a look may be at the same."""
    asked = proposed()
    twin = Proposal.objects.get(pk=three[0])
    twin.pk = uuid4()
    twin.save(force_insert=True)

    journal.look_again(wallet)
    look(wallet)

    assert proposed() == asked


@pytest.mark.parametrize("first", [Kind.SAME, Kind.DIFFERENT])
def test_of_two_who_decide_at_once_the_faster_one_has(alice, three, first):
    proposal = Proposal.objects.get(pk=three[0])
    later = Kind.DIFFERENT if first is Kind.SAME else Kind.SAME
    linking.say(by=OWNER, proposal=proposal, kind=first, now=SOON)
    with pytest.raises(decisions.CannotBeError, match="decided already"):
        linking.say(by=OWNER, proposal=proposal, kind=later, now=LATER)
    assert [each.kind for each in Decision.objects.all()] == [first]


def test_what_counts_is_not_made_one_with_what_is_ignored(alice, wallet, three):
    """Both would be ignored, and what counted once would count for nothing."""
    first = Proposal.objects.get(pk=three[0])
    edits.edit(by=OWNER, owner=alice, ids=first.ones, changes={"ignored": True}, now=SOON)
    with pytest.raises(decisions.CannotBeError, match="Bring it back first"):
        linking.say(by=OWNER, proposal=first, kind=Kind.SAME, now=SOON)
    _, seen = decide(alice, three)
    assert {each.id: each.code for each in seen.refused} == {three[0]: "cannot_be"}

    edits.edit(by=OWNER, owner=alice, ids=first.others, changes={"ignored": True}, now=SOON)
    linking.say(by=OWNER, proposal=first, kind=Kind.SAME, now=LATER)
    assert Transaction.objects.filter(ignored=True).count() == 1


def test_what_is_asked_about_a_wallet_goes_with_it(alice, wallet, three):
    second = another(alice)
    doubled(second)
    suggested(another(alice, "There"), wallet)
    batch, _ = decide(alice, three[:1])
    removed_and_added_again(wallet, now=timezone.now())

    assert [Transaction.objects.get(pk=each.ones[0]).wallet for each in Proposal.objects.all()] == [second]
    turned(alice, batch, suggestions.undo, LATER)
    assert Proposal.objects.count() == 1
    assert turned(alice, batch, suggestions.redo, LAST).fit == []


# --- by their reasons ------------------------------------------------------------------------------------------------


def test_those_of_the_same_reasons_are_found_whatever_their_figures(alice, wallet, three):
    late = {"kind": "trade", "occurred_at": NOW - timedelta(days=700), "note": "another day"}
    sides = {"sent": {"amount": "7", "asset": "EUR"}, "received": {"amount": "0.25", "asset": "BTC"}}
    handmade.add(by=OWNER, wallet=wallet, fields={**late, **sides}, now=SOON)
    store(wallet, *trade(77, at=NOW - timedelta(days=700, hours=5), bought="0.25", paid="-7"))
    look(wallet)
    other = Proposal.objects.exclude(pk__in=three).get()

    found = proposals.alike(proposals.one_of(alice, three[0], Proposal.About.DUPLICATES), most=MOST)

    assert (list(found.ids), found.all) == (three, 3)
    assert proposals.alike(proposals.one_of(alice, other.pk, Proposal.About.DUPLICATES), most=MOST).ids == [other.pk]


def test_of_more_than_are_decided_at_once_the_newest_come_first(alice, three):
    found = proposals.alike(proposals.one_of(alice, three[2], Proposal.About.DUPLICATES), most=2)

    assert (list(found.ids), found.all) == (three[:2], 3)


def test_those_of_a_wallet_in_the_bin_are_not_asked_about(alice, wallet, three):
    second = another(alice)
    doubled(second)
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=NOW)

    assert proposals.asked(alice, Proposal.About.DUPLICATES).count() == 1
    assert proposals.one_of(alice, three[0], Proposal.About.DUPLICATES) is None


def test_what_would_be_carried_is_told(alice, wallet, three):
    doubled(another(alice))
    first = Proposal.objects.get(pk=three[0])
    edits.edit(by=OWNER, owner=alice, ids=first.ones, changes={"category": "one"}, now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=first.others, changes={"category": "two"}, now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=Proposal.objects.get(pk=three[1]).ones, changes={"category": "x"}, now=SOON)

    told = carried.carried(alice, suggestions.look(alice, newest(), Kind.SAME).fit)

    assert [(wallet.label, count) for wallet, count in told.wallets] == [(wallet.label, 3), ("Second", 1)]
    assert (told.worded, told.differing) == (Transaction.objects.exclude(mine=[]).count(), 1)
    decide(alice, newest())
    assert Transaction.objects.filter(conflicts__contains=["category"]).count() == 1


# --- how much it asks ------------------------------------------------------------------------------------------------


def test_many_take_no_more_questions_than_few(alice, wallet):
    doubled(wallet, count=12)
    few, many = newest()[:2], newest()[2:]

    asked = [asked_for(alice, few), asked_for(alice, many)]

    assert asked[0] == asked[1]


def asked_for(alice, ids):
    """Looked at, decided and taken back."""
    with CaptureQueriesContext(connection) as seen:
        suggestions.look(alice, ids, Kind.SAME)
        batch, _ = decide(alice, ids)
        turned(alice, batch, suggestions.undo, LATER)
    return len(seen)


def test_it_is_told_among_what_was_done_since_a_year_was_filed(alice, three):
    held = files(alice, 2025, locked_at=SOON)
    decide(alice, three)
    [told] = [each for each in locking.changes_since(held) if each.action.startswith("duplicates")]
    assert views_locks.words_of(told) == "Several duplicates were decided at once, or that was taken back"
    assert told.action in views_locks.LISTS

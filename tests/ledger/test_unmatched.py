"""What has no other end: found beside very many that are linked, and the same as by looking at each."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger import acts, decisions, edits, handmade, journal, linking, ruling, unmatched
from ledger.decisions import Kind, Verdict
from ledger.models import Journal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another, arrived, left, linked, look, of, suggested
from tests.ledger.stand import SOON, read, store

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(alice):
    return another(alice)


def listed(owner):
    found = unmatched.unmatched(owner).order_by("-occurred_at", "-id")[:50]
    assert len({each.pk for each in found}) == len(found)
    return {each.pk for each in found}


def by_looking_at_each(owner):
    rows = Transaction.objects.for_user(owner).kept().filter(*acts.unlinked(), ignored=False)
    return {
        each.pk
        for each in rows.exclude(category__in=unmatched.SETTLED)
        if each.kind in unmatched.MOVING and linking.side_of(each)
    }


def a_rule(alice):
    said = {"name": "My other wallet", "kind": "withdrawal", "then_kind": "transfer"}
    return ruling.add(by=OWNER, draft=ruling.drafted(alice, said, now=NOW), now=NOW)


def test_of_those_that_are_linked_none_is_walked_through(alice, wallet, other):
    for number in range(3):
        linked(wallet, other, number=number, amount=f"0.7351926{number}", at=NOW - timedelta(days=number))
    store(wallet, left("X", "3"))
    look(wallet)

    walked = unmatched.transfers_of(alice, Transaction.objects.for_user(alice))
    assert [each for part in walked for each in part] == []
    assert listed(alice) == by_looking_at_each(alice) == {of(wallet, "withdrawal").pk}


def test_what_its_source_or_its_owner_calls_a_transfer_is_an_open_end_until_it_is_linked(alice, wallet, other):
    store(wallet, left("X", "3"))
    store(other, arrived("Y", "2.9"))
    look(wallet, other)
    out, came = of(wallet), of(other)
    edits.edit(by=OWNER, owner=alice, ids=[out.pk], changes={"kind": "transfer"}, now=SOON)
    assert listed(alice) == by_looking_at_each(alice) == {out.pk, came.pk}

    linking.link(by=OWNER, owner=alice, named=[out.pk, came.pk], now=SOON)
    assert listed(alice) == by_looking_at_each(alice) == set()

    told = {"kind": "transfer", "occurred_at": NOW, "sent": {"amount": "1.7", "asset": "BTC"}}
    added = handmade.add(by=OWNER, wallet=wallet, fields=told, now=SOON)
    assert listed(alice) == by_looking_at_each(alice) == {added.pk}


def test_what_a_rule_calls_a_transfer_is_an_open_end(alice, wallet, other):
    linked(wallet, other)
    store(wallet, left("X", "3"))
    look(wallet)
    rule = a_rule(alice)
    assert listed(alice) == by_looking_at_each(alice)  # nothing is read again yet
    read(wallet)
    lone = Transaction.objects.get(sent_amount=3)
    assert lone.kind == "transfer"
    assert listed(alice) == by_looking_at_each(alice) == {lone.pk}

    ruling.delete(by=OWNER, rule=rule, now=SOON)
    assert Transaction.objects.get(sent_amount=3).kind == "transfer"
    assert listed(alice) == by_looking_at_each(alice) == {lone.pk}
    read(wallet)
    read(other)
    assert not Journal.objects.filter(behind=True).exists()
    assert listed(alice) == by_looking_at_each(alice) == {lone.pk}


def test_a_link_that_was_taken_apart_leaves_two_open_ends(alice, wallet, other):
    proposal = suggested(wallet, other)
    linking.say(by=OWNER, proposal=proposal, kind=Kind.LINKED, now=SOON)
    assert len(listed(alice)) == 1

    apart = Verdict(Kind.APART, proposal.ones, proposal.others)
    decisions.decide(by=OWNER, owner=alice, verdict=apart, now=SOON)
    assert listed(alice) == by_looking_at_each(alice)
    assert len(listed(alice)) == 3
    for each in (wallet, other):
        journal.from_the_beginning(each)
        read(each)
    assert listed(alice) == by_looking_at_each(alice)

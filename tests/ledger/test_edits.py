"""The owner's word: said, taken back, said again, asked about when the source moves, and never lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from config.turns import TurnTakenError
from ledger import edits, handmade, journal, particulars
from ledger.fields import BadFieldError
from ledger.models import Decision, Edit, Journal, Rule, SourceRow, Transaction, TransactionKey
from ledger.shown import fields_of
from tests.ledger.conftest import NOW
from tests.ledger.matched import another, linked
from tests.ledger.stand import BTC, EUR, SOON, assert_sound, held, read, store, trade
from wallets.free_text import TreasureError
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
LATER = SOON + timedelta(minutes=1)


@pytest.fixture
def bought(wallet):
    store(wallet, *trade(1))
    read(wallet)
    return Transaction.objects.get()


@pytest.fixture
def say(alice):
    def run(ids, act=None, **changes):
        ids = [each.pk for each in ids] if isinstance(ids, list) else [ids.pk]
        return edits.edit(by=OWNER, owner=alice, ids=ids, changes=changes, now=LATER, act=act)

    return run


SAID = {
    "kind": "spend",
    "category": "gift to a friend",
    "occurred_at": "2026-11-19T08:00:00Z",
    "sent": {"amount": "90", "asset": "EUR"},
    "received": {"amount": "0.4", "asset": "BTC"},
    "fee": {"amount": "0.5", "asset": "EUR"},
    "value": {"amount": "99.5", "currency": "USD"},
    "note": "a present",
    "tags": ["family", "2026"],
    "ignored": True,
}


@pytest.mark.parametrize("field", SAID)
def test_each_field_can_be_said_and_given_up_again(field, bought, say, alice):
    before = fields_of(bought)
    [mine] = say(bought, **{field: SAID[field]})
    assert fields_of(mine).effective[field] == SAID[field]
    assert fields_of(mine).source == before.effective
    assert (mine.mine, mine.conflicts) == ([field], [])
    assert_sound(mine.wallet)

    [again] = edits.reset(by=OWNER, owner=alice, ids=[mine.pk], fields=[field], now=LATER)
    assert (fields_of(again), again.mine) == (before, [])
    assert_sound(mine.wallet)


def test_what_is_said_moves_balances_and_days(bought, say):
    say(bought, received={"amount": "0.4", "asset": "BTC"})
    assert held(bought.wallet)[BTC] == Decimal("0.4")
    say(bought, ignored=True)
    assert held(bought.wallet) == {}


def test_acts_are_undone_one_by_one_and_done_again(bought, say, alice):
    say(bought, note="one", tags=["a"])
    say(bought, note="two")
    move = {"by": OWNER, "owner": alice, "transaction_id": bought.pk, "now": LATER}

    assert [edits.undo(**move)[0].note for _ in range(2)] == ["one", ""]
    with pytest.raises(edits.NothingToDoError):
        edits.undo(**move)
    assert [(each.note, each.tags) for _ in range(2) for each in edits.redo(**move)] == [("one", ["a"]), ("two", ["a"])]
    with pytest.raises(edits.NothingToDoError):
        edits.redo(**move)
    edits.undo(**move)
    say(bought, note="three")
    with pytest.raises(edits.NothingToDoError):  # a new word ends what could be said again
        edits.redo(**move)
    assert Edit.objects.filter(key=bought.pk).count() == 11  # nothing was ever taken away


def test_a_source_that_moves_under_a_word_is_asked_about(wallet, bought, say, alice):
    say(bought, sent={"amount": "90", "asset": EUR}, note="mine")
    store(wallet, *trade(1, paid="-101"))
    read(wallet)
    asked = Transaction.objects.get()
    assert (asked.conflicts, asked.sent_amount, asked.note) == (["sent"], Decimal(90), "mine")
    decide = {"by": OWNER, "owner": alice, "transaction_id": asked.pk, "field": "sent", "now": LATER}

    [kept] = edits.resolve(**decide, keep="mine")
    assert (kept.conflicts, kept.sent_amount) == ([], Decimal(90))
    with pytest.raises(edits.NothingToDoError):
        edits.resolve(**decide, keep="mine")
    [undone] = edits.undo(by=OWNER, owner=alice, transaction_id=asked.pk, now=LATER)
    assert undone.conflicts == ["sent"]
    [source] = edits.resolve(**decide, keep="source")
    assert (source.conflicts, source.sent_amount, source.note) == ([], Decimal(101), "mine")
    assert_sound(wallet)


def test_a_source_that_comes_to_say_the_same_leaves_nothing_to_decide(wallet, bought, say):
    say(bought, sent={"amount": "101", "asset": EUR})
    store(wallet, *trade(1, paid="-101"))
    read(wallet)
    assert Transaction.objects.get().conflicts == []


def test_many_at_once_are_one_act(wallet, say, alice):
    store(wallet, *trade(1), *trade(2), *trade(3))
    read(wallet)
    three = list(Transaction.objects.all())
    say(three, category="savings plan")
    assert set(Transaction.objects.values_list("category", flat=True)) == {"savings plan"}
    assert Edit.objects.values("act").distinct().count() == 1
    assert AuditEvent.objects.filter(action=Action.TRANSACTIONS_EDITED).count() == 1
    edits.undo(by=OWNER, owner=alice, transaction_id=three[0].pk, now=LATER)
    assert Transaction.objects.filter(category="savings plan").count() == 2


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("kind", "theft", "invalid_choice"),
        ("occurred_at", "2026-11-19", "invalid"),
        ("occurred_at", "1999-01-01T00:00:00Z", "too_early"),
        ("occurred_at", "9999-12-31T23:59:59Z", "too_late"),
        ("sent", {"amount": "-1", "asset": "BTC"}, "invalid_amount"),
        ("sent", {"amount": "1e5", "asset": "BTC"}, "invalid_amount"),
        ("sent", {"amount": "0.00", "asset": "BTC"}, "nought"),
        ("sent", {"amount": "1", "asset": "B C"}, "no_asset"),
        ("received", {"amount": "1"}, "invalid"),
        ("value", {"amount": "1", "currency": "euro"}, "no_currency"),
        ("note", "a\0b", "invalid"),
        ("note", "x" * 4001, "invalid"),
        ("tags", ["a,b"], "invalid"),
        ("tags", "a", "invalid"),
        ("ignored", "yes", "invalid"),
        ("price", "1", "unknown_field"),
    ],
)
def test_what_cannot_be_taken_is_named_and_nothing_is_kept(field, value, code, bought, say):
    with pytest.raises(BadFieldError) as refused:
        say(bought, note="kept?", **{field: value}) if field != "note" else say(bought, note=value)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert not Edit.objects.exists()


def test_a_seed_phrase_in_a_note_is_not_kept(bought, say):
    with pytest.raises(TreasureError):
        say(bought, note="abandon " * 11 + "about")
    assert not Edit.objects.exists()


def test_nobody_edits_what_is_another_persons(bought, bob):
    with pytest.raises(Transaction.DoesNotExist):
        edits.edit(by=OWNER, owner=bob, ids=[bought.pk], changes={"note": "x"}, now=LATER)


def test_what_is_written_by_hand_is_a_transaction_like_any_other(alice):
    wallet = Wallet.objects.create(owner=alice, exchange="", way="manual", label="Cash", created_at=NOW)
    fields = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "eth"}}
    given = handmade.add(by=OWNER, wallet=wallet, fields={**fields, "note": "from grandma"}, now=LATER)
    assert (given.kind, given.received_asset, given.note, given.origins) == ("gift", "ETH", "from grandma", ["hand"])
    handmade.put_in_bin(by=OWNER, each=given, now=LATER)
    assert (held(wallet), Transaction.objects.exists()) == ({}, False)
    [key] = {edit.key for edit in Edit.objects.all()}
    back = handmade.restore(by=OWNER, key=key, wallet=wallet, now=LATER)
    assert (back.pk, back.note, held(wallet)) == (given.pk, "from grandma", {"ETH": Decimal(2)})
    assert_sound(wallet)


def test_what_is_written_by_hand_keeps_every_digit(alice):
    """Decimal's own way rounds to 28 of them, and a token of 18 decimals has more."""
    wallet, much = another(alice, way="manual"), "123456789012.123456789012345678"
    sums = {name: {"amount": much, "asset": asset} for name, asset in (("received", "SHIB"), ("sent", "PEPE"))}
    fields = {"kind": "trade", "occurred_at": NOW, "fee": {"amount": much, "asset": "BONK"}, **sums}

    handmade.add(by=OWNER, wallet=wallet, fields=fields, now=NOW)

    written = Transaction.objects.get(owner=alice)
    assert {written.received_amount, written.sent_amount, written.fee_amount} == {Decimal(much)}
    assert held(wallet) == {"SHIB": Decimal(much), "PEPE": Decimal(f"-{much}"), "BONK": Decimal(f"-{much}")}


def test_where_much_is_yet_to_be_read_nobody_who_writes_by_hand_waits_for_it(wallet, monkeypatch, alices_browser):
    monkeypatch.setattr(journal, "SOON", 4)
    fields = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}
    store(wallet, *(row for number in range(2) for row in trade(number)))
    with pytest.raises(TurnTakenError):
        handmade.add(by=OWNER, wallet=wallet, fields=fields, now=LATER)
    assert not SourceRow.objects.filter(origin="hand").exists()
    form = {"kind": "gift", "occurred_at": "2026-01-02T03:04", "received_amount": "2", "received_unit": "ETH"}
    answer = alices_browser.post("/transactions/add/", {**form, "wallet": wallet.pk})
    assert answer.status_code == 503
    assert "much of its history is being read" in answer.text
    read(wallet)
    given = handmade.add(by=OWNER, wallet=wallet, fields=fields, now=LATER)
    Journal.objects.update(version="older")  # all is to be read anew
    with pytest.raises(TurnTakenError):
        handmade.put_in_bin(by=OWNER, each=given, now=LATER)
    assert_sound(wallet)


@pytest.mark.parametrize("missing", ["kind", "occurred_at", "received"])
def test_what_is_missing_of_one_written_by_hand_is_said(missing, wallet):
    fields = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}
    del fields[missing]
    with pytest.raises(BadFieldError) as refused:
        handmade.add(by=OWNER, wallet=wallet, fields=fields, now=LATER)
    assert (refused.value.field, refused.value.code) == (missing, "required")


def test_a_rule_speaks_under_the_owners_word_about_one(wallet, bought, say, alice):
    say(bought, category="mine")
    Rule.objects.create(
        owner=alice, name="all", place=1, exchange="kraken", then_category="ruled", then_tags=["auto"], created_at=NOW
    )
    journal.from_the_beginning(wallet)
    read(wallet)
    ruled = Transaction.objects.get()
    assert (ruled.category, ruled.tags, ruled.mine, ruled.ruled) == ("mine", ["auto"], ["category"], ["tags"])
    assert_sound(wallet)


@pytest.mark.parametrize(
    ("field", "by_rule", "said"),
    [
        ("category", {"then_category": "ruled"}, ""),
        ("tags", {"then_tags": ["auto"]}, []),
        ("ignored", {"then_ignored": True}, False),
        ("kind", {"then_kind": "gift"}, "trade"),
    ],
)
def test_what_sources_say_can_be_said_against_a_rule(field, by_rule, said, wallet, bought, say, alice):
    """It is the owner's word then, and holds; given up, the rule speaks again."""
    Rule.objects.create(owner=alice, name="all", place=1, exchange="kraken", created_at=NOW, **by_rule)
    journal.from_the_beginning(wallet)
    read(wallet)
    ruled = fields_of(Transaction.objects.get()).effective[field]
    assert ruled != said
    say(bought, **{field: said})
    journal.from_the_beginning(wallet)
    read(wallet)
    each = Transaction.objects.get()
    assert (fields_of(each).effective[field], each.mine, each.ruled, each.conflicts) == (said, [field], [], [])
    assert_sound(wallet)
    edits.undo(by=OWNER, owner=alice, transaction_id=each.pk, now=LATER)
    assert fields_of(Transaction.objects.get()).effective[field] == ruled
    edits.redo(by=OWNER, owner=alice, transaction_id=each.pk, now=LATER)
    assert fields_of(Transaction.objects.get()).effective[field] == said
    edits.reset(by=OWNER, owner=alice, ids=[each.pk], now=LATER)
    assert fields_of(Transaction.objects.get()).effective[field] == ruled

    # So it can where something else was said before.
    otherwise = {"category": "mine", "tags": ["mine"], "ignored": False, "kind": "spend"}[field]
    say(bought, **{field: otherwise})
    say(bought, **{field: said})
    assert fields_of(Transaction.objects.get()).effective[field] == said


def test_to_say_so_of_many_asks_the_database_as_often_as_of_two(wallet, say, alice):
    Rule.objects.create(owner=alice, name="all", place=1, exchange="kraken", created_at=NOW, then_kind="gift")
    store(wallet, *(row for number in range(1, 20) for row in trade(number, at=NOW + timedelta(hours=number))))
    read(wallet)
    each = list(Transaction.objects.order_by("occurred_at"))
    say(each, kind="spend")

    with CaptureQueriesContext(connection) as of_two:
        say(each[:2], kind="trade")
    with CaptureQueriesContext(connection) as of_many:
        say(each[2:], kind="trade")

    assert len(of_many) == len(of_two)


def test_that_one_is_no_transfer_can_be_said_against_a_link(wallet, say, alice):
    other = another(alice)
    linked(wallet, other)
    [out] = Transaction.objects.filter(wallet=wallet)
    for said in ("withdrawal", "spend", "withdrawal"):
        say(out, kind=said)
        assert Transaction.objects.get(wallet=wallet).kind == said
    edits.reset(by=OWNER, owner=alice, ids=[out.pk], now=LATER)
    assert Transaction.objects.get(wallet=wallet).kind == "transfer"


def test_two_decided_to_be_one_keep_every_word_and_both_names(wallet, say, alice):
    store(wallet, *trade(1), *trade(2, at=NOW + timedelta(seconds=1)))
    read(wallet)
    one, other = Transaction.objects.order_by("occurred_at")
    say(other, note="said of the second")
    decide(alice, one, other)
    journal.derive_again(wallet, [one.pk, other.pk], now=LATER)
    [kept] = Transaction.objects.all()
    assert (kept.pk, kept.note, len(kept.rows)) == (other.pk, "said of the second", 4)  # the one that bears a word
    assert edits.named(alice, one.pk) == kept.pk
    assert held(wallet)[BTC] == Decimal("0.5")
    assert_sound(wallet)
    decide(alice, one, other, Decision.Kind.DIFFERENT)
    journal.derive_again(wallet, [one.pk, other.pk], now=LATER)
    assert {each.pk for each in Transaction.objects.all()} == {one.pk, other.pk}
    assert_sound(wallet)


@pytest.fixture
def joined(wallet, say, alice):
    """Two of which each has a note of its own, and the second a category too, before they are one."""
    store(wallet, *trade(1), *trade(2, at=NOW + timedelta(seconds=1)))
    read(wallet)
    one, other = Transaction.objects.order_by("occurred_at")
    say(one, note="of the first")
    say(other, note="of the second", category="plan")
    decide(alice, one, other)
    journal.derive_again(wallet, [one.pk, other.pk], now=LATER)
    kept = Transaction.objects.get()
    assert (kept.note, kept.category, kept.conflicts) == ("of the first", "plan", ["note"])
    return kept


def apart(owner, wallet):
    """As they are once they are two again."""
    one, other = TransactionKey.objects.filter(anchor__startswith="ledger:").order_by("anchor")
    decide(owner, one, other, Decision.Kind.DIFFERENT)
    journal.derive_again(wallet, [one.pk, other.pk], now=LATER)
    return [(each.note, each.category) for each in Transaction.objects.order_by("occurred_at")]


@pytest.mark.parametrize(("keep", "note"), [("mine", "of the first"), ("source", "")])
def test_two_words_that_differ_are_decided_once_and_that_is_undone_at_once(keep, note, joined, alice):
    move = {"by": OWNER, "owner": alice, "transaction_id": joined.pk, "now": LATER}
    [decided] = edits.resolve(**move, field="note", keep=keep)
    assert (decided.note, decided.conflicts) == (note, [])
    assert_sound(joined.wallet)
    [undone] = edits.undo(**move)
    assert (undone.note, undone.conflicts) == ("of the first", ["note"])
    [again] = edits.redo(**move)
    assert (again.note, again.conflicts) == (note, [])
    edits.undo(**move)
    assert apart(alice, joined.wallet) == [("of the first", ""), ("of the second", "plan")]


def test_what_is_said_or_given_up_of_the_whole_holds_whatever_was_said_of_its_parts(joined, say, alice):
    [said] = say(joined, note="of both", category="other")
    assert (said.note, said.category, said.conflicts) == ("of both", "other", [])
    [given_up] = edits.reset(by=OWNER, owner=alice, ids=[joined.pk], now=LATER)
    assert (given_up.note, given_up.category, given_up.mine) == ("", "", [])
    for expected in (("of both", "other"), ("of the first", "plan")):
        act = edits.histories_of([joined.pk])[joined.pk].done[-1].id
        edits.undo_act(by=OWNER, owner=alice, act=act, now=LATER)
        each = Transaction.objects.get()
        assert (each.note, each.category) == expected
    assert_sound(joined.wallet)


def test_what_was_said_at_once_is_taken_back_and_said_again_also_where_one_joined_another_since(wallet, say, alice):
    """Under the name that went: what bears it now is what the word is about."""
    store(wallet, *trade(1), *trade(2, at=NOW + timedelta(seconds=1)), *trade(3, at=NOW + timedelta(hours=1)))
    read(wallet)
    one, other, third = Transaction.objects.order_by("occurred_at")
    say(one, tags=["kept"])
    edits.edit(by=OWNER, owner=alice, ids=[other.pk, third.pk], changes={"note": "of many"}, now=LATER)
    act = edits.histories_of([other.pk])[other.pk].done[-1].id
    decide(alice, one, other)
    journal.derive_again(wallet, [one.pk, other.pk], now=LATER)
    kept = Transaction.objects.get(pk=one.pk)
    assert (kept.note, kept.tags, edits.named(alice, other.pk)) == ("of many", ["kept"], one.pk)
    assert {each.pk for each in edits.touched_by(alice, act)} == {one.pk, third.pk}
    facts = particulars.particulars_of(kept)
    assert (facts.undo.what, facts.undo.elsewhere) == (["Note: what the source says"], 1)

    for verb, note in ((edits.undo_act, ""), (edits.redo_act, "of many"), (edits.undo_act, "")):
        verb(by=OWNER, owner=alice, act=act, now=LATER)
        assert [(each.note, each.tags) for each in Transaction.objects.order_by("occurred_at")] == [
            (note, ["kept"]),
            (note, []),
        ]
        assert_sound(wallet)
    say(Transaction.objects.get(pk=one.pk), category="plan")
    edits.redo_act(by=OWNER, owner=alice, act=act, now=LATER)
    assert [each.note for each in Transaction.objects.order_by("occurred_at")] == ["", "of many"]  # said since


def test_what_was_said_last_is_taken_back_first_by_whatever_name(joined, alice):
    move = {"by": OWNER, "owner": alice, "transaction_id": joined.pk, "now": LATER}
    found = [(each.note, each.category, each.conflicts) for verb in (edits.undo, edits.undo) for each in verb(**move)]
    assert found == [("of the first", "", []), ("", "", [])]
    with pytest.raises(edits.NothingToDoError):
        edits.undo(**move)
    found = [(each.note, each.category, each.conflicts) for verb in (edits.redo, edits.redo) for each in verb(**move)]
    assert found == [("of the first", "", []), ("of the first", "plan", ["note"])]
    assert_sound(joined.wallet)


def test_the_history_of_one_tells_what_was_said_of_each_part(joined, say):
    say(joined, note="of both")
    facts = particulars.particulars_of(Transaction.objects.get())
    assert [told.what for told in facts.history] == [
        ["Note: of both"],
        ["Note: of the second", "Category: plan"],
        ["Note: of the first"],
    ]
    assert (facts.undo.what, facts.undo.elsewhere) == (["Note: of the first"], 0)


def decide(owner, one, other, kind=Decision.Kind.SAME):
    Decision.objects.create(
        owner=owner,
        kind=kind,
        one_id=one.pk,
        other_id=other.pk,
        act=uuid.uuid4(),
        by_itself=False,
        actor_kind="owner",
        at=LATER,
    )

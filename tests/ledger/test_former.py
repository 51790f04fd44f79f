"""An account that was removed and is added again is known by its transactions where its exchange does not tell whose it
is: what its owner said comes back by itself where there is no doubt, and after a question where there is one.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent, Notice
from ledger import acts, decisions, edits, former, handmade, importing, journal, linking, looking, suggestions, tasks
from ledger.decisions import Verdict
from ledger.models import Decision, Edit, FormerBook, Journal, KnownCost, LotChoice, Proposal, Rule, Transaction
from tests.ledger.bringing import at_work, kraken_file
from tests.ledger.conftest import NOW
from tests.ledger.imports.tracker_files import HEADER
from tests.ledger.matched import another, arrived
from tests.ledger.stand import SOON, assert_sound, read, store
from wallets import claims, consequences, keeping, removal
from wallets.glances import glance
from wallets.models import Wallet
from wallets.records import Identity, IdentityKind

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
LATER = SOON + timedelta(days=400)


def lines_of(account, numbers):
    """Of trades in one account, with ids as long as Kraken's."""
    names = [(f"{account}AAA-{number:05}", f"2026-11-{number + 1:02} 12:00:00") for number in numbers]
    return [
        f"L{name}-{side},T{name}-AAAAAA,{at},trade,,currency,{moved},0"
        for name, at in names
        for side, moved in (("AAAAAA", "ZEUR,-100,0.26"), ("BBBBBB", "XXBT,0.5,0"))
    ]


def brought(owner, lines, wallet="new", now=NOW, body=None):
    """As its owner brings it; into a new wallet, if it is not said into which."""
    file = importing.receive(
        by=OWNER,
        owner=owner,
        stream=io.BytesIO(body or kraken_file(*lines)),
        name="ledgers.csv",
        answers={"wallet": str(getattr(wallet, "pk", wallet))},
        now=now,
    )
    at_work(file)
    if file.state == "questions":
        importing.answer(owner=owner, file=file, answers={"wallet": "new"}, now=now)
        at_work(file)
    importing.commit(by=OWNER, file=file, now=now)
    at_work(file)
    assert file.state == "committed", (file.words, file.questions)
    return file.wallet


def said(wallet, words, number=0):
    each = Transaction.objects.filter(wallet=wallet).order_by("occurred_at")[number]
    edits.edit(by=OWNER, owner=wallet.owner, ids=[each.pk], changes={"note": words}, now=SOON)
    return each.pk


def removed(wallet):
    """And its time in the bin is over."""
    keeping.put_in_bin(by=OWNER, wallet=wallet, now=NOW)
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=NOW - timedelta(days=31))
    while removal.purge_due(now=NOW):
        pass
    assert not Transaction.objects.filter(wallet=wallet).exists()


def notes(wallet):
    told = Transaction.objects.filter(wallet=wallet, note__gt="").order_by("occurred_at")
    return list(told.values_list("pk", "note"))


def asked(wallet):
    return [(each.verdict, former.words_of(each)) for each in former.questions(wallet)]


def told(owner):
    return list(Notice.objects.filter(owner=owner).exclude(kind="key_first_used").values_list("kind", flat=True))


def actions(owner):
    kinds = {Action.EDITS_BROUGHT_BACK, Action.EDITS_LEFT}
    return list(AuditEvent.objects.filter(owner=owner, action__in=kinds).values_list("action", "actor_kind"))


# --- by itself -----------------------------------------------------------------------------------------------------


def test_a_wallet_fed_by_files_finds_what_was_said_again(alice):
    lines = lines_of("A", range(5))
    name = said(gone := brought(alice, lines), "a present")
    removed(gone)

    wallet = brought(alice, lines)

    assert wallet.pk != gone.pk
    assert notes(wallet) == [(name, "a present")]
    assert asked(wallet) == []
    assert told(alice) == ["edits_back"]
    assert actions(alice) == [("edits_brought_back", "system")]
    assert_sound(wallet)


def test_what_else_hangs_on_names_comes_back_with_them(alice):
    """Decisions, links, chosen lots, costs that were said, rules about that wallet alone."""
    lines = lines_of("A", range(5))
    gone = brought(alice, lines)
    one, other, third = Transaction.objects.order_by("occurred_at").values_list("pk", flat=True)[:3]
    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Decision.Kind.SAME, [one], [other]), now=SOON)
    KnownCost.objects.create(owner=alice, key_id=third, cost=1, currency="EUR", created_at=SOON)
    LotChoice.objects.create(owner=alice, disposal_id=third, lot_id=one, place=0, created_at=SOON)
    Rule.objects.create(owner=alice, name="r", place=1, wallet=gone, then_tags=["ruled"], created_at=SOON)
    removed(gone)

    wallet = brought(alice, lines)

    names = set(Transaction.objects.values_list("pk", flat=True))
    assert len(names) == 4
    assert {one, third} <= names
    assert set(Transaction.objects.values_list("tags", flat=True).distinct()[0]) == {"ruled"}
    assert Rule.objects.get().wallet == wallet
    assert FormerBook.objects.get().said == 3
    assert_sound(wallet)


def test_a_decision_about_a_name_of_then_is_carried_out_in_the_wallet_of_now(alice):
    lines = lines_of("A", range(5))
    first = said(gone := brought(alice, lines), "a present")
    removed(gone)
    wallet = brought(alice, lines)
    second = Transaction.objects.exclude(pk=first).order_by("occurred_at")[0].pk

    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Decision.Kind.SAME, [first], [second]), now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=[first], changes={"category": "more"}, now=SOON)

    assert Transaction.objects.count() == 4
    assert Transaction.objects.get(pk=first).category == "more"
    assert_sound(wallet)


def test_another_account_of_the_same_exchange_is_not_offered(alice):
    said(gone := brought(alice, lines_of("A", range(5))), "a present")
    removed(gone)

    wallet = brought(alice, lines_of("B", range(5)))

    assert (notes(wallet), asked(wallet), told(alice)) == ([], [], [])
    assert Edit.objects.count() == 1


def test_ids_so_short_that_another_account_may_have_them_are_asked_about(alice):
    short = [
        line.replace("AAAA-0000", "").replace("-AAAAAA", "").replace("-BBBBBB", "B") for line in lines_of("A", range(5))
    ]
    said(gone := brought(alice, short), "a present")
    removed(gone)

    wallet = brought(alice, short)

    assert (notes(wallet), asked(wallet)) == ([], [("asked", "about 1 transaction")])
    assert asked(brought(alice, short[:4] + lines_of("B", range(5)))) == []


def test_nobody_finds_what_somebody_else_said(alice, bob):
    lines = lines_of("A", range(5))
    said(gone := brought(alice, lines), "a present")
    removed(gone)

    wallet = brought(bob, lines)

    assert (notes(wallet), asked(wallet), told(bob)) == ([], [], [])


def test_an_account_of_which_the_exchange_tells_other_ids_is_another_one(alice):
    lines = lines_of("A", range(5))
    said(gone := brought(alice, lines), "a present")
    claim(gone, "number 1")
    removed(gone)
    wallet = Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="K", created_at=NOW)
    claim(wallet, "number 2")

    brought(alice, lines, wallet)

    assert (notes(wallet), asked(wallet)) == ([], [])


def test_what_it_was_known_by_leads_to_the_book_that_goes_on(alice):
    lines = lines_of("A", range(5))
    said(gone := brought(alice, lines), "a present")
    claim(gone, "number 1")
    removed(gone)

    wallet = brought(alice, lines)

    digests = claims.digests_of(alice, "kraken", [Identity(IdentityKind.USER, "number 1")])
    assert claims.book_of(alice, "kraken", digests) == wallet.book


def claim(wallet, value):
    digests = claims.digests_of(wallet.owner, "kraken", [Identity(IdentityKind.USER, value)])
    claims.claim(wallet.book, wallet.owner, "kraken", digests, now=NOW)


def test_removed_and_added_again_twice_all_of_it_is_back(alice):
    lines = lines_of("A", range(5))
    first = said(gone := brought(alice, lines), "a present")
    removed(gone)
    second = said(again := brought(alice, lines), "another", number=1)
    removed(again)

    wallet = brought(alice, lines)

    assert notes(wallet) == [(first, "a present"), (second, "another")]
    assert FormerBook.objects.joined().filter(book=wallet.book).count() == 2
    assert_sound(wallet)


def test_what_was_written_by_hand_is_not_promised(alice):
    """Its row goes with its wallet; nothing tells it again."""
    gone = brought(alice, lines := lines_of("A", range(5)))
    fields = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}
    handmade.add(by=OWNER, wallet=gone, fields={**fields, "note": "grandma"}, now=SOON)
    removed(gone)

    wallet = brought(alice, lines)

    assert (notes(wallet), told(alice)) == ([], [])


# --- a question ----------------------------------------------------------------------------------------------------


def doubtful(owner):
    """Two of five transactions are here again."""
    said(gone := brought(owner, lines_of("A", range(5))), "a present")
    removed(gone)
    return brought(owner, lines_of("A", range(2)))


def test_where_it_is_doubtful_the_owner_is_asked_once(alice):
    wallet = doubtful(alice)

    assert notes(wallet) == []
    assert asked(wallet) == [("asked", "about 1 transaction")]
    assert told(alice) == ["former_account"]
    journal.from_the_beginning(wallet)
    read(wallet)
    assert (len(asked(wallet)), told(alice)) == (1, ["former_account"])


def test_after_a_yes_it_is_back_beside_what_was_said_meanwhile(alice):
    wallet = doubtful(alice)
    new = said(wallet, "said since", number=1)
    [found] = former.questions(wallet)

    former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    read(wallet)

    old = Edit.objects.order_by("id").first().key_id
    assert notes(wallet) == [(old, "a present"), (new, "said since")]
    assert asked(wallet) == []
    assert not Notice.objects.filter(closed_at=None).exists()
    assert actions(alice) == [("edits_brought_back", "owner")]
    assert_sound(wallet)


def test_where_both_say_something_about_one_field_the_owner_decides_and_nothing_is_lost(alice):
    wallet = doubtful(alice)
    new = said(wallet, "said since")
    [found] = former.questions(wallet)

    former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    read(wallet)

    each = Transaction.objects.filter(wallet=wallet).order_by("occurred_at")[0]
    assert each.conflicts == ["note"]
    assert edits.named(alice, new) == each.pk
    edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes={"note": "both"}, now=LATER)
    assert [words for _, words in notes(wallet)] == ["both"]
    assert_sound(wallet)


def test_after_a_no_nothing_is_changed_and_it_can_still_be_taken_back(alice):
    wallet = doubtful(alice)
    [found] = former.questions(wallet)

    former.answer(by=OWNER, wallet=wallet, found=found, same=False, now=LATER)
    journal.from_the_beginning(wallet)
    read(wallet)

    assert (notes(wallet), asked(wallet)) == ([], [("other", "about 1 transaction")])
    assert not Notice.objects.filter(closed_at=None).exists()
    assert Edit.objects.count() == 1
    brought(alice, lines_of("A", range(5)), wallet)
    assert notes(wallet) == []  # nobody overrules the owner

    former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    read(wallet)
    assert [words for _, words in notes(wallet)] == ["a present"]
    with pytest.raises(former.NotNowError):
        former.answer(by=OWNER, wallet=wallet, found=found, same=False, now=LATER)


def test_a_question_is_answered_by_what_comes_later_where_that_leaves_no_doubt(alice):
    wallet = doubtful(alice)

    brought(alice, lines_of("A", range(5)), wallet)

    assert [words for _, words in notes(wallet)] == ["a present"]
    assert asked(wallet) == []
    assert not Notice.objects.filter(closed_at=None).exists()
    assert_sound(wallet)


def test_lines_without_an_id_are_asked_about(alice):
    body = b"Koinly Date,Amount,Currency,Label,TxHash\n" + b"".join(
        b"2026-11-%02d 10:00,0.%d,BTC,,\n" % (day, day) for day in range(1, 6)
    )
    gone = tracked(alice, body)
    said(gone, "a present")
    removed(gone)

    wallet = tracked(alice, body)

    assert (notes(wallet), asked(wallet)) == ([], [("asked", "about 1 transaction")])


def tracked(owner, body):
    wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="csv", label="K", created_at=NOW)
    return brought(owner, (), wallet, body=body)


def test_what_was_told_apart_is_so_again_whatever_was_found_before_the_question_was_answered(alice):
    """Two files without ids tell one thing each, and their owner said that it is not the same; so with a transfer."""
    bodies = [
        b"Koinly Date,Amount,Currency,Label,TxHash\n2026-11-05 10:00,0.51237,BTC,,\n2026-11-09 10:00,-0.73519,BTC,,\n",
        f"{HEADER['koinly_template']}\n2026-11-05 10:00,,,0.51237,BTC,,,,,,,\n".encode(),
    ]
    there = another(alice, "Other")
    store(there, arrived(1, "0.73519", at=datetime(2026, 11, 9, 10, 20, tzinfo=UTC)))
    looked_at(there)

    def told():
        wallet = Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="K", created_at=NOW)
        for body in bodies:
            brought(alice, (), wallet, body=body)
        looked_at(wallet)
        return wallet

    gone = told()
    for each in acts.whole(list(acts.heads(alice, Decision.Kind.SAME)) + list(acts.heads(alice, Decision.Kind.LINKED))):
        linking.turn(by=OWNER, owner=alice, act=each, now=SOON)
    assert sorted(kinds_in(gone)) == ["deposit", "deposit", "withdrawal"]
    removed(gone)

    wallet = told()
    assert sorted(kinds_in(wallet)) == ["deposit", "transfer"]
    [found] = former.questions(wallet)
    former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    looked_at(wallet)

    for _ in range(2):
        assert sorted(kinds_in(wallet)) == ["deposit", "deposit", "withdrawal"]
        assert not acts.heads(alice, Decision.Kind.SAME).exists()
        assert not acts.heads(alice, Decision.Kind.LINKED).exists()
        assert_sound(wallet)
        said_then = Decision.objects.count()
        journal.look_again(wallet)
        looked_at(wallet)
        assert Decision.objects.count() == said_then


@pytest.mark.parametrize("lines", [lines_of("A", range(5)), []], ids=["known by ids", "asked about"])
def test_what_was_said_and_taken_back_is_open_again_in_the_account_that_is_added_again(alice, lines):
    """Links and pairs that were decided at once, and words on fields. Neither a word nor its undoing is lost."""
    bodies = [
        "\n".join([HEADER["koinly_simple"], *(f"2026-11-{told},BTC,," for told in LINES)]).encode(),
        f"{HEADER['koinly_template']}\n2026-11-20 10:03,,,0.51237,BTC,,,,,,,\n".encode(),
    ]
    there = another(alice, "Other")
    store(there, arrived(1, "1", at=datetime(2026, 11, 21, 10, 20, tzinfo=UTC)))

    def told():
        wallet = Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="K", created_at=NOW)
        for body in [*([kraken_file(*lines)] if lines else []), *bodies]:
            brought(alice, (), wallet, body=body)
        return seen_together(wallet)

    def seen_together(wallet):
        looked_at(wallet)
        looked_at(there)
        return wallet

    gone = told()
    before = proposed(alice)
    assert [about for about, _ in before] == ["duplicates", "transfers", "transfers"]
    for kind in (Decision.Kind.LINKED, Decision.Kind.SAME):
        batch, ids = uuid4(), [Proposal.objects.filter(about=decisions.about(kind)).order_by("id")[0].pk]
        assert suggestions.decide(by=OWNER, owner=alice, ids=ids, kind=kind, batch=batch, now=SOON).fit
        suggestions.undo(by=OWNER, owner=alice, batch=suggestions.batch_of(alice, batch), now=SOON)
    reset, undone = said(gone, "reset"), said(gone, "undone", number=1)
    edits.reset(by=OWNER, owner=alice, ids=[reset], now=SOON)
    edits.undo(by=OWNER, owner=alice, transaction_id=undone, now=SOON)
    said(gone, "kept", number=2)
    kept, kinds = notes(seen_together(gone)), sorted(kinds_in(gone))
    assert (proposed(alice), [note for _, note in kept]) == (before, ["kept"])
    removed(gone)

    wallet = told()
    for found in former.questions(wallet):
        former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    seen_together(wallet)

    for _ in range(2):
        assert (notes(wallet), sorted(kinds_in(wallet)), proposed(alice)) == (kept, kinds, before)
        assert not acts.heads(alice, Decision.Kind.LINKED).exists()
        assert not acts.heads(alice, Decision.Kind.SAME).filter(by_itself=False).exists()
        assert_sound(wallet)
        journal.from_the_beginning(wallet)
        seen_together(wallet)
    assert edits.redo(by=OWNER, owner=alice, transaction_id=undone, now=LATER)[0].note == "undone"


LINES = ("20 10:00,0.51237", "21 10:00,-1", "21 10:01,-1")


def proposed(owner):
    """By when and what, for names may be others until a question is answered."""
    return sorted(Proposal.objects.for_user(owner).values_list("about", "at"))


def looked_at(wallet):
    read(wallet)
    looking.look(wallet, now=LATER)


def kinds_in(wallet):
    return Transaction.objects.filter(wallet=wallet).values_list("kind", flat=True)


def test_of_two_that_are_gone_neither_comes_back_unasked(alice):
    lines = lines_of("A", range(5))
    first, second = brought(alice, lines), brought(alice, lines)
    said(first, "one")
    said(second, "two", number=1)
    removed(first)
    removed(second)

    wallet = brought(alice, lines)

    assert notes(wallet) == []
    assert len(asked(wallet)) == 2
    for found in list(former.questions(wallet)):
        former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)
    read(wallet)
    assert [words for _, words in notes(wallet)] == ["one", "two"]


def test_nobody_is_reminded_of_a_question_about_a_wallet_that_is_gone(alice):
    wallet = doubtful(alice)

    removed(wallet)

    assert not Notice.objects.filter(closed_at=None).exists()


def test_rules_about_it_alone_are_kept_for_it_too(alice):
    gone = brought(alice, lines_of("A", range(5)))
    Rule.objects.create(owner=alice, name="r", place=1, wallet=gone, then_tags=["ruled"], created_at=SOON)
    removed(gone)

    wallet = brought(alice, lines_of("A", range(2)))

    assert asked(wallet) == [("asked", "in 1 rule")]


def test_what_another_wallet_took_back_is_no_longer_asked_about(alice):
    wallet = doubtful(alice)
    [found] = former.questions(wallet)
    keeping.put_in_bin(by=OWNER, wallet=wallet, now=NOW)
    other = Wallet.objects.create(owner=alice, exchange="kraken", way="csv", label="K", created_at=NOW)
    FormerBook.objects.create(
        owner=alice, wallet=other, book=other.book, former=found.former, removed_at=NOW, verdict="same",
        agreeing=3, said=1, rules=0, found_at=NOW,
    )  # fmt: skip

    assert asked(wallet) == []
    with pytest.raises(former.NotNowError):
        former.answer(by=OWNER, wallet=wallet, found=found, same=True, now=LATER)


# --- added again while the former one lies in the bin ----------------------------------------------------------------


def test_added_again_at_once_it_comes_back_when_the_other_can_no_longer_be_restored(alice):
    lines = lines_of("A", range(5))
    name = said(gone := brought(alice, lines), "a present")
    keeping.put_in_bin(by=OWNER, wallet=gone, now=NOW)
    wallet = brought(alice, lines)
    tasks.compare(NOW)
    assert (notes(wallet), asked(wallet)) == ([], [])

    Wallet.objects.filter(pk=gone.pk).update(binned_at=NOW - timedelta(days=31))
    while removal.purge_due(now=LATER):
        pass
    tasks.compare(LATER)
    read(wallet)

    assert notes(wallet) == [(name, "a present")]
    assert_sound(wallet)
    since = Journal.objects.get(wallet=wallet).compared_at
    tasks.compare(LATER + timedelta(days=1))
    assert Journal.objects.get(wallet=wallet).compared_at == since == LATER


def test_where_nothing_agrees_nothing_is_read_anew(alice):
    wallet = brought(alice, lines_of("B", range(5)))
    said(gone := brought(alice, lines_of("A", range(5))), "a present")
    removed(gone)

    tasks.compare(LATER)

    at = Journal.objects.get(wallet=wallet)
    assert (at.behind, at.rows_to > 0, asked(wallet)) == (False, True, [])


def test_a_preview_asks_nothing(alice):
    said(gone := brought(alice, lines_of("A", range(5))), "a present")
    removed(gone)
    wallet = brought(alice, lines_of("B", range(5)))

    stream = io.BytesIO(kraken_file(*lines_of("A", range(5))))
    file = importing.receive(by=OWNER, owner=alice, stream=stream, name="l.csv", wallet=wallet, now=NOW)
    at_work(file)

    assert file.state == "preview"
    assert (asked(wallet), told(alice), FormerBook.objects.count()) == ([], [], 0)


# --- pages, and what they promise -----------------------------------------------------------------------------------


def test_whoever_removes_a_wallet_is_promised_no_more_than_this(alice):
    told = consequences.of_binning(glance(brought(alice, lines_of("A", range(1)))), None, now=NOW)

    assert told[-2] == "After that it is deleted for good, with what you wrote down by hand."
    assert "comes back when the same source tells of them again" in told[-1]
    assert "else it asks you" in told[-1]


def test_the_wallets_page_asks_and_an_answer_leads_back_to_it(alice, alices_browser):
    wallet = doubtful(alice)
    [found] = former.questions(wallet)
    base = f"/wallets/{wallet.pk}/former/"

    assert f'hx-get="{base}short/"' in alices_browser.get(f"/wallets/{wallet.pk}/").text
    piece = alices_browser.get(f"{base}short/", headers={"hx-request": "true"}).text
    assert "What you said about 1 transaction is kept for it" in piece
    assert piece.count("<form") == 2
    assert alices_browser.get(f"{base}short/").url == base
    assert "What you said about 1 transaction is kept for it" in alices_browser.get(base).text

    left = alices_browser.post(f"{base}{found.pk}/", {"same": "no"}, follow=True)
    assert left.redirect_chain == [(f"/wallets/{wallet.pk}/", 302)]
    assert "you can still bring it back" in left.text
    assert "Bring it back after all" in alices_browser.get(base).text

    alices_browser.post(f"{base}{found.pk}/", {"same": "yes"})
    read(wallet)
    assert [words for _, words in notes(wallet)] == ["a present"]
    assert "There is nothing to answer" in alices_browser.get(base).text
    assert not alices_browser.get(f"{base}short/", headers={"hx-request": "true"}).text.strip()
    again = alices_browser.post(f"{base}{found.pk}/", {"same": "no"}, follow=True)
    assert "answered otherwise by now" in again.text

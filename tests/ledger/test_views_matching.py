"""Pages of duplicates and transfers: what is proposed is judged, what was decided is taken back, ends are linked."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ledger import edits, journal
from ledger.models import Decision, Proposal, Transaction
from tests.conftest import signed_in
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another, arrived, doubled, left, linked, look, of, suggested
from tests.ledger.stand import SOON, assert_sound, held, ledger_row, read, store
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
DUPLICATES, TRANSFERS = "/transactions/duplicates/", "/transactions/transfers/"
LINK = f"{TRANSFERS}link/"


@pytest.fixture
def other(alice):
    return another(alice)


def page_of(browser, address):
    answer = browser.get(address, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def pressed(browser, name, *args, **data):
    """What the page says after."""
    answer = browser.post(reverse(f"ledger:{name}", args=args), data, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def kinds():
    return sorted(Transaction.objects.values_list("kind", flat=True))


# --- duplicates ----------------------------------------------------------------------------------------------------


def test_a_doubt_is_shown_side_by_side_with_what_differs(alices_browser, wallet):
    proposal = doubled(wallet)

    page = page_of(alices_browser, DUPLICATES)

    assert page.count("differs</span>") >= 2  # who tells it, and the fee that only one of them knows
    assert "Written by hand" in page
    assert all(reason["words"].split(".")[0] in page for reason in proposal.reasons)
    assert "&quot;refid&quot;: &quot;T0&quot;" in page  # as it was sent


def test_they_are_the_same(alices_browser, wallet):
    proposal = doubled(wallet)

    assert "They are one now." in pressed(alices_browser, "merge", proposal.pk)

    assert Transaction.objects.get().note == "number 0"
    assert "Nothing to decide" in page_of(alices_browser, DUPLICATES)
    assert_sound(wallet)


def test_they_are_different_and_that_is_remembered(alices_browser, wallet):
    proposal = doubled(wallet)

    assert "They stay two." in pressed(alices_browser, "keep", proposal.pk)

    journal.from_the_beginning(wallet)
    look(wallet)
    assert Transaction.objects.count() == 2
    assert not Proposal.objects.exists()


def test_what_was_joined_is_taken_apart_again_and_back(alices_browser, wallet):
    pressed(alices_browser, "merge", doubled(wallet).pk)
    act = Decision.objects.get().act
    assert "Your word" in page_of(alices_browser, f"{DUPLICATES}?show=decided")

    assert "They are two again." in pressed(alices_browser, "duplicates_turn", act)
    assert Transaction.objects.count() == 2
    assert alices_browser.post(reverse("ledger:duplicates_turn", args=[act])).status_code == 404  # it holds no longer

    again = Decision.objects.latest("id").act
    assert "They are one now." in pressed(alices_browser, "duplicates_turn", again)
    assert Transaction.objects.count() == 1
    assert_sound(wallet)


def test_what_is_decided_meanwhile_is_not_there_any_more(alices_browser, wallet):
    proposal = doubled(wallet)
    pressed(alices_browser, "merge", proposal.pk)

    assert alices_browser.post(reverse("ledger:merge", args=[proposal.pk])).status_code == 404


def test_of_a_wallet_in_the_bin_nothing_is_asked(alices_browser, wallet):
    doubled(wallet)
    Wallet.objects.update(binned_at=NOW)

    assert "Nothing to decide" in page_of(alices_browser, DUPLICATES)


# --- suggestions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("show", "title"),
    [("", "suggested"), ("unmatched", "without their other end"), ("linked", "linked"), ("rejected", "kept apart")],
)
def test_each_list_of_transfers_has_a_title_of_its_own(alices_browser, wallet, show, title):
    assert re.search(f"<title>Transfers,? {title} ", page_of(alices_browser, f"{TRANSFERS}?show={show}"))


def test_a_suggestion_is_shown_with_score_and_reasons_and_accepted(alices_browser, wallet, other):
    proposal = suggested(wallet, other)

    page = page_of(alices_browser, TRANSFERS)
    assert f"{proposal.score} of 100" in page
    assert "Another one fits as well." in page

    assert "Linked." in pressed(alices_browser, "accept", proposal.pk)
    assert kinds() == ["transfer", "transfer", "withdrawal"]
    assert "No suggestions" in page_of(alices_browser, TRANSFERS)
    assert_sound(wallet)


def test_a_rejection_is_remembered(alices_browser, wallet, other):
    proposal = suggested(wallet, other)

    assert "They stay apart." in pressed(alices_browser, "reject", proposal.pk)
    journal.from_the_beginning(wallet)
    look(wallet, other)
    assert not Decision.objects.filter(kind="linked", one__in=proposal.ones, other__in=proposal.others).exists()


def test_a_rejection_is_taken_back(alices_browser, wallet, other):
    pressed(alices_browser, "reject", suggested(wallet, other).pk)

    assert "No transfer" in page_of(alices_browser, f"{TRANSFERS}?show=rejected")
    act = Decision.objects.get(kind="apart").act
    assert "Linked after all." in pressed(alices_browser, "transfers_turn", act)
    assert kinds().count("transfer") == 2


def test_what_was_linked_by_itself_is_taken_apart(alices_browser, wallet, other):
    linked(wallet, other)
    assert "Found by Holdfast" in page_of(alices_browser, f"{TRANSFERS}?show=linked")

    act = Decision.objects.get().act
    assert "The link is taken apart." in pressed(alices_browser, "transfers_turn", act)

    look(wallet, other)
    assert kinds() == ["deposit", "withdrawal"]
    assert "Nothing is linked yet" in page_of(alices_browser, f"{TRANSFERS}?show=linked")


def test_accepting_what_was_linked_meanwhile_is_refused_in_words(alices_browser, wallet, other):
    proposal = suggested(wallet, other)
    copy = Proposal.objects.get(pk=proposal.pk)
    pressed(alices_browser, "accept", proposal.pk)
    copy.save(force_insert=True)

    assert "is linked already" in pressed(alices_browser, "accept", copy.pk)
    assert Decision.objects.count() == 1


# --- the unmatched -------------------------------------------------------------------------------------------------


def test_an_open_end_is_shown_with_what_it_could_be(alices_browser, wallet):
    store(wallet, left(1))
    look(wallet)

    page = page_of(alices_browser, f"{TRANSFERS}?show=unmatched")

    assert "It was a payment" in page
    assert "It is lost" in page
    assert "It may still be on its way." in page or "Find its other end" in page


@pytest.mark.parametrize(
    ("was", "kind", "category"),
    [("payment", "spend", ""), ("gift_given", "gift", ""), ("wallet_not_connected", "withdrawal", "own wallet")],
)
def test_one_press_says_what_it_was_and_can_be_undone(alices_browser, wallet, alice, was, kind, category):
    store(wallet, left(1))
    look(wallet)
    each = of(wallet)

    assert "Kept: it " in pressed(alices_browser, "settle", each.pk, was=was)

    each = of(wallet)
    assert (each.kind, each.category) == (kind, category)
    assert "Everything has its other end" in page_of(alices_browser, f"{TRANSFERS}?show=unmatched")
    edits.undo(by=OWNER, owner=alice, transaction_id=each.pk, now=SOON)
    assert "It was a payment" in page_of(alices_browser, f"{TRANSFERS}?show=unmatched")


def test_what_is_no_answer_changes_nothing(alices_browser, wallet):
    store(wallet, left(1))
    look(wallet)

    pressed(alices_browser, "settle", of(wallet).pk, was="stolen by \0 somebody")

    assert kinds() == ["withdrawal"]


def test_linked_and_ignored_ones_are_no_open_ends(alices_browser, wallet, other, alice):
    linked(wallet, other)
    store(wallet, left(2, "3"))
    look(wallet)
    lone = Transaction.objects.get(kind="withdrawal")
    edits.edit(by=OWNER, owner=alice, ids=[lone.pk], changes={"ignored": True}, now=SOON)

    assert "Everything has its other end" in page_of(alices_browser, f"{TRANSFERS}?show=unmatched")


# --- by hand -------------------------------------------------------------------------------------------------------


def test_two_are_linked_by_hand_after_a_look_at_them_together(alices_browser, wallet, other):
    store(wallet, left(1, "1.5", at=NOW))
    store(other, arrived(1, "1.2", at=NOW + timedelta(days=3)))
    look(wallet, other)
    out, came = of(wallet), of(other)

    assert str(came.pk) in page_of(alices_browser, f"{LINK}?one={out.pk}")
    looked = page_of(alices_browser, f"{LINK}?one={out.pk}&with={came.pk}")
    assert "0.3\N{NO-BREAK SPACE}BTC less" in looked
    assert "% less than what left" in looked
    assert kinds() == ["deposit", "withdrawal"]  # nothing is done yet

    alices_browser.post(f"{LINK}?one={out.pk}&with={came.pk}")
    assert kinds() == ["transfer", "transfer"]
    assert not Decision.objects.get().by_itself


def test_one_that_arrived_in_parts_is_linked_with_all_of_them(alices_browser, wallet, other):
    store(wallet, left(1, "3"))
    store(other, arrived(1, "1"), arrived(2, "2", at=NOW + timedelta(hours=2)))
    look(wallet, other)
    named = "&".join(f"with={each.pk}" for each in Transaction.objects.filter(wallet=other))

    alices_browser.post(f"{LINK}?one={of(wallet).pk}&{named}")

    assert kinds() == ["transfer", "transfer", "transfer"]
    assert len(set(Decision.objects.values_list("act", flat=True))) == 1
    page = page_of(alices_browser, f"{TRANSFERS}?show=linked")
    assert page.count("Take the link apart") == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([left(1), left(2, "2")], "All of them left."),
        ([arrived(1), arrived(2, "2")], "All of them arrived."),
        ([left(1), arrived(2, asset="XETH")], "different assets: BTC, ETH"),
        ([left(1), ledger_row("F", "F", "XXBT", "0", "0.1", kind="withdrawal")], "no end of a transfer"),
    ],
)
def test_what_cannot_be_one_transfer_is_refused_in_words(alices_browser, wallet, rows, words):
    store(wallet, *rows)
    read(wallet)
    one, *others = Transaction.objects.order_by("-sent_asset", "occurred_at", "pk")
    query = f"?one={one.pk}" + "".join(f"&with={each.pk}" for each in others)

    for answer in (alices_browser.get(f"{LINK}{query}"), alices_browser.post(f"{LINK}{query}")):
        assert answer.status_code == 200
        assert words in answer.content.decode()
    assert not Decision.objects.exists()


def test_the_same_twice_and_what_is_linked_already_are_refused(alices_browser, wallet, other):
    linked(wallet, other)
    store(wallet, left(2, "9"))
    read(wallet)
    lone, came = Transaction.objects.get(sent_amount=9), of(other)

    assert "That is one transaction." in page_of(alices_browser, f"{LINK}?one={lone.pk}&with={lone.pk}")
    assert "is linked already" in page_of(alices_browser, f"{LINK}?one={lone.pk}&with={came.pk}")


def test_what_makes_no_sense_is_said_or_not_there(alices_browser, wallet):
    store(wallet, left(1))
    read(wallet)
    one = of(wallet).pk

    assert alices_browser.get(LINK).status_code == 404
    assert alices_browser.get(f"{LINK}?one=nonsense").status_code == 404
    assert alices_browser.get(f"{LINK}?one={one}&with={uuid4()}").status_code == 404
    assert "Write a day such as" in page_of(alices_browser, f"{LINK}?one={one}&from=yesterday")
    assert page_of(alices_browser, f"{LINK}?one={one}&with=nonsense")
    for query in ("?after=nonsense", "?show=nonsense", "?show=linked&after=x", "?show=linked&after=9" + "9" * 40):
        assert page_of(alices_browser, f"{TRANSFERS}{query}")


# --- whose, and how often ------------------------------------------------------------------------------------------


def test_a_stranger_finds_nothing_of_it(bobs_browser, bob, wallet, other):
    proposal, pair = suggested(wallet, other), doubled(wallet)
    linked(wallet, other, number=7, at=NOW - timedelta(days=90))
    act, out = Decision.objects.latest("id").act, Transaction.objects.filter(wallet=wallet).first()
    store(theirs := another(bob), left(1))
    read(theirs)

    for name, given in (
        ("merge", pair.pk), ("keep", pair.pk), ("accept", proposal.pk), ("reject", proposal.pk),
        ("transfers_turn", act), ("duplicates_turn", act), ("settle", out.pk),
    ):  # fmt: skip
        assert bobs_browser.post(reverse(f"ledger:{name}", args=[given])).status_code == 404
    assert bobs_browser.get(f"{LINK}?one={out.pk}").status_code == 404
    assert bobs_browser.post(f"{LINK}?one={of(theirs).pk}&with={out.pk}").status_code == 404
    assert "Nothing to decide" in page_of(bobs_browser, DUPLICATES)


@pytest.fixture
def few_and_many(alice, bob):
    """Browsers of two owners: one has one of everything, the other many."""
    for owner, count in ((alice, 1), (bob, 3)):
        one, two = another(owner, "One"), another(owner, "Two")
        suggested(one, two, count)
        doubled(one, count)
        for number in range(count):
            linked(one, two, number=f"L{number}", at=NOW - timedelta(days=1000 + 20 * number))
    return signed_in(alice), signed_in(bob)


def test_pages_ask_as_often_for_many_as_for_one(few_and_many):
    for address in (DUPLICATES, TRANSFERS, f"{TRANSFERS}?show=unmatched", f"{TRANSFERS}?show=linked"):
        counted = []
        for browser in few_and_many:
            browser.get(address)
            with CaptureQueriesContext(connection) as asked:
                page_of(browser, address)
            ours = [each["sql"] for each in asked if "ledger_" in each["sql"]]
            assert not [sql for sql in ours if "COUNT(*)" in sql or "OFFSET" in sql]
            counted.append(len(asked))
        assert counted[0] == counted[1], address


def test_long_lists_come_in_pages(alices_browser, wallet):
    doubled(wallet, 12)
    first = alices_browser.get(DUPLICATES)
    second = alices_browser.get(DUPLICATES + first.context["older"])

    shown = [{pair.proposal.pk for pair, _, _ in answer.context["pairs"]} for answer in (first, second)]
    assert [len(each) for each in shown] == [10, 2]
    assert not shown[0] & shown[1]


def test_without_anything_pages_say_so(alices_browser, wallet):
    assert held(wallet) == {}
    for address, words in (
        (DUPLICATES, "Nothing to decide"),
        (f"{DUPLICATES}?show=decided", "Nothing was decided yet"),
        (TRANSFERS, "No suggestions"),
        (f"{TRANSFERS}?show=rejected", "Nothing is kept apart"),
    ):
        assert words in page_of(alices_browser, address)

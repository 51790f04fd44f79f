"""The page of duplicates: several are chosen, or all of the same reasons, looked at, decided, and taken back as one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger import edits, linking, suggestions
from ledger.decisions import Kind
from ledger.models import Proposal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, doubled
from tests.ledger.stand import SOON
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
DUPLICATES = "/transactions/duplicates/"
SEVERAL = f"{DUPLICATES}several/"
MOST = suggestions.MOST[Proposal.About.DUPLICATES]


@pytest.fixture
def three(wallet):
    doubled(wallet, count=3)
    return list(Proposal.objects.order_by("-at", "-id"))


def sent(browser, proposals=(), decision="same", step="", **more):
    ids = [str(getattr(each, "pk", each)) for each in proposals]
    return browser.post(SEVERAL, {"id": ids, "decision": decision, "step": step, **more}, follow=True)


def test_the_page_has_boxes_and_a_bar_where_there_is_more_than_one(alices_browser, three):
    page = alices_browser.get(DUPLICATES).text
    assert page.count('name="id"') == page.count('name="like"') == 3
    assert "All selected are the same" in page

    Proposal.objects.exclude(pk=three[0].pk).delete()
    page = alices_browser.get(DUPLICATES).text
    assert 'name="id"' not in page
    assert 'name="like"' not in page
    assert "All selected" not in page


def test_several_are_looked_at_joined_undone_and_joined_again(alices_browser, wallet, three):
    page = sent(alices_browser, three[:2]).text
    assert "<strong>2</strong> pairs of 4 transactions will be one transaction each." in page
    assert f"<span>{wallet.label}</span>" in page
    assert "2 pairs" in page
    assert "Of 2 of these transactions you have said something: it goes along." in page
    assert Transaction.objects.count() == 6

    done = sent(alices_browser, [",".join(str(each.pk) for each in three[:2])], step="do")
    assert "<strong>2</strong> pairs are one transaction each." in done.text
    assert Transaction.objects.count() == 4
    address = done.redirect_chain[-1][0]
    assert address in alices_browser.get(f"{DUPLICATES}?show=decided").text

    undone = alices_browser.post(address, {"move": "undo"}, follow=True).text
    assert "It is taken back: <strong>2</strong> are open again" in undone
    assert "Pair 3" in alices_browser.get(DUPLICATES).text
    again = alices_browser.post(address, {"move": "redo"}, follow=True).text
    assert "<strong>2</strong> pairs are one transaction each." in again
    assert "Nothing was changed" in alices_browser.post(address, {"move": "redo"}, follow=True).text


def test_all_that_rest_on_the_same_reasons_are_looked_at_before_they_are_decided(alices_browser, three):
    page = sent(alices_browser, like=three[1].pk, decision="different").text
    assert "<strong>3</strong> pairs of 6 transactions will stay two" in page
    assert all(str(each.pk) in page for each in three)
    assert Proposal.objects.count() == 3

    done = sent(alices_browser, [",".join(str(each.pk) for each in three)], "different", "do").text
    assert "<strong>3</strong> pairs are kept as two, and not asked about again" in done
    assert (Transaction.objects.count(), Proposal.objects.count()) == (6, 0)


def test_nothing_is_decided_that_was_not_looked_at(alices_browser, three):
    assert "Choose some pairs first." in sent(alices_browser, like=three[1].pk, step="do").text
    assert Transaction.objects.count() == 6


def test_of_more_than_are_decided_at_once_the_newest_are_and_that_is_said(alices_browser, three, monkeypatch):
    monkeypatch.setitem(suggestions.MOST, Proposal.About.DUPLICATES, 2)

    page = sent(alices_browser, like=three[2].pk).text

    assert "3 rest on the same reasons. At most 2 are decided at once, the newest first; the others come after." in page
    assert [str(each.pk) in page for each in three] == [True, True, False]


def test_what_cannot_be_is_told_before_and_after_and_the_others_are_done(alices_browser, alice, three):
    linking.say(by=OWNER, proposal=three[0], kind=Kind.DIFFERENT, now=SOON)

    page = sent(alices_browser, [*three, uuid4()]).text
    assert "<strong>2</strong> pairs of 4 transactions" in page
    assert "2 of those you chose have been decided meanwhile" in page

    done = sent(alices_browser, [*three, uuid4()], step="do").text
    assert "2 of those you chose have been decided meanwhile, or gone." in done
    assert Transaction.objects.count() == 4


def test_words_that_differ_are_told_of_before(alices_browser, alice, three):
    edits.edit(by=OWNER, owner=alice, ids=three[0].ones, changes={"category": "one"}, now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=three[0].others, changes={"category": "two"}, now=SOON)

    assert "In 1 pair you have said two things that differ" in sent(alices_browser, three).text


def test_pairs_of_a_wallet_in_the_bin_hide_no_others(alices_browser, alice, wallet):
    doubled(wallet, count=11)
    second = Wallet.objects.create(
        owner=alice, exchange="kraken", way="key", label="Second", health="working", created_at=NOW
    )
    doubled(second)
    Proposal.objects.filter(ones__contained_by=list(ends_of(second))).update(at=NOW.replace(year=2000))
    Wallet.objects.filter(pk=wallet.pk).update(binned_at=NOW)

    assert "Second. " in alices_browser.get(DUPLICATES).text


def ends_of(wallet):
    return Transaction.objects.filter(wallet=wallet).values_list("pk", flat=True)


@pytest.mark.parametrize(
    ("ids", "decision", "words"),
    [
        ([], "same", "Choose some pairs first."),
        (["nonsense"], "same", "Choose some pairs first."),
        ([uuid4()], "linked", "Choose some pairs first."),
        ([",".join(str(uuid4()) for _ in range(MOST + 1))], "same", f"At most {MOST:,} are decided at once."),
    ],
)
def test_what_makes_no_sense_is_said_in_words(alices_browser, ids, decision, words):
    assert words in sent(alices_browser, ids, decision).text


def test_a_look_at_the_address_alone_leads_to_the_pairs(alices_browser):
    assert alices_browser.get(SEVERAL).headers["Location"] == DUPLICATES


def test_a_stranger_decides_nothing(bobs_browser, alices_browser, three):
    assert "decided meanwhile" in sent(bobs_browser, three, step="do").text
    assert Transaction.objects.count() == 6
    address = sent(alices_browser, three, step="do").redirect_chain[-1][0]
    assert bobs_browser.get(address).status_code == 404
    assert bobs_browser.post(address).status_code == 404
    assert alices_browser.get(address.replace("duplicates", "transfers")).status_code == 404

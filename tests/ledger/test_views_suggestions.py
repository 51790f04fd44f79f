"""The page of suggestions: several are chosen, looked at, decided at once, and taken back as one."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ledger import acts, edits, linking
from ledger.decisions import Kind
from ledger.models import Proposal, Transaction
from tests.ledger.matched import OWNER, another, suggested
from tests.ledger.stand import SOON

pytestmark = pytest.mark.django_db
TRANSFERS = "/transactions/transfers/"
SEVERAL = f"{TRANSFERS}several/"


@pytest.fixture
def two(alice, wallet):
    """One of each two that compete for one end."""
    suggested(wallet, another(alice), count=2)
    found = {}
    for each in Proposal.objects.order_by("-at", "id"):
        found.setdefault(tuple(each.others), each)
    return list(found.values())


def sent(browser, proposals, decision="linked", step="", **more):
    ids = [str(getattr(each, "pk", each)) for each in proposals]
    return browser.post(SEVERAL, {"id": ids, "decision": decision, "step": step, **more}, follow=True)


def transfers():
    return Transaction.objects.filter(kind="transfer").count()


def test_the_page_has_boxes_and_a_bar_where_there_is_more_than_one(alices_browser, two):
    page = alices_browser.get(TRANSFERS).text
    assert page.count('name="id"') == Proposal.objects.count() == 4
    assert "Link all selected" in page

    Proposal.objects.exclude(pk=two[0].pk).delete()
    page = alices_browser.get(TRANSFERS).text
    assert 'name="id"' not in page
    assert "Link all selected" not in page


def test_several_are_looked_at_linked_undone_and_linked_again(alices_browser, two):
    page = sent(alices_browser, two).text
    assert "<strong>2</strong> transfers of 4 transactions will be linked." in page
    assert transfers() == 0

    done = sent(alices_browser, [",".join(str(each.pk) for each in two)], step="do")
    assert "<strong>2</strong> transfers are linked" in done.text
    assert transfers() == 4
    address = done.redirect_chain[-1][0]
    assert address in alices_browser.get(f"{TRANSFERS}?show=linked").text

    undone = alices_browser.post(address, {"move": "undo"}, follow=True).text
    assert "It is taken back: <strong>2</strong> are open again" in undone
    assert transfers() == 0
    assert "Suggestion 2" in alices_browser.get(TRANSFERS).text
    again = alices_browser.post(address, {"move": "redo"}, follow=True).text
    assert "<strong>2</strong> transfers are linked" in again
    assert transfers() == 4
    assert "Nothing was changed" in alices_browser.post(address, {"move": "redo"}, follow=True).text


def test_several_are_turned_down(alices_browser, two):
    assert (
        "<strong>2</strong> suggestions of 4 transactions will be turned down"
        in sent(alices_browser, two, "apart").text
    )

    assert "<strong>2</strong> suggestions are turned down" in sent(alices_browser, two, "apart", "do").text
    assert Proposal.objects.filter(pk__in=[each.pk for each in two]).count() == 0
    assert "No transfer" in alices_browser.get(f"{TRANSFERS}?show=rejected").text


def test_what_cannot_be_is_told_before_and_after_and_the_others_are_done(alices_browser, alice, two):
    edits.edit(by=OWNER, owner=alice, ids=two[0].ones, changes={"ignored": True}, now=SOON)
    gone = uuid4()

    page = sent(alices_browser, [*two, gone]).text
    assert "<strong>1</strong> transfer of 2 transactions will be linked." in page
    assert "Left as they are" in page
    assert "One of them is ignored" in page
    assert "1 of those you chose has been decided meanwhile" in page

    done = sent(alices_browser, [*two, gone], step="do").text
    assert "is left as it is. One of them is ignored" in done
    assert "One of those you chose has been decided meanwhile" in done
    assert "<strong>1</strong> transfer is linked" in done
    assert transfers() == 2


def test_two_that_want_the_same_end_are_both_left(alices_browser, two):
    rival = Proposal.objects.filter(others=two[0].others).exclude(pk=two[0].pk).get()

    page = sent(alices_browser, [two[0], rival]).text
    assert page.count("Another one that you chose has the same end.") == 2
    assert "None of them can be decided like this." in page

    assert transfers() == 0
    assert "is left as it is. Another one" in sent(alices_browser, [two[0], rival], step="do").text
    assert transfers() == 0


def test_what_was_said_since_about_one_stays(alices_browser, alice, two):
    address = sent(alices_browser, two, step="do").redirect_chain[-1][0]
    linked = acts.whole(list(acts.heads(alice, Kind.LINKED)))
    linking.turn(by=OWNER, owner=alice, act=linked[0], now=SOON)

    assert "1 of 2 was decided otherwise since" in alices_browser.get(address).text


@pytest.mark.parametrize(
    ("ids", "decision", "words"),
    [
        ([], "linked", "Choose some suggestions first."),
        (["nonsense"], "linked", "Choose some suggestions first."),
        ([uuid4()], "stolen", "Choose some suggestions first."),
        ([",".join(str(uuid4()) for _ in range(101))], "linked", "At most 100 are decided at once."),
    ],
)
def test_what_makes_no_sense_is_said_in_words(alices_browser, ids, decision, words):
    assert words in sent(alices_browser, ids, decision).text


def test_a_look_at_the_address_alone_leads_to_the_suggestions(alices_browser):
    assert alices_browser.get(SEVERAL).headers["Location"] == TRANSFERS


def test_a_stranger_decides_nothing(bobs_browser, alices_browser, two):
    assert "decided meanwhile" in sent(bobs_browser, two, step="do").text
    assert transfers() == 0
    address = sent(alices_browser, two, step="do").redirect_chain[-1][0]
    assert bobs_browser.get(address).status_code == 404
    assert bobs_browser.post(address).status_code == 404

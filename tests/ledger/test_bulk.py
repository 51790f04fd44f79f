"""More than are changed at once: workers go slice by slice, all of it is watched, and taken back as one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger import bulk, bulk_slices, edits, journal, listing, tasks
from ledger.models import BulkEdit, Edit, Transaction
from tests.accounts.api.conftest import script_of
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER
from tests.ledger.stand import assert_sound, read, store, trade

pytestmark = pytest.mark.django_db
MANY, API = "/transactions/many/", "/api/v1/transactions/bulk/"
DAY = timedelta(days=1)
ALL = {"all": "yes", "filters": "kind=trade", "category": "plan", "more_tags": "a"}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Three are many, and two are a slice."""
    monkeypatch.setattr(bulk, "MOST", 3)
    monkeypatch.setattr(bulk_slices, "SLICE", 2)


@pytest.fixture
def five(wallet):
    store(wallet, *(row for number in range(5) for row in trade(number, at=NOW - number * DAY)))
    read(wallet)
    return list(Transaction.objects.order_by("-occurred_at", "-id"))


@pytest.fixture
def script(alice):
    return script_of(alice, "write")


@pytest.fixture
def bobs_script(bob):
    return script_of(bob, "write")


def send(client, method, address, body):
    return getattr(client, method)(address, json.dumps(body), content_type="application/json")


def planned():
    return Transaction.objects.filter(category="plan", tags=["a"]).count()


def work():
    while tasks.bulk_edits(timezone.now()):
        pass


def one_slice():
    many = BulkEdit.objects.claim(now=timezone.now())
    bulk_slices.one_slice(many, now=timezone.now())
    return many


def begun(browser):
    return browser.post(MANY, {**ALL, "step": "do"}).headers["Location"]


def test_it_is_looked_at_begun_watched_and_taken_back(alices_browser, five, wallet):
    seen = alices_browser.post(MANY, {**ALL, "step": "look"}).text
    assert "<strong>5</strong> transactions will change." in seen
    assert "it goes on in the background" in seen
    assert not BulkEdit.objects.exists()

    act = begun(alices_browser)
    assert planned() == 0
    many = one_slice()
    many.again(at=timezone.now())
    page = alices_browser.get(act).text
    assert "2 of 5 so far" in page
    assert 'hx-trigger="every 2s"' in page
    work()
    assert planned() == 5
    assert "<strong>5</strong> transactions changed" in alices_browser.get(act).text
    assert set(Edit.objects.values_list("act", flat=True)) == {many.pk}
    assert_sound(wallet)

    alices_browser.post(act, {"move": "undo"})
    work()
    assert planned() == 0
    assert "It is taken back" in alices_browser.get(act).text
    alices_browser.post(act, {"move": "redo"})
    work()
    assert planned() == 5
    moves = AuditEvent.objects.filter(action=Action.TRANSACTIONS_EDITED).order_by("at", "id")
    assert [each.details["move"] for each in moves] == ["say", "undo", "redo"]  # one line each, however many slices


def test_it_is_said_which_are_chosen_and_afterwards_what_was_said_of_which(alices_browser, five, wallet):
    """How many they are does not say which; who comes back weeks later knows neither."""
    narrowed = f"wallet={wallet.pk}&asset=btc&kind=trade&from=2020-01-01&q=&ignored=shown"
    words = f"wallet “{wallet.label}”, asset BTC, kind Trade, from 2020-01-01, ignored ones, too"
    sent = {**ALL, "filters": narrowed}

    assert f"5 transactions chosen: all that match {words}." in alices_browser.post(MANY, sent).text
    assert "<strong>all that you have</strong>" in alices_browser.post(MANY, {**ALL, "filters": ""}).text

    page = alices_browser.post(MANY, {**sent, "step": "do"}, follow=True).text
    assert "Category: plan; Tags, beside those that are there: a." in page
    assert f"for all that matched {words}." in page


def test_taken_back_before_its_end_it_says_no_more(alices_browser, five):
    act = begun(alices_browser)
    held = one_slice()
    alices_browser.post(act, {"move": "undo"})  # a worker has it in hand
    bulk_slices.work(held, clock=timezone.now)
    assert planned() == 2
    work()
    assert planned() == 0
    assert BulkEdit.objects.get().state == "done"


def test_after_a_sudden_end_another_goes_on_and_says_nothing_twice(alices_browser, five):
    begun(alices_browser)
    one_slice()  # and its worker is gone
    later = timezone.now() + BulkEdit.LASTING + timedelta(seconds=1)
    BulkEdit.objects.sweep(now=later)
    BulkEdit.objects.update(not_before=timezone.now())
    work()
    assert planned() == 5
    assert Edit.objects.count() == 10


def test_what_came_since_is_left_alone(alices_browser, five, wallet):
    begun(alices_browser)
    store(wallet, *trade(9, at=NOW - 2 * DAY))
    journal.catch_up_all(wallet, now=timezone.now() + DAY)
    work()
    assert planned() == 5
    assert Transaction.objects.get(event="ref:T9").category == ""


def test_what_the_database_counts_is_what_changes(alice, five):
    edits.edit(by=OWNER, owner=alice, ids=[five[0].pk], changes={"tags": ["a", "b"], "category": "plan"}, now=NOW)
    edits.edit(by=OWNER, owner=alice, ids=[five[1].pk], changes={"ignored": True}, now=NOW)
    everything = listing.Filters(ignored="shown")
    large = bulk.matching(alice, everything, {"ignored": "shown"})
    small = bulk.Chosen(list(Transaction.objects.order_by("-occurred_at", "-id")))
    assert large.large
    assert not small.large
    for changes, more in (
        ({"category": "plan"}, []),
        ({}, ["b"]),
        ({"tags": ["a"]}, ["b"]),
        ({"ignored": True, "kind": "trade"}, []),
    ):
        counted, compared = (bulk.preview(alice, chosen, changes, more) for chosen in (large, small))
        assert (counted.count, counted.already) == (compared.count, compared.already)
        assert [each.pk for each in counted.first] == [each.pk for each in compared.first]


def test_programs_begin_it_poll_and_take_it_back(script, bobs_script, five):
    body = {"filter": {"kind": "trade"}, "changes": {"category": "plan", "more_tags": ["a"]}}
    seen = send(script, "post", API, {**body, "dry_run": True})
    assert (seen.status_code, seen.json()["count"], seen.json()["act"]) == (200, 5, None)

    answer = send(script, "post", API, body)
    assert (answer.status_code, answer.json()["done"], answer.json()["count"]) == (202, False, 5)
    act = f"{API}{answer.json()['act']}/"
    assert script.get(act).json()["state"] == "under_way"
    work()
    told = script.get(act).json()
    assert (told["state"], told["move"], told["whole"], told["changed"]) == ("done", "say", 5, 5)
    assert bobs_script.get(act).status_code == 404
    assert send(bobs_script, "post", f"{act}undo/", {}).status_code == 404

    assert send(script, "post", f"{act}undo/", {}).status_code == 202
    assert send(script, "post", f"{act}undo/", {}).json()["code"] == "nothing_to_do"
    work()
    assert planned() == 0
    one = f"/api/v1/transactions/{five[0].pk}/redo/"
    assert send(script, "post", one, {"everywhere": True}).json()["code"] == "too_many"  # all of it, by its act
    send(script, "post", f"{act}redo/", {})
    work()
    assert planned() == 5


def test_a_small_act_is_told_and_taken_back_in_the_same_way(script, five):
    body = {"ids": [str(five[0].pk)], "changes": {"category": "plan", "more_tags": ["a"]}}
    act = f"{API}{send(script, 'post', API, body).json()['act']}/"
    assert script.get(act).json()["changed"] == 1
    send(script, "post", f"{act}undo/", {})
    assert planned() == 0


def test_a_seed_phrase_is_not_kept_for_workers_either(alices_browser, five):
    words = "abandon ability able about above absent absorb abstract absurd abuse access accident"
    alices_browser.post(MANY, {**ALL, "category": "", "more_tags": ", ".join(words.split()), "step": "do"})
    assert not BulkEdit.objects.exists()

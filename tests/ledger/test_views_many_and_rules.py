"""Many transactions changed at once, and standing words: looked at first, done, taken back."""

from __future__ import annotations

import re
import uuid

import pytest
from django.utils import timezone

from accounts.audit import Action, Actor, ActorKind
from accounts.models import AuditEvent
from ledger import bulk, ruling
from ledger.fields import BadFieldError
from ledger.models import Edit, Journal, Rule, Transaction
from tests.ledger.stand import SOON, read, removed_and_added_again, store, trade
from wallets import keeping

LIST, MANY, RULES, ADD = "/transactions/", "/transactions/many/", "/transactions/rules/", "/transactions/rules/add/"
SAVINGS = {"name": "Bitcoin is savings", "asset": "btc", "then_category": "savings"}


@pytest.fixture
def three(wallet):
    store(wallet, *trade(1), *trade(2), *trade(3))
    read(wallet)
    return list(Transaction.objects.order_by("pk"))


def ids(rows):
    return [str(each.pk) for each in rows]


def test_those_ticked_are_looked_at_changed_and_taken_back_as_one(alices_browser, three):
    alices_browser.post(f"{LIST}{three[0].pk}/edit/", {"field": "category", "category": "plan"})
    chosen = {"id": ",".join(ids(three)), "category": "plan", "more_tags": ""}
    assert "3 transactions chosen" in alices_browser.post(MANY, {"id": ids(three)}).text

    seen = alices_browser.post(MANY, {**chosen, "step": "look"}).text
    assert "<strong>2</strong> transactions will change. 1 says so already." in seen
    assert Transaction.objects.filter(category="plan").count() == 1
    done = alices_browser.post(MANY, {**chosen, "step": "do"})
    assert Transaction.objects.filter(category="plan").count() == 3

    act = done.headers["Location"]
    assert "<strong>2</strong> transactions changed" in alices_browser.get(act).text
    alices_browser.post(act, {"move": "undo"})
    assert [each.category for each in Transaction.objects.order_by("pk")] == ["plan", "", ""]
    assert "It is taken back" in alices_browser.get(act).text
    alices_browser.post(act, {"move": "redo"})
    assert Transaction.objects.filter(category="plan").count() == 3


def test_all_that_match_are_changed(alices_browser, three):
    sent = {"all": "yes", "filters": "kind=trade", "kind": "gift", "more_tags": "a, b", "ignored": "no"}
    alices_browser.post(MANY, {**sent, "step": "do"})
    assert [(each.kind, each.tags) for each in Transaction.objects.all()] == [("gift", ["a", "b"])] * 3


def test_what_cannot_be_done_is_said(alices_browser, bobs_browser, three, monkeypatch):
    def said(client, **sent):
        return client.post(MANY, sent, follow=True).text

    assert "Choose some transactions first." in said(alices_browser)
    assert "Choose some transactions first." in said(alices_browser, id="x")
    assert "no longer there" in said(alices_browser, id=[*ids(three), str(uuid.uuid4())])
    assert "no longer there" in said(bobs_browser, id=ids(three))
    assert "no longer there" in said(alices_browser, all="yes", filters="kind=theft")
    assert "Say what is to change." in said(alices_browser, id=ids(three), step="look")
    assert "At most 20 tags" in said(alices_browser, id=ids(three), step="do", more_tags="x" * 41)
    monkeypatch.setattr(bulk, "MOST", 2)
    assert "are ticked one by one" in said(alices_browser, id=ids(three))
    assert not Edit.objects.exists()


def test_an_act_of_somebody_else_is_not_there(alices_browser, bobs_browser, three):
    done = alices_browser.post(MANY, {"id": ids(three), "kind": "gift", "step": "do"}).headers["Location"]
    assert bobs_browser.get(done).status_code == bobs_browser.post(done).status_code == 404
    assert alices_browser.get(f"{LIST}acts/{uuid.uuid4()}/").status_code == 404


# --- rules -----------------------------------------------------------------------------------------------------------


def test_a_rule_is_looked_at_put_in_force_changed_and_deleted(alices_browser, three, wallet):
    seen = alices_browser.post(ADD, {**SAVINGS, "step": "look"}).text
    assert "<strong>3</strong> transactions would change" in seen
    assert not Rule.objects.exists()

    page = alices_browser.post(ADD, {**SAVINGS, "step": "do"}, follow=True).text
    assert "read again with it" in page
    assert "Anything with BTC → “savings”" in page
    assert Journal.objects.get().behind
    read(wallet)
    assert Transaction.objects.filter(category="savings", ruled=["category"]).count() == 3

    here = f"{RULES}{Rule.objects.get().pk}/"
    assert "savings" in alices_browser.get(here).text
    changed = {**SAVINGS, "where": f"wallet:{wallet.pk}", "then_category": "plan", "then_ignored": "no"}
    assert "<strong>3</strong> transactions would change" in alices_browser.post(here, {**changed, "step": "look"}).text
    alices_browser.post(here, {**changed, "step": "do"})
    rule = Rule.objects.get()
    assert (rule.wallet, rule.then_category, rule.then_ignored) == (wallet, "plan", False)
    read(wallet)
    assert "<strong>3</strong> transactions would change" in alices_browser.get(f"{here}delete/").text
    alices_browser.post(f"{here}delete/")
    read(wallet)
    assert not Rule.objects.exists()
    assert not Transaction.objects.exclude(category="").exists()


@pytest.fixture
def about_it(alices_browser, three, wallet):
    alices_browser.post(ADD, {**SAVINGS, "where": f"wallet:{wallet.pk}", "step": "do"})
    read(wallet)
    return f"{RULES}{Rule.objects.get().pk}/"


def test_a_rule_that_somebody_else_deletes_at_that_moment_is_no_failure_and_is_told_once(about_it):
    """Each has found it just before the first one is through."""
    rule, now = Rule.objects.select_related("owner").get(), timezone.now()
    told = {"by": Actor(ActorKind.OWNER, rule.owner), "rule": rule, "now": now}
    ruling.delete(**{**told, "rule": Rule.objects.get()})

    ruling.delete(**told)
    ruling.move(**told, up=True)
    with pytest.raises(BadFieldError, match="deleted meanwhile"):
        ruling.change(**told, draft=ruling.drafted(rule.owner, {"then_category": "plan"}, now=now, rule=rule))

    assert AuditEvent.objects.filter(action=Action.RULE_DELETED).count() == 1


def shown_in_form(page):
    """As a browser would send it, unchanged."""
    return re.search(r'<option value="([^"]*)" selected>([^<]*)', page.partition('name="where"')[2])


def test_a_rule_about_a_wallet_in_the_bin_stays_about_it(alices_browser, alice, wallet, about_it):
    keeping.put_in_bin(by=Actor(ActorKind.OWNER, alice), wallet=wallet, now=SOON)
    assert "Anything with BTC in Kraken → “savings”" in alices_browser.get(RULES).text
    value, label = shown_in_form(alices_browser.get(about_it).text).groups()
    assert label == "Kraken, which is in the bin"
    alices_browser.post(about_it, {**SAVINGS, "where": value, "then_category": "plan", "step": "do"})
    rule = Rule.objects.get()
    assert (rule.wallet, rule.then_category) == (wallet, "plan")


def test_a_rule_about_an_account_that_is_removed_and_added_again_holds_again(alices_browser, alice, wallet, about_it):
    again = removed_and_added_again(wallet, now=SOON)
    assert "Anything with BTC in a wallet that was removed → “savings”" in alices_browser.get(RULES).text
    assert shown_in_form(alices_browser.get(about_it).text)[2] == "A wallet that was removed"
    store(again, *trade(1))
    read(again)
    assert Rule.objects.get().wallet == again
    assert Transaction.objects.get().category == "savings"


def test_the_first_that_fits_decides_and_they_can_be_ordered(alices_browser, three, wallet):
    for name in ("one", "two"):
        alices_browser.post(ADD, {**SAVINGS, "name": name, "then_category": name, "step": "do"})
    _, two = Rule.objects.in_order()
    alices_browser.post(f"{RULES}{two.pk}/move/", {"to": "up"})
    assert [rule.name for rule in Rule.objects.in_order()] == ["two", "one"]
    read(wallet)
    assert set(Transaction.objects.values_list("category", flat=True)) == {"two"}
    alices_browser.post(f"{RULES}{two.pk}/move/", {"to": "up"})  # it is the first already
    alices_browser.post(f"{RULES}{two.pk}/move/", {"to": "down"})
    assert [rule.name for rule in Rule.objects.in_order()] == ["one", "two"]


def test_a_rule_that_makes_no_sense_is_told_beside_its_field(alices_browser, wallet):
    for change, said in (
        ({"asset": ""}, "at least one condition"),
        ({"then_category": ""}, "Say what it makes of them."),
        ({"then_tags": "x" * 41}, "At most 20 tags"),
        ({"name": ""}, "This field is required."),
        ({"asset": "x" * 65}, "at most 64"),
        ({"where": f"wallet:{uuid.uuid4()}"}, "is none of the choices for"),
    ):
        assert said in alices_browser.post(ADD, {**SAVINGS, **change, "step": "do"}).text, change
    assert not Rule.objects.exists()

"""What staff see of ledgers, and the one thing they may do: read rows anew. Never an amount, an asset or a word."""

from __future__ import annotations

import pytest

from accounts.audit import Action
from accounts.models import AuditEvent
from ledger import edits, reading_anew
from ledger.models import BulkEdit, ImportFile, Journal, Transaction
from tests.conftest import signed_in
from tests.ledger.conftest import NOW
from tests.ledger.matched import another
from tests.ledger.stand import read, store, trade
from tests.ledger.test_edits import OWNER, SOON

pytestmark = pytest.mark.django_db
JOURNALS, IMPORTS, TRANSACTIONS, MANY = (
    f"/admin/ledger/{name}/" for name in ("journal", "importfile", "transaction", "bulkedit")
)


@pytest.fixture
def console(staff_member):
    return signed_in(staff_member)


@pytest.fixture
def told(wallet, alice):
    store(wallet, *trade(1, bought="0.777", paid="-1234.5"))
    read(wallet)
    [each] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes={"note": "my secret plan", "tags": ["of mine"]}, now=SOON)
    ImportFile.objects.create(
        owner=alice, wallet=wallet, name="my holdings.csv", size=1, digest="", created_at=NOW, not_before=NOW,
        formats=[{"name": "kraken_ledgers", "title": "Kraken", "exchange": "kraken"}], finished_at=NOW,
    )  # fmt: skip
    return each


@pytest.mark.parametrize("path", [JOURNALS, IMPORTS, TRANSACTIONS, MANY])
def test_only_staff_finds_it(path, client, alices_browser):
    assert alices_browser.get(path).status_code == 404
    assert client.get(path)["Location"].startswith("/accounts/login/")


def test_no_amount_no_asset_and_no_word_is_shown(console, told, alice):
    pages = [
        JOURNALS,
        f"{JOURNALS}{told.wallet_id}/change/",
        IMPORTS,
        f"{IMPORTS}{ImportFile.objects.get().pk}/change/",
        f"{TRANSACTIONS}?q={alice.email}",
        f"{TRANSACTIONS}{told.pk}/change/",
    ]
    for page in pages:
        answer = console.get(page)
        assert answer.status_code == 200, page
        shown = answer.content.decode()
        assert "kraken" in shown
        for private in ("0.777", "1234", "secret plan", "of mine", "holdings", ">EUR", ">BTC"):
            assert private not in shown, (page, private)
    looked = AuditEvent.objects.filter(owner=alice, action=Action.STAFF_LOOKED)
    assert looked.filter(about=told.wallet_id).exists()  # in the owner's own trail


def test_how_far_a_word_about_very_many_has_come_is_shown_and_not_what_it_said(console, alice):
    said = {"filters": {"asset": "EUR"}, "changes": {"category": "secret plan"}, "more_tags": ["of mine"]}
    many = BulkEdit.objects.create(owner=alice, whole=4000, changed=1500, asked_at=NOW, not_before=NOW, **said)
    for page in (MANY, f"{MANY}{many.pk}/change/"):
        shown = console.get(page).text
        assert "1500" in shown
        assert "under way" in shown
        for private in ("secret plan", "of mine", ">EUR"):
            assert private not in shown, (page, private)
        assert console.post(f"{MANY}{many.pk}/change/", {"changed": 1}).status_code == 403


def test_nobody_leafs_through_everybodys_transactions(console, told):
    shown = console.get(TRANSACTIONS)
    assert shown.context["cl"].result_count == 0


def test_staff_has_rows_read_anew_and_the_owner_can_read_that(console, told, alice):
    console.post(JOURNALS, {"action": "read_anew", "_selected_action": [str(told.wallet_id)]})
    journal = Journal.objects.get()
    assert (journal.behind, journal.rows_to) == (True, 0)
    assert AuditEvent.objects.filter(owner=alice, action=Action.JOURNAL_READ_ANEW, about=told.wallet_id).exists()
    read(told.wallet)
    assert Transaction.objects.get().note == "my secret plan"


def test_more_journals_than_are_read_anew_in_one_go_are_refused_and_none_is_taken(console, told, alice, monkeypatch):
    other = another(alice)
    store(other, *trade(2))
    read(other)
    monkeypatch.setattr(reading_anew, "MOST", 1)
    both = [str(told.wallet_id), str(other.pk)]

    answer = console.post(JOURNALS, {"action": "read_anew", "_selected_action": both}, follow=True)

    assert "Choose at most 1." in answer.text
    assert not Journal.objects.filter(behind=True).exists()

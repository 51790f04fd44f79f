"""What hangs on a wallet is said whole and exact, before it is removed."""

from __future__ import annotations

import io
import zipfile

import pytest

from accounts import closing, exports
from ledger import edits, handmade
from ledger.belongings import Rowed
from ledger.models import Rule, SourceRow, Transaction, TransactionKey
from tests.ledger.bringing import exported, taken_from_export, taken_in
from tests.ledger.conftest import NOW
from tests.ledger.matched import OWNER, another
from tests.ledger.stand import SOON, read, removed_and_added_again, store, trade

pytestmark = pytest.mark.django_db
GIFT = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}


@pytest.fixture
def full(wallet, alice):
    """Two trades that the exchange told, one that a file told, one by hand; one of each edited; two rules."""
    store(wallet, *trade(1), *trade(2))
    read(wallet)
    taken_in(alice, wallet, trade(3))
    told = Transaction.objects.get(event="ref:T1")
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={"note": "mine", "tags": ["t"]}, now=SOON)
    handmade.add(by=OWNER, wallet=wallet, fields={**GIFT, "note": "grandma"}, now=SOON)
    for place, about in enumerate((wallet, None)):
        Rule.objects.create(owner=alice, name="r", place=place, wallet=about, then_tags=["r"], created_at=NOW)
    return wallet


def said(wallet):
    return {each.what: (each.count, each.fate) for each in Rowed().hanging(wallet)}


def test_everything_is_counted_and_what_comes_back_is_told_from_what_does_not(full):
    assert said(full) == {
        "rows of its history": (7, "kept for 30 days, then deleted"),
        "transactions its exchange told": (2, "kept for 30 days; back when the account is added again"),
        "transactions only from files or by hand": (2, "kept for 30 days, then deleted"),
        "files you brought": (1, "kept for 30 days, then forgotten: bring them again if you need them"),
        "transactions edited, by you or by a file you brought": (2, "your edits are kept until you close your account"),
        "rules about it alone": (1, "kept; they hold again when the account is known again"),
    }


def test_and_so_it_comes_to_be(full):
    words = list(TransactionKey.objects.filter(edits__isnull=False).values_list("pk", flat=True).distinct())
    again = removed_and_added_again(full, now=SOON)
    assert not SourceRow.objects.exists()
    store(again, *trade(1), *trade(2))
    read(again)
    assert Transaction.objects.count() == 2
    [edited] = Transaction.objects.filter(pk__in=words)
    assert (edited.note, edited.tags, len(words)) == ("mine", ["t"], 2)
    assert Rule.objects.filter(wallet=again).count() == 1


def test_the_archive_of_everything_holds_a_table_that_another_account_reads_back(full, alice, bob):
    packed = io.BytesIO()
    exports.write_zip(packed, alice, closing.OWNED)
    archive = zipfile.ZipFile(packed)
    table = archive.read("transactions.csv")
    assert table == exported(alice)
    assert "transactions.csv" in archive.read("README.txt").decode()

    his = another(bob, full.label)
    taken_from_export(bob, his, table)
    mine, again = (Transaction.objects.filter(wallet=each).order_by("occurred_at", "note") for each in (full, his))
    assert [(each.kind, each.note, each.tags) for each in again] == [(each.kind, each.note, each.tags) for each in mine]
    assert mine.count() == 4

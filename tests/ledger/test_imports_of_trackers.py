"""A tracker's file, from the upload to the edits that it leaves, wallet by wallet."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from accounts.audit import Actor, ActorKind
from ledger import edits, importing
from ledger.models import Balance, ImportFile, ImportRow, SourceRow, Transaction
from ledger.tasks import imports as step
from tests.ledger.conftest import NOW
from tests.ledger.imports.tracker_files import HEADER, line
from tests.ledger.stand import SOON, assert_sound

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
NAME = "koinly_bulk_edit"


def told(name, **cells):
    return line(NAME, id__read_only=name, date__utc="2026-01-0" + name[-1] + " 10:00:00", **cells)


FILE = "\n".join([
    HEADER[NAME],
    told("A1", to_wallet__read_only="Kraken;kr", to_amount="2", to_currency="DOT;6",
         tag="airdrop", description="Launch"),
    told("A2", from_wallet__read_only="Kraken;kr", from_amount="1.5", from_currency="DOT;6",
         to_wallet__read_only="Nova", to_amount="1.5", to_currency="DOT;6", fee_amount="0.1", fee_currency="DOT;6"),
    told("A3", to_wallet__read_only="Nova", to_amount="9", to_currency="SPAM", deleted="true"),
]).encode()  # fmt: skip


@pytest.fixture
def bring(alice, wallet):
    def run(place, into=wallet):
        stream = io.BytesIO(FILE)
        file = importing.receive(by=OWNER, owner=alice, stream=stream, name="k.csv", wallet=into, now=NOW)
        work(file)
        importing.answer(owner=alice, file=file, answers={"place": place}, now=NOW)
        work(file)
        importing.commit(by=OWNER, file=file, now=NOW)
        work(file)
        assert file.state == "committed", file.words
        return file

    return run


def work(file):
    ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
    while step(SOON):
        pass
    file.refresh_from_db()


def balances(wallet):
    return {each.asset: each.amount for each in Balance.objects.filter(wallet=wallet).exclude(amount=0)}


def test_each_wallet_gets_its_half_and_two_that_become_one_get_both(bring, wallet):
    bring("Kraken")
    assert balances(wallet) == {"DOT": Decimal("0.4")}
    assert SourceRow.objects.filter(wallet=wallet).count() == 2
    bring("Nova")
    assert balances(wallet)["DOT"] == Decimal("1.9")
    assert_sound(wallet)


def test_labels_notes_and_deletions_become_the_owners_words_and_go_with_the_import(bring, wallet):
    bring("Kraken")
    launch = Transaction.objects.get(wallet=wallet, received_asset="DOT")
    assert (launch.kind, launch.category, launch.note) == ("reward", "airdrop", "Launch")
    assert launch.mine == ["note"]
    nova = bring("Nova")
    spam = Transaction.objects.get(wallet=wallet, received_asset="SPAM")
    assert spam.ignored
    assert ImportRow.objects.filter(file=nova, state="skipped").count() == 1
    importing.undo(by=OWNER, file=nova, now=NOW)
    work(nova)
    assert balances(wallet) == {"DOT": Decimal("0.4")}
    assert_sound(wallet)


def test_a_word_that_holds_again_because_what_was_said_after_it_was_taken_back_goes_with_the_import(
    alice, bring, wallet
):
    kraken = bring("Kraken")
    launch = Transaction.objects.get(wallet=wallet, received_asset="DOT")
    edits.edit(by=OWNER, owner=alice, ids=[launch.pk], changes={"note": "Mine", "tags": ["kept"]}, now=SOON)
    edits.undo(by=OWNER, owner=alice, transaction_id=launch.pk, now=SOON)
    edits.edit(by=OWNER, owner=alice, ids=[launch.pk], changes={"tags": ["kept"]}, now=SOON)
    assert edits.histories_of([launch.pk])[launch.pk].words["note"].value == "Launch"
    importing.undo(by=OWNER, file=kraken, now=NOW)
    work(kraken)
    assert set(edits.histories_of([launch.pk])[launch.pk].words) == {"tags"}

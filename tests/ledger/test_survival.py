"""The owner's word, against everything that may come: each kind of word through each kind of event, and all of it at
random. What is said stays said, under the same name; nothing is doubled; what is derived equals what is made anew.
"""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.audit import Actor, ActorKind
from ledger import decisions, edits, handmade, importing, intake, journal, purge
from ledger.decisions import Verdict
from ledger.models import Edit, ImportFile, Rule, SourceRow, Transaction
from ledger.readings import kraken
from ledger.shown import fields_of
from ledger.tasks import imports as step
from tests.factories import OwnerFactory
from tests.ledger.conftest import NOW
from tests.ledger.stand import SOON, assert_sound, held, read, store, trade
from wallets import credentials, keeping
from wallets.models import Wallet

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
LATER = SOON + timedelta(minutes=5)
SAID = {
    "kind": "spend",
    "category": "for a friend",
    "occurred_at": "2026-11-19T08:00:00Z",
    "sent": {"amount": "90", "asset": "EUR"},
    "received": {"amount": "0.4", "asset": "BTC"},
    "fee": {"amount": "0.5", "asset": "EUR"},
    "value": {"amount": "99.5", "currency": "USD"},
    "note": "a present",
    "tags": ["family"],
    "ignored": True,
}
FIELDS = list(SAID)
ROWS = [trade(number, at=NOW - timedelta(hours=number)) for number in range(len(FIELDS) + 2)]


class Kept:
    """A wallet with every kind of word on it."""

    def __init__(self, owner):
        self.owner = owner
        self.wallet = Wallet.objects.create(owner=owner, exchange="kraken", way="key", label="K", created_at=NOW)
        self.sync()
        self.names = list(Transaction.objects.order_by("-occurred_at").values_list("pk", flat=True))
        for name, field in zip(self.names, FIELDS, strict=False):
            edits.edit(by=OWNER, owner=owner, ids=[name], changes={field: SAID[field]}, now=LATER)
        self.decide()

    def decide(self):
        one, other = self.names[-2:]
        decisions.decide(by=OWNER, owner=self.owner, verdict=Verdict(decisions.Kind.SAME, [one], [other]), now=LATER)
        Rule.objects.create(
            owner=self.owner, name="r", place=1, exchange="kraken", then_tags=["ruled"], created_at=LATER
        )
        hand = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}
        self.hand = handmade.add(by=OWNER, wallet=self.wallet, fields={**hand, "note": "grandma"}, now=LATER).pk
        journal.from_the_beginning(self.wallet)
        read(self.wallet)

    def sync(self, pull=None):
        with transaction.atomic():
            for rows in ROWS:
                intake.store(self.wallet, rows, stream="ledger", now=NOW, pull=pull)
        read(self.wallet)

    def bring_file(self):
        lines = [
            f"{row.external_id},{row.raw['refid']},{row.occurred_at:%Y-%m-%d %H:%M:%S},trade,,currency,"
            f"{row.raw['asset']},{row.raw['amount']},{row.raw['fee']},0"
            for rows in ROWS
            for row in rows
        ]
        body = "\n".join(["txid,refid,time,type,subtype,aclass,asset,amount,fee,balance", *lines]).encode()
        file = importing.receive(
            by=OWNER, owner=self.owner, stream=io.BytesIO(body), name="ledgers.csv", wallet=self.wallet, now=NOW
        )
        self.work(file)
        importing.commit(by=OWNER, file=file, now=NOW)
        self.work(file)
        assert file.state == "committed"
        return file

    @staticmethod
    def work(file):
        ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
        while step(SOON):
            pass
        file.refresh_from_db()

    def words(self):
        return list(Edit.objects.order_by("id").values_list())

    def view(self):
        """What an owner sees."""
        return {
            each.pk: (fields_of(each).effective, each.mine, each.conflicts)
            for each in Transaction.objects.for_user(self.owner)
        }


def resync(kept):
    kept.sync()


def pulled_again(kept):
    kept.sync(pull=uuid.uuid4())


def read_anew(kept):
    journal.from_the_beginning(kept.wallet)
    read(kept.wallet)


def grouped_otherwise(kept):
    """A reader that puts each row by itself, and then one that has learned better."""

    class Apart:
        VERSION = 99

        @staticmethod
        def read(row):
            from dataclasses import replace  # noqa: PLC0415 - of this reader only

            return [replace(each, event=each.identity) for each in kraken.read(row)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.readers.of_exchange", lambda _exchange: Apart)
        read(kept.wallet)
        assert Transaction.objects.filter(wallet=kept.wallet).count() > 2 * len(FIELDS)
        assert set(kept.names[:-2]) <= set(kept.view())  # each is still there, under its name
    read(kept.wallet)


def key_replaced(kept):
    for secret in ("one", "two"):
        with transaction.atomic():
            credentials.put_in_force(keeping.locked(kept.wallet), way="key", values={"key": secret}, now=LATER)
    kept.sync()


def to_files_and_back(kept):
    keeping.to_files(by=OWNER, wallet=kept.wallet, now=LATER)
    file = kept.bring_file()
    key_replaced(kept)
    assert file.counts["duplicate"] > 0


def told_by_file_too(kept):
    kept.bring_file()


def imported_and_undone(kept):
    file = kept.bring_file()
    importing.undo(by=OWNER, file=file, now=LATER)
    kept.work(file)
    assert file.state == "undone"


def paused_detached_and_archived(kept):
    for verb in (keeping.pause, keeping.resume, keeping.archive, keeping.detach):
        verb(by=OWNER, wallet=kept.wallet, now=LATER)


def binned_and_restored(kept):
    keeping.put_in_bin(by=OWNER, wallet=kept.wallet, now=LATER)
    assert not Transaction.objects.for_user(kept.owner).kept().exists()
    keeping.restore(by=OWNER, wallet=kept.wallet, now=LATER)


def purged_and_added_again(kept):
    """Its time in the bin is over; what is written by hand goes with its wallet, and the owner's words stay."""
    Wallet.objects.filter(pk=kept.wallet.pk).update(binned_at=NOW - timedelta(days=400))
    with transaction.atomic():
        purge.purge(kept.wallet)
    assert not Transaction.objects.exists()
    assert not SourceRow.objects.exists()
    book = kept.wallet.book
    kept.wallet = Wallet.objects.create(owner=kept.owner, exchange="kraken", way="key", label="K", created_at=NOW)
    Wallet.objects.filter(pk=kept.wallet.pk).update(book=book)
    kept.wallet.refresh_from_db()
    kept.sync()


EVENTS = [
    resync,
    pulled_again,
    read_anew,
    grouped_otherwise,
    key_replaced,
    to_files_and_back,
    told_by_file_too,
    imported_and_undone,
    paused_detached_and_archived,
    binned_and_restored,
    purged_and_added_again,
]


@pytest.mark.parametrize("event", EVENTS)
def test_every_word_survives(event, alice):
    kept = Kept(alice)
    words, before = kept.words(), kept.view()
    for name, field in zip(kept.names, FIELDS, strict=False):
        assert before[name][0][field] == SAID[field]
        assert before[name][1] == [field]
    assert before[kept.hand][0]["note"] == "grandma"
    assert len(before) == len(ROWS)  # two are one, and one was written by hand

    event(kept)

    assert kept.words() == words
    after = kept.view()
    if event is purged_and_added_again:
        before.pop(kept.hand)
    assert after == before
    assert_sound(kept.wallet)


def test_a_new_key_in_place_leaves_ten_thousand_transactions_and_fifty_words_to_the_byte(alice):
    wallet = Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="K", created_at=NOW)
    rows = [row for number in range(10_000) for row in trade(number, at=NOW - timedelta(minutes=number))]
    store(wallet, *rows)
    read(wallet)
    some_of_them = list(Transaction.objects.order_by("-occurred_at").values_list("pk", flat=True)[:50])
    edits.edit(by=OWNER, owner=alice, ids=some_of_them, changes={"note": "kept", "tags": ["t"]}, now=LATER)
    before = [list(model.objects.order_by("pk").values_list()) for model in (Transaction, Edit)]

    for secret in ("one", "two"):
        with transaction.atomic():
            credentials.put_in_force(keeping.locked(wallet), way="key", values={"key": secret}, now=LATER)
    store(wallet, *rows[:2000])
    read(wallet)

    assert [list(model.objects.order_by("pk").values_list()) for model in (Transaction, Edit)] == before
    assert len(before[0]) == 10_000


# --- at random -----------------------------------------------------------------------------------------------------

NUMBERS = some.integers(0, 5)
VALUES = some.sampled_from(["one", "two", ""])


class Random(RuleBasedStateMachine):
    """Syncs, corrections, vanishing, words, undo, files, decisions, another reading: in any order."""

    @initialize()
    def begin(self):
        self.owner = OwnerFactory()
        self.wallet = Wallet.objects.create(owner=self.owner, exchange="kraken", way="key", label="K", created_at=NOW)
        self.told = {}  # as the exchange tells it now
        self.notes = {}  # what the owner said, and about which trade
        self.now = SOON

    def tick(self):
        self.now += timedelta(seconds=1)
        return self.now

    def catch_up(self):
        while journal.catch_up(self.wallet, now=self.tick(), limit=3):
            pass

    def of(self, number):
        return Transaction.objects.filter(wallet=self.wallet, event=f"ref:T{number}").first()

    @rule(number=NUMBERS, paid=some.sampled_from(["-100", "-101"]))
    def sync(self, number, paid):
        self.told[number] = paid
        store(self.wallet, *trade(number, at=NOW - timedelta(hours=number), paid=paid))
        self.catch_up()

    @rule(number=NUMBERS)
    def half_a_trade_comes_first(self, number):
        if number not in self.told:
            store(self.wallet, trade(number, at=NOW - timedelta(hours=number))[0])
            self.catch_up()
            store(self.wallet, trade(number, at=NOW - timedelta(hours=number))[1])
            self.told[number] = "-100"
            self.catch_up()

    @precondition(lambda self: self.told)
    @rule(number=NUMBERS, note=VALUES)
    def say(self, number, note):
        each = self.of(number)
        if each:
            edits.edit(by=OWNER, owner=self.owner, ids=[each.pk], changes={"note": note}, now=self.tick())
            self.notes[number] = (
                [*self.notes.get(number, [""]), note] if note != each.note else self.notes.get(number, [""])
            )

    @precondition(lambda self: self.notes)
    @rule(number=NUMBERS)
    def undo(self, number):
        each = self.of(number)
        if each and len(self.notes.get(number, [])) > 1:
            edits.undo(by=OWNER, owner=self.owner, transaction_id=each.pk, now=self.tick())
            self.notes[number].pop()

    @rule()
    def read_anew(self):
        journal.from_the_beginning(self.wallet)
        self.catch_up()

    @rule()
    def pull(self):
        pull = uuid.uuid4()
        for number, paid in self.told.items():
            with transaction.atomic():
                rows = trade(number, at=NOW - timedelta(hours=number), paid=paid)
                intake.store(self.wallet, rows, stream="ledger", now=self.tick(), pull=pull)
        self.catch_up()

    @rule()
    def another_key(self):
        with transaction.atomic():
            credentials.put_in_force(
                keeping.locked(self.wallet), way="key", values={"key": str(self.now)}, now=self.tick()
            )

    @rule()
    def bin_and_back(self):
        keeping.put_in_bin(by=OWNER, wallet=self.wallet, now=self.tick())
        keeping.restore(by=OWNER, wallet=self.wallet, now=self.tick())

    @invariant()
    def nothing_is_lost_or_doubled(self):
        if not hasattr(self, "wallet"):
            return
        assert Transaction.objects.filter(wallet=self.wallet).count() == len(self.told)
        for number, paid in self.told.items():
            each = self.of(number)
            assert each.sent_amount == -Decimal(paid)
            assert each.note == self.notes.get(number, [""])[-1]
        expected = sum((Decimal(paid) - Decimal("0.26") for paid in self.told.values()), Decimal(0))
        assert held(self.wallet).get("EUR", Decimal(0)) == expected

    def teardown(self):
        if hasattr(self, "wallet"):
            assert_sound(self.wallet)


class TestAtRandom(TestCase, Random.TestCase):
    settings = settings(
        max_examples=12,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )

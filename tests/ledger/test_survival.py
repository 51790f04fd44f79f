"""The owner's word, against everything that may come: each kind of word through each kind of event, and all of it at
random. What is said stays said, under the same name; nothing is doubled; what is derived equals what is made anew.
"""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.audit import Actor, ActorKind
from ledger import acts, decisions, edits, former, handmade, intake, journal, keys, linking, looking
from ledger.decisions import Kind, Verdict
from ledger.models import Decision, Edit, Rule, SourceRow, Transaction
from ledger.readings import kraken
from ledger.shown import fields_of
from tests.factories import OwnerFactory
from tests.ledger.bringing import exported, taken_back, taken_from_export, taken_in
from tests.ledger.conftest import NOW
from tests.ledger.exports.base import happened
from tests.ledger.matched import another, arrived, left
from tests.ledger.said import Said
from tests.ledger.stand import SOON, assert_sound, held, read, removed_and_added_again, store, trade
from tests.strength import THOROUGH
from wallets import credentials, keeping
from wallets.models import Wallet
from wallets.records import Record

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
MOVED = ("deposit", "withdrawal")
TRADES = [trade(number, at=NOW - timedelta(hours=number)) for number in range(len(FIELDS) + 2)]
DAY = timedelta(days=1)
ENDS = [left(n, amount, at=NOW - n * DAY) for n, amount in ((3, "0.41237"), (4, "0.31237"))]
ROWS = [row for rows in TRADES for row in rows] + ENDS


class Kept:
    """A wallet with every kind of word on it."""

    def __init__(self, owner):
        self.owner = owner
        self.wallet = another(owner, "K")
        self.sync()
        self.names = list(Transaction.objects.order_by("-occurred_at").values_list("pk", flat=True))[: len(TRADES)]
        for name, field in zip(self.names, FIELDS, strict=False):
            edits.edit(by=OWNER, owner=owner, ids=[name], changes={field: SAID[field]}, now=LATER)
        self.decide()
        self.link()
        self.rule()
        hand = {"kind": "gift", "occurred_at": "2026-01-02T03:04:05Z", "received": {"amount": "2", "asset": "ETH"}}
        self.hand = handmade.add(by=OWNER, wallet=self.wallet, fields={**hand, "note": "grandma"}, now=LATER).pk
        journal.from_the_beginning(self.wallet)
        read(self.wallet)
        self.look()

    def decide(self):
        one, other = self.names[-2:]
        decisions.decide(by=OWNER, owner=self.owner, verdict=Verdict(decisions.Kind.SAME, [one], [other]), now=LATER)

    def link(self):
        """One that is linked by hand, and one that is not to be, however well it fits."""
        self.other = another(self.owner, "Other")
        store(self.other, *(arrived(n, row.raw["amount"][1:], at=row.occurred_at) for n, row in enumerate(ENDS)))
        read(self.other)
        for row, kind in zip(ENDS, (decisions.Kind.LINKED, decisions.Kind.APART), strict=True):
            one, other = Transaction.objects.filter(occurred_at=row.occurred_at).order_by("sent_amount")
            verdict = Verdict(kind, [one.pk], [other.pk])
            decisions.decide(by=OWNER, owner=self.owner, verdict=verdict, now=LATER)

    def rule(self):
        facts = {"owner": self.owner, "created_at": LATER}
        Rule.objects.create(name="r", place=1, exchange="kraken", then_tags=["ruled"], **facts)
        Rule.objects.create(name="s", place=2, wallet=self.wallet, kind="trade", then_category="plan", **facts)

    def look(self):
        """As matchers do, by themselves, afterwards."""
        for wallet in (self.wallet, self.other):
            looking.look(wallet, now=LATER)

    def sync(self, pull=None):
        with transaction.atomic():
            intake.store(self.wallet, ROWS, stream="ledger", now=NOW, pull=pull)
        read(self.wallet)

    def bring_file(self):
        return taken_in(self.owner, self.wallet, ROWS)

    def words(self):
        return [list(model.objects.order_by("id").values_list()) for model in (Edit, Decision)]

    def view(self):
        """What an owner sees."""
        return {
            each.pk: (fields_of(each).effective, each.mine, each.ruled, each.conflicts)
            for each in Transaction.objects.for_user(self.owner)
        }


class Apart:
    """A reader that puts each row by itself, before it learned better."""

    VERSION = 99

    @staticmethod
    def read(row):
        return [each._replace(event=each.identity) for each in kraken.read(row)]


def read_apart(catch_up):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.readers.of_exchange", lambda _exchange: Apart)
        catch_up()


def resync(kept):
    kept.sync()


def pulled_again(kept):
    kept.sync(pull=uuid.uuid4())


def read_anew(kept):
    journal.from_the_beginning(kept.wallet)
    read(kept.wallet)


def grouped_otherwise(kept):
    """By a reader that puts each row by itself, and then by one that has learned better."""
    read_apart(lambda: read(kept.wallet))
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
    taken_back(kept.bring_file())


def imported_again(kept):
    first, second = kept.bring_file(), kept.bring_file()
    taken_back(first)
    taken_back(second)
    kept.bring_file()


def paused_detached_and_archived(kept):
    for verb in (keeping.pause, keeping.resume, keeping.archive, keeping.detach):
        verb(by=OWNER, wallet=kept.wallet, now=LATER)


def binned_and_restored(kept):
    keeping.put_in_bin(by=OWNER, wallet=kept.wallet, now=LATER)
    assert not Transaction.objects.for_user(kept.owner).kept().exclude(wallet=kept.other).exists()
    keeping.restore(by=OWNER, wallet=kept.wallet, now=LATER)


def purged_and_added_again(kept):
    """Its time in the bin is over; what is written by hand goes with its wallet, and the owner's words stay."""
    former, kept.wallet = kept.wallet, removed_and_added_again(kept.wallet, now=LATER)
    assert not Transaction.objects.exclude(wallet=kept.other).exists()
    assert not SourceRow.objects.filter(wallet=former).exists()
    kept.sync()


def purged_and_added_again_without_a_name(kept):
    """The exchange does not tell whose account it is: what it tells of it does."""
    former, kept.wallet = kept.wallet, removed_and_added_again(kept.wallet, now=LATER, known=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.former.LONG", 2)  # the ids of these rows are short
        kept.sync()
    assert kept.wallet.book != former.book


EVENTS = [
    resync,
    pulled_again,
    read_anew,
    grouped_otherwise,
    key_replaced,
    paused_detached_and_archived,
    binned_and_restored,
    imported_and_undone,
    imported_again,
    told_by_file_too,
    to_files_and_back,
    purged_and_added_again,
    purged_and_added_again_without_a_name,
]


def test_every_word_survives(alice):
    """One after the other: each leaves it as it was, for the next."""
    kept = Kept(alice)
    words, before = kept.words(), kept.view()
    for name, field in zip(kept.names, FIELDS, strict=False):
        assert before[name][0][field] == SAID[field]
        assert before[name][1] == [field]
    assert before[kept.hand][0]["note"] == "grandma"
    # Two are one, and one was written by hand; two arrived elsewhere, of which one is linked.
    assert len(before) == len(TRADES) + 2 * len(ENDS)
    kinds = sorted(each["kind"] for each, *_ in before.values() if each["kind"] in {"transfer", *MOVED})
    assert kinds == ["deposit", "transfer", "transfer", "withdrawal"]
    assert sum("category" in ruled for _, _, ruled, _ in before.values()) == len(TRADES) - 2

    for event in EVENTS:
        event(kept)
        kept.look()
        if event is purged_and_added_again:
            before.pop(kept.hand)
        assert kept.words() == words, event
        assert kept.view() == before, event
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


def test_a_sign_in_then_a_key_and_back_tell_one_set_under_the_same_names(alice):
    """What Coinbase tells whoever signs in, and what it tells a key as well."""
    wallet = another(alice, "C", exchange="coinbase", way="oauth")
    told = [Record(row.family, row.external_id, row.at, row.raw) for each in happened("coinbase") for row in each.rows]
    signed_in = [record for record in told if record.family == "transactions"]
    assert 0 < len(signed_in) < len(told)

    def sync(records, way):
        with transaction.atomic():
            credentials.put_in_force(keeping.locked(wallet), way=way, values={"key": way}, now=LATER)
        store(wallet, *records)
        read(wallet)
        return set(Transaction.objects.values_list("pk", flat=True)), held(wallet)

    names, balances = sync(signed_in, "oauth")
    edits.edit(by=OWNER, owner=alice, ids=list(names), changes={"note": "mine", "tags": ["t"]}, now=LATER)
    words = list(Edit.objects.order_by("id").values_list())
    for records, way in ((told, "key"), (signed_in, "oauth")):
        assert sync(records, way) == (names, balances)
        assert list(Edit.objects.order_by("id").values_list()) == words
        assert not Transaction.objects.exclude(note="mine", tags=["t"], conflicts=[]).exists()
    assert_sound(wallet)


# --- at random -----------------------------------------------------------------------------------------------------

TRADED, ENDS_AFTER = range(4), {10: timedelta(minutes=20), 11: timedelta(days=20)}
EACH = [*TRADED, *ENDS_AFTER]
NUMBERS, MOVED_NUMBERS, ANY = some.sampled_from(TRADED), some.sampled_from(list(ENDS_AFTER)), some.sampled_from(EACH)
PAID = some.sampled_from(["-100", "-101"])
CHANGES = some.sampled_from(
    [
        {"note": "one"},
        {"note": ""},
        {"fee": {"amount": "1.5", "asset": "EUR"}, "occurred_at": "2026-11-01T08:00:00Z", "tags": ["a"]},
        {"fee": None, "occurred_at": "2026-11-02T08:00:00.250000Z"},
        {"ignored": True, "note": "two"},
        {"ignored": False},
        {"sent": {"amount": "101", "asset": "EUR"}, "received": {"amount": "0.4", "asset": "BTC"}},
        {"sent": {"amount": "90", "asset": "EUR"}},
    ]
)
SENT_LESS = {"sent": {"amount": "1.5", "asset": "BTC"}}
PLAIN = {"category": "", "value": None, "note": "", "tags": [], "ignored": False}


def of_a_trade(number, paid):
    return {
        "kind": "trade",
        "occurred_at": f"{NOW - timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ}",
        "sent": {"amount": paid[1:], "asset": "EUR"},
        "received": {"amount": "0.5", "asset": "BTC"},
        "fee": {"amount": "0.26", "asset": "EUR"},
        **PLAIN,
    }


def of_an_end(number):
    sent = {"amount": f"1.{number}237", "asset": "BTC"}
    at = f"{NOW - number * DAY:%Y-%m-%dT%H:%M:%SZ}"
    return {"kind": "withdrawal", "occurred_at": at, "sent": sent, "received": None, "fee": None, **PLAIN}


def ends(number):
    """As both exchanges tell it."""
    amount, at = f"1.{number}237", NOW - number * DAY
    return left(number, amount, at=at), arrived(number, amount, at=at + ENDS_AFTER[number])


class Random(RuleBasedStateMachine):
    """Syncs, corrections, words and undo, transfers, files and their undo, our own export brought in again, other keys,
    other readings, the bin, removal and adding again: in any order.
    """

    @initialize()
    def begin(self):
        self.owner = OwnerFactory()
        self.wallet, self.other = another(self.owner, "K"), another(self.owner, "Other")
        self.by_api = {}  # as the exchange tells it now
        self.files = []  # those that are taken in, and what each tells
        self.exports = []  # the same of our own: they tell what was so when they were made
        self.exported = {}  # by the ids that they have there
        self.said = {number: Said() for number in EACH}
        self.arrived, self.linked = set(), {}
        self.now = SOON

    def tick(self):
        self.now += timedelta(seconds=1)
        return self.now

    @property
    def by(self):
        return {"by": OWNER, "owner": self.owner, "now": self.tick()}

    def catch_up(self):
        """Whoever is asked whether it is an account that was removed says yes."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.former.LONG", 2)  # the ids of these rows are short
            self.read()
            for found in list(former.questions(self.wallet)):
                former.answer(by=OWNER, wallet=self.wallet, found=found, same=True, now=self.tick())
            self.read()
        for wallet in (self.wallet, self.other):
            looking.look(wallet, now=self.tick())
        for number in ENDS_AFTER:
            # What matchers link by themselves stays linked as well.
            if number not in self.linked and self.both_ends_of(number) and self.of(number).kind == "transfer":
                self.linked[number] = True

    def read(self):
        for wallet in (self.wallet, self.other):
            while journal.catch_up(wallet, now=self.tick(), limit=3):
                pass

    def of(self, number):
        return self.mine()[number]

    def mine(self):
        """By their numbers: whatever tells of them by now, and whatever was said of it."""
        mine = list(Transaction.objects.filter(wallet=self.wallet).order_by("pk"))
        rows = dict(SourceRow.objects.filter(wallet=self.wallet).values_list("pk", "external_id"))
        found = {self.number_of(rows[each.rows[0]]): each for each in mine}
        assert len(found) == len(mine)  # nothing is told twice
        return found

    def number_of(self, name):
        """Kraken's names are L1A and W10; our own export names what it tells by its id."""
        return self.exported[name.partition("@")[0]] if "@" in name else int(name.strip("LWAB"))

    def both_ends_of(self, number):
        there = Transaction.objects.filter(wallet=self.other, event=f"ref:S{number}").first()
        return [self.of(number).pk, there.pk] if there and number in self.told else None

    @property
    def told(self):
        """The exchange itself is believed, then the file that came last, then what our own export told last."""
        told = {}
        for _, each in [*self.exports, *self.files]:
            told |= each
        return told | self.by_api

    # --- what sources tell

    @rule(number=NUMBERS, paid=PAID)
    def sync(self, number, paid):
        self.by_api[number] = of_a_trade(number, paid)
        store(self.wallet, *trade(number, at=NOW - timedelta(hours=number), paid=paid))
        self.catch_up()

    @rule(number=NUMBERS)
    def half_a_trade_comes_first(self, number):
        if number not in self.by_api:
            store(self.wallet, trade(number, at=NOW - timedelta(hours=number))[0])
            self.catch_up()
            store(self.wallet, trade(number, at=NOW - timedelta(hours=number))[1])
            self.by_api[number] = of_a_trade(number, "-100")
            self.catch_up()

    @rule(number=MOVED_NUMBERS, which=some.sampled_from(["left", "arrived", "both"]))
    def sync_a_transfer(self, number, which):
        out, came = ends(number)
        if which != "arrived":
            store(self.wallet, out)
            self.by_api[number] = of_an_end(number)
        if which != "left":
            store(self.other, came)
            self.arrived.add(number)
        self.catch_up()

    @rule(numbers=some.sets(NUMBERS, min_size=1, max_size=3), paid=PAID)
    def bring(self, numbers, paid):
        rows = [row for n in sorted(numbers) for row in trade(n, at=NOW - timedelta(hours=n), paid=paid)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.former.LONG", 2)
            file = taken_in(self.owner, self.wallet, rows)
        self.files.append((file, {number: of_a_trade(number, paid) for number in numbers}))
        self.catch_up()

    @precondition(lambda self: self.told)
    @rule()
    def bring_our_own_export(self):
        mine = self.mine()
        self.exported |= {str(each.pk): number for number, each in mine.items()}
        told = {number: fields_of(each).effective for number, each in mine.items()}
        file = taken_from_export(self.owner, self.wallet, exported(self.owner), now=self.tick())
        assert file.counts["new"] == 0
        self.exports.append((file, told))
        self.catch_up()

    @precondition(lambda self: self.files or self.exports)
    @rule(which=some.integers(0, 5))
    def take_back(self, which):
        each = [*self.files, *self.exports][which % len([*self.files, *self.exports])]
        (self.files if each in self.files else self.exports).remove(each)
        taken_back(each[0])
        self.catch_up()

    # --- what their owner says

    @precondition(lambda self: self.told)
    @rule(number=ANY, changes=CHANGES)
    def say(self, number, changes):
        if number in self.told:
            changes = {**changes, **SENT_LESS} if "sent" in changes and number in ENDS_AFTER else changes
            changes = {name: value for name, value in changes.items() if name != "received" or number in TRADED}
            act = uuid.uuid4()
            edits.edit(**self.by, ids=[self.of(number).pk], changes=changes, act=act)
            self.said[number].say(act, changes, self.source(number))

    @rule(number=ANY, back=some.booleans())
    def undo_or_redo(self, number, back):
        said = self.said[number]
        if number in self.told and (said.done if back else said.undone):
            (edits.undo if back else edits.redo)(**self.by, transaction_id=self.of(number).pk)
            (said.undo if back else said.redo)()

    @rule(number=ANY, fields=some.sampled_from([["sent", "fee"], ["occurred_at"], list(FIELDS)]))
    def reset(self, number, fields):
        if number in self.told:
            edits.reset(**self.by, ids=[self.of(number).pk], fields=fields)
            self.said[number].give_up(None, fields)

    @rule(number=ANY, keep=some.sampled_from(["mine", "source"]))
    def decide_a_conflict(self, number, keep):
        asked = sorted(self.said[number].asked(self.source(number))) if number in self.told else ()
        for name in asked[:1]:
            edits.resolve(**self.by, transaction_id=self.of(number).pk, field=name, keep=keep)
            self.said[number].decide(None, name, keep, self.source(number))

    @rule(number=MOVED_NUMBERS)
    def link_or_take_apart(self, number):
        named = self.both_ends_of(number)
        if named and not Transaction.objects.filter(pk__in=named, ignored=True).exists():
            kind = {True: Kind.LINKED, False: Kind.APART}.get(self.linked.get(number))
            held = acts.whole(list(acts.heads(self.owner, kind))) if kind else []
            known = {*named, *(former for names in keys.former_names(named).values() for former in names)}
            act = next((each for each in held if known >= set(each.named)), None)
            if act:
                linking.turn(**self.by, act=act)
            else:
                linking.link(**self.by, named=named)
            self.linked[number] = kind is not Kind.LINKED
            self.catch_up()

    # --- whatever else may come

    @rule()
    def read_anew(self):
        journal.from_the_beginning(self.wallet)
        self.catch_up()

    @rule()
    def read_otherwise(self):
        read_apart(self.read)
        self.catch_up()

    @rule(known=some.booleans())
    def remove_and_add_again(self, known):
        """Where it is not known, the exchange does not tell whose account it is."""
        self.wallet = removed_and_added_again(self.wallet, now=self.tick(), known=known)
        self.by_api, self.files, self.exports = {}, [], []

    @rule()
    def pull(self):
        pull = uuid.uuid4()
        for number, told in self.by_api.items():
            paid = f"-{told['sent']['amount']}"
            rows = trade(number, at=NOW - timedelta(hours=number), paid=paid) if number in TRADED else [ends(number)[0]]
            with transaction.atomic():
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

    # --- what is to be

    def source(self, number):
        """A link says of its ends that they are a transfer, as a rule would."""
        return self.told[number]

    @invariant()
    def nothing_is_lost_or_doubled(self):
        if not hasattr(self, "wallet"):
            return
        told = self.told
        sums, mine = Counter(), self.mine()
        assert set(mine) == set(told)
        for number, source in told.items():
            each, said = mine[number], self.said[number]
            holds = said.shown({**source, "kind": "transfer"} if self.linked.get(number) else source)
            assert fields_of(each).effective == holds, number
            assert set(each.mine) == set(said.words), number
            assert set(each.conflicts) == said.asked(source), number
            for leg, sign in (("sent", -1), ("fee", -1), ("received", 1)):
                if holds[leg] and not holds["ignored"]:
                    sums[holds[leg]["asset"]] += sign * Decimal(holds[leg]["amount"])
        assert held(self.wallet) == {asset: amount for asset, amount in sums.items() if amount}
        assert Transaction.objects.filter(wallet=self.other).count() == len(self.arrived)
        for number in self.arrived:
            there = Transaction.objects.get(wallet=self.other, event=f"ref:S{number}")
            assert there.kind == ("transfer" if self.linked.get(number) else "deposit"), number

    def teardown(self):
        if hasattr(self, "wallet"):
            for wallet in (self.wallet, self.other):
                assert_sound(wallet)


class TestAtRandom(TestCase, Random.TestCase):
    settings = settings(
        max_examples=40 if THOROUGH else 8,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )

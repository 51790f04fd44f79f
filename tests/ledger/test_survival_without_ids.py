"""The owner's word where no source calls a thing as another does: an exchange tells it by an id, a tracker's file to
the minute, another file by a clock that is hours off. What is one is found by what it says; the rest is as where ids
are shared: what is said stays said, nothing is doubled, what is derived equals what is made anew.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from accounts.audit import Actor, ActorKind
from ledger import acts, clocks, decisions, edits, former, handmade, intake, journal, linking, looking
from ledger.decisions import Kind, Verdict
from ledger.models import ClockQuestion, ClockWord, Decision, Edit, Part, Proposal, Transaction, TransactionKey
from ledger.shown import fields_of
from tests.factories import OwnerFactory
from tests.ledger.bringing import taken, taken_back, tracked
from tests.ledger.conftest import NOW
from tests.ledger.imports.tracker_files import HEADER, line
from tests.ledger.matched import another, arrived, left
from tests.ledger.said import Said
from tests.ledger.stand import SOON, assert_sound, store
from tests.ledger.stand import removed_and_added_again as added_again
from tests.strength import THOROUGH
from wallets import credentials, keeping

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
LATER = SOON + timedelta(minutes=5)
DAY = timedelta(days=1)
AHEAD = timedelta(hours=2)
SAID = {
    "kind": "gift",
    "category": "of a friend",
    "occurred_at": "2026-11-01T08:00:00Z",
    "sent": {"amount": "90", "asset": "EUR"},
    "received": {"amount": "0.4", "asset": "BTC"},
    "fee": {"amount": "0.5", "asset": "EUR"},
    "value": {"amount": "99.5", "currency": "USD"},
    "note": "a present",
    "tags": ["family"],
    "ignored": True,
}
FIELDS = list(SAID)
# Of what is told: by the exchange and a file; twins of both; by the exchange and the file that is ahead; by files only.
BOTH, TWINS, BY_AHEAD, BY_FILE = range(len(FIELDS) + 4), (20, 20), range(21, 27), range(27, 29)
TOLD_APART, LINKED, NOT_LINKED, IN_ONE_ACT = len(FIELDS), len(FIELDS) + 1, len(FIELDS) + 2, len(FIELDS) + 3


def at(number):
    """Files cut off the seconds."""
    return NOW - 2 * number * DAY + timedelta(seconds=17)


def amount(number):
    return f"{number + 1}.51237"


def by_exchange():
    """With more digits than files have."""
    known = [(number, f"{number}") for number in (*BOTH, *BY_AHEAD)] + [(20, "20A"), (20, "20B")]
    return [arrived(name, f"{amount(number)}004", at(number)) for number, name in known]


def by_file():
    return tracked(*((at(number), amount(number)) for number in (*BOTH, *TWINS, *BY_FILE)))


def by_file_ahead():
    return ahead(*((at(number), amount(number)) for number in BY_AHEAD))


def ahead(*deposits):
    """In another format, by another clock."""
    lines = [
        line("koinly_template", date=f"{at + AHEAD:%Y-%m-%d %H:%M}", received_amount=amount, received_currency="BTC")
        for at, amount in deposits
    ]
    return "\n".join([HEADER["koinly_template"], *lines]).encode()


class Kept:
    """A wallet with every kind of word on it, each about what several sources tell."""

    def __init__(self, owner):
        self.owner, self.now = owner, LATER
        self.wallet, self.other = another(owner, "K"), another(owner, "Other")
        self.tell()
        clocks.say(by=OWNER, asked=ClockQuestion.objects.get(), same=True, now=self.now)
        self.look()
        self.say()
        self.decide()
        self.look()

    def tick(self):
        self.now += timedelta(seconds=1)
        return self.now

    # --- what sources tell

    def tell(self, *, by=("api", "file", "ahead")):
        for each in by:
            {"api": self.sync, "file": self.bring, "ahead": self.bring_ahead}[each]()

    def sync(self, pull=None):
        with transaction.atomic():
            intake.store(self.wallet, by_exchange(), stream="ledger", now=self.tick(), pull=pull)
        self.look()

    def bring(self):
        self.file = taken(self.owner, self.wallet, by_file(), "koinly.csv", now=self.tick())
        self.look()
        return self.file

    def bring_ahead(self):
        self.ahead = taken(self.owner, self.wallet, by_file_ahead(), "template.csv", now=self.tick())
        self.look()
        return self.ahead

    def look(self):
        """As workers do by themselves, afterwards; whoever is asked whether it is an account that is gone says yes."""
        self.read(self.wallet)
        for found in list(former.questions(self.wallet)):
            former.answer(by=OWNER, wallet=self.wallet, found=found, same=True, now=self.now)
        for wallet in (self.wallet, self.other):
            self.read(wallet)
            looking.look(wallet, now=self.now)

    def read(self, wallet):
        while journal.catch_up(wallet, now=self.tick(), limit=20):
            pass

    # --- what the owner says

    def of(self, number):
        mine = Transaction.objects.filter(wallet=self.wallet, occurred_at=at(number))
        return list(mine.order_by("pk").values_list("pk", flat=True))

    def say(self):
        self.names = [self.of(number)[0] for number in range(len(FIELDS))]
        for name, field in zip(self.names, FIELDS, strict=True):
            edits.edit(by=OWNER, owner=self.owner, ids=[name], changes={field: SAID[field]}, now=self.now)
        self.names += self.of(TWINS[0])[:1]
        edits.edit(by=OWNER, owner=self.owner, ids=self.names[-1:], changes={"note": "one of two"}, now=self.now)
        many = [*self.of(IN_ONE_ACT), *self.of(BY_AHEAD[0]), *self.of(BY_AHEAD[1])]
        for tag in ("of three", "once said"):
            edits.edit(by=OWNER, owner=self.owner, ids=many, changes={"tags": [tag]}, now=self.now)
        edits.undo_act(by=OWNER, owner=self.owner, act=edits.histories_of(many[:1])[many[0]].done[-1].id, now=self.now)
        self.names += many

    def decide(self):
        [told_apart] = self.of(TOLD_APART)
        joined = acts.whole(list(acts.heads(self.owner, Kind.SAME).filter(one__in=[told_apart])))
        linking.turn(by=OWNER, owner=self.owner, act=joined[0], now=self.now)
        store(self.other, *(left(n, f"{amount(n)}004", at=at(n) - timedelta(minutes=20)) for n in (LINKED, NOT_LINKED)))
        self.read(self.other)
        for number, kind in ((LINKED, Kind.LINKED), (NOT_LINKED, Kind.APART)):
            out = Transaction.objects.get(wallet=self.other, sent_amount=f"{amount(number)}004")
            verdict = Verdict(kind, [out.pk], self.of(number))
            decisions.decide(by=OWNER, owner=self.owner, verdict=verdict, now=self.now)
        came = {"kind": "deposit", "occurred_at": at(BY_AHEAD[2]), "received": {"amount": "24.5", "asset": "BTC"}}
        self.hand = handmade.add(by=OWNER, wallet=self.wallet, fields={**came, "note": "by hand"}, now=self.now).pk
        self.look()
        linking.say(by=OWNER, proposal=Proposal.objects.get(about="duplicates"), kind=Kind.SAME, now=self.now)

    # --- what is to stay

    def words(self):
        said = [Edit.objects.all(), Decision.objects.filter(by_itself=False), ClockWord.objects.all()]
        return [list(each.order_by("id").values_list()) for each in said]

    def view(self):
        return {
            each.pk: (fields_of(each).effective, each.mine, each.conflicts)
            for each in Transaction.objects.for_user(self.owner)
        }


def resync(kept):
    kept.sync()


def pulled_again(kept):
    kept.sync(pull=uuid.uuid4())


def read_and_looked_at_anew(kept):
    journal.from_the_beginning(kept.wallet)
    kept.look()


def key_replaced(kept):
    for secret in ("one", "two"):
        with transaction.atomic():
            credentials.put_in_force(keeping.locked(kept.wallet), way="key", values={"key": secret}, now=kept.tick())
    kept.sync()


def to_files_and_back(kept):
    keeping.to_files(by=OWNER, wallet=kept.wallet, now=kept.tick())
    kept.tell(by=("file", "ahead"))
    key_replaced(kept)


def files_brought_again(kept):
    kept.tell(by=("ahead", "file"))


def file_taken_back_and_brought_again(kept):
    taken_back(kept.file, kept.tick())
    kept.look()
    kept.bring()


def file_ahead_taken_back_and_brought_again(kept):
    taken_back(kept.ahead, kept.tick())
    kept.look()
    kept.bring_ahead()


def clock_refused_and_confirmed(kept):
    for _ in range(2):
        clocks.turn(by=OWNER, owner=kept.owner, word=clocks.words_of(kept.owner).get(), now=kept.tick())
        kept.look()


def binned_and_restored(kept):
    keeping.put_in_bin(by=OWNER, wallet=kept.wallet, now=kept.tick())
    keeping.restore(by=OWNER, wallet=kept.wallet, now=kept.tick())


def removed_and_added_again(kept, *, known=True, by=("api", "file", "ahead")):
    kept.wallet = added_again(kept.wallet, now=kept.tick(), known=known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.former.LONG", 2)  # the ids of these rows are short
        kept.tell(by=by)


def added_again_by_files_first(kept):
    removed_and_added_again(kept, by=("file", "ahead", "api"))


def added_again_without_a_name(kept):
    removed_and_added_again(kept, known=False)


def added_again_without_a_name_by_files_first(kept):
    removed_and_added_again(kept, known=False, by=("file", "ahead", "api"))


EVENTS = [
    resync,
    pulled_again,
    read_and_looked_at_anew,
    key_replaced,
    to_files_and_back,
    files_brought_again,
    file_taken_back_and_brought_again,
    file_ahead_taken_back_and_brought_again,
    clock_refused_and_confirmed,
    binned_and_restored,
    removed_and_added_again,
    added_again_by_files_first,
    added_again_without_a_name,
    added_again_without_a_name_by_files_first,
]


def test_every_word_survives_where_no_two_sources_share_an_id(alice):
    """One after the other: each leaves it as it was, for the next."""
    kept = Kept(alice)
    words, before = kept.words(), kept.view()
    for name, field in zip(kept.names, FIELDS, strict=False):
        assert (before[name][0][field], before[name][1]) == (SAID[field], [field])
    # The two that were told apart are two; what was written by hand is one with what the exchange tells.
    assert len(before) == len(BOTH) + 1 + len(TWINS) + len(BY_AHEAD) + len(BY_FILE) + 2
    kinds = [each["kind"] for each, *_ in before.values()]
    assert (kinds.count("transfer"), kinds.count("withdrawal")) == (2, 1)

    for event in EVENTS:
        event(kept)
        kept.look()
        said = kept.words()
        if event is clock_refused_and_confirmed:
            assert len(said[2]) == len(words[2]) + 2
            words[2] = said[2]
        assert said == words, event
        assert kept.view() == before, event
        assert not Proposal.objects.exists(), event
    assert_sound(kept.wallet)


def test_what_two_files_tell_stays_when_the_first_of_them_is_taken_back(wallet, alice):
    body = "\n".join([HEADER["koinly_template"], f"{NOW:%Y-%m-%d %H:%M},,,1.51237,BTC,,,,,,,"]).encode()
    files = [taken(alice, wallet, told, "f.csv") for told in (tracked((NOW, "1.51237")), body)]
    [each] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes={"note": "mine"}, now=LATER)
    for file in files:
        [each] = Transaction.objects.all()
        assert each.note == "mine"
        taken_back(file)
    assert not Transaction.objects.exists()
    assert_sound(wallet)


# --- at random -----------------------------------------------------------------------------------------------------

TELL_APART, BY_CLOCK, LEAVE_OUT, TWIN = (0, 1), (2, 3), 4, 5
EDITED = some.integers(0, 4)
CHANGES = some.sampled_from(
    [
        {"note": "one"},
        {"note": ""},
        {"note": "two", "tags": ["a"]},
        {"tags": ["b"], "received": {"amount": "0.4", "asset": "BTC"}},
        {"received": {"amount": "2.5", "asset": "BTC"}, "occurred_at": "2026-10-02T08:00:00Z"},
        {"occurred_at": "2026-11-19T23:59:00.500000Z"},
        {"kind": "gift"},
    ]
)


TOLD = "as sources tell it"
PLAIN = {"note": "", "tags": [], "kind": "deposit", "ignored": False, "received": TOLD, "occurred_at": TOLD}


def told_by_api(name):
    """With more digits than files have."""
    number = int(name[0])
    return arrived(name, f"{amount(number)}004", at(number))


class Random(RuleBasedStateMachine):
    """The exchange, a file to the minute, one by another clock, and what their owner says of what they tell; of twins
    as many as one of them tells.
    """

    @initialize()
    def begin(self):
        self.owner = OwnerFactory()
        self.wallet = another(self.owner, "K")
        self.api, self.files = {}, []  # how often each is told
        self.said = {}  # by number and by whom it is told
        self.apart, self.clock, self.mixed = set(), None, set()
        self.now = SOON

    def tick(self):
        self.now += timedelta(seconds=1)
        return self.now

    def look(self):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.former.LONG", 2)  # the ids of these rows are short
            self.read()
            for found in list(former.questions(self.wallet)):
                former.answer(by=OWNER, wallet=self.wallet, found=found, same=True, now=self.tick())
            self.read()
        looking.look(self.wallet, now=self.tick())
        for number in range(6):
            self.join(number)

    def read(self):
        while journal.catch_up(self.wallet, now=self.tick(), limit=3):
            pass

    # --- the model

    def tellers(self, number):
        told = {"api"} if number in self.api else set()
        return told | {kind for _, kind, numbers in self.files if number in numbers}

    def groups(self, number):
        """Who tells the same, as far as anybody could know."""
        found = [{each} for each in sorted(self.tellers(number))]
        for one, other in (("api", "file"), ("ahead", "api"), ("ahead", "file")):
            if (number in self.apart) if one == "api" else not self.clock:
                continue
            meant = [each for each in found if one in each or other in each]
            if {one, other} <= self.tellers(number) and len(meant) > 1:
                found = [each for each in found if each not in meant] + [set.union(*meant)]
        return found

    def join(self, number):
        """What was said of each of them is said of the whole."""
        for group in self.groups(number):
            mine = {id(self.of(number, each)): self.of(number, each) for each in group}
            spoken = [each for each in mine.values() if each]
            if len(spoken) > 1:
                self.mixed.add(number)
            kept = (spoken or list(mine.values()))[0]
            self.said.update({(number, each): kept for each in group})

    def of(self, number, teller):
        return self.said.setdefault((number, teller), Said())

    def shown(self, number):
        rows = [each for each in Transaction.objects.filter(wallet=self.wallet) if is_of(each, number)]
        return sorted(rows, key=lambda each: each.pk)

    # --- what sources tell

    @rule(number=EDITED | some.just(TWIN), twice=some.booleans())
    def sync(self, number, twice):
        names = [f"{number}A", f"{number}B"] if number == TWIN and twice else [f"{number}A"]
        self.api[number] = max(len(names), self.api.get(number, 0))
        store(self.wallet, *(told_by_api(name) for name in names), now=self.tick())
        self.look()

    @rule(numbers=some.sets(EDITED, min_size=1, max_size=3), twins=some.integers(0, 2))
    def bring(self, numbers, twins):
        self.brought("file", dict.fromkeys(numbers, 1) | ({TWIN: twins} if twins else {}))

    @rule(numbers=some.sets(some.sampled_from(BY_CLOCK), min_size=1))
    def bring_ahead(self, numbers):
        self.brought("ahead", dict.fromkeys(numbers, 1))

    def brought(self, kind, numbers):
        told = [(at(number), amount(number)) for number, often in sorted(numbers.items()) for _ in range(often)]
        body = tracked(*told) if kind == "file" else ahead(*told)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("ledger.former.LONG", 2)
            file = taken(self.owner, self.wallet, body, f"{kind}.csv", now=self.tick())
        self.files.append((file, kind, numbers))
        self.look()

    @precondition(lambda self: self.files)
    @rule(which=some.integers(0, 5))
    def take_back(self, which):
        file, _, _ = self.files.pop(which % len(self.files))
        taken_back(file, self.tick())
        self.look()

    # --- what their owner says

    @rule(numbers=some.sets(EDITED, min_size=1, max_size=3), changes=CHANGES)
    def say(self, numbers, changes):
        self.spoken(numbers, changes)

    @rule(leave_out=some.booleans())
    def leave_out(self, leave_out):
        self.spoken({LEAVE_OUT}, {"ignored": leave_out})

    def spoken(self, numbers, changes):
        meant = {number: found[0] for number in sorted(numbers) if (found := self.shown(number))}
        if not meant:
            return
        act = uuid.uuid4()
        ids = [each.pk for each in meant.values()]
        edits.edit(by=OWNER, owner=self.owner, ids=ids, changes=changes, now=self.tick(), act=act)
        for number in meant:
            if len(self.groups(number)) > 1:
                self.mixed.add(number)
            self.of(number, min(self.tellers(number))).say(act, changes, PLAIN)

    @rule(number=EDITED, back=some.booleans(), everywhere=some.booleans())
    def move(self, number, back, everywhere):
        """The last act about it, there or wherever it was said at once; none of which is half forgotten."""
        each = self.of(number, min(self.tellers(number), default="api"))
        stack = each.done if back else each.undone
        if not stack or self.mixed or not self.shown(number):
            return
        act, facts = stack[-1][0], {"by": OWNER, "owner": self.owner, "now": self.tick()}
        if everywhere:
            (edits.undo_act if back else edits.redo_act)(**facts, act=act)
        else:
            (edits.undo if back else edits.redo)(**facts, transaction_id=self.shown(number)[0].pk)
        for other in range(5) if everywhere else [number]:
            said = self.of(other, min(self.tellers(other), default="api"))
            stack = said.done if back else said.undone
            if self.shown(other) and stack and stack[-1][0] == act:
                (said.undo if back else said.redo)()

    @rule(number=some.sampled_from(TELL_APART))
    def tell_apart_or_together(self, number):
        if self.tellers(number) != {"api", "file"}:
            return
        names = [each.pk for each in self.shown(number)]
        kind = Kind.DIFFERENT if len(names) == 1 else Kind.SAME
        found = [
            each
            for each in Decision.objects.filter(owner=self.owner).order_by("-id")
            if {each.one_id, each.other_id} >= set(names)
        ]
        act = acts.act_of(self.owner, found[0].act, Kind.SAME, Kind.DIFFERENT)
        linking.turn(by=OWNER, owner=self.owner, act=act, now=self.tick())
        self.apart ^= {number}
        self.mixed |= {number}
        assert (number in self.apart) == (kind is Kind.DIFFERENT)
        self.look()

    @rule()
    def turn_the_clock(self):
        if self.clock is None:
            clock = {"origin": "file:koinly_template", "against": "api", "seconds": AHEAD // timedelta(seconds=1)}
            asked = ClockQuestion.objects.create(
                owner=self.owner, wallet=self.wallet, ones=[], others=[], since=NOW, until=NOW, **clock
            )
            clocks.say(by=OWNER, asked=asked, same=True, now=self.tick())
        else:
            word = clocks.words_of(self.owner).get()
            clocks.turn(by=OWNER, owner=self.owner, word=word, now=self.tick())
        self.clock = not self.clock
        self.look()

    # --- whatever else may come

    @rule()
    def read_anew(self):
        journal.from_the_beginning(self.wallet)
        journal.look_again(self.wallet)
        self.look()

    @rule(known=some.booleans(), api_first=some.booleans())
    def remove_and_add_again(self, known, api_first):
        """All of it is told again, where only that says whose account it is, and there is a word to bring back."""
        known = known or not (self.api or self.files) or not Edit.objects.filter(owner=self.owner).exists()
        api, files = self.api, [] if known else self.files
        self.wallet = added_again(self.wallet, now=self.tick(), known=known)
        self.api, self.files = {}, []
        for kind, numbers in [*([("api", api)] if api_first else []), *((k, n) for _, k, n in files), ("api", api)]:
            if kind == "api" and api:
                names = [f"{number}{twin}" for number, often in api.items() for twin in "AB"[:often]]
                self.api = dict(api)
                store(self.wallet, *map(told_by_api, names), now=self.tick())
                self.look()
            elif kind != "api":
                self.brought(kind, numbers)

    @rule()
    def bin_and_back(self):
        keeping.put_in_bin(by=OWNER, wallet=self.wallet, now=self.tick())
        keeping.restore(by=OWNER, wallet=self.wallet, now=self.tick())

    # --- what is to be

    @invariant()
    def nothing_is_lost_or_doubled(self):
        if not hasattr(self, "wallet"):
            return
        for number in range(5):
            shown, groups = self.shown(number), self.groups(number)
            assert len(shown) == len(groups), (number, groups)
            if number not in self.mixed and shown:
                words = self.of(number, min(self.tellers(number))).shown(PLAIN)
                assert any(held_of(each) == words for each in shown), (number, words)
            # That a file leaves out seconds, and the last digits, is nothing to decide.
            if number not in self.mixed and number not in BY_CLOCK:
                assert not any(each.conflicts for each in shown), number
        told = [self.api.get(TWIN, 0), *(numbers.get(TWIN, 0) for _, _, numbers in self.files)]
        assert len(self.shown(TWIN)) == max(told)
        every_word_is_heard(self.owner)

    def teardown(self):
        if hasattr(self, "wallet"):
            assert_sound(self.wallet)


def is_of(each, number):
    return fields_of(each).source["received"]["amount"].startswith(amount(number))


def held_of(each):
    fields = fields_of(each)
    as_told = {name: TOLD for name in ("received", "occurred_at") if name not in each.mine}
    return {name: fields.effective[name] for name in PLAIN} | as_told


def every_word_is_heard(owner):
    """By whatever name it was said: it holds, or is asked about, as long as anybody tells of what it is about."""
    for key in TransactionKey.objects.filter(owner=owner, pk__in=Edit.objects.values("key")):
        words = edits.histories_of([key.pk])[key.pk].words
        each = Transaction.objects.filter(pk=edits.named(owner, key.pk)).first()
        if each is None:
            assert not words or not Part.objects.filter(identity=key.anchor, wallet__owner=owner).exists(), key.anchor
            continue
        for name, word in words.items():
            assert name in each.mine
            assert fields_of(each).effective[name] == word.value or name in each.conflicts


class TestAtRandom(TestCase, Random.TestCase):
    settings = settings(
        max_examples=40 if THOROUGH else 6,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )

"""The same history by API and by file, in either order: one set of transactions, the ids of the first, twins two.

Each way of bringing files is told in `tests.ledger.exports.ways`, with what its files cannot tell.
"""

from __future__ import annotations

import io
from collections import defaultdict
from decimal import Decimal
from functools import cache

import pytest
from django.utils import timezone

from accounts.audit import Actor, ActorKind
from ledger import assets, edits, importing, journal, looking
from ledger.models import Decision, ImportFile, Part, Proposal, Transaction
from ledger.tasks import imports as step
from tests.ledger.conftest import NOW
from tests.ledger.exports.base import happened
from tests.ledger.exports.ways import WAYS
from tests.ledger.stand import SOON, held, read, store
from wallets.models import Wallet
from wallets.records import Record
from wallets.sandbox.books import Kind

pytestmark = [pytest.mark.django_db, pytest.mark.turns(3)]
OWNER = Actor(ActorKind.OWNER)
every_way = pytest.mark.parametrize("name", WAYS)
OVERLAPPING = (
    "kraken",
    "coinbase",
    "binance, trades and statement",
    "binanceus",
    "gemini",
    "kucoin, history",
    "okx",
    "bybit",
    "bitstamp, old",
    "bitfinex",
    "uphold",
)
told = cache(happened)


class Stand:
    """A wallet, and both ways into it."""

    def __init__(self, owner, way):
        self.owner, self.way = owner, way
        self.events = told(way.exchange)
        self.wallet = Wallet.objects.create(
            owner=owner, exchange=way.exchange, way="key", label=way.exchange, created_at=NOW
        )

    def by_api(self, every=1):
        told = self.events[::every]
        records = [Record(row.family, row.external_id, row.at, row.raw) for each in told for row in each.rows]
        store(self.wallet, *records)
        journal.catch_up_all(self.wallet, now=timezone.now())  # after or before the file, whose worker has this clock
        looking.look(self.wallet, now=timezone.now())

    def by_file(self, first=0, last=None):
        return [self.bring(export, self.events[first:last]) for export in self.way.exports]

    def bring(self, export, events):
        file = importing.receive(
            by=OWNER,
            owner=self.owner,
            stream=io.BytesIO(export.body(events)),
            name=export.name,
            wallet=self.wallet,
            answers=self.way.answers,
            now=NOW,
        )
        work(file)
        assert (file.state, file.counts.get("failed")) == ("preview", 0), (file.words, file.questions, lines_of(file))
        importing.commit(by=OWNER, file=file, now=NOW)
        work(file)
        assert file.state == "committed", file.words
        return file

    def undo(self, files):
        for file in reversed(files):
            importing.undo(by=OWNER, file=file, now=NOW)
            work(file)
            assert file.state == "undone"

    def edit(self):
        """One of each kind."""
        mine = Transaction.objects.filter(wallet=self.wallet).order_by("occurred_at", "id")
        first = {each.kind: each.pk for each in reversed(mine)}
        for kind, pk in first.items():
            edits.edit(by=OWNER, owner=self.owner, ids=[pk], changes={"note": f"my {kind}"}, now=SOON)
        return {pk: f"my {kind}" for kind, pk in first.items()}

    # --- looking -----------------------------------------------------------------------------------------------------

    @property
    def ids(self):
        return set(Transaction.objects.filter(wallet=self.wallet).values_list("pk", flat=True))

    @property
    def notes(self):
        mine = Transaction.objects.filter(wallet=self.wallet, mine__contains=["note"])
        return dict(mine.values_list("pk", "note"))

    @property
    def derived(self):
        """Each cell of each transaction."""
        mine = Transaction.objects.filter(wallet=self.wallet).values()
        return {(each["id"], name): value for each in mine for name, value in each.items()}

    def assert_all_is_attached(self):
        rows = {row for each in Transaction.objects.filter(wallet=self.wallet) for row in each.rows}
        moving = set(Part.objects.filter(wallet=self.wallet, skip="").values_list("row_id", flat=True))
        assert moving - rows == set()

    def proposed(self):
        mine = Proposal.objects.filter(owner=self.owner, about="duplicates")
        return [(each.score, [reason["code"] for reason in each.reasons]) for each in mine]

    def held_by(self, drafts):
        sums, namer = defaultdict(Decimal), assets.namer(self.wallet)
        for draft in drafts:
            for leg, sign in ((draft.sent, -1), (draft.received, 1), (draft.fee, -1)):
                if leg:
                    sums[namer.code(leg.asset, draft.at)[0]] += sign * leg.amount
        return {asset: amount for asset, amount in sums.items() if amount}

    @property
    def drafts(self):
        return [draft for each in self.events for draft in each.drafts]

    @property
    def in_files(self):
        """What the files alone make of it: so many transactions."""
        found = [draft for each in self.events if each.kind in self.way.kinds for draft in each.drafts]
        return len({draft.at.replace(microsecond=0) for draft in found} if self.way.sums else found)


def work(file):
    ImportFile.objects.filter(pk=file.pk).update(not_before=NOW)
    while step(SOON):
        pass
    file.refresh_from_db()


def lines_of(file):
    return list(file.lines.filter(state="failed").values_list("original", "column", "reason")[:3])


def changed(before, after):
    return {cell: (before.get(cell), after.get(cell)) for cell in before | after if before.get(cell) != after.get(cell)}


@pytest.fixture
def stand(alice, name):
    return Stand(alice, WAYS[name])


@every_way
def test_api_then_file_adds_nothing(stand):
    stand.by_api()
    mine, before, ids = stand.edit(), stand.derived, stand.ids
    assert (len(ids), held(stand.wallet)) == (len(stand.drafts), stand.held_by(stand.drafts))
    files = stand.by_file()
    assert stand.proposed() == []
    assert (stand.ids, stand.notes) == (ids, mine)
    assert held(stand.wallet) == stand.held_by(stand.drafts)  # where files round, as the API tells it
    stand.assert_all_is_attached()
    if stand.way.same_rows:
        stand.undo(files)
        assert changed(before, stand.derived) == {}


@every_way
def test_file_then_api_keeps_the_files_ids_and_takes_the_apis_word(stand):
    files = stand.by_file()
    mine, ids = stand.edit(), stand.ids
    assert len(ids) == stand.in_files
    stand.by_api()
    assert stand.proposed() == []
    assert (ids - stand.ids, stand.notes) == (set(), mine)
    assert (len(stand.ids), held(stand.wallet)) == (len(stand.drafts), stand.held_by(stand.drafts))
    stand.assert_all_is_attached()
    if stand.way.same_rows:
        both = stand.ids
        stand.undo(files)
        assert (stand.ids, stand.notes) == (both, mine)
        assert held(stand.wallet) == stand.held_by(stand.drafts)


@every_way
def test_while_the_api_has_told_half_of_it_no_twin_is_taken_for_the_other(stand):
    """Every second event, so one of two twins; a file with all of them; and then the rest."""
    stand.by_api(every=2)
    stand.by_file()
    read(stand.wallet)
    looking.look(stand.wallet, now=SOON)
    stand.by_api()
    assert (len(stand.ids), held(stand.wallet)) == (len(stand.drafts), stand.held_by(stand.drafts))
    assert stand.proposed() == []
    stand.assert_all_is_attached()


@pytest.mark.parametrize("name", OVERLAPPING)
def test_files_that_overlap_tell_their_lines_once(stand):
    stand.by_file(0, 24)  # both twins of either block are in both
    before, first = stand.derived, stand.ids
    again = stand.by_file(4)
    assert (len(stand.ids), first - stand.ids) == (stand.in_files, set())
    assert stand.proposed() == []
    assert held(stand.wallet).keys() == {"EUR", "BTC", "ETH"} or stand.way.kinds != frozenset(Kind)
    stand.assert_all_is_attached()
    stand.undo(again)
    assert changed(before, stand.derived) == {}


@pytest.mark.parametrize("name", ["coinbase", "binance, statement", "kucoin, fills and movements"])
def test_undo_of_a_file_that_told_it_otherwise_leaves_what_the_api_told(stand):
    stand.by_api()
    before = stand.derived
    stand.undo(stand.by_file())
    assert changed(before, stand.derived) == {}


@pytest.mark.parametrize("name", ["kucoin, fills and movements", "bybit"])
def test_undo_of_a_file_that_named_it_first_leaves_its_names(stand):
    files = stand.by_file()
    mine = stand.edit()
    stand.by_api()
    both = stand.ids
    stand.undo(files)
    assert (stand.ids, stand.notes) == (both, mine)


@pytest.mark.parametrize("name", ["binance, statement", "gemini", "kucoin, history"])
def test_looking_again_at_all_of_it_decides_nothing_anew(stand):
    stand.by_api()
    stand.by_file()
    before, ids = Decision.objects.count(), stand.ids
    journal.from_the_beginning(stand.wallet)
    read(stand.wallet)
    looking.look(stand.wallet, now=SOON)
    assert (Decision.objects.count(), stand.ids) == (before, ids)


@every_way
def test_read_anew_in_small_steps_nothing_changes_whether_a_file_told_it_or_both(stand):
    stand.by_file()
    assert changed_by_reading_anew(stand) == {}
    stand.by_api()
    assert changed_by_reading_anew(stand) == {}


def changed_by_reading_anew(stand):
    mine, before = stand.edit(), stand.derived
    journal.from_the_beginning(stand.wallet)
    while journal.catch_up(stand.wallet, now=SOON, limit=3):
        pass
    looking.look(stand.wallet, now=SOON)
    assert mine.items() <= stand.notes.items()
    return changed(before, stand.derived)

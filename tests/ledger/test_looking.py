"""What is told twice is found, and what left here and arrived there; owners have the last word, and it is kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.audit import Actor, ActorKind
from ledger import acts, decisions, edits, handmade, journal, linking, looking, particulars, tasks, unmatched
from ledger.decisions import Kind, Verdict
from ledger.models import AssetAlias, Decision, ImportRow, Journal, Proposal, Transaction
from tests.ledger.bringing import taken, taken_back, taken_in, told_by_a_tracker
from tests.ledger.conftest import NOW
from tests.ledger.imports.tracker_files import HEADER, line
from tests.ledger.stand import SOON, assert_sound, held, ledger_row, read, removed_and_added_again, store, trade
from wallets.models import Wallet
from wallets.records import Record

pytestmark = pytest.mark.django_db
OWNER = Actor(ActorKind.OWNER)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def other(alice):
    return Wallet.objects.create(owner=alice, exchange="kraken", way="key", label="Second", created_at=NOW)


def left(number, amount="-1.0", fee="0.001", at=NOW):
    return ledger_row(f"W{number}", f"R{number}", "XXBT", amount, fee, kind="withdrawal", at=at)


def arrived(number, amount="1.0", at=NOW + timedelta(minutes=20)):
    return ledger_row(f"D{number}", f"S{number}", "XXBT", amount, kind="deposit", at=at)


def look(*wallets):
    for wallet in wallets:
        read(wallet)
        looking.look(wallet, now=SOON)


def test_what_left_and_arrived_is_one_transfer(wallet, other):
    store(wallet, left(1, "-0.73519264"))
    store(other, arrived(1, "0.73519264"))
    look(wallet, other)
    assert set(Transaction.objects.values_list("kind", flat=True)) == {"transfer"}
    [decision] = Decision.objects.all()
    assert (decision.kind, decision.by_itself, decision.one.book) == ("linked", True, wallet.book)
    assert not looking.look(wallet, now=SOON)  # a second look finds nothing new
    assert Decision.objects.count() == 1
    assert_sound(wallet)


def test_what_came_while_its_other_end_lay_in_the_bin_is_linked_when_that_is_back(wallet, other):
    """And what had been suggested is again."""
    store(other, arrived(1, "0.73519264"), arrived(2, "1", at=NOW - 9 * DAY))
    store(wallet, left(2, "-1", at=NOW - 9 * DAY - HOUR), left(3, "-1", at=NOW - 9 * DAY - HOUR / 2))
    look(wallet, other)
    suggested = Proposal.objects.count()
    assert suggested == 2
    Wallet.objects.filter(pk=other.pk).update(binned_at=NOW)
    store(wallet, left(1, "-0.73519264"), ledger_row("F", "F", "XXBT", "-7", kind="withdrawal", at=NOW - 9 * DAY))
    look(wallet)
    assert not Decision.objects.exists()

    Wallet.objects.filter(pk=other.pk).update(binned_at=None)
    for _ in range(3):
        tasks.look(SOON)

    assert Transaction.objects.filter(kind="transfer").count() == 2
    assert Proposal.objects.count() == suggested
    assert not Journal.objects.filter(look_from__isnull=False).exists()


def test_what_its_owner_puts_elsewhere_in_time_is_looked_at_where_it_stands_now(wallet, other, alice):
    """A year that was wrong: where it went is beside it once that is put right."""
    store(wallet, left(1, "-0.73519264", at=NOW - timedelta(days=365)))
    store(other, arrived(1, "0.73519264"))
    look(wallet, other)
    out = Transaction.objects.get(wallet=wallet)
    assert out.kind == "withdrawal"
    edits.edit(by=OWNER, owner=alice, ids=[out.pk], changes={"occurred_at": NOW.isoformat()}, now=SOON)
    look(wallet)
    assert set(Transaction.objects.values_list("kind", flat=True)) == {"transfer"}
    assert_sound(wallet)


def test_one_written_by_hand_is_compared_where_its_owner_put_it(wallet, alice):
    came = {"amount": "0.51237", "asset": "BTC"}
    fields = {"kind": "deposit", "occurred_at": "2025-11-20T12:00:00Z", "received": came}
    written = handmade.add(by=OWNER, wallet=wallet, fields=fields, now=SOON)
    store(wallet, arrived(1, "0.51237", NOW))
    look(wallet)
    assert not Proposal.objects.exists()
    edits.edit(by=OWNER, owner=alice, ids=[written.pk], changes={"occurred_at": NOW.isoformat()}, now=SOON)
    look(wallet)
    [proposed] = Proposal.objects.filter(about="duplicates")
    assert written.pk in {*proposed.ones, *proposed.others}


def test_what_takes_long_is_left_to_the_long_lane(wallet, other, monkeypatch):
    store(wallet, left(1, "-0.73519264"))
    store(other, arrived(1, "0.73519264"))
    read(wallet)
    read(other)
    assert not tasks.look_at_length(SOON)
    monkeypatch.setattr(looking, "MANY", 1)
    assert not tasks.look(SOON)
    assert not Decision.objects.exists()
    assert tasks.look_at_length(SOON)
    assert (Decision.objects.count(), tasks.look_at_length(SOON)) == (1, False)


def test_what_an_owner_rejects_is_never_linked_again(wallet, other, alice):
    store(wallet, left(1, "-0.73519264"))
    store(other, arrived(1, "0.73519264"))
    look(wallet, other)
    out, came = Transaction.objects.get(wallet=wallet), Transaction.objects.get(wallet=other)
    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Kind.APART, [out.pk], [came.pk]), now=SOON)
    assert set(Transaction.objects.values_list("kind", flat=True)) == {"withdrawal", "deposit"}
    for each in (wallet, other):
        journal.from_the_beginning(each)
    look(wallet, other)
    assert set(Transaction.objects.values_list("kind", flat=True)) == {"withdrawal", "deposit"}
    assert not Proposal.objects.exists()


@pytest.fixture
def renamed(wallet, other, alice):
    """What left is told twice; something is decided about the one, and then it goes by the other's name."""

    def run(kind):
        store(wallet, left(1, "-0.73519264"), left(2, "-0.73519264", at=NOW + timedelta(seconds=1)))
        store(other, arrived(1, "0.73519264"))
        read(wallet)
        read(other)
        one, again = Transaction.objects.filter(wallet=wallet).order_by("occurred_at")
        there = Transaction.objects.get(wallet=other)
        for verdict in (Verdict(kind, [one.pk], [there.pk]), Verdict(Kind.SAME, [one.pk], [again.pk])):
            edits.edit(by=OWNER, owner=alice, ids=[again.pk], changes={"note": "x"}, now=SOON)
            decisions.decide(by=OWNER, owner=alice, verdict=verdict, now=SOON)
        assert Transaction.objects.get(wallet=wallet).pk == again.pk
        return again, there

    return run


def test_a_rejection_holds_under_another_name(renamed, wallet, other):
    renamed(Kind.APART)
    look(wallet, other)
    assert set(Transaction.objects.values_list("kind", flat=True)) == {"withdrawal", "deposit"}
    assert not Proposal.objects.exists()


def test_a_link_holds_under_another_name_and_nothing_else_is_linked_with_its_end(renamed, wallet, other, alice):
    out, there = renamed(Kind.LINKED)
    store(other, arrived(2, "0.73519264", at=NOW + timedelta(minutes=10)))
    look(wallet, other)
    assert Decision.objects.filter(kind=Kind.LINKED).count() == 1
    assert not Proposal.objects.exists()
    assert [each.pk for each in particulars.partners_of(alice, out.pk)] == [there.pk]
    assert [each.pk for each in particulars.partners_of(alice, there.pk)] == [out.pk]


def test_what_is_doubtful_is_proposed_and_accepting_it_links(wallet, other, alice):
    store(wallet, left(1, "-1", at=NOW), left(2, "-1", at=NOW + timedelta(minutes=1)))
    store(other, arrived(1, "1"))
    look(wallet, other)
    assert not Decision.objects.exists()
    proposed = Proposal.objects.for_user(alice).filter(about="transfers").first()
    assert (proposed.score > 0, bool(proposed.reasons)) == (True, True)
    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Kind.LINKED, proposed.ones, proposed.others), now=SOON)
    assert Transaction.objects.filter(kind="transfer").count() == 2
    assert not Proposal.objects.exists()


def test_what_is_written_by_hand_is_proposed_when_the_row_itself_comes(wallet, alice):
    fields = {
        "kind": "trade",
        "occurred_at": "2026-11-20T12:00:00Z",
        "sent": {"amount": "100", "asset": "EUR"},
        "received": {"amount": "0.5", "asset": "BTC"},
        "note": "the first one",
    }
    written = handmade.add(by=OWNER, wallet=wallet, fields=fields, now=SOON)
    store(wallet, *trade(1))
    look(wallet)
    proposal = Proposal.objects.get(about="duplicates")
    named = [*proposal.ones, *proposal.others]
    assert written.pk in named
    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Kind.SAME, proposal.ones, proposal.others), now=SOON)
    [one] = Transaction.objects.all()
    assert (one.pk, one.note, sorted(one.origins)) == (written.pk, "the first one", ["api", "hand"])
    assert one.fee_amount == Decimal("0.26")  # as the exchange tells it
    assert held(wallet)["BTC"] == Decimal("0.5")
    assert_sound(wallet)


@pytest.mark.parametrize(
    ("by_api", "by_file", "later"),
    [("1", "12", "2"), ("1", "2", ""), ("12", "123", "3"), ("", "12", "1"), ("12", "3", "")],
)
def test_twins_of_which_each_side_tells_some_are_counted_by_their_ids(by_api, by_file, later, wallet, alice):
    """They happened in the same second, with the same amounts; which it is, only the exchange's own id says."""
    store(wallet, *(row for number in by_api for row in trade(number)))
    look(wallet)
    taken_in(alice, wallet, [row for number in by_file for row in trade(number)])
    look(wallet)
    store(wallet, *(row for number in later for row in trade(number)))
    look(wallet)
    assert Transaction.objects.count() == len({*by_api, *by_file, *later})
    assert not Decision.objects.exists()
    assert_sound(wallet)


EARLY = NOW - timedelta(hours=1)
PUT_RIGHT = {
    "received": {"amount": "0.4", "asset": "BTC"},
    "occurred_at": "2026-11-20T02:00:00Z",
    "kind": "gift",
    "ignored": True,
}


@pytest.mark.parametrize("field", PUT_RIGHT)
def test_what_an_owner_put_right_or_left_out_does_not_come_again_with_another_source(field, wallet, alice):
    """What sources say is compared, and then the owner's word holds of all of them."""
    store(wallet, arrived(1, "0.51237", NOW))
    read(wallet)
    [told] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={field: PUT_RIGHT[field]}, now=EARLY)
    file = told_by_a_tracker(alice, wallet, "0.51237", NOW)
    [line] = ImportRow.objects.filter(file=file, state="duplicate")
    assert (line.same_as, "stays left out" in line.reason) == (told.pk, field == "ignored")
    [each] = Transaction.objects.all()
    assert (each.pk, each.mine, each.conflicts, each.origins) == (told.pk, [field], [], ["api", "file"])
    assert_sound(wallet)


@pytest.mark.parametrize("days", [-400, 3, 400])
def test_what_an_owner_moved_by_days_does_not_come_again_with_another_source(days, wallet, alice, monkeypatch):
    """It is looked for where its sources have it, also where a look takes several goes."""
    monkeypatch.setattr(looking, "AT_ONCE", 4)
    store(wallet, *(arrived(each, f"{each}.51237", NOW + each * timedelta(hours=3)) for each in range(12)))
    read(wallet)
    told = Transaction.objects.get(received_amount="7.51237")
    there = NOW + timedelta(days=days)
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={"occurred_at": f"{there:%Y-%m-%dT%H:%M:%SZ}"}, now=EARLY)
    told_by_a_tracker(alice, wallet, "7.51237", NOW + timedelta(hours=21))
    look(wallet)
    each = Transaction.objects.get(received_amount="7.51237")
    assert (each.pk, each.occurred_at, each.origins) == (told.pk, there, ["api", "file"])
    assert Transaction.objects.count() == 12
    assert_sound(wallet)


def test_one_that_was_moved_is_found_although_nothing_else_is_there(wallet, alice):
    store(wallet, arrived(1, "0.51237", NOW))
    read(wallet)
    file = told_by_a_tracker(alice, wallet, "0.7", NOW)
    api, line = Transaction.objects.order_by("received_amount")
    for each in (api, line):
        changes = {"occurred_at": "2025-01-01T00:00:00Z"}
        edits.edit(by=OWNER, owner=alice, ids=[each.pk], changes=changes, now=EARLY)
    assert file.state == "committed"
    store(wallet, arrived(2, "0.7", NOW))
    look(wallet)
    assert sorted(Transaction.objects.values_list("received_amount", flat=True)) == [Decimal("0.51237"), Decimal("0.7")]
    assert_sound(wallet)


def test_what_another_source_tells_as_the_owner_put_it_right_is_not_told_twice(wallet, alice):
    store(wallet, arrived(1, "0.51237", NOW))
    read(wallet)
    [told] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={"received": PUT_RIGHT["received"]}, now=EARLY)
    told_by_a_tracker(alice, wallet, "0.4", NOW)
    [each] = Transaction.objects.all()
    assert (each.pk, each.received_amount) == (told.pk, Decimal("0.4"))
    assert_sound(wallet)


def test_a_word_that_leaves_out_what_a_file_told_is_about_what_the_exchange_tells_later(wallet, alice):
    told_by_a_tracker(alice, wallet, "0.51237", NOW)
    [told] = Transaction.objects.all()
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={"ignored": True}, now=NOW)
    store(wallet, arrived(1, "0.51237", NOW))
    look(wallet)
    [each] = Transaction.objects.all()
    assert (each.pk, each.ignored) == (told.pk, True)
    assert_sound(wallet)


def test_of_two_that_were_both_here_the_one_that_was_left_out_takes_nothing_along(wallet, alice):
    told_by_a_tracker(alice, wallet, "0.51237", NOW)
    store(wallet, arrived(1, "0.51237", NOW))
    read(wallet)
    told = Transaction.objects.get(origins=["file"])
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes={"ignored": True}, now=SOON)
    looking.look(wallet, now=SOON)
    assert held(wallet) == {"BTC": Decimal("0.51237")}
    assert Transaction.objects.count() == 2
    assert not Proposal.objects.exists()


def test_looking_at_many_asks_no_more_than_at_few(wallet, other):
    """Symbols an owner has words about are looked up once, not for each movement."""
    AssetAlias.objects.create(owner=wallet.owner, symbol="QQFOO", code="BTC", created_at=NOW)
    counted = []
    for count in (1, 9):
        store(wallet, *(left(f"{count}-{number}", f"-{3 + number}.{count}7") for number in range(count)))
        read(wallet)
        with CaptureQueriesContext(connection) as asked:
            looking.look(wallet, now=SOON)
        counted.append(sum("ledger_assetalias" in each["sql"] for each in asked))
    assert counted == [1, 1]


def test_a_transaction_at_hand_is_a_row_like_any_other(wallet):
    store(wallet, left(1))
    read(wallet)
    [row] = Transaction.objects.values(*looking.COLUMNS)
    assert looking.row_of(Transaction.objects.get()) == row


def sent_from_okx(number, at):
    raw = {
        "billId": f"{number}",
        "ccy": "BTC",
        "type": "2",
        "balChg": "-1",
        "bal": "5",
        "ts": f"{at.timestamp():.0f}000",
    }
    told = {
        "ccy": "BTC",
        "chain": "BTC-Bitcoin",
        "amt": "1",
        "fee": "0",
        "to": "bc1",
        "txId": f"hash {number}",
        "state": "2",
    }
    return [Record("funding", f"{number}", at, raw), Record("withdrawals", f"w{number}", at, told)]


def arrived_at_bitstamp(at, of):
    raw = {"id": 1, "datetime": "", "type": "0", "fee": "0", "btc": "1", "usd": "0"}
    told = {
        "kind": "deposits",
        "currency": "BTC",
        "amount": "1",
        "txid": of,
        "destinationAddress": "bc1",
        "network": "bitcoin",
    }
    return [Record("transactions", "1", at, raw), Record("crypto", "deposits:1", at + timedelta(minutes=40), told)]


def test_lists_that_only_say_where_it_went_tell_which_of_two_alike_arrived(alice):
    facts = {"owner": alice, "way": "key", "created_at": NOW}
    okx = Wallet.objects.create(exchange="okx", label="OKX", **facts)
    bitstamp = Wallet.objects.create(exchange="bitstamp", label="Bitstamp", **facts)
    later = NOW + timedelta(minutes=15)
    store(okx, *sent_from_okx(1, NOW), *sent_from_okx(2, later))
    store(bitstamp, *arrived_at_bitstamp(later + timedelta(minutes=20), "hash 1"))
    look(okx, bitstamp)

    [link] = Decision.objects.filter(kind="linked")
    assert link.one.anchor == "funding:1"
    assert_sound(okx)


def test_what_comes_late_about_a_movement_is_looked_at_too(alice, wallet):
    facts = {"owner": alice, "way": "key", "created_at": NOW}
    bitstamp = Wallet.objects.create(exchange="bitstamp", label="Bitstamp", **facts)
    moved, told = arrived_at_bitstamp(NOW, "hash")
    store(bitstamp, moved)
    look(bitstamp)
    store(bitstamp, told)
    read(bitstamp)
    assert Journal.objects.get(wallet=bitstamp).look_from is not None


def arrived_from_a_file(wallet, other, amount, at=NOW):
    """The exchange's own ids are in neither of the two files that tell it."""
    kept = taken_in(other.owner, other, [left(1, f"-{amount}", "0", at=at - timedelta(minutes=20))])
    store(wallet, arrived(1, amount, at=at))
    look(other, wallet)
    return kept


def told_by_another_file(other, amount, at=NOW):
    told = line(
        "koinly_template", date=f"{at - timedelta(minutes=20):%Y-%m-%d %H:%M}", sent_amount=amount, sent_currency="BTC"
    )
    return taken(other.owner, other, "\n".join([HEADER["koinly_template"], told]).encode(), "template.csv")


def test_what_another_file_tells_in_place_of_one_that_was_taken_back_is_linked_again(wallet, other, alice):
    """The link is with a name that nobody tells of any more."""
    taken_back(arrived_from_a_file(wallet, other, "0.73519264"))
    told_by_another_file(other, "0.73519264")
    look(other, wallet)
    out, came = (Transaction.objects.get(wallet=each) for each in (other, wallet))
    assert (out.kind, came.kind) == ("transfer", "transfer")
    assert [each.pk for each in particulars.partners_of(alice, out.pk)] == [came.pk]
    assert [each.pk for each in particulars.partners_of(alice, came.pk)] == [out.pk]


def test_an_end_whose_other_end_is_gone_is_in_the_queue_again_and_can_be_linked_by_hand(wallet, other, alice):
    file = arrived_from_a_file(wallet, other, "0.73519264")
    came = Transaction.objects.get(wallet=wallet)
    taken_back(file)
    look(other, wallet)
    assert [each.pk for walk in unmatched.unmatched(alice).parts for each in walk] == [came.pk]
    told_by_another_file(other, "0.8", at=NOW - timedelta(days=40))
    look(other, wallet)
    out = Transaction.objects.get(wallet=other)
    linking.link(by=OWNER, owner=alice, named=[out.pk, came.pk], now=SOON)
    assert [each.pk for each in particulars.partners_of(alice, came.pk)] == [out.pk]
    assert not any(each for walk in unmatched.unmatched(alice).parts for each in walk)


def test_what_an_owner_linked_is_linked_with_nothing_else_while_its_other_end_is_gone(wallet, other, alice):
    file = arrived_from_a_file(wallet, other, "0.73519264")
    named = [each.pk for each in Transaction.objects.order_by("occurred_at")]
    decisions.decide(by=OWNER, owner=alice, verdict=Verdict(Kind.LINKED, named[:1], named[1:]), now=SOON)
    taken_back(file)
    told_by_another_file(other, "0.73519264")
    look(other, wallet)
    assert Transaction.objects.get(wallet=other).kind == "withdrawal"


@pytest.mark.parametrize(
    ("came", "asked"), [(timedelta(seconds=17, milliseconds=400), []), (timedelta(minutes=3), ["occurred_at"])]
)
def test_a_time_that_was_put_right_is_asked_about_where_the_exchange_tells_another_not_where_it_adds_seconds(
    came, asked, wallet, alice
):
    """A file told it to the minute."""
    told_by_a_tracker(alice, wallet, "0.51237", NOW)
    [told] = Transaction.objects.all()
    said = {"occurred_at": "2026-11-20T15:30:00Z"}
    edits.edit(by=OWNER, owner=alice, ids=[told.pk], changes=said, now=EARLY)
    store(wallet, arrived(1, "0.51237004", NOW + came))
    look(wallet)
    for proposal in Proposal.objects.all():
        linking.say(by=OWNER, proposal=proposal, kind=Kind.SAME, now=SOON)
    [each] = Transaction.objects.all()
    assert (each.pk, each.conflicts, f"{each.occurred_at:%H:%M}") == (told.pk, asked, "15:30")
    edits.undo(by=OWNER, owner=alice, transaction_id=each.pk, now=SOON)
    [each] = Transaction.objects.all()
    assert (each.conflicts, each.occurred_at) == ([], NOW + came)
    assert_sound(wallet)


def test_what_is_told_apart_leaves_the_transaction_that_bears_its_name_though_nothing_tells_that_name_any_more(
    wallet, alice
):
    """Two files told it, and only the second is here: it answers to the first one's name, by which it is one with what
    the exchange tells. Both files are parted then.
    """
    told = line("koinly_template", date=f"{NOW:%Y-%m-%d %H:%M}", received_amount="0.51237", received_currency="BTC")
    second = "\n".join([HEADER["koinly_template"], told]).encode()
    store(wallet, arrived(1, "0.51237", NOW))
    read(wallet)
    with_files = removed_and_added_again(wallet, now=SOON)
    told_by_a_tracker(alice, with_files, "0.51237", NOW)
    taken(alice, with_files, second, "template.csv")
    [joined] = acts.whole(list(acts.heads(alice, Kind.SAME)))
    again = removed_and_added_again(with_files, now=SOON)
    store(again, arrived(1, "0.51237", NOW))
    look(again)
    taken(alice, again, second, "template.csv")
    look(again)
    [each] = Transaction.objects.all()
    assert each.origins == ["api", "file"]
    linking.turn(by=OWNER, owner=alice, act=joined, now=SOON)
    assert sorted(Transaction.objects.values_list("origins", flat=True)) == [["api"], ["file"]]
    assert_sound(again)

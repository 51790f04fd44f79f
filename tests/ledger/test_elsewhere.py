"""A hash that an exchange tells in another list is the transaction's: shown, found, and taken away again where another
movement could be meant after all. Whatever comes in whatever order, reading everything anew says the same.
"""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest

from accounts.audit import Actor, ActorKind
from ledger import edits, intake
from ledger.beside import sources_of
from ledger.listing import sought
from ledger.models import Transaction
from tests.ledger.conftest import NOW
from tests.ledger.stand import assert_sound, read, store
from wallets.models import Wallet
from wallets.records import Record

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def okx(alice):
    return Wallet.objects.create(owner=alice, exchange="okx", way="key", label="OKX", created_at=NOW)


def sent(number, at=NOW, amount="1"):
    raw = {"billId": f"{number}", "ccy": "BTC", "type": "2", "balChg": f"-{amount}", "bal": "5"}
    return Record("funding", f"{number}", at, {**raw, "ts": f"{at.timestamp():.0f}000"})


def told(number, at=NOW, amount="1"):
    raw = {"ccy": "BTC", "chain": "BTC-Bitcoin", "amt": amount, "fee": "0", "to": f"bc1{number}"}
    return Record("withdrawals", f"w{number}", at, {**raw, "txId": f"hash{number}", "state": "2"})


def hashes(wallet):
    """In the order of time."""
    return list(Transaction.objects.filter(wallet=wallet).order_by("occurred_at").values_list("hash", flat=True))


def test_it_is_kept_with_the_transaction_and_found_by_a_search(okx, alice):
    store(okx, sent(1), told(7, NOW + 50 * MINUTE))
    read(okx)
    [moved] = Transaction.objects.all()
    assert (moved.hash, moved.address, moved.network) == ("hash7", "bc17", "Bitcoin")
    assert [each.row.family for each in sources_of(alice, [moved])[moved.pk]] == ["funding", "withdrawals"]
    assert list(sought(Transaction.objects.all(), alice, "hash7")) == [moved]
    assert_sound(okx)


def test_it_may_come_later_and_goes_where_another_could_be_meant(okx):
    store(okx, sent(1))
    read(okx)
    assert hashes(okx) == [""]
    store(okx, told(7, NOW + 50 * MINUTE))
    read(okx)
    assert hashes(okx) == ["hash7"]
    store(okx, sent(2, NOW + 10 * MINUTE))
    read(okx)
    assert hashes(okx) == ["", ""]
    store(okx, told(8, NOW + 10 * MINUTE))  # within a minute of the second, so the other is the first one's
    read(okx)
    assert hashes(okx) == ["hash7", "hash8"]
    assert_sound(okx)


def test_an_edit_leaves_it_and_a_row_that_vanished_takes_it_along(okx, alice):
    store(okx, sent(1), told(7))
    read(okx)
    [moved] = Transaction.objects.all()
    owner = Actor(ActorKind.OWNER)
    changes = {"occurred_at": "2026-01-01T00:00:00Z", "note": "mine"}
    edits.edit(by=owner, owner=alice, ids=[moved.pk], changes=changes, now=NOW)
    assert hashes(okx) == ["hash7"]
    pull = uuid.uuid4()
    store(okx, sent(1), pull=pull)
    intake.note_vanished(okx, stream="ledger", pull=pull, since=NOW - DAY, until=NOW + DAY, run=None, now=NOW)
    read(okx)
    assert hashes(okx) == [""]
    assert_sound(okx)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_in_which_rows_come_means_nothing(seed, okx, alice):
    drawn = random.Random(seed)
    times = [NOW - 20 * DAY + drawn.randrange(900) * MINUTE for _ in range(16)]
    rows = [sent(number, at, drawn.choice("12")) for number, at in enumerate(times)]
    rows += [told(n, at + drawn.choice((0, 1, 30, 90)) * MINUTE, drawn.choice("12")) for n, at in enumerate(times[:12])]
    store(okx, *rows)
    read(okx)
    other = Wallet.objects.create(owner=alice, exchange="okx", way="key", label="Other", created_at=NOW)
    drawn.shuffle(rows)
    for place in range(0, len(rows), 3):
        store(other, *rows[place : place + 3])
        read(other, limit=2)
    found = [
        set(Transaction.objects.filter(wallet=each).values_list("event", "hash", "address")) for each in (okx, other)
    ]
    assert found[0] == found[1]
    assert any(name for _, name, _ in found[0])
    assert_sound(other)

"""An account whose exchange does not tell whose it is, removed and connected again by another key: it is found."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Notice
from ledger import edits, former
from ledger.models import Transaction
from tests.sync.test_staging import NEW, House
from wallets import keeping, removal
from wallets.models import AccountClaim, Wallet

pytestmark = pytest.mark.django_db(transaction=True)
SOME = 3


@pytest.fixture
def house(stage):
    made = House(stage)
    made.sync()
    return made


def gone(house):
    keeping.put_in_bin(by=house.stage.by, wallet=house.wallet, now=house.stage.now())
    Wallet.objects.filter(pk=house.wallet.pk).update(binned_at=house.stage.now() - timedelta(days=31))
    while removal.purge_due(now=house.stage.now()):
        pass
    assert not Transaction.objects.exists()


def test_connected_again_by_key_it_is_known_by_what_it_tells(house):
    said = list(Transaction.objects.order_by("occurred_at").values_list("pk", flat=True)[:SOME])
    count = Transaction.objects.count()
    edits.edit(by=house.stage.by, owner=house.wallet.owner, ids=said, changes={"note": "mine"}, now=house.stage.now())
    # Kraken tells nothing to know it by but the key itself.
    assert list(AccountClaim.objects.values_list("kind", flat=True)) == ["key"]
    former_wallet = house.wallet
    gone(house)

    house.stage.paste(NEW)
    house.wallet = house.stage.work().wallet
    house.sync()

    assert house.wallet.pk != former_wallet.pk
    assert house.wallet.book != former_wallet.book
    assert set(Transaction.objects.filter(note="mine").values_list("pk", flat=True)) == set(said)
    assert Transaction.objects.count() == count
    assert not former.questions(house.wallet).exists()
    assert Notice.objects.filter(kind="edits_back").count() == 1

"""Wallets between which things moved, and things told twice: what pages and API of matching are about."""

from __future__ import annotations

from datetime import timedelta

from accounts.audit import Actor, ActorKind
from ledger import handmade, looking
from ledger.models import Proposal, Transaction
from tests.ledger.conftest import NOW
from tests.ledger.stand import SOON, ledger_row, read, store, trade
from wallets.models import Wallet

OWNER = Actor(ActorKind.OWNER)
MINUTE = timedelta(minutes=1)


def another(owner, label="Second", **facts):
    given = {"exchange": "kraken", "way": "key", "health": "working", "created_at": NOW, **facts}
    return Wallet.objects.create(owner=owner, label=label, **given)


def left(number, amount="1.0", fee="0", at=NOW, asset="XXBT"):
    return ledger_row(f"W{number}", f"R{number}", asset, f"-{amount}", fee, kind="withdrawal", at=at)


def arrived(number, amount="1.0", at=NOW + 20 * MINUTE, asset="XXBT"):
    return ledger_row(f"D{number}", f"S{number}", asset, amount, kind="deposit", at=at)


def look(*wallets):
    for wallet in wallets:
        read(wallet)
        looking.look(wallet, now=SOON)


def linked(one, other, number=1, amount="0.73519264", at=NOW):
    """So plain that it is linked by itself."""
    store(one, left(number, amount, at=at))
    store(other, arrived(number, amount, at=at + 20 * MINUTE))
    look(one, other)


def suggested(one, other, count=1):
    """Two that left and one that arrived, of a round amount: nobody can tell which."""
    for number in range(count):
        at = NOW - number * timedelta(days=40)
        store(one, left(f"A{number}", "1", at=at), left(f"B{number}", "1", at=at + MINUTE))
        store(other, arrived(f"A{number}", "1", at=at + 20 * MINUTE))
    look(one, other)
    return Proposal.objects.filter(about="transfers").order_by("-at").first()


def doubled(wallet, count=1, bought="0.5", paid="100"):
    """Written by hand, and told by the exchange as well."""
    for number in range(count):
        at = NOW - number * timedelta(days=40)
        fields = {
            "kind": "trade",
            "occurred_at": at,
            "sent": {"amount": paid, "asset": "EUR"},
            "received": {"amount": bought, "asset": "BTC"},
            "note": f"number {number}",
        }
        handmade.add(by=OWNER, wallet=wallet, fields=fields, now=SOON)
        store(wallet, *trade(number, at=at, bought=bought, paid=f"-{paid}"))
    look(wallet)
    return Proposal.objects.filter(about="duplicates").order_by("-at").first()


def of(wallet, kind=None):
    found = Transaction.objects.filter(wallet=wallet)
    return found.get(kind=kind) if kind else found.get()

"""Files as owners bring them, and the workers' part, done at once."""

from __future__ import annotations

import io
from datetime import timedelta

from django.utils import timezone

from accounts.audit import Actor, ActorKind
from ledger import exporting, importing, listing
from ledger.models import ImportFile
from ledger.tasks import imports as step
from tests.ledger.conftest import NOW

OWNER = Actor(ActorKind.OWNER)

HEADER = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance"
BOUGHT = (
    "L1A,T1,2026-11-20 12:00:00,trade,,currency,ZEUR,-100,0.26,0",
    "L1B,T1,2026-11-20 12:00:00,trade,,currency,XXBT,0.5,0,0",
)
UNREADABLE = "L2,T2,soon,trade,,currency,XXBT,1,0,0"
UNKNOWN = b"when,what,how much,of what\n03/04/2026 10:00:00,buy,1.5,BTC\n05/06/2026 11:00:00,buy,2.5,BTC\n"


def kraken_file(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def work() -> None:
    """Until nothing is left to do; what another clock put off is due as well."""
    now = timezone.now()
    ImportFile.objects.filter(finished_at=None).update(not_before=now - timedelta(days=1))
    while step(timezone.now()):
        pass


# --- of rows that the exchange tells as well --------------------------------------------------------------------------


def taken_in(owner, wallet, rows):
    """A file with these rows of Kraken's, taken in."""
    lines = [
        f"{row.external_id},{row.raw['refid']},{row.occurred_at:%Y-%m-%d %H:%M:%S},{row.raw['type']},,currency,"
        f"{row.raw['asset']},{row.raw['amount']},{row.raw['fee']},0"
        for row in rows
    ]
    return taken(owner, wallet, kraken_file(*lines), "ledgers.csv")


def told_by_a_tracker(owner, wallet, amount, at):
    """A file that knows no ids of the exchange's: of a deposit, to the minute."""
    return taken(owner, wallet, tracked((at, amount)), "koinly.csv")


def tracked(*deposits):
    """Of deposits of bitcoin, to the minute."""
    lines = [f"{at:%Y-%m-%d %H:%M},{amount},BTC,," for at, amount in deposits]
    return "\n".join(["Koinly Date,Amount,Currency,Label,TxHash", *lines]).encode()


def exported(owner):
    """Our own export of everything, as its page sends it."""
    wallets = listing.wallets_of(owner)
    return "".join(exporting.transactions(owner, listing.Filters(ignored=listing.SHOWN), wallets)).encode()


def taken_from_export(owner, wallet, body, now=NOW):
    """What it tells of the wallet of this name."""
    return taken(owner, wallet, body, "holdfast.csv", now, place=wallet.label)


def taken(owner, wallet, body, name, now=NOW, **answers):
    facts = {"owner": owner, "stream": io.BytesIO(body), "name": name, "wallet": wallet, "answers": answers}
    file = importing.receive(by=OWNER, **facts, now=now)
    at_work(file, now)
    importing.commit(by=OWNER, file=file, now=now)
    at_work(file, now)
    assert file.state == "committed", file.words
    return file


def taken_back(file, now=NOW):
    importing.undo(by=OWNER, file=file, now=now)
    at_work(file, now)
    assert file.state == "undone", file.words


def at_work(file, now=NOW):
    ImportFile.objects.filter(pk=file.pk).update(not_before=now)
    while step(now):
        pass
    file.refresh_from_db()

"""Who looks at the pages of imports when pictures are taken. Development and tests only; invented."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, UUID, uuid5

from accounts import visitors
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import import_steps, importing, tasks
from ledger.models import ImportFile, ImportTemplate
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

BRINGER = "bringer@example.test"
State = ImportFile.State
LEDGER = "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance"
MONTHS, DAYS = 12, 28


def trade(number: int) -> str:
    at = f"2025-{number % MONTHS + 1:02}-{number % DAYS + 1:02} 09:{number:02}:11"
    told = f"T{number:02}XYZ-98765-ABCDEF,{at},trade,,currency"
    paid = f"L{number:02}AAA-BCDEF-GHIJKL,{told},ZEUR,-{number * 37 + 250}.4075,1.6640,0"
    return f"{paid}\nL{number:02}BBB-BCDEF-GHIJKL,{told},XXBT,0.00{number * 4711 + 31337},0,0"


BOUGHT = "\n".join(map(trade, range(1, 40)))
TO_MEND = (
    "L90AAA-BCDEF-GHIJKL,T90XYZ-98765-ABCDEF,yesterday at noon,deposit,,currency,ZEUR,500,0,0\n"
    "L91AAA-BCDEF-GHIJKL,T91XYZ-98765-ABCDEF,2025-08-01 10:00:00,deposit,,currency,ZEUR,twelve,0,0\n"
    ",T92XYZ-98765-ABCDEF,2025-08-02 10:00:00,withdrawal,,currency,XXBT,-0.25,0,"
)
OWN = """Booked on,What,Quantity,Coin,Remark
03/04/2024 10:00,Kauf,1.5,BTC,Savings plan
05/06/2024 11:30,Zinsen,0.0021,ETH,
07/08/2024 09:15,Verkauf,-0.5,BTC,Car
"""


def known(name: str) -> UUID:
    """Ids that the album can name beforehand."""
    return uuid5(NAMESPACE_URL, f"https://holdfast.example/imports/{name}")


def bringer(now: datetime) -> Mapping[str, str]:
    """Has brought a file in every state there is."""
    cookies = visitors.owner(now, BRINGER)
    owner = User.objects.get(email=BRINGER)
    by = Actor(ActorKind.OWNER, owner)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="csv", label="Kraken, old account", created_at=now
    )
    ledger = f"{LEDGER}\n{BOUGHT}"
    for name in ("undone", "committed"):
        importing.commit(by=by, file=brought(name, ledger, owner, wallet, now), now=now)
        worked(name, now)
        if name == "undone":
            importing.undo(by=by, file=ImportFile.objects.get(pk=known(name)), now=now)
            worked(name, now)
    brought(
        "preview",
        f"{ledger}\nL41AAA,T41,2025-12-24 18:00:00,deposit,,currency,ZEUR,50,0,0\n{TO_MEND}",
        owner,
        wallet,
        now,
    )
    brought("asked", ledger, owner, None, now)
    brought("unknown", OWN, owner, wallet, now, called="my own list.csv")
    brought("refused", "<html><body>Please sign in</body></html>", owner, wallet, now, called="export.csv")
    reading = waiting("reading", ledger, owner, wallet, now)
    later = {"not_before": now + timedelta(days=400)}
    ImportFile.objects.filter(pk=reading.pk).update(done_rows=14000, all_rows=52340, **later)
    for name, state in (("taking", State.COMMITTING), ("taking-back", State.UNDOING)):
        brought(name, ledger, owner, wallet, now)
        ImportFile.objects.filter(pk=known(name)).update(
            state=state, done_rows=31000, all_rows=52340, finished_at=None, **later
        )
    failed = waiting("failed", ledger, owner, wallet, now)
    ImportFile.objects.filter(pk=failed.pk).update(state=State.FAILED, words=tasks.FELL, finished_at=now)
    mapping = {"date": "Booked on", "amount": "Quantity", "currency": "Coin", "note": "Remark"}
    columns = ["Booked on", "Quantity", "Coin", "Remark"]
    ImportTemplate.objects.create(owner=owner, name="My own list", columns=columns, mapping=mapping, created_at=now)
    return cookies


def brought(
    name: str, body: str, owner: User, wallet: Wallet | None, now: datetime, *, called: str = "ledgers.csv"
) -> ImportFile:
    waiting(name, body, owner, wallet, now, called=called)
    worked(name, now)
    return ImportFile.objects.get(pk=known(name))


def waiting(
    name: str, body: str, owner: User, wallet: Wallet | None, now: datetime, *, called: str = "ledgers.csv"
) -> ImportFile:
    facts = {"name": called, "size": 0, "digest": "", "created_at": now, "not_before": now}
    file = ImportFile.objects.create(id=known(name), owner=owner, wallet=wallet, **facts)
    importing.keep_pieces(file, io.BytesIO(body.encode()))
    return file


def worked(name: str, now: datetime) -> None:
    """That one, and no other that waits."""
    due = ImportFile.objects.select_related("owner", "wallet").filter(pk=known(name))
    if file := due.claim(now=now):
        import_steps.work(file, clock=lambda: now)

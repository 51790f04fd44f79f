"""Who looks at reports, filed years and forms of brokers when pictures are taken. Development and tests; invented."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts import visitors
from accounts.audit import Actor, ActorKind
from accounts.models import User
from ledger import broker_lines, edits, locking, reporting
from ledger.models import Report, Transaction
from ledger.visitors import stored
from ledger.visitors_tax import reckoned, traded
from wallets.models import Wallet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FILER = "filer@example.test"
FORM = """Digital asset,Number of units,Date acquired,Date sold,Proceeds,Cost or other basis,Basis reported to IRS
Bitcoin (BTC),0.1,02/03/2023,04/22/2025,9350.00,2300.00,Yes
Ether (ETH),3,06/11/2023,07/01/2025,7425.10,,No
Solana (SOL),12.5,05/02/2024,11/11/2025,2110.00,1750.00,Yes
"""


def filer(now: datetime) -> Mapping[str, str]:
    """Has filed two years, edited behind one of them, and brought what a broker reported."""
    cookies = visitors.owner(now, FILER)
    owner = User.objects.get(email=FILER)
    by = Actor(ActorKind.OWNER, owner)
    wallet = Wallet.objects.create(
        owner=owner, exchange="kraken", way="key", label="Kraken", health="working", created_at=now
    )
    stored(wallet, traded(), now)
    reckoned(owner, now)
    for year in (2024, 2025):
        locking.lock(by=by, owner=owner, year=year, note="Sent with the return in March", now=now)
    papers(owner, by, now)
    stream = io.BytesIO(FORM.encode())
    broker_lines.bring(by=by, owner=owner, year=2025, stream=stream, name="1099-DA 2025.csv", wallet=wallet, now=now)
    sale = Transaction.objects.filter(owner=owner, sent_asset="BTC", occurred_at__year=2024).first()
    if sale:
        edits.edit(
            by=by, owner=owner, ids=[sale.pk], changes={"received": {"amount": "29100", "asset": "USD"}}, now=now
        )
    reckoned(owner, now)
    return cookies


def papers(owner: User, by: Actor, now: datetime) -> None:
    """Some are ready, one could not be made, one is being made."""
    for kind in ("gains_csv", "xlsx"):
        reporting.ask(by=by, owner=owner, kind=kind, year=2025, now=now)
    while report := Report.objects.filter(owner=owner).select_related("owner").claim(now=now):
        reporting.work(report, clock=timezone.now, tell=lambda _: None)
    failed = reporting.ask(by=by, owner=owner, kind="income_csv", year=2025, now=now)
    Report.objects.filter(pk=failed.pk).update(finished_at=now, failed=True, words=reporting.FAILED)
    waiting = reporting.ask(by=by, owner=owner, kind="turbotax_csv", year=2025, now=now)
    Report.objects.filter(pk=waiting.pk).update(done_rows=12_000)

"""Staff has the rows of wallets read anew by the newest reader, without asking the exchange. Every edit stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from accounts.audit import Action, record
from ledger import journal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit import Actor
    from wallets.models import Wallet

MOST = 100  # wallets chosen by hand in one go


@transaction.atomic
def ask(*, by: Actor, wallets: Iterable[Wallet], now: datetime) -> None:
    """In each owner's trail."""
    for wallet in wallets:
        journal.from_the_beginning(wallet)
        record(
            by=by,
            action=Action.JOURNAL_READ_ANEW,
            owner=wallet.owner,
            now=now,
            subject=wallet.label,
            about=wallet.pk,
        )

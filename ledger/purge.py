"""The one door out: how a wallet's rows are deleted. The database lets pass what is announced, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.append_only import purging
from ledger.models import Coverage, RawPage, ReportedBalance, SeenRow, Sighting, SourceRow

if TYPE_CHECKING:
    from wallets.models import Wallet


def purge(wallet: Wallet) -> int:
    """Inside a transaction. Only when its time in the bin is over, or its owner's account closes: the trigger looks."""
    purging(wallet.pk)
    SeenRow.objects.filter(row__wallet=wallet).delete()
    counts = [rows.objects.filter(wallet=wallet).delete()[0] for rows in (Sighting, SourceRow, RawPage)]
    counts += [rows.objects.filter(wallet=wallet).delete()[0] for rows in (Coverage, ReportedBalance)]
    return sum(counts)

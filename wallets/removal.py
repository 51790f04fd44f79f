"""Removing a wallet is the last resort: what hangs on it is said first, and for 30 days it can be undone.

Higher apps register what they keep of a wallet, so that nothing is deleted unsaid. What is left after the bin is a
tombstone: the book and its claims, by which the account is known again when it is added once more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.db import transaction

from accounts.audit import SYSTEM, Action, record
from wallets.keeping import BIN_DAYS
from wallets.models import CredentialTest, RightsReport, Wallet

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind of thing that hangs on a wallet, as the owner calls it."""

    what: str  # transactions, edits ...
    count: int
    fate: str  # what becomes of it: kept for 30 days, wiped at once


class Holder(Protocol):
    """What one higher app keeps of wallets."""

    def hanging(self, wallet: Wallet) -> Iterable[Hanging]: ...

    def purge(self, wallet: Wallet, *, now: datetime) -> None:
        """Its time in the bin is over. Edits stay with the book, unless the owner asked to erase them too."""


HANGING: list[Holder] = []


def hangs_on(wallet: Wallet) -> list[Hanging]:
    """Everything, what is nought included: that nothing is lost is worth saying."""
    return [hanging for holder in HANGING for hanging in holder.hanging(wallet)]


class Connection:
    """What this app itself keeps."""

    def hanging(self, wallet: Wallet) -> Iterable[Hanging]:
        keys = wallet.credentials.filter(sealed__isnull=False).count()
        yield Hanging("keys and sign-ins", keys, "wiped at once: a new one is needed after restoring")
        reports = RightsReport.objects.filter(credential__wallet=wallet).count()
        yield Hanging("reports of a key's rights", reports, "kept for 30 days")

    def purge(self, wallet: Wallet, *, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        """Tests and reports go with the wallet; the credentials' rows are empty and few, and tell what once was."""
        CredentialTest.objects.filter(wallet=wallet).delete()
        RightsReport.objects.filter(credential__wallet=wallet).delete()


def purge_due(*, now: datetime) -> bool:
    """One wallet whose time in the bin is over, whichever: one that fails must not stand before all others. True: there
    may be more.
    """
    with transaction.atomic():
        over = Wallet.objects.binned().filter(binned_at__lte=now - BIN_DAYS)
        wallet = over.select_for_update(skip_locked=True, of=("self",), no_key=True).order_by("?").first()
        if wallet is None:
            return False
        for holder in reversed(HANGING):
            holder.purge(wallet, now=now)
        record(
            by=SYSTEM, action=Action.WALLET_PURGED, owner=wallet.owner, now=now, subject=wallet.label, about=wallet.pk
        )
        wallet.purged_at, wallet.label, wallet.note = now, "", ""
        wallet.save(update_fields=["purged_at", "label", "note"])
    return True

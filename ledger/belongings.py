"""What this app keeps of owners and of wallets: how it is exported, purged, and said before a wallet is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.belongings import Rows
from ledger import models, purge
from wallets.models import Wallet
from wallets.removal import Hanging

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.models import User


class Histories(Rows):
    """Source rows, and what hangs on them: purged wallet by wallet, as the database asks for."""

    def purge(self, owner: User) -> int:
        return sum(purge.purge(wallet) for wallet in Wallet.objects.for_user(owner))


class Dependent(Rows):
    def purge(self, owner: User) -> int:  # noqa: ARG002 - the port's signature
        return 0  # goes with the source rows


BELONGINGS = (
    Histories(
        models.SourceRow,
        "source_rows",
        ("id", "wallet_id", "origin", "stream", "family", "external_id", "revision", "occurred_at", "raw", "stored_at"),
        order="id",
    ),
    Dependent(models.Sighting, "sightings", ("wallet_id", "row_id", "kind", "seen_at"), order="id"),
    Dependent(models.RawPage),  # the rows in it are exported
    Dependent(
        models.Coverage,
        "coverage",
        ("wallet_id", "stream", "since", "until", "first_row_at", "last_row_at", "limited"),
    ),
    Dependent(models.ReportedBalance, "reported_balances", ("wallet_id", "asset", "place", "amount", "reported_at")),
)


class Rowed:
    """What hangs on a wallet, here."""

    def hanging(self, wallet: Wallet) -> Iterable[Hanging]:
        count = models.SourceRow.objects.filter(wallet=wallet, revision=1).count()
        yield Hanging("rows of its history", count, "kept for 30 days, then deleted")

    def purge(self, wallet: Wallet, *, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        purge.purge(wallet)

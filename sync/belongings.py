"""What this app keeps of owners and wallets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.belongings import Rows
from sync import models
from wallets.removal import Hanging

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wallets.models import Wallet

BELONGINGS = (
    Rows(
        models.Run,
        "runs",
        (
            "id",
            "wallet_id",
            "state",
            "full",
            "stream",
            "since",
            "until",
            "new",
            "same",
            "changed",
            "vanished",
            "cause",
            "created_at",
            "finished_at",
        ),
        order="created_at",
    ),
    Rows(models.StreamState, "streams", ("wallet_id", "way", "stream", "complete_to", "updated_at")),
)


class Bookmarks:
    def hanging(self, wallet: Wallet) -> Iterable[Hanging]:
        count = models.Run.objects.filter(wallet=wallet).count()
        yield Hanging("synchronisations on record", count, "kept for 30 days, then deleted")

    def purge(self, wallet: Wallet, *, now: datetime) -> None:  # noqa: ARG002 - the port's signature
        models.StreamState.objects.filter(wallet=wallet).delete()
        models.Run.objects.filter(wallet=wallet).delete()

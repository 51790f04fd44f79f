"""What this app keeps of an owner: how it is exported, closed and purged. Credentials are in no export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.belongings import Rows
from wallets import catalogue, models

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User


class Credentials(Rows):
    def by_hand(self, owner: User) -> Iterable[str]:
        """Only the owner can delete a key where it was made."""
        exchanges = catalogue.load()
        live = models.Credential.objects.filter(owner=owner, sealed__isnull=False).select_related("wallet")
        for credential in live.order_by("wallet__exchange", "created_at"):
            exchange = exchanges[credential.wallet.exchange]
            yield f"Delete the key of “{credential.wallet.label}” at {exchange.name}: {exchange.key_page}"

    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - the trail says it once: closing
        wiped = {"sealed": None, "wiped_at": now, "standing": models.Credential.Standing.FORMER}
        models.Credential.objects.filter(owner=owner, sealed__isnull=False).update(**wiped)


class Tests(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        waiting = models.CredentialTest.objects.filter(owner=owner, sealed__isnull=False)
        waiting.update(sealed=None, state="expired", finished_at=now, lease_token=None, lease_until=None)


BELONGINGS = (
    Rows(
        models.Wallet,
        "wallets",
        (
            "id",
            "exchange",
            "region",
            "way",
            "label",
            "book",
            "created_at",
            "health",
            "cause",
            "last_success_at",
            "paused_at",
            "archived_at",
            "detached_at",
            "binned_at",
        ),
        order="created_at",
    ),
    Rows(models.AccountClaim),  # keyed hashes: nothing a person could read
    Credentials(
        models.Credential,
        "credentials",
        ("wallet_id", "version", "way", "standing", "created_at", "used_at", "wiped_at", "expires_at", "confirmed_at"),
        order="created_at",
    ),
    Rows(models.RightsReport, "rights", ("credential_id", "at", "can_tell", "read", "beyond", "missing", "ips")),
    Tests(models.CredentialTest),  # gone within a quarter of an hour
)

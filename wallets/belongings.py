"""What this app keeps of an owner: how it is exported, closed and purged. Credentials are in no export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from accounts import closing, notices
from accounts.belongings import Rows
from config.queue import wake
from wallets import catalogue, credentials, models
from wallets.notice_kinds import OF_A_WALLET
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User


class Credentials(Rows):
    def by_hand(self, owner: User) -> Iterable[str]:
        """Only the owner can delete a key where it was made. Closing wipes it here; there it stands all the same."""
        exchanges = catalogue.load()
        known = Q(sealed__isnull=False)
        if owner.purge_at:
            known |= Q(wiped_at__gte=owner.purge_at - closing.GRACE)
        live = models.Credential.objects.filter(known, owner=owner).select_related("wallet")
        for credential in live.order_by("wallet__exchange", "created_at"):
            exchange = exchanges[credential.wallet.exchange]
            if credential.way == catalogue.Way.KEY:
                yield f"Delete the key of “{credential.wallet.label}” at {exchange.name}: {exchange.key_page}"

    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - the trail says it once: closing
        """Keys are wiped; sign-ins are taken back at the exchange by a worker, and then wiped. What asked for something
        to be done about one asks no more.
        """
        credentials.take_all_out_of_force(owner, now=now)
        wallets = models.Wallet.objects.for_user(owner).filter(way__in=["key", "oauth"])
        wallets.update(health=models.WalletState.NEEDS_YOU, cause=Cause.NO_KEY, excused="", next_try_at=None)
        notices.close_everywhere(owner=owner, kinds=OF_A_WALLET, now=now)


class Questions(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        models.HelpRequest.objects.filter(owner=owner).update(consent_until=None)


class Tests(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        """What is under way stops. What asks its owner something has ended, and holds its candidate all the same."""
        mine = models.CredentialTest.objects.filter(owner=owner).exclude(purpose="end")
        for test in mine.filter(Q(finished_at=None) | Q(sealed__isnull=False)).select_for_update(no_key=True):
            test.part(now=now)
        wake(credentials.WORK)


class Starts(Rows):
    def close(self, owner: User, *, by: Actor, now: datetime) -> None:  # noqa: ARG002 - as above
        """A consent that comes back afterwards belongs to nobody."""
        self.of(owner).delete()


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
            "note",
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
    Rows(models.OAuthGrant, "sign_ins", ("credential_id", "scopes", "access_expires_at", "refreshed_at")),
    Rows(models.RightsReport, "rights", ("credential_id", "at", "can_tell", "read", "beyond", "missing", "ips")),
    Tests(models.CredentialTest),  # gone within a quarter of an hour, or a day where it is taken back
    Starts(models.OAuthStart),  # as above
    Questions(
        models.HelpRequest,
        "help",
        ("wallet_id", "subject", "words", "bundle", "consent_until", "answer", "answered_at", "created_at"),
        order="created_at",
    ),
)

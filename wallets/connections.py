"""All connections of an owner at a glance, for the yearly look: what is connected, since when, with which rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import OuterRef, Prefetch, Subquery

from accounts import notices
from accounts.audit import Action, record
from wallets import catalogue
from wallets.models import Credential, RightsReport, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from accounts.audit import Actor
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Connection:
    wallet: Wallet
    exchange: str
    key_page: str
    credential: Credential
    rights: RightsReport | None

    def age(self, now: datetime) -> timedelta:
        return now - self.credential.created_at


def connections_of(owner: User) -> list[Connection]:
    """Four queries, however many there are."""
    latest = RightsReport.objects.filter(credential=OuterRef("pk")).order_by("-at").values("pk")[:1]
    current = Credential.objects.filter(standing=Credential.Standing.CURRENT).annotate(report_id=Subquery(latest))
    wallets = Wallet.objects.for_user(owner).kept().order_by("label", "created_at")
    found = [
        (wallet, credential)
        for wallet in wallets.prefetch_related(Prefetch("credentials", current, to_attr="in_force"))
        for credential in wallet.in_force  # type: ignore[attr-defined]  # the prefetch
    ]
    reports = RightsReport.objects.in_bulk([credential.report_id for _, credential in found if credential.report_id])
    exchanges = catalogue.load()
    return [
        Connection(
            wallet,
            exchanges[wallet.exchange].name,
            exchanges[wallet.exchange].key_page,
            credential,
            reports.get(credential.report_id),
        )
        for wallet, credential in found
    ]


def reviewed(*, by: Actor, owner: User, now: datetime) -> None:
    record(by=by, action=Action.CONNECTIONS_REVIEWED, owner=owner, now=now)
    notices.close(owner=owner, kind=Kind.CONNECTIONS_DUE, now=now)

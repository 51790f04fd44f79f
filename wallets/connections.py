"""All connections of an owner at a glance, for the yearly look: what is connected, since when, with which rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts import notices
from accounts.audit import Action, record
from wallets import catalogue, watch
from wallets.models import Credential, RightsReport
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User
    from wallets.models import Wallet


@dataclass(frozen=True, slots=True)
class Connection:
    wallet: Wallet
    exchange: str
    key_page: str
    credential: Credential
    rights: RightsReport | None
    is_due: bool  # older than the owner wants a key to be
    ends_soon: bool  # at the exchange


def connected(owner: User) -> QuerySet[Credential]:
    """What is in force, of paused and archived wallets too: their keys live on. What lies in the bin has none."""
    in_force = Credential.objects.filter(owner=owner, standing=Credential.Standing.CURRENT)
    return in_force.select_related("wallet").defer("sealed")


def described(credentials: Iterable[Credential], *, now: datetime) -> list[Connection]:
    """One query beside their own, however many there are."""
    found = list(credentials)
    reports = _latest_reports(found)
    exchanges = catalogue.load()
    return [
        Connection(
            wallet=credential.wallet,
            exchange=catalogue.named(credential.wallet.exchange),
            key_page=exchanges[credential.wallet.exchange].key_page if credential.wallet.exchange in exchanges else "",
            credential=credential,
            rights=reports.get(credential.pk),
            is_due=watch.is_due(credential.wallet, credential, now=now),
            ends_soon=bool(credential.expires_at and credential.expires_at <= now + watch.ENDS_SOON),
        )
        for credential in found
    ]


def _latest_reports(credentials: list[Credential]) -> dict[UUID, RightsReport]:
    reports = RightsReport.objects.filter(credential__in=credentials)
    latest = reports.order_by("credential", "-at").distinct("credential")
    return {report.credential_id: report for report in latest}


def reviewed(*, by: Actor, owner: User, now: datetime) -> None:
    record(by=by, action=Action.CONNECTIONS_REVIEWED, owner=owner, now=now)
    notices.close(owner=owner, kind=Kind.CONNECTIONS_DUE, now=now)

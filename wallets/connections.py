"""All connections of an owner at a glance, for the yearly look: what is connected, since when, with which rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, Subquery, prefetch_related_objects

from accounts import notices
from accounts.audit import Action, record
from wallets import catalogue, watch
from wallets.models import Credential, RightsReport, Wallet
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from accounts.audit import Actor
    from accounts.models import User


@dataclass(frozen=True, slots=True)
class Connection:
    wallet: Wallet
    exchange: str
    key_page: str
    credential: Credential
    rights: RightsReport | None
    is_due: bool  # older than the owner wants a key to be
    ends_soon: bool  # at the exchange


def connected(owner: User) -> QuerySet[Wallet]:
    """Whatever is read with a credential, the paused and archived too: their keys live on."""
    current = Credential.objects.filter(wallet=OuterRef("pk"), standing=Credential.Standing.CURRENT)
    return Wallet.objects.for_user(owner).kept().filter(Exists(current))


def described(wallets: Iterable[Wallet], *, now: datetime) -> list[Connection]:
    """Two queries beside the wallets' own, however many there are."""
    latest = RightsReport.objects.filter(credential=OuterRef("pk")).order_by("-at").values("pk")[:1]
    current = Credential.objects.filter(standing=Credential.Standing.CURRENT).annotate(report_id=Subquery(latest))
    found = list(wallets)
    prefetch_related_objects(found, Prefetch("credentials", current, to_attr="in_force"))
    pairs = [(wallet, credential) for wallet in found for credential in wallet.in_force]  # type: ignore[attr-defined]  # the prefetch
    reports = RightsReport.objects.in_bulk([credential.report_id for _, credential in pairs if credential.report_id])
    exchanges = catalogue.load()
    return [
        Connection(
            wallet,
            catalogue.named(wallet.exchange),
            exchanges[wallet.exchange].key_page if wallet.exchange in exchanges else "",
            credential,
            reports.get(credential.report_id),
            is_due=watch.is_due(wallet, credential, now=now),
            ends_soon=bool(credential.expires_at and credential.expires_at <= now + watch.ENDS_SOON),
        )
        for wallet, credential in pairs
    ]


def reviewed(*, by: Actor, owner: User, now: datetime) -> None:
    record(by=by, action=Action.CONNECTIONS_REVIEWED, owner=owner, now=now)
    notices.close(owner=owner, kind=Kind.CONNECTIONS_DUE, now=now)

"""What the page of one wallet says beside its health: credentials, rights, a leaked key's end, the last check.

A fixed number of queries, however long its history is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from accounts.models import Notice
from wallets import catalogue, rights_reports
from wallets.addresses import shut_out
from wallets.diagnosis import SAFE, diagnose
from wallets.models import Credential, CredentialTest
from wallets.next_steps import MENDED_AT_THE_EXCHANGE
from wallets.notice_kinds import Kind
from wallets.records import Cause

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wallets.diagnosis import Diagnosis, NextAction
    from wallets.glances import Glance
    from wallets.models import RightsReport, Wallet

LATEST = 10  # of the former credentials; the trail knows all
Standing, Purpose = Credential.Standing, CredentialTest.Purpose


@dataclass(frozen=True, slots=True)
class Leak:
    """A key that was reported, and how far its end has come."""

    credential: Credential
    looked_at: datetime | None  # when it was last seen to live; none: not looked yet

    @property
    def dead(self) -> bool:
        return self.credential.dead_at is not None

    @property
    def given_up(self) -> bool:
        """Nobody saw it die in its week, and now nobody looks any more."""
        return not self.dead and self.credential.standing == Standing.FORMER


@dataclass(frozen=True, slots=True)
class Reserve:
    """A second key beside the one in force, and why it was not taken, if it was not."""

    credential: Credential
    said: Diagnosis | None

    @property
    def explanation(self) -> str:
        """Without the reassurance, which the page says in its own words."""
        return self.said.explanation.removesuffix(SAFE).strip() if self.said else ""


@dataclass(frozen=True, slots=True)
class Mend:
    """What is to be done at the exchange, to the letter."""

    action: NextAction
    tick: Sequence[str] = ()
    untick: Sequence[str] = ()
    addresses: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Particulars:
    credentials: Sequence[Credential]  # the newest first
    current: Credential | None
    rights: RightsReport | None
    leak: Leak | None
    reserve: Reserve | None
    old_key: bool  # one that a key in reserve took over from: to be deleted at the exchange
    check: CredentialTest | None  # the last run of the checklist
    mend: Mend | None
    likeliest: str  # why a key is not known any more, as far as its exchange told before


def particulars_of(seen: Glance, *, now: datetime) -> Particulars:
    wallet = seen.wallet
    credentials = list(Credential.objects.filter(wallet=wallet).defer("sealed").order_by("-version")[:LATEST])
    current = next((each for each in credentials if each.standing == Standing.CURRENT), None)
    check = latest_check(current)
    rights = rights_reports.latest_of(current) if current else None
    return Particulars(
        credentials=credentials,
        current=current,
        rights=rights,
        leak=_leak_among(credentials, wallet),
        reserve=_reserve_among(credentials, wallet),
        old_key=Notice.objects.filter(
            owner=wallet.owner_id, kind=Kind.OLD_KEY, topic=str(wallet.pk), closed_at=None
        ).exists(),
        check=check,
        mend=_mend(seen, check, rights),
        likeliest=_likeliest(wallet, current, rights, now=now),
    )


def _likeliest(wallet: Wallet, current: Credential | None, rights: RightsReport | None, *, now: datetime) -> str:
    """Some exchanges say the same of a key that was deleted, has run out or is used from elsewhere (Kraken). What was
    told of it while it worked says more.
    """
    if wallet.cause != Cause.KEY_UNKNOWN or current is None:
        return ""
    if current.expires_at and current.expires_at <= now:
        return (
            f"This key was to end on {timezone.localtime(current.expires_at):%-d %B %Y}, so most likely it has run out."
        )
    absent = shut_out(settings.EGRESS_IPS, rights.ips or ()) if rights else []
    if rights and rights.ips and (absent or not settings.EGRESS_IPS):
        bound = f"While it worked, this key was bound to {', '.join(rights.ips)}."
        ours = f" We ask from {', '.join(absent)}, too." if absent else " We have no fixed addresses."
        return f"{bound}{ours} Look there first: take the restriction off or mend it, then check the connection again."
    return ""


def latest_check(current: Credential | None) -> CredentialTest | None:
    """Of the credential in force: what was crossed for a former one says nothing any more."""
    if current is None:
        return None
    checks = CredentialTest.objects.filter(credential=current, purpose=Purpose.CHECK)
    return checks.select_related("wallet", "owner").order_by("-created_at").first()


def _reserve_among(credentials: Sequence[Credential], wallet: Wallet) -> Reserve | None:
    staged = next((each for each in credentials if each.standing == Standing.STAGED), None)
    if staged is None:
        return None
    exchange = catalogue.named(wallet.exchange)
    if not staged.cause:
        return Reserve(staged, None)
    cause, right = Cause(staged.cause), staged.cause_right
    return Reserve(staged, diagnose(cause, exchange=exchange, right=right, way=staged.way))


def _leak_among(credentials: Sequence[Credential], wallet: Wallet) -> Leak | None:
    """Said until it is dead, and after that until a new key is here."""
    leaked = next((each for each in credentials if each.leaked_at), None)
    if leaked is None or (leaked.dead_at and wallet.cause != Cause.KEY_LEAKED):
        return None
    watch = CredentialTest.objects.filter(credential=leaked, purpose=Purpose.END).order_by("-created_at").first()
    looked_at = watch.outcome.get("looked_at") if watch else None
    return Leak(leaked, datetime.fromisoformat(looked_at) if looked_at else None)


def _mend(seen: Glance, check: CredentialTest | None, rights: RightsReport | None) -> Mend | None:
    action, exchange = seen.step.kind, seen.exchange
    if action not in MENDED_AT_THE_EXCHANGE or exchange is None:
        return None
    match Cause(seen.wallet.cause):
        case Cause.RIGHTS_TOO_WIDE:
            return Mend(action, untick=_beyond(seen.wallet, check))
        case Cause.RIGHT_MISSING:
            missing = rights.missing if rights and rights.can_tell else []
            return Mend(action, tick=missing or exchange.tick or (seen.wallet.cause_right,), untick=exchange.leave)
        case Cause.IP_REFUSED:
            return Mend(action, addresses=settings.EGRESS_IPS)
        case _:
            return Mend(action)


def _beyond(wallet: Wallet, check: CredentialTest | None) -> Sequence[str]:
    """As the last check heard them; the wallet's own column may be cut short."""
    told = (check.outcome.get("rights") or {}) if check and check.cause == wallet.cause else {}
    return told.get("beyond") or [wallet.cause_right]

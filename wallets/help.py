"""Asking for help before anything is removed: a bundle that explains and gives nothing away, seen by staff only while
the owner consents.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts import notices
from accounts.audit import Action, record
from config import turns
from wallets import rights_reports
from wallets.free_text import TreasureError, refuse_treasure
from wallets.models import Credential, CredentialTest, HelpRequest
from wallets.notice_kinds import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.audit import Actor
    from accounts.models import User
    from wallets.models import Wallet

__all__ = ["TreasureError", "answer", "ask", "bundle_of", "withdraw"]

CONSENT = timedelta(days=30)
LATEST_TESTS = 5


def ask(*, by: Actor, owner: User, subject: str, words: str, wallet: Wallet | None, now: datetime) -> HelpRequest:
    """The consent is the asking itself: it ends after 30 days, or as soon as the owner takes it back."""
    refuse_treasure(f"{subject}\n{words}", by=by, owner=owner, now=now, place="a question to staff")
    with transaction.atomic():
        turns.take(f"help:{owner.pk}")
        mine = HelpRequest.objects.filter(owner=owner, answered_at=None, consent_until__gt=now)
        waiting = mine.filter(wallet=wallet, subject=subject, words=words).first()  # who presses twice asks once
        return waiting or _asked(by=by, owner=owner, subject=subject, words=words, wallet=wallet, now=now)


def _asked(*, by: Actor, owner: User, subject: str, words: str, wallet: Wallet | None, now: datetime) -> HelpRequest:
    request = HelpRequest.objects.create(
        owner=owner,
        wallet=wallet,
        subject=subject,
        words=words,
        bundle=bundle_of(wallet) if wallet else {},
        consent_until=now + CONSENT,
        created_at=now,
    )
    record(by=by, action=Action.HELP_ASKED, owner=owner, now=now, subject=subject, about=request.wallet_id)
    return request


def bundle_of(wallet: Wallet) -> dict[str, Any]:
    """What staff need to see why it fails: causes, lines, times, ids. No secret, no amount, no identity."""
    tests = CredentialTest.objects.filter(wallet=wallet).order_by("-created_at")[:LATEST_TESTS]
    credential = Credential.objects.filter(wallet=wallet, standing=Credential.Standing.CURRENT).first()
    rights = rights_reports.latest_of(credential) if credential else None
    return {
        "wallet": str(wallet.pk),
        "exchange": wallet.exchange,
        "region": wallet.region,
        "way": wallet.way,
        "state": str(wallet.state),
        "cause": wallet.cause,
        "right": wallet.cause_right,
        "failing_since": _text(wallet.failing_since),
        "last_success_at": _text(wallet.last_success_at),
        "next_try_at": _text(wallet.next_try_at),
        "key_version": credential.version if credential else None,
        "key_since": _text(credential.created_at) if credential else "",
        "rights": {"read": rights.read, "beyond": rights.beyond, "missing": rights.missing} if rights else None,
        "tests": [
            {
                "id": str(test.pk),
                "at": _text(test.created_at),
                "purpose": test.purpose,
                "state": test.state,
                "cause": test.cause,
                "checklist": [without_figures(line) for line in test.lines],
            }
            for test in tests
        ],
    }


def without_figures(line: dict[str, str]) -> dict[str, str]:
    """How many assets somebody holds is nobody's business."""
    return {**line, "detail": ""} if line["check"] == "activity" else line


def _text(at: datetime | None) -> str:
    return at.isoformat() if at else ""


@transaction.atomic
def withdraw(*, by: Actor, request: HelpRequest, now: datetime) -> HelpRequest:
    held = HelpRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if held.consent_until:
        held.consent_until = None
        held.save(update_fields=["consent_until"])
        record(
            by=by, action=Action.HELP_WITHDRAWN, owner=held.owner, now=now, subject=held.subject, about=held.wallet_id
        )
    return held


@transaction.atomic
def answer(*, by: Actor, request: HelpRequest, words: str, now: datetime) -> HelpRequest:
    """By staff, while the owner consents; the owner reads it in the app."""
    held = HelpRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if held.consent_until is None or held.consent_until <= now:
        raise PermissionError
    held.answer, held.answered_at = words, now
    held.save(update_fields=["answer", "answered_at"])
    record(by=by, action=Action.HELP_ANSWERED, owner=held.owner, now=now, subject=held.subject, about=held.wallet_id)
    notices.tell(owner=held.owner, kind=Kind.HELP_ANSWERED, topic=str(held.pk), now=now, subject=held.subject)
    return held

"""The second factor is required: nothing but enrolment is reached without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from config.keys import lock_text, unlock_text

if TYPE_CHECKING:
    from django.http import HttpRequest

FRESH = timedelta(minutes=5)
PURPOSE = "second factor"  # sealed in with each secret: it stays


def has_factor(user: object) -> bool:
    """Recovery codes alone are no factor: they only stand in for one."""
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return Authenticator.objects.filter(user=user, type__in=kinds).exists()


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """The last authentication by a second factor is under five minutes old."""
    times = [record["at"] for record in get_authentication_records(request, request.user) if record["method"] == "mfa"]
    return bool(times) and now - datetime.fromtimestamp(max(times), UTC) < FRESH


class SecondFactorMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)


class MfaAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        """Secrets of authenticator apps and seeds of recovery codes are sealed at rest."""
        return lock_text(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unlock_text(encrypted_text, purpose=PURPOSE)

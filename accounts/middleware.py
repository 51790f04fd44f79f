"""The second factor before anything else, whatever view is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.utils import timezone

from accounts.guards import ask_step_up, lead_to
from accounts.second_factor import step_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase
    from django.urls import ResolverMatch

# Reached before enrolment is done: enrolment itself, the ways out, and what machines ask.
OPEN = {
    "accounts:closing",
    "accounts:closing_cancel",
    "accounts:email_decide",
    "accounts:email_not_me",
    "accounts:enrol",
    "accounts:enrol_totp",
    "accounts:enrol_passkey",
    "accounts:enrol_codes",
    "accounts:enrol_codes_file",
    "accounts:step_up",
    "accounts:step_up_passkey",
    "accounts:recovery_cancel",
    "account_logout",
    "healthz",
    "readyz",
    "metrics",
    "api-docs",
    "api-docs-group",
    "api-schema",
}


class TimeZoneMiddleware:
    """Pages show times on the owner's own clock. Programs are given UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = None if _is_api(request) else getattr(request.user, "time_zone", None)
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


class SecondFactorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is None or match.view_name in OPEN or "headless" in match.app_names or _is_api(request):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path()) if "admin" in match.app_names else None
        step = step_of(request)
        if step:
            return lead_to(request, step)
        _admin_door(request, match)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Before allauth's own middleware sees it, which would keep the whole POST in the session."""
        return ask_step_up(request) if isinstance(exception, ReauthenticationRequired) else None


def _admin_door(request: HttpRequest, match: ResolverMatch) -> None:
    """The admin is not there for anybody but staff."""
    if "admin" in match.app_names and not (request.user.is_staff and request.user.is_active):
        raise Http404


def _is_api(request: HttpRequest) -> bool:
    """A cookie means nothing there: its own doors ask for the second factor (accounts.api.frame)."""
    return request.path.startswith("/api/v")

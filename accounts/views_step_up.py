"""Showing a second factor again, before something grave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.http import HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.door_forms import PasskeyStepUpForm, StepUpForm
from accounts.guards import signed_in
from accounts.second_factor import has_factor

if TYPE_CHECKING:
    from django.http import HttpRequest


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def step_up(request: HttpRequest) -> HttpResponse:
    """One page for all factors: a passkey posts `credential`, everything else posts `code`."""
    if not has_factor(request.user):
        return redirect("accounts:enrol")
    code, passkey = _forms(request)
    posted: StepUpForm | PasskeyStepUpForm = passkey if "credential" in request.POST else code
    if posted.is_bound and posted.is_valid():
        posted.save()
        return _go_back(request)
    context = {"form": code, "passkey": passkey, "next": _target(request), **_passkey_options(request)}
    return render(request, "accounts/step_up.html", context)


def _forms(request: HttpRequest) -> tuple[StepUpForm, PasskeyStepUpForm]:
    by_passkey = "credential" in request.POST
    data = request.POST if request.method == "POST" else None
    return (
        StepUpForm(None if by_passkey else data, user=request.user),
        PasskeyStepUpForm(data if by_passkey else None, user=request.user),
    )


def _passkey_options(request: HttpRequest) -> dict[str, object]:
    kinds = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    options = begin_authentication(request.user) if Authenticator.Type.WEBAUTHN in kinds else None
    return {"options": options, "has_totp": Authenticator.Type.TOTP in kinds}


def _target(request: HttpRequest) -> str:
    """Only ever a page of ours."""
    url = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe and url.startswith("/") else resolve_url(get_adapter().get_login_redirect_url(request))


def _go_back(request: HttpRequest) -> HttpResponse:
    url = _target(request)
    return HttpResponse(headers={"HX-Redirect": url}) if request.headers.get("HX-Request") else redirect(url)

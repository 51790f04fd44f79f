"""Sign-in with Coinbase: away, back, a new account, and the settings page where it is turned on and off."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.core.ratelimit import consume_or_429
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import coinbase, coinbase_door
from accounts.audit import actor_of
from accounts.coinbase import Purpose
from accounts.coinbase_words import Trouble, words_of
from accounts.guards import anonymous, stepped_up
from config.oauth import OAuthError, SessionStarts

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from accounts.requests import OwnerRequest
    from config.oauth import Provider, Start

NEWCOMER_KEY = "coinbase_newcomer"
NEWCOMER_WAITS = timedelta(minutes=30)
log = logging.getLogger(__name__)


@anonymous
@require_GET
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    provider = _offered()
    if request.user.is_authenticated:
        return redirect("accounts:home")
    # The way back leads to PUBLIC_URL to the letter; begun at another name of ours, the session would not be there.
    if request.get_host() != urlsplit(settings.PUBLIC_URL).netloc:
        return HttpResponseRedirect(f"{settings.PUBLIC_URL}{request.get_full_path()}")
    return consume_or_429(request, action="login") or HttpResponseRedirect(
        coinbase.depart(
            provider,
            SessionStarts(request.session),
            purpose=Purpose.SIGN_IN,
            now=timezone.now(),
            return_to=request.GET.get("next", ""),
        )
    )


@anonymous
@require_GET
@never_cache
def come_back(request: HttpRequest) -> HttpResponse:
    """Always ends in a redirect, so that code and state stay in no address bar and no referrer."""
    provider = _offered()
    try:
        begun, coinbase_user_id = coinbase.arrive(
            provider, request.GET, SessionStarts(request.session), now=timezone.now()
        )
    except OAuthError as error:
        log.warning("Sign-in with Coinbase ended with %s.", error.fault.value)
        return _trouble(Trouble.of(error.fault))
    if begun.purpose == Purpose.SIGN_IN:
        return _finish_sign_in(request, begun, coinbase_user_id)
    # Begun behind a fresh second factor; finished by the same owner in the same session, or not at all.
    if str(request.user.pk) != begun.subject:
        return _trouble(Trouble.SOMEBODY_ELSE_NOW)
    return _finish_link(cast("OwnerRequest", request), coinbase_user_id)


def _finish_sign_in(request: HttpRequest, begun: Start, coinbase_user_id: str) -> HttpResponse:
    owner = coinbase.owner_of(coinbase_user_id)
    if request.user.is_authenticated:
        return redirect("accounts:home") if owner == request.user else _trouble(Trouble.SIGNED_IN_ALREADY)
    if owner is None:
        request.session[NEWCOMER_KEY] = {"id": coinbase_user_id, "at": timezone.now().isoformat()}
        return redirect("accounts:coinbase_new")
    return_to = begun.return_to if get_adapter().is_safe_url(begun.return_to) else ""
    return coinbase_door.sign_in(request, owner, return_to=return_to)


def _finish_link(request: OwnerRequest, coinbase_user_id: str) -> HttpResponse:
    try:
        coinbase.link(by=actor_of(request), owner=request.user, coinbase_user_id=coinbase_user_id, now=timezone.now())
    except coinbase.LinkedElsewhereError:
        return _trouble(Trouble.LINKED_ELSEWHERE)
    messages.success(request, "Sign-in with Coinbase is on.")
    return redirect("accounts:coinbase_settings")


@anonymous
@require_GET
def trouble(request: HttpRequest, trouble: str) -> HttpResponse:
    if trouble not in set(Trouble):
        raise Http404
    layout = "base.html" if request.user.is_authenticated else "door.html"
    return render(request, "accounts/coinbase_trouble.html", {"words": words_of(Trouble(trouble)), "layout": layout})


@anonymous
@never_cache
@transaction.atomic
def new(request: HttpRequest) -> HttpResponse:
    """Coinbase says who it is, and we know nobody by that: a new account, or an owner who has not linked yet. At one
    stroke, as at the other doors where an account is opened.
    """
    coinbase_user_id = _newcomer(request)
    if request.user.is_authenticated or not coinbase_user_id:
        return redirect("accounts:home" if request.user.is_authenticated else "account_login")
    form = coinbase_door.SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return consume_or_429(request, action="signup") or form.sign_up(request, coinbase_user_id)
    sign_in_url = reverse("account_login", query={"next": reverse("accounts:coinbase_settings")})
    return render(request, "accounts/coinbase_new.html", {"form": form, "sign_in_url": sign_in_url})


@stepped_up
@require_GET
@never_cache
def settings_page(request: OwnerRequest) -> HttpResponse:
    """There for whoever is linked, even when the operator has stopped offering it."""
    linked, provider = coinbase.link_of(request.user), coinbase.provider()
    if linked is None and provider is None:
        raise Http404
    context = {"link": linked, "has_password": request.user.has_usable_password()}
    return _leading_to(provider, render(request, "accounts/coinbase_settings.html", context))


@stepped_up
@require_POST
def link(request: OwnerRequest) -> HttpResponse:
    url = coinbase.depart(
        _offered(), SessionStarts(request.session), purpose=Purpose.LINK, now=timezone.now(), owner=request.user
    )
    return HttpResponseRedirect(url)


@stepped_up
@require_POST
def unlink(request: OwnerRequest) -> HttpResponse:
    try:
        coinbase.unlink(by=actor_of(request), owner=request.user, now=timezone.now())
    except coinbase.LastWayInError:
        messages.error(request, "Set a password first. Without one you could not sign in any more.")
    else:
        messages.success(request, "Sign-in with Coinbase is off.")
    return redirect("accounts:coinbase_settings")


def _offered() -> Provider:
    provider = coinbase.provider()
    if provider is None:
        raise Http404
    return provider


def _trouble(trouble: Trouble) -> HttpResponse:
    return redirect("accounts:coinbase_trouble", trouble=trouble.value)


def _newcomer(request: HttpRequest) -> str:
    waiting = request.session.get(NEWCOMER_KEY)
    if not waiting or timezone.now() - datetime.fromisoformat(waiting["at"]) > NEWCOMER_WAITS:
        return ""
    return str(waiting["id"])


def _leading_to(provider: Provider | None, response: HttpResponse) -> HttpResponse:
    """The form of such a page ends at the provider, by a redirect; the browser's rule for forms has to know."""
    if provider:
        response._csp_update = {"form-action": [provider.authorize_origin]}  # type: ignore[attr-defined]  # noqa: SLF001  # django-csp's door for one response
    return response

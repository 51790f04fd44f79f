"""Pages of a changed address: the former mailbox says that it was not the owner, and the owner decides which stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import email_changes
from accounts.audit import actor_of
from accounts.email_changes import Keep
from accounts.forms import KeepAddressForm
from accounts.guards import anonymous, ask_step_up, signed_in
from accounts.requests import posted
from accounts.second_factor import is_fresh

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


@anonymous
@FORM
@never_cache
def email_not_me(request: HttpRequest, token: str) -> HttpResponse:
    """Without signing in: whoever changed the address may have ended the owner's sessions.

    A button, so that no program that opens links in mails presses it.
    """
    now = timezone.now()
    found = email_changes.from_token(token, now)
    if found is None:
        return render(request, "accounts/email_not_me_gone.html", status=404)
    ended = False
    if request.method == "POST":
        if request.user == found.owner:
            get_adapter().logout(request)  # every session of the owner ends, this one too
        by = actor_of(request, label="the former mailbox")
        ended = email_changes.contest(by=by, change=found, now=now)
        found.refresh_from_db()
    offered = email_changes.offers(found.owner)
    context = {"change": found, "ended": ended, "put_back": Keep.FORMER in offered, "contested": bool(offered)}
    return render(request, "accounts/email_not_me.html", context)


# `second_factor` leads here, so it carries the guard below it; only who showed a factor of before got so far.
@FORM
@never_cache
@signed_in
def email_decide(request: OwnerRequest) -> HttpResponseBase:
    offered = email_changes.offers(request.user)
    if not offered:
        return redirect("accounts:home")
    now = timezone.now()
    if not is_fresh(request, now=now):
        return ask_step_up(request)
    form = KeepAddressForm(posted(request), offered=offered)
    if form.is_valid():
        return _keep(request, Keep(form.cleaned_data["keep"]), now=now)
    return render(request, "accounts/email_decide.html", {"form": form, "alone": Keep.FORMER not in offered})


def _keep(request: OwnerRequest, keep: Keep, *, now: datetime) -> HttpResponse:
    try:
        kept = email_changes.decide(by=actor_of(request), owner=request.user, keep=keep, now=now)
    except email_changes.NotContestedError:  # decided at this moment, elsewhere
        return redirect("accounts:home")
    messages.success(
        request,
        f"Your account signs in with {kept}. Look whether every device, second factor, access token and Coinbase "
        "account here is yours, and set a new password if somebody else may know it.",
    )
    return redirect("accounts:settings_security")

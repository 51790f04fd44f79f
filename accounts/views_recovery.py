"""The pages of a lost second factor. None of them says whether an account exists."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts import recovery, recovery_door
from accounts.audit import actor_of
from accounts.door_forms import FinishRecoveryForm, RecoveryForm
from accounts.doors import TRY_LATER
from accounts.guards import anonymous
from accounts.requests import posted
from config.limits import allow, neighbourhood

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from accounts.models import FactorRecovery, User

FORM = require_http_methods(["GET", "HEAD", "POST"])


@anonymous
@FORM
@never_cache
@sensitive_post_parameters()
def recovery_start(request: HttpRequest) -> HttpResponse:
    """Right or wrong, known or not: the same page follows. What there is to say, the mail says."""
    form = RecoveryForm(posted(request))
    if form.is_valid():
        if not _may_try(request, form.cleaned_data["email"]):
            form.add_error(None, TRY_LATER)
            return render(request, "accounts/recovery_start.html", {"form": form}, status=429)
        with suppress(ValidationError):  # too many wrong passwords at the other doors: the same page
            if owner := _proven(request, **form.cleaned_data):
                recovery.start(by=actor_of(request), owner=owner, now=timezone.now())
        return redirect("accounts:recovery_sent")
    return render(request, "accounts/recovery_start.html", {"form": form})


@anonymous
@require_GET
def recovery_sent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/recovery_sent.html")


@anonymous
@FORM
@never_cache
def recovery_confirm(request: HttpRequest, token: str) -> HttpResponse:
    found = recovery.from_token("confirm", token)
    if not found or not found.is_open:
        return _gone(request)
    if request.method == "POST":
        found = recovery.confirm(by=actor_of(request), recovery=found, now=timezone.now())
    due = recovery.in_words(found.due_at, found.owner) if found.due_at else ""
    return render(request, "accounts/recovery_confirm.html", {"recovery": found, "due": due})


@anonymous
@FORM
@never_cache
def recovery_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Without signing in: whoever reads the owner's mail may keep things as they are.

    A button, so that no program that opens links in mails presses it.
    """
    found = recovery.from_token("cancel", token)
    if not found:
        return _gone(request)
    if request.method == "POST":
        found = recovery.cancel(by=actor_of(request), recovery=found, now=timezone.now())
    over = recovery.in_words(found.used_at, found.owner) if found.used_at else ""
    return render(request, "accounts/recovery_cancel.html", {"recovery": found, "over": over})


@anonymous
@FORM
@never_cache
@sensitive_post_parameters()
def recovery_finish(request: HttpRequest, token: str) -> HttpResponse:
    found, now = recovery.from_token("finish", token), timezone.now()
    if not found or not recovery.may_finish(found, now):
        return _gone(request)
    form = FinishRecoveryForm(posted(request))
    if form.is_valid():
        try:
            owner = _proven(request, email=found.owner.email, password=form.cleaned_data["password"])
        except ValidationError:
            form.add_error(None, TRY_LATER)
            return render(request, "accounts/recovery_finish.html", {"form": form}, status=429)
        if owner == found.owner:
            return _finish(request, found, owner, now)
        form.add_error("password", "That password is not right.")
    return render(request, "accounts/recovery_finish.html", {"form": form})


def _finish(request: HttpRequest, found: FactorRecovery, owner: User, now: datetime) -> HttpResponse:
    get_adapter().logout(request)  # every session of the owner ends, perhaps this one too
    try:
        recovery.finish(by=actor_of(request), recovery=found, now=now)
    except recovery.NotDueError:  # stopped at this moment, elsewhere
        return _gone(request)
    answer: HttpResponse = recovery_door.sign_in(request, owner)
    return answer


def _may_try(request: HttpRequest, email: str) -> bool:
    """Counted before the password is looked at, so that the limit says nothing about it."""
    address, now = neighbourhood(actor_of(request).ip), timezone.now()
    return (
        allow("recovery", f"{email.lower()} {address}", now=now).ok
        and allow("recovery_by_address", address, now=now).ok
    )


def _proven(request: HttpRequest, *, email: str, password: str) -> User | None:
    """Raises ValidationError after too many wrong ones, here or at the other doors."""
    owner: User | None = get_adapter().authenticate(request, email=email, password=password)
    return owner if owner and owner.is_active else None


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/recovery_gone.html", status=404)

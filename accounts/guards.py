"""Who may: every view carries exactly one of these; a house rule enumerates the views and looks for the mark."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.second_factor import has_factor, is_fresh

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

View = Callable[..., "HttpResponseBase"]


def anonymous(view: View) -> View:
    """Anybody: the landing page, health."""
    return _mark(view, "anonymous")


def signed_in(view: View) -> View:
    """A person with a password or passkey behind them, but perhaps no second factor yet: enrolment only."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return _mark(guarded, "signed_in")


def second_factor(view: View) -> View:
    """The rule for every page of an owner: signed in, and a second factor enrolled."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not has_factor(request.user):
            return redirect("accounts:enrol")
        return view(request, *args, **kwargs)

    return _mark(signed_in(guarded), "second_factor")


def stepped_up(view: View) -> View:
    """
    A second factor given within the last five minutes; asked for on GET, before a form that takes secrets is shown.

    A POST without it is refused and nothing of it is kept.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if is_fresh(request, now=timezone.now()):
            return view(request, *args, **kwargs)
        if request.method in {"GET", "HEAD"}:
            return redirect(f"{reverse('accounts:step_up')}?{urlencode({'next': request.get_full_path()})}")
        raise PermissionDenied

    return _mark(second_factor(guarded), "stepped_up")


def staff(view: View) -> View:
    """People who run the service: second factor, and marked as staff; a stranger gets 404."""
    raise NotImplementedError


def _mark(view: View, guard: str) -> View:
    view.guard = guard  # type: ignore[attr-defined]
    return view

"""Your data: everything in one file, and closing the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import closing, exports
from accounts.audit import actor_of
from accounts.forms import CloseForm
from accounts.guards import second_factor, signed_in, stepped_up
from accounts.requests import posted

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse, HttpResponseBase

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@second_factor
def settings_data(request: OwnerRequest) -> HttpResponse:
    return render(request, "accounts/settings_data.html", {"export": exports.newest(request.user)})


# --- export --------------------------------------------------------------------------------------------------------


@FORM
@stepped_up
def export_ask(request: OwnerRequest) -> HttpResponse:
    if request.method != "POST":
        return render(request, "accounts/export_ask.html")
    exports.ask(by=actor_of(request), owner=request.user, now=timezone.now())
    messages.success(request, "Your export is being made. We tell you when it is ready.")
    return redirect("accounts:settings_data")


@require_safe
@never_cache
@stepped_up
def export_file(request: OwnerRequest, export_id: UUID) -> HttpResponseBase:
    now = timezone.now()
    found = exports.hand_out(by=actor_of(request), owner=request.user, export_id=export_id, now=now)
    if found is None:
        raise Http404
    export, pieces = found
    headers = {
        "Content-Disposition": f'attachment; filename="holdfast-{export.asked_at:%Y-%m-%d}.zip"',
        "Content-Length": str(export.size),
    }
    return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)


# --- closing -------------------------------------------------------------------------------------------------------


@FORM
@never_cache
@stepped_up
def close_account(request: OwnerRequest) -> HttpResponse:
    now = timezone.now()
    form = CloseForm(posted(request), owner=request.user)
    if form.is_valid():
        keep = getattr(request.session, "public_id", None)
        closing.start_closing(by=actor_of(request), owner=request.user, now=now, keep_session=keep)
        return redirect("accounts:closing")
    context = {"form": form, "purge_at": now + closing.GRACE, "by_hand": closing.left_to_do(request.user)}
    return render(request, "accounts/close_account.html", context)


# The two pages an account that is closing still has. `second_factor` leads here, so these carry the guard below it;
# nobody is closing without having had a factor, and signing in asked for it.
@require_safe
@never_cache
@signed_in
def closing_page(request: OwnerRequest) -> HttpResponse:
    if request.user.purge_at is None:
        return redirect("accounts:home")
    context = {"purge_at": request.user.purge_at, "by_hand": closing.left_to_do(request.user)}
    return render(request, "accounts/closing.html", context)


@require_POST
@signed_in
def closing_cancel(request: OwnerRequest) -> HttpResponse:
    if closing.cancel_closing(by=actor_of(request), owner=request.user, now=timezone.now()):
        messages.success(request, "Your account stays open. Connections and access tokens have to be made again.")
    return redirect("accounts:home")

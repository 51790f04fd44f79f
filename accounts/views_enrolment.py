"""Enrolling a second factor, and minding the factors later: the same pages, behind a step-up once there is one."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import enrolment
from accounts.door_forms import AddPasskeyForm, AddTotpForm, CodesSavedForm, RenamePasskeyForm
from accounts.guards import enrolling, stepped_up
from accounts.requests import posted
from accounts.second_factor import has_factor, is_last, missing_step

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


@enrolling
@require_GET
def enrol(request: OwnerRequest) -> HttpResponse:
    step = missing_step(request.user)
    if step != "accounts:enrol":
        return redirect(step or "accounts:home")
    return render(request, "accounts/enrol.html")


@enrolling
@FORM
@never_cache
@sensitive_post_parameters()
def enrol_totp(request: OwnerRequest) -> HttpResponse:
    if enrolment.totp_of(request.user):
        return redirect(_after(request))
    form = AddTotpForm(posted(request), user=request.user)
    if form.is_valid():
        enrolment.add_totp(request, form)
        return redirect(_after(request))
    return render(request, "accounts/enrol_totp.html", {"form": form, **_surroundings(request), **_picture(form)})


@stepped_up
@FORM
@never_cache
@sensitive_post_parameters()
def app_move(request: OwnerRequest) -> HttpResponse:
    """The former one opens the account until the new one has shown a code."""
    form = AddTotpForm(posted(request), user=request.user)
    if form.is_valid():
        enrolment.move_totp(request, form)
        return redirect("accounts:settings_security")
    context = {"form": form, "moving": True, **_surroundings(request), **_picture(form)}
    return render(request, "accounts/enrol_totp.html", context)


@enrolling
@FORM
@never_cache
def enrol_passkey(request: OwnerRequest) -> HttpResponse:
    form = AddPasskeyForm(posted(request), user=request.user)
    if form.is_valid():
        enrolment.add_passkey(request, form)
        return redirect(_after(request))
    # Always one that can sign in by itself too: the browser then proves the person, not only the device.
    options = begin_registration(request.user, passwordless=True)
    context = {"form": form, "options": options, **_surroundings(request)}
    return render(request, "accounts/enrol_passkey.html", context)


@enrolling
@FORM
@never_cache
def enrol_codes(request: OwnerRequest) -> HttpResponse:
    """Shows the recovery codes; enrolment is done when the owner says that they are saved."""
    if not has_factor(request.user):
        return redirect("accounts:enrol")
    codes = enrolment.codes_of(request.user) or enrolment.renew_codes(request)
    form = CodesSavedForm(posted(request))
    if form.is_valid():
        enrolment.mark_codes_saved(request.user)
        return redirect("accounts:home")
    shown = {"codes": codes.wrap().get_unused_codes(), "saved": codes.wrap().did_view, "form": form}
    return render(request, "accounts/enrol_codes.html", {**shown, **_surroundings(request)})


@enrolling
@require_GET
@never_cache
def enrol_codes_file(request: OwnerRequest) -> HttpResponse:
    codes = enrolment.codes_of(request.user)
    if not codes:
        return redirect("accounts:enrol")
    context = {"codes": codes.wrap().get_unused_codes(), "email": request.user.email}
    page = render(request, "accounts/recovery_codes.txt", context, content_type="text/plain; charset=utf-8")
    page["Content-Disposition"] = 'attachment; filename="holdfast-recovery-codes.txt"'
    return page


@stepped_up
@require_POST
def codes_new(request: OwnerRequest) -> HttpResponse:
    enrolment.renew_codes(request)
    return redirect("accounts:enrol_codes")


@stepped_up
@FORM
def factor_remove(request: OwnerRequest, pk: int) -> HttpResponse:
    factor = _own_factor(request, pk)
    if request.method == "POST":
        try:
            enrolment.remove_factor(request, factor)
        except enrolment.LastFactorError:
            messages.error(request, get_adapter().error_messages["cannot_delete_authenticator"])
        return redirect("accounts:settings_security")
    return render(request, "accounts/factor_remove.html", {"factor": factor, "last": is_last(factor)})


@stepped_up
@FORM
def factor_rename(request: OwnerRequest, pk: int) -> HttpResponse:
    factor = get_object_or_404(Authenticator, pk=pk, user=request.user, type=Authenticator.Type.WEBAUTHN)
    form = RenamePasskeyForm(posted(request), initial={"name": factor.wrap().name})
    if form.is_valid():
        enrolment.rename_passkey(request, factor, form.cleaned_data["name"])
        return redirect("accounts:settings_security")
    return render(request, "accounts/factor_rename.html", {"form": form, "factor": factor})


def _own_factor(request: OwnerRequest, pk: int) -> Authenticator:
    kinds = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return get_object_or_404(Authenticator, pk=pk, user=request.user, type__in=kinds)


def _after(request: OwnerRequest) -> str:
    return missing_step(request.user) or "accounts:settings_security"


def _surroundings(request: OwnerRequest) -> dict[str, object]:
    """While enrolling there is no menu: nothing else can be reached yet."""
    done = missing_step(request.user) is None
    return {"enrolled": done, "layout": "base.html" if done else "door.html", "has_factor": has_factor(request.user)}


def _picture(form: AddTotpForm) -> dict[str, str]:
    url = get_adapter().build_totp_url(form.user, form.secret)
    picture = base64.b64encode(get_adapter().build_totp_svg(url).encode()).decode()
    spaced = " ".join(form.secret[at : at + 4] for at in range(0, len(form.secret), 4))
    return {"picture": f"data:image/svg+xml;base64,{picture}", "totp_url": url, "secret": form.secret, "spaced": spaced}

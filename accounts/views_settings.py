"""Settings: the profile, taxes, and security at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import devices, profile, tax_settings, tokens
from accounts.agents import device_words
from accounts.audit import actor_of
from accounts.factors import factors_of
from accounts.forms import ProfileForm, TaxForm
from accounts.guards import second_factor
from accounts.requests import posted

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
@second_factor
def settings_profile(request: OwnerRequest) -> HttpResponse:
    now_set = {"base_currency": request.user.base_currency, "time_zone": request.user.time_zone}
    form = ProfileForm(posted(request), initial=now_set)
    if form.is_valid():
        profile.change(by=actor_of(request), owner=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, "Your profile is kept.")
        return redirect("accounts:settings_profile")
    return render(request, "accounts/settings_profile.html", {"form": form, "time_zones": profile.TIME_ZONES})


@FORM
@second_factor
def settings_taxes(request: OwnerRequest) -> HttpResponse:
    in_force = tax_settings.present(request.user, now=timezone.now())
    now_set = {"country": in_force.country, "method": in_force.method, "scope": in_force.scope}
    form = TaxForm(posted(request), initial=now_set)
    if form.is_valid() and _set_taxes(request, form):
        messages.success(request, "Your tax settings are kept.")
        _tell_what_follows(request, form.cleaned_data["from_year"])
        return redirect("accounts:settings_taxes")
    context = {
        "form": form,
        "dated": tax_settings.dated(request.user),
        "in_force": in_force,
        "said": tax_settings.has_said(request.user),
        "rules": [(country, rules) for country, rules in tax_settings.RULES.items()],
    }
    return render(request, "accounts/settings_taxes.html", context)


def _tell_what_follows(request: OwnerRequest, from_year: int | None) -> None:
    """Who moves says since when, and may not think of a line that was set before for a later year."""
    later = tax_settings.other_later(request.user, from_year) if from_year else None
    if later:
        words = f"From {later.called} on another line of yours holds, that of {later.country.label}."
        messages.warning(request, f"{words} If that is no longer so, set that year anew.")


def _set_taxes(request: OwnerRequest, form: TaxForm) -> bool:
    """Whether the verb took it; what it refuses is said at the field."""
    who: dict[str, Any] = {"by": actor_of(request), "owner": request.user, "now": timezone.now()}
    try:
        if from_year := form.cleaned_data["from_year"]:
            tax_settings.set_from(from_year=from_year, **who, **form.fitting())
        else:
            tax_settings.set_for_all_years(**who, **form.touched())
    except ValidationError as error:
        form.add_error(None, error)
        return False
    return True


@require_safe
@second_factor
def settings_security(request: OwnerRequest) -> HttpResponse:
    now = timezone.now()
    factors = factors_of(request.user)
    context = {
        "factors": factors,
        "codes_words": f"{factors.codes_left} left",
        "devices": [(row, device_words(row.agent)) for row in devices.devices_of(request.user, now=now)],
        "this_device": getattr(request.session, "public_id", None),
        "tokens": tokens.live(request.user, now),
    }
    return render(request, "accounts/settings_security.html", context)


@require_POST
@second_factor
def device_end(request: OwnerRequest, public_id: UUID) -> HttpResponse:
    ended = devices.end_device(by=actor_of(request), owner=request.user, public_id=public_id, now=timezone.now())
    if not ended:
        raise Http404
    messages.success(request, "That device is signed out.")
    return redirect("accounts:settings_security")


@require_POST
@second_factor
def devices_end(request: OwnerRequest) -> HttpResponse:
    keep = getattr(request.session, "public_id", None)
    ended = devices.end_devices(by=actor_of(request), owner=request.user, now=timezone.now(), keep=keep)
    words = {0: "No other device was signed in.", 1: "One device is signed out."}
    messages.success(request, words.get(ended, f"{ended} other devices are signed out."))
    return redirect("accounts:settings_security")

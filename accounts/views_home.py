"""The first page after signing in: what is done, what is next, where the account stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import devices, recovery, tax_settings
from accounts.factors import factors_of
from accounts.first_steps import steps_of
from accounts.guards import second_factor
from accounts.models import AuditEvent
from accounts.trail import lines_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

RECENT = 5


@require_safe
@second_factor
def home(request: OwnerRequest) -> HttpResponse:
    owner, now = request.user, timezone.now()
    factors = factors_of(owner)
    steps = steps_of(owner, factors)
    recent = AuditEvent.objects.for_user(owner).select_related("actor").order_by("-at", "-id")[:RECENT]
    context = {
        "recovering": recovery.under_way(owner),
        "steps": steps,
        "next_step": next((step for step in steps if not step.done), None),
        "has_begun": all(step.done for step in steps if step.begins),
        "factors": factors,
        "devices": devices.devices_of(owner, now=now).count(),
        "taxes": tax_settings.present(owner, now=now),
        "recent": lines_of(recent),
    }
    return render(request, "accounts/home.html", context)

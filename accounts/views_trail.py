"""The owner reads what was done to the account: who, what, when, from where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.forms import TrailFilter
from accounts.guards import second_factor
from accounts.models import AuditEvent
from accounts.trail import lines_of
from config.keyset import address_of, newest_first

if TYPE_CHECKING:
    from django.http import HttpResponse

    from accounts.requests import OwnerRequest


@require_safe
@second_factor
def trail(request: OwnerRequest) -> HttpResponse:
    events = AuditEvent.objects.for_user(request.user).select_related("actor")
    form = TrailFilter(request.GET)
    kind = form.cleaned_data["kind"] if form.is_valid() else ""
    if kind:
        events = events.filter(action=kind)
    page = newest_first(events, time="at", after=request.GET.get("after", ""))
    context = {"form": form, "kind": kind, "lines": lines_of(page.rows), "older": address_of(page, kind=kind)}
    return render(request, "accounts/trail.html", context)

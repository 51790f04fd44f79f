"""Lists that an owner comes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.guards import second_factor
from ledger import saving
from ledger.fields import BadFieldError
from ledger.forms import ViewForm
from ledger.mine import view_of
from ledger.models import SavedView
from ledger.views import asked

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from accounts.requests import OwnerRequest

FORM = require_http_methods(["GET", "HEAD", "POST"])


def list_under(view: SavedView) -> str:
    return f"{reverse('ledger:index')}?{urlencode(view.filters)}"


@FORM
@never_cache
@second_factor
def index(request: OwnerRequest) -> HttpResponse:
    """The saved ones; posting keeps the list that was looked at under a name."""
    sent = request.method == "POST"
    filters = asked(QueryDict((request.POST if sent else request.GET).get("filters", "")))
    form = ViewForm(request.POST if sent else None)
    if sent and form.is_valid():
        try:
            view = saving.keep(request.user, name=form.cleaned_data["name"], filters=filters, now=timezone.now())
        except BadFieldError as error:
            form.add_error("name" if error.field == "name" else None, error.words)
        else:
            messages.success(request, f"Kept as “{view.name}”.")
            return redirect(list_under(view))
    views = SavedView.objects.for_user(request.user).order_by("name")[: saving.MOST]
    shown = [(view, list_under(view)) for view in views]
    return render(request, "ledger/saved.html", {"form": form, "filters": urlencode(filters), "views": shown})


@require_POST
@second_factor
def delete(request: OwnerRequest, view_id: UUID) -> HttpResponse:
    view = view_of(request.user, view_id)
    view.delete()
    messages.success(request, f"“{view.name}” is gone. Its transactions are where they were.")
    return redirect("ledger:saved")

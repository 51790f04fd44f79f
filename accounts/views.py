from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from accounts.guards import anonymous

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@anonymous
def landing(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/landing.html")

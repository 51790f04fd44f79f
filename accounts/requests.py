"""What a view behind a guard is given: a request whose user is certainly an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest

if TYPE_CHECKING:
    from django.http import QueryDict
    from django_htmx.middleware import HtmxDetails

    from accounts.models import User


class OwnerRequest(HttpRequest):
    user: User
    htmx: HtmxDetails


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to. An empty POST is a POST too, and is told what is missing."""
    return request.POST if request.method == "POST" else None

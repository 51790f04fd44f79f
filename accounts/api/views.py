"""The API explained: as OpenAPI for programs, as a page for people."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from accounts.api import waiting
from accounts.api.document import kinds_in_order
from accounts.api.reference import groups_of
from accounts.guards import anonymous
from config.api.problem import INVALID, FieldError, Problem, body_of

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.api.reference import Group


@cache
def document() -> dict[str, Any]:
    """Drawn once per process: it changes with the code only."""
    generator: Any = SchemaGenerator  # it carries no types
    return dict(generator().get_schema(request=None, public=True))


@cache
def written() -> bytes:
    """For people's eyes too, so it has lines, and so many that writing it takes a quarter of a second."""
    return json.dumps(document(), cls=DjangoJSONEncoder, indent=1).encode()


@require_safe
@anonymous
def schema(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(written(), content_type="application/json")


@cache
def groups() -> dict[str, Group]:
    return {group.name: group for group in groups_of(document())}


@require_safe
@anonymous
def docs(request: HttpRequest) -> HttpResponse:
    """How to come in, the rules, what can be asked, and what can go wrong."""
    example = Problem(INVALID, errors=[FieldError("base_currency", "invalid_choice", '"XYZ" is not a valid choice.')])
    context = {
        "groups": groups().values(),
        "kinds": list(kinds_in_order()),
        "base": settings.PUBLIC_URL,
        "limit": settings.RATE_LIMITS["api"],
        "patience": int(waiting.LONGEST),
        "example": json.dumps(body_of(example), indent=2),
    }
    return render(request, "accounts/api/docs.html", context)


@require_safe
@anonymous
def docs_group(request: HttpRequest, name: str) -> HttpResponse:
    """Each operation at length. All groups on one page were more than a phone would show."""
    if name not in groups():
        raise Http404
    return render(request, "accounts/api/group.html", {"groups": groups().values(), "group": groups()[name]})

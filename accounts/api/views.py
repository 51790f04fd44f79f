"""The OpenAPI document, for programs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from accounts.guards import anonymous

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@cache
def document() -> dict[str, Any]:
    """Drawn once per process: it changes with the code only."""
    generator: Any = SchemaGenerator  # it carries no types
    return dict(generator().get_schema(request=None, public=True))


@require_safe
@anonymous
def schema(_request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(), json_dumps_params={"indent": 1})

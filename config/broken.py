"""What is answered where nobody caught an exception. Nothing here needs the database, which may be what is broken."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from config.api import problem
from config.away import WAIT, is_away

if TYPE_CHECKING:
    from django.http import HttpRequest

PROGRAMS = ("/api/", "/_allauth/")


def answer(request: HttpRequest) -> HttpResponse:
    """Django calls it while the exception is still in hand."""
    away = is_away(sys.exc_info()[1])
    if request.path_info.startswith(PROGRAMS):
        what = problem.UNAVAILABLE if away else problem.UNEXPECTED
        body = problem.body_of(problem.Problem(what))
        answer: HttpResponse = JsonResponse(body, status=what.status, content_type=problem.CONTENT_TYPE)
    elif away:
        answer = HttpResponse(render_to_string("503_away.html"), status=HTTPStatus.SERVICE_UNAVAILABLE)
    else:
        answer = server_error(request)
    if away:
        answer["Retry-After"] = WAIT
    return answer

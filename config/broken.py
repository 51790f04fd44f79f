"""What is answered where nobody caught an exception. Nothing here needs the database, which may be what is broken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

from config.api import problem
from config.away import WAIT

if TYPE_CHECKING:
    from django.http import HttpRequest

PROGRAMS = ("/api/", "/_allauth/")
PAGES = {problem.UNAVAILABLE: "503_away.html", problem.TOO_LONG: "503_cut.html"}


def answer(request: HttpRequest) -> HttpResponse:
    """Django calls it while the exception is still in hand."""
    passing = problem.passing(sys.exc_info()[1])
    if request.path_info.startswith(PROGRAMS):
        what = passing or problem.UNEXPECTED
        body = problem.body_of(problem.Problem(what))
        answer: HttpResponse = JsonResponse(body, status=what.status, content_type=problem.CONTENT_TYPE)
    elif passing:
        answer = HttpResponse(render_to_string(PAGES[passing]), status=passing.status)
    else:
        answer = server_error(request)
    if passing:
        answer["Retry-After"] = WAIT
    return answer

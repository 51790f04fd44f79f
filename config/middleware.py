"""The outermost ring around every request: probes answered at once, a request id, a line in the log, a count."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

import structlog
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render

from config.api import problem
from config.health import PROBES
from config.metrics import tally
from config.porch import CROWDED
from config.turns import TurnTakenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

log = structlog.get_logger("holdfast.request")

REQUEST_ID = re.compile(r"[\w-]{8,64}")


class FrameMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if probe := PROBES.get(request.path_info):
            return probe(request)
        began = time.perf_counter()
        request_id = _request_id(request)
        with structlog.contextvars.bound_contextvars(request=request_id):
            response = _in_words(request, self.get_response(request))
            _note(request, response, seconds=time.perf_counter() - began)
        response["X-Request-ID"] = request_id
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Of pages: nothing was changed, and in a minute it can be. (The API says so in its own words.)"""
        if not isinstance(exception, TurnTakenError):
            return None
        answer = render(request, "503.html", status=503)
        answer["Retry-After"] = str(exception.wait)
        return answer


class CrowdedMiddleware:
    """Answers at the door whose body was not taken in: nothing is known of that request but where it was to go."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.META.get(CROWDED):
            return self.get_response(request)
        if request.path_info.startswith("/api/"):
            told = problem.body_of(problem.Problem(problem.CROWDED))
            answer: HttpResponseBase = JsonResponse(told, status=503, content_type=problem.CONTENT_TYPE)
        else:
            answer = render(request, "503.html", {"crowded": True}, status=503)
        answer["Retry-After"] = "5"
        return answer


class PolicyMiddleware(CSPMiddleware):
    """One policy for all answers, drawn once; for what adds to it, drawn anew. Nonces there are none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.policy = build_policy()

    def process_request(self, request: HttpRequest) -> None:
        """Nothing to get ready."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if hasattr(response, "_csp_update"):
            return super().process_response(request, response)
        response.setdefault(HEADER, self.policy)
        return response


def _in_words(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's own answer to a page that is only posted to is empty: a person would look at a blank window."""
    if not isinstance(response, HttpResponseNotAllowed) or response.content:
        return response
    answer = render(request, "405.html", status=405)
    answer["Allow"] = response["Allow"]
    return answer


def _request_id(request: HttpRequest) -> str:
    """A proxy's own id is kept, so that its log and ours can be read side by side; a stranger's is not."""
    given = request.headers.get("X-Request-ID", "")
    if settings.ALLAUTH_TRUSTED_PROXY_COUNT and REQUEST_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex[:16]


def _note(request: HttpRequest, response: HttpResponseBase, *, seconds: float) -> None:
    """The route, never the path, the query or the body: paths may hold codes."""
    route = request.resolver_match.route if request.resolver_match else "(none)"
    method = request.method if request.method in KNOWN_METHODS else "OTHER"
    tally().request(method=str(method), route=route, status=response.status_code, seconds=seconds)
    log.info("answered", method=method, route=route, status=response.status_code, ms=round(seconds * 1000, 1))


KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
